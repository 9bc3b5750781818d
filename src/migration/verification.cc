#include "migration/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "migration/decisions.h"

namespace decant::migration {
namespace {

// The rules without `where`, for the keys of records that were left.
Result<std::shared_ptr<const mapping::Mapping>> left_mapping(const ResolvedCollection& collection,
                                                             std::int64_t run_time_us) {
  if (collection.rules.where.empty()) return std::shared_ptr<const mapping::Mapping>{};
  mapping::Rules rules = collection.rules;
  rules.where = {};
  mapping::CompileOptions compile;
  compile.run.run_time_us = run_time_us;
  compile.source = collection.source_fields;
  return mapping::Mapping::compile({std::move(rules)}, compile);
}

Status add_sources(Prepared& prepared, std::uint32_t index, verify::VerifyJob& job) {
  const ResolvedCollection& collection = prepared.resolved.collections[index];
  for (const std::string& name : collection.from) {
    for (const SourceFeed& feed : prepared.feeds) {
      if (feed.collection != name) continue;
      verify::SourceInput input;
      input.view = prepared.resolved.source_view.get();
      input.collection = name;
      input.mapping = feed.mapping;
      auto place = std::find(feed.targets.begin(), feed.targets.end(), index);
      input.mapping_target = static_cast<std::uint32_t>(place - feed.targets.begin());
      DECANT_ASSIGN(input.left_mapping, left_mapping(collection, prepared.run_time_us));
      job.sources.push_back(std::move(input));
    }
  }
  return ok_status();
}

verify::DuplicatePolicy duplicate_policy(const Policies& policies) {
  switch (policies.duplicates.value_or(Duplicates::quarantine)) {
    case Duplicates::first:
      return verify::DuplicatePolicy::first;
    case Duplicates::last:
      return verify::DuplicatePolicy::last;
    case Duplicates::quarantine:
      break;
  }
  return verify::DuplicatePolicy::quarantine;
}

bool extra_is_allowed(const Prepared& prepared, const ResolvedCollection& collection,
                      const JobOptions& job) {
  if (job.limit) return true;
  if (prepared.plan.verify.extra == Extra::allow) return true;
  if (prepared.plan.verify.extra == Extra::different) return false;
  const auto& held = prepared.history.held;
  return std::find(held.begin(), held.end(), collection.name) != held.end();
}

verify::Mode mode_of(const Plan& plan, const std::string& spill_folder) {
  if (plan.verify.mode == VerifyMode::sketch) return verify::Mode::sketch;
  if (plan.verify.mode == VerifyMode::exact) return verify::Mode::join;
  return spill_folder.empty() ? verify::Mode::sketch : verify::Mode::automatic;
}

unsigned threads_of(const Plan& plan) {
  if (plan.threads > 0) return std::max(2u, plan.threads);
  return std::clamp(std::thread::hardware_concurrency(), 2u, 8u);
}

void set_policies(const Prepared& prepared, const ResolvedCollection& collection,
                  const JobOptions& given, verify::VerifyJob& job) {
  job.key = collection.key;
  job.owned = collection.rules.owned();
  job.once = collection.rules.once();
  job.defaults = collection.defaults;
  job.mirrored = collection.mirrored;
  job.policy = collection.policies.on_conflict.value_or(Policy::insert);
  job.newer_than = collection.policies.newer_than;
  job.duplicates = duplicate_policy(collection.policies);
  bool allowed = extra_is_allowed(prepared, collection, given);
  job.extra = allowed ? verify::ExtraPolicy::allow : verify::ExtraPolicy::different;
  job.source_limit = given.limit;
}

void set_way(const Environment& environment, const Prepared& prepared,
             const VerificationOptions& options, const JobOptions& given, verify::VerifyJob& job) {
  const Plan& plan = prepared.plan;
  job.mode = mode_of(plan, options.spill_folder);
  job.sample = given.sample;
  job.spill_folder = options.spill_folder;
  job.plan_digest = plan.digest();
  job.threads = threads_of(plan);
  job.differences_max = plan.verify.differences_max;
  job.events = environment.sink;
  job.stop = environment.stop;
}

VerifyTotals totals_of(const verify::VerifyResult& result) {
  VerifyTotals totals;
  totals.mode = result.mode == "join" ? "exact" : result.mode;
  totals.compared = result.compared;
  totals.missing = result.missing;
  totals.extra = result.extra;
  totals.different = result.different;
  totals.excluded = result.excluded;
  totals.kept = result.kept;
  totals.extra_allowed = result.extra_policy == verify::ExtraPolicy::allow;
  return totals;
}

void add_totals(VerifyTotals& sum, const VerifyTotals& one) {
  if (!sum.verified()) {
    sum = one;
    return;
  }
  if (sum.mode != one.mode) sum.mode = "mixed";
  // Where neither has extra records, what would have been said of them; else what is said.
  bool sum_counts = sum.extra > 0 || one.extra == 0;
  bool one_counts = one.extra > 0 || sum.extra == 0;
  sum.extra_allowed = (!sum_counts || sum.extra_allowed) && (!one_counts || one.extra_allowed);
  sum.compared += one.compared;
  sum.missing += one.missing;
  sum.extra += one.extra;
  sum.different += one.different;
  sum.excluded += one.excluded;
  sum.kept += one.kept;
}

DifferenceReport report_of(const std::string& collection, const verify::Difference& difference) {
  DifferenceReport report;
  report.collection = collection;
  report.kind = std::string(verify::to_string(difference.kind));
  report.place = difference.place;
  report.json = verify::to_json(difference);
  for (const auto& [field, value] : difference.key) {
    report.key += fmt::format("{}{}={}", report.key.empty() ? "" : ", ", field, value);
  }
  for (const verify::FieldDifference& field : difference.fields) {
    FieldDifference& entry = report.fields.emplace_back();
    entry.name = field.name;
    if (!field.source.empty()) entry.source = field.source;
    if (!field.target.empty()) entry.target = field.target;
    if (!field.source_type.empty()) {
      entry.note = fmt::format("{} against {}", field.source_type, field.target_type);
    }
  }
  return report;
}

CollectionReport& report_for(Report& report, const std::string& name) {
  for (CollectionReport& collection : report.collections) {
    if (collection.name == name) return collection;
  }
  report.collections.emplace_back().name = name;
  return report.collections.back();
}

void take_result(const ResolvedCollection& collection, const verify::VerifyResult& result,
                 std::uint64_t differences_max, Report& report) {
  VerifyTotals totals = totals_of(result);
  report_for(report, collection.name).verify = totals;
  for (const verify::Difference& difference : result.differences) {
    if (report.differences.size() >= differences_max) break;
    report.differences.push_back(report_of(collection.name, difference));
  }
  if (totals.compared == 0 && totals.excluded > 0) {
    report.notes.push_back(
        fmt::format("{}: nothing was compared, since each of the {} records is "
                    "in quarantine or cannot be read",
                    collection.name, totals.excluded));
  }
  for (const std::string& note : result.notes)
    report.notes.push_back(collection.name + ": " + note);
  for (const std::string& change : result.changes_seen) {
    report.notes.push_back("changed while it was compared: " + change);
    report.source_changed = true;
  }
  if (report.command == "verify") report.bytes_read += result.source_bytes;
}

// One row of the catalog for each collection.
void note_verification(const Report& report, catalog::Run& run) {
  for (const CollectionReport& collection : report.collections) {
    if (!collection.verify) continue;
    const VerifyTotals& totals = *collection.verify;
    run.add_verification({collection.name, totals.mode, totals.compared, totals.missing,
                          totals.extra, totals.different, totals.excluded, totals.kept, 0});
  }
}

// The file of all differences stays where it holds some.
Status keep_or_remove(const std::string& path, Report& report) {
  if (path.empty() || !path_exists(path)) return ok_status();
  DECANT_ASSIGN(FileStamp stamp, file_stamp(path));
  if (stamp.size == 0) return remove_file(path);
  report.differences_file = path;
  return ok_status();
}

}  // namespace

Status verify_collections(const Environment& environment, const Job& job, Prepared& prepared,
                          const VerificationOptions& options, Report& report) {
  DECANT_ASSIGN(auto target_view, prepared.resolved.target->view());
  VerifyTotals sum;
  report.verify.reset();
  report.differences.clear();
  if (!options.differences_file.empty()) DECANT_CHECK(remove_file(options.differences_file));
  for (std::uint32_t i = 0; i < prepared.resolved.collections.size(); ++i) {
    const ResolvedCollection& collection = prepared.resolved.collections[i];
    verify::VerifyJob task;
    task.target = target_view.get();
    task.definition = collection.definition;
    task.capabilities = prepared.resolved.target->capabilities();
    DECANT_CHECK(add_sources(prepared, i, task));
    set_policies(prepared, collection, job.options, task);
    set_way(environment, prepared, options, job.options, task);
    task.differences_file = options.differences_file;
    RunDecisions decisions(options.unrepaired == nullptr ? nullptr : &(*options.unrepaired)[i]);
    if (options.decisions != nullptr) {
      DECANT_CHECK(decisions.take(*options.decisions, collection.name, i));
    }
    if (decisions.any()) task.dispositions = &decisions;
    if (options.on_difference) {
      task.on_difference = [&, i](const verify::FoundDifference& found) {
        return options.on_difference(i, found);
      };
    }
    auto result = verify::verify(task);
    if (!result.ok()) return std::move(result).error().in("verify " + collection.name);
    take_result(collection, *result, prepared.plan.verify.differences_max, report);
    add_totals(sum, *report_for(report, collection.name).verify);
  }
  report.verify = sum;
  return keep_or_remove(options.differences_file, report);
}

Status verify_run(const Environment& environment, const Job& job, Prepared& prepared,
                  Session& session, VerificationOptions options, Report& report) {
  options.spill_folder = session.spill_folder;
  options.differences_file =
      fmt::format("{}/differences-{}.ndjson", prepared.folder, session.run->info().id);
  DECANT_CHECK(make_directories(session.spill_folder, 0700));
  DECANT_CHECK(verify_collections(environment, job, prepared, options, report));
  note_verification(report, *session.run);
  return ok_status();
}

}  // namespace decant::migration
