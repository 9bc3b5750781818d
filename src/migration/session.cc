#include "migration/session.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "json/definition_json.h"
#include "json/document.h"
#include "migration/decisions.h"

namespace decant::migration {
namespace {

std::vector<catalog::PlanKey> catalog_keys(const Prepared& prepared) {
  std::vector<catalog::PlanKey> keys;
  keys.push_back({"(source)", prepared.resolved.source->name()});
  keys.push_back({"(target)", prepared.resolved.target->name()});
  for (const auto& [key, value] : prepared.plan.keys) keys.push_back({key, value});
  return keys;
}

std::string owner_line(const Prepared& prepared, const std::string& command) {
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  return fmt::format("decant {} of migration '{}', process {} on {}", command, prepared.plan.name,
                     getpid(), host);
}

Result<bool> holds_records(View& view, const std::string& collection) {
  DECANT_ASSIGN(auto partitions, view.partitions(collection));
  Batch batch;
  for (const Partition& partition : partitions) {
    ReadOptions options;
    options.batch_records = 1;
    DECANT_ASSIGN(auto reader, view.read(partition, options));
    DECANT_ASSIGN(bool any, reader->next(batch));
    if (any) return true;
  }
  return false;
}

// Which collections held records before the migration's first run: decided once, then remembered.
Status remember_held(Prepared& prepared, catalog::Run& run) {
  DECANT_ASSIGN(auto known, run.migration_fact(kHeldFact));
  if (known) return ok_status();
  json::Document names = json::Document::list();
  bool any_exists =
      std::any_of(prepared.resolved.collections.begin(), prepared.resolved.collections.end(),
                  [](const ResolvedCollection& collection) { return collection.exists; });
  if (any_exists) {
    DECANT_ASSIGN(auto view, prepared.resolved.target->view());
    for (const ResolvedCollection& collection : prepared.resolved.collections) {
      if (!collection.exists || was_created(prepared.history, collection.name)) continue;
      DECANT_ASSIGN(bool held, holds_records(*view, collection.name));
      if (!held) continue;
      names.add(json::Document::text(collection.name));
      prepared.history.held.push_back(collection.name);
    }
  }
  return run.set_migration_fact(kHeldFact, names.to_text());
}

// Which outcomes of the run are whose: another command may resolve fewer collections, or others.
Status remember_targets(const Prepared& prepared, catalog::Run& run) {
  if (run.resumed()) return ok_status();
  json::Document names = json::Document::list();
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    names.add(json::Document::text(collection.name));
  }
  return run.set_fact(kTargetsFact, names.to_text());
}

// An unfinished run's own collections have no indexes yet. Before another run begins, they are
// brought to the form that every later reader expects.
Status finish_abandoned(const Job& job, Prepared& prepared) {
  if (!job.options.restart || prepared.history.created.empty()) return ok_status();
  std::vector<WriteTarget> targets;
  for (const Definition& definition : prepared.history.created) {
    WriteTarget target;
    target.definition = definition;
    target.created = true;
    DECANT_CHECK(prepared.resolved.target->create(definition, {}));
    targets.push_back(std::move(target));
  }
  WriteOptions options;
  options.checkpoint_name = prepared.plan.name;
  DECANT_ASSIGN(auto writer, prepared.resolved.target->writer(std::move(targets), options));
  while (true) {  // what was withdrawn stands in the source and comes again with the new run
    DECANT_ASSIGN(FinishResult finished, writer->finish());
    if (finished.withdrawn.empty()) break;
  }
  prepared.history.created.clear();
  return ok_status();
}

// What a first load takes, by the size of its source; 0 where the target holds collections already,
// since nobody knows how much of it comes again.
Result<std::uint64_t> bytes_of_a_load(Prepared& prepared) {
  std::uint64_t bytes = 0;
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    if (collection.exists) return std::uint64_t{0};
    for (const std::string& name : collection.from) {
      DECANT_ASSIGN(auto partitions, prepared.resolved.source_view->partitions(name));
      for (const Partition& partition : partitions) bytes += partition.bytes;
    }
  }
  return bytes;
}

}  // namespace

Result<Session> begin_session(const Environment& environment, const Job& job, Prepared& prepared,
                              const std::string& command) {
  Session session;
  Store& target = *prepared.resolved.target;
  DECANT_ASSIGN(session.lock, target.lock(owner_line(prepared, command)));
  DECANT_ASSIGN(std::uint64_t bytes_needed, bytes_of_a_load(prepared));
  DECANT_CHECK(target.preflight({bytes_needed}));
  DECANT_CHECK(finish_abandoned(job, prepared));
  DECANT_ASSIGN(session.catalog,
                catalog::Catalog::open(catalog_path(prepared.folder), catalog::CatalogMode::write,
                                       *environment.clock));
  catalog::BeginOptions begin;
  begin.migration = prepared.plan.name;
  begin.command = command;
  begin.keys = catalog_keys(prepared);
  begin.run_time_us = prepared.run_time_us;
  begin.restart = job.options.restart;
  DECANT_ASSIGN(session.run, session.catalog->begin(begin));
  DECANT_CHECK(remember_held(prepared, *session.run));
  DECANT_CHECK(remember_targets(prepared, *session.run));
  session.spill_folder = fmt::format("{}/spill/{}", prepared.folder, session.run->info().id);
  return session;
}

