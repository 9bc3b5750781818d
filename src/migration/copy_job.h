// A prepared migration as the copy's job, and the copy's result in a report.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "copy/copy.h"
#include "decant/engine.h"
#include "decant/report.h"
#include "migration/prepare.h"

namespace decant::migration {

struct CopyPurpose {
  catalog::Run* run = nullptr;  // null: a dry run, which leaves nothing behind
  std::string spill_folder = {};
  std::optional<Policy> on_conflict = {};  // instead of the collections' own
};

// The job refers to `prepared`.
copy::CopyJob copy_job(const Environment& environment, const Job& job, Prepared& prepared,
                       const CopyPurpose& purpose);

void take_copy(const copy::CopyResult& result, Report& report);

}  // namespace decant::migration
