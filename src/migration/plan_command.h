// `decant plan`: what a run would do, field by field.
#pragma once

#include <vector>

#include "decant/engine.h"
#include "decant/report.h"
#include "mapping/verdict.h"
#include "migration/prepare.h"

namespace decant::migration {

std::vector<mapping::FieldVerdict> verdicts_of(const Prepared& prepared,
                                               const ResolvedCollection& collection);

// With `scan`, reads all of the source and counts the records that break a condition.
Result<PlanReport> plan_report(const Environment& environment, Prepared& prepared, bool scan);

}  // namespace decant::migration