Result<LastRun> last_run(const Environment& environment, const Prepared& prepared) {
  LastRun last;
  if (!prepared.history.last_run) return last;
  DECANT_ASSIGN(last.catalog,
                catalog::Catalog::open(catalog_path(prepared.folder),
                                       catalog::CatalogMode::read_only, *environment.clock));
  DECANT_ASSIGN(last.run, last.catalog->run(*prepared.history.last_run));
  return last;
}

Status create_collections(Prepared& prepared, catalog::Run& run) {
  std::vector<Definition> missing;
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    bool ours = was_created(prepared.history, collection.name);
    if (ours || !collection.exists) missing.push_back(collection.definition);
  }
  if (missing.empty()) return ok_status();
  if (prepared.history.created.empty()) {
    DECANT_CHECK(run.set_fact(kCreatedFact, json::definitions_to_json(missing)));
    prepared.history.created = missing;
  }
  for (const Definition& definition : missing) {
    auto created = prepared.resolved.target->create(definition, {});
    if (!created.ok()) return std::move(created).error().in(definition.name);
  }
  return ok_status();
}

std::vector<copy::CopyTarget> copy_targets(const Prepared& prepared) {
  std::vector<copy::CopyTarget> targets;
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    copy::CopyTarget& target = targets.emplace_back();
    target.write.definition = collection.definition;
    target.write.definition.key = collection.key;
    target.write.policy = collection.policies.on_conflict.value_or(Policy::insert);
    target.write.newer_than = collection.policies.newer_than;
    target.write.owned = collection.rules.owned();
    target.write.once = collection.rules.once();
    target.write.mirrored = collection.mirrored;
    target.write.defaults = collection.defaults;
    if (const auto& max = collection.policies.quarantine_max) {
      target.quarantine_max = max->count;
      target.quarantine_share_max = max->share;
    }
    target.write.created = !collection.exists || was_created(prepared.history, collection.name);
    switch (collection.policies.duplicates.value_or(Duplicates::quarantine)) {
      case Duplicates::first:
        target.duplicates = copy::Duplicates::first;
        break;
      case Duplicates::last:
        target.duplicates = copy::Duplicates::last;
        break;
      case Duplicates::quarantine:
        target.duplicates = copy::Duplicates::quarantine;
        break;
    }
  }
  return targets;
}

Report report_head(const Prepared& prepared, const std::string& command) {
  Report report;
  report.command = command;
  report.migration = prepared.plan.name;
  report.source = prepared.resolved.source->name();
  report.target = prepared.resolved.target->name();
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    for (const std::string& note : collection.notes) {
      report.notes.push_back(collection.name + ": " + note);
    }
  }
  for (const std::string& line : prepared.resolved.left_behind) {
    report.notes.push_back("not moved: " + line);
  }
  return report;
}

void finish_report(const Environment& environment, std::int64_t started_ms, Report& report) {
  report.seconds = static_cast<double>(environment.clock->steady_ms() - started_ms) / 1000;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr std::uint64_t kBytesPerUnit = 1024;  // Linux counts ru_maxrss in KiB
  report.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * kBytesPerUnit;
}

RunOutcome judged(const Report& report) {
  if (!report.books.balanced()) return RunOutcome::failed;
  bool differs = report.verify && report.verify->verified() && !report.verify->clean();
  bool attention = report.books.quarantined > 0 || differs || report.source_changed;
  return attention ? RunOutcome::attention : RunOutcome::clean;
}

void take_error(const Error& error, Report& report) {
  report.error = error.message;
  switch (exit_status(error.code)) {
    case 2:
      report.outcome = RunOutcome::invalid;
      break;
    case 4:
      report.outcome = RunOutcome::refused;
      break;
    case 130:
      report.outcome = RunOutcome::interrupted;
      break;
    default:
      report.outcome = RunOutcome::failed;
  }
}

Status count_reasons(Session& session, Report& report) {
  if (report.books.quarantined == 0) return ok_status();
  catalog::QuarantineFilter filter;
  filter.migration = report.migration;
  filter.run = session.run->info().id;
  return session.catalog->each_quarantined(filter, [&](const catalog::QuarantineEntry& entry) {
    ++report.reasons[entry.reason];
    return ok_status();
  });
}

void end_run(Session& session, Report& report) {
  std::error_code ignored;  // nothing that is left of a spill is ever read again
  std::filesystem::remove_all(session.spill_folder, ignored);
  std::filesystem::remove(parent_of(session.spill_folder), ignored);
  catalog::RunState state = catalog::RunState::finished;
  if (!report.error.empty()) state = catalog::RunState::failed;
  if (report.outcome == RunOutcome::interrupted) state = catalog::RunState::interrupted;
  Status ended = session.run->end(state, to_string(report.outcome), to_json(report));
  if (ended.ok() || !report.error.empty()) return;
  take_error(ended.error(), report);
}

}  // namespace decant::migration
