// What a writing command holds while it works: the target's lock, the catalog and the run in it.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "copy/copy.h"
#include "decant/report.h"
#include "migration/prepare.h"

namespace decant::migration {

// Members end in the reverse of their order: the run before its catalog, the lock last.
struct Session {
  std::unique_ptr<Lock> lock;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<catalog::Run> run;
  std::string spill_folder;
};

// Takes the lock, checks the target (space, permissions), and begins or goes on with a run.
Result<Session> begin_session(const Environment& environment, const Job& job, Prepared& prepared,
                              const std::string& command);

// The last run that was no repair, for reading what it decided; no run where there was none.
struct LastRun {
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<catalog::Run> run;
};
Result<LastRun> last_run(const Environment& environment, const Prepared& prepared);

// Creates the collections that the target lacks, after the catalog knows that they are ours.
Status create_collections(Prepared& prepared, catalog::Run& run);

// How each collection is written.
std::vector<copy::CopyTarget> copy_targets(const Prepared& prepared);

// The report's head, and what the process used, as every command fills them.
Report report_head(const Prepared& prepared, const std::string& command);
void finish_report(const Environment& environment, std::int64_t started_ms, Report& report);

// The run's quarantined records by reason.
Status count_reasons(Session& session, Report& report);

// Outcome from books and verification, where nothing failed.
RunOutcome judged(const Report& report);
// Outcome and text of a failure.
void take_error(const Error& error, Report& report);

// Ends the run in the catalog with its report. A failure to do so is the report's.
void end_run(Session& session, Report& report);

}  // namespace decant::migration
