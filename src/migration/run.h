// The commands that write: run (also for `copy`) and repair, and the one that compares.
#pragma once

#include "decant/engine.h"
#include "decant/report.h"

namespace decant::migration {

Result<Report> run(const Environment& environment, const Job& job);
Result<Report> verify_command(const Environment& environment, const Job& job);
Result<Report> repair(const Environment& environment, const Job& job);

}  // namespace decant::migration
