#include "migration/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "migration/copy_job.h"
#include "migration/plan_command.h"
#include "migration/session.h"
#include "migration/verification.h"

namespace decant::migration {
namespace {

Result<Report> dry_run(const Environment& environment, const Job& job, Prepared& prepared,
                       const std::string& command) {
  std::int64_t started_ms = environment.clock->steady_ms();
  Report report = report_head(prepared, command);
  report.dry_run = true;
  DECANT_ASSIGN(report.plan, plan_report(environment, prepared, false));
  copy::CopyResult result = copy::copy(copy_job(environment, job, prepared, {}));
  take_copy(result, report);
  if (!result.status.ok()) return result.status.error();
  report.outcome = judged(report);
  finish_report(environment, started_ms, report);
  return report;
}

// Collections that nothing was written to are made all the same: an empty source is a copy, too.
Status create_empty(Prepared& prepared, catalog::Run& run, const copy::CopyJob& task) {
  bool missing =
      std::any_of(prepared.resolved.collections.begin(), prepared.resolved.collections.end(),
                  [](const ResolvedCollection& collection) { return !collection.exists; });
  if (!missing) return ok_status();
  DECANT_CHECK(create_collections(prepared, run));
  DECANT_ASSIGN(auto writer, task.open_writer(false));
  DECANT_CHECK(writer->finish());
  return ok_status();
}

Status copy_and_verify(const Environment& environment, const Job& job, Prepared& prepared,
                       Session& session, Report& report) {
  copy::CopyJob task =
      copy_job(environment, job, prepared, {session.run.get(), session.spill_folder});
  copy::CopyResult result = copy::copy(task);
  take_copy(result, report);
  DECANT_CHECK(result.status);
  if (!result.wrote) DECANT_CHECK(create_empty(prepared, *session.run, task));
  DECANT_CHECK(count_reasons(session, report));
  if (job.options.no_verify) return ok_status();
  VerificationOptions options;
  options.decisions = session.run.get();
  return verify_run(environment, job, prepared, session, options, report);
}

}  // namespace

Result<Report> run(const Environment& environment, const Job& job) {
  std::int64_t started_ms = environment.clock->steady_ms();
  std::string command = job.plan_path.empty() ? "copy" : "run";
  DECANT_ASSIGN(Prepared prepared, prepare_to_write(environment, job));
  if (job.options.dry_run) return dry_run(environment, job, prepared, command);
  DECANT_ASSIGN(Session session, begin_session(environment, job, prepared, command));
  Report report = report_head(prepared, command);
  report.run = std::to_string(session.run->info().number);
  report.resumed = session.run->resumed();
  Status done = copy_and_verify(environment, job, prepared, session, report);
  finish_report(environment, started_ms, report);
  report.outcome = judged(report);
  if (!done.ok()) take_error(done.error(), report);
  end_run(session, report);
  return report;
}

Result<Report> verify_command(const Environment& environment, const Job& job) {
  std::int64_t started_ms = environment.clock->steady_ms();
  DECANT_ASSIGN(Prepared prepared, prepare(environment, job));
  announce(environment, prepared);
  Report report = report_head(prepared, "verify");
  DECANT_ASSIGN(LastRun last, last_run(environment, prepared));
  VerificationOptions options;
  options.decisions = last.run.get();
  DECANT_ASSIGN(TemporaryFolder spill, TemporaryFolder::make());
  options.spill_folder = spill.path();
  if (is_directory(prepared.folder)) {
    options.differences_file = prepared.folder + "/differences-verify.ndjson";
  }
  Status done = verify_collections(environment, job, prepared, options, report);
  if (!done.ok()) return done.error();
  finish_report(environment, started_ms, report);
  report.outcome = judged(report);
  return report;
}

}  // namespace decant::migration
