// A prepared migration as the copy's job, and the copy's result in a report.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "copy/copy.h"
#include "decant/engine.h"
#include "decant/report.h"
#include "migration/prepare.h"

namespace decant::migration {

// `run` null: a dry run, which leaves nothing behind. The job refers to `prepared`.
copy::CopyJob copy_job(const Environment& environment, const Job& job, Prepared& prepared,
                       catalog::Run* run, const std::string& spill_folder);

void take_copy(const copy::CopyResult& result, Report& report);

}  // namespace decant::migration
