// What the catalog tells people: runs, and the quarantine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "decant/engine.h"
#include "decant/report.h"

namespace decant::migration {

Result<StatusReport> status(const Environment& environment, const std::string& folder);
// In order of id, one at a time.
Status quarantine(const Environment& environment, const std::string& folder,
                  const QuarantineQuery& query,
                  const std::function<Status(const QuarantineEntry&)>& visit);

}  // namespace decant::migration
