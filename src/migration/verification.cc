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
                      const VerificationOptions& options, const JobOptions& job) {
  if (job.limit) return true;
  if (options.judge_extra) return false;
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
                  const VerificationOptions& options, const JobOptions& given,
                  verify::VerifyJob& job) {
  job.key = collection.key;
  job.owned = collection.rules.owned();
  job.once = collection.rules.once();
  job.policy = collection.policies.on_conflict.value_or(Policy::insert);
  job.newer_than = collection.policies.newer_than;
  job.duplicates = duplicate_policy(collection.policies);
  bool allowed = extra_is_allowed(prepared, collection, options, given);
  job.extra = allowed ? verify::ExtraPolicy::allow : verify::ExtraPolicy::different;
  job.source_limit = given.limit.value_or(0);
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
  if (sum.mode.empty()) sum = VerifyTotals{one.mode, 0, 0, 0, 0, 0, 0, true};
  if (sum.mode != one.mode) sum.mode = "mixed";
  sum.compared += one.compared;
  sum.missing += one.missing;
  sum.extra += one.extra;
  sum.different += one.different;
  sum.excluded += one.excluded;
  sum.kept += one.kept;
  sum.extra_allowed = sum.extra_allowed && (one.extra == 0 || one.extra_allowed);
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
  add_totals(*report.verify, totals);
  for (const verify::Difference& difference : result.differences) {
    if (report.differences.size() >= differences_max) break;
    report.differences.push_back(report_of(collection.name, difference));
  }
  for (const std::string& note : result.notes)
    report.notes.push_back(collection.name + ": " + note);
  for (const std::string& change : result.changes_seen) {
    report.notes.push_back("changed while it was compared: " + change);
    report.source_changed = true;
  }
  if (report.command == "verify") report.bytes_read += result.source_bytes;
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
  report.verify = VerifyTotals{};
  report.differences.clear();
  for (std::uint32_t i = 0; i < prepared.resolved.collections.size(); ++i) {
    const ResolvedCollection& collection = prepared.resolved.collections[i];
    verify::VerifyJob task;
    task.target = target_view.get();
    task.definition = collection.definition;
    task.capabilities = prepared.resolved.target->capabilities();
    DECANT_CHECK(add_sources(prepared, i, task));
    set_policies(prepared, collection, options, job.options, task);
    set_way(environment, prepared, options, job.options, task);
    if (!options.differences_file.empty()) {
      task.differences_file = prepared.resolved.collections.size() == 1
                                  ? options.differences_file
                                  : fmt::format("{}.{}", options.differences_file, i + 1);
    }
    RunDecisions decisions(options.decisions, i);
    if (options.decisions != nullptr) task.dispositions = &decisions;
    if (options.on_difference) {
      task.on_difference = [&, i](const verify::FoundDifference& found) {
        return options.on_difference(i, found);
      };
    }
    auto result = verify::verify(task);
    if (!result.ok()) return std::move(result).error().in("verify " + collection.name);
    take_result(collection, *result, prepared.plan.verify.differences_max, report);
    DECANT_CHECK(keep_or_remove(task.differences_file, report));
  }
  return ok_status();
}

}  // namespace decant::migration
