// What the catalog tells people: runs, and the quarantine.
#pragma once

#include <string>
#include <vector>

#include "decant/engine.h"
#include "decant/report.h"

namespace decant::migration {

Result<StatusReport> status(const Environment& environment, const std::string& folder);
Result<std::vector<QuarantineEntry>> quarantine(const Environment& environment,
                                                const std::string& folder,
                                                const QuarantineQuery& query);

}  // namespace decant::migration
