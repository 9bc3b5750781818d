// Verifying the collections of a resolved plan, with what a run decided about each record.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "decant/engine.h"
#include "decant/report.h"
#include "migration/prepare.h"
#include "migration/session.h"
#include "verify/verify.h"

namespace decant::migration {

struct VerificationOptions {
  catalog::Run* decisions = nullptr;  // outcomes of the run to judge by; null: the policy alone
  // What a repair could not write either, by index in Prepared::resolved.collections; may be null.
  std::vector<verify::ExceptionList>* unrepaired = nullptr;
  std::string spill_folder;      // made by the caller; empty: no disk, so a sketch
  std::string differences_file;  // empty: none
  // For repair: index in Prepared::resolved.collections, and what was found.
  std::function<Status(std::uint32_t collection, const verify::FoundDifference&)> on_difference;
};

// Fills report.verify, report.differences and the collections' `verify`. Collections that the
// report does not have yet are added.
Status verify_collections(const Environment& environment, const Job& job, Prepared& prepared,
                          const VerificationOptions& options, Report& report);

// The same at the end of a run or repair: with its spill folder and its file of differences, and
// noted in the catalog.
Status verify_run(const Environment& environment, const Job& job, Prepared& prepared,
                  Session& session, VerificationOptions options, Report& report);

}  // namespace decant::migration
