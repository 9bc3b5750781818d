// `decant inspect`: what a store holds.
#pragma once

#include <string>

#include "decant/engine.h"
#include "decant/report.h"

namespace decant::migration {

Result<InspectReport> inspect(const Environment& environment, const std::string& address);

}  // namespace decant::migration
