#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "copy/outcome_runs.h"
#include "migration/copy_job.h"
#include "migration/run.h"
#include "migration/session.h"
#include "migration/verification.h"

namespace decant::migration {
namespace {

// Origins held while a repair works: 24 bytes each.
constexpr std::size_t kRepairRecordsMax = 10'000'000;

// What verification found in the source and not, or otherwise, in the target: by target collection
// and source collection. Sorted by place once it is complete.
class Damage {
 public:
  using Origins = std::vector<Origin>;

  Status add(std::uint32_t target, const std::string& source, const Origin& origin) {
    if (++count_ > kRepairRecordsMax) {
      return Error{ErrorCode::refused,
                   fmt::format("more than {} records are missing or different; 'run' with "
                               "--on-conflict upsert writes them all",
                               kRepairRecordsMax)};
    }
    by_target_[{target, source}].push_back(origin);
    return ok_status();
  }
  // A record that several targets lack is read once.
  void finish() {
    for (auto& [place, origins] : by_target_) {
      std::sort(origins.begin(), origins.end(), before);
      Origins& all = by_source_[place.second];
      all.insert(all.end(), origins.begin(), origins.end());
    }
    for (auto& [source, origins] : by_source_) {
      std::sort(origins.begin(), origins.end(), before);
      auto same = [](const Origin& a, const Origin& b) { return !before(a, b) && !before(b, a); };
      origins.erase(std::unique(origins.begin(), origins.end(), same), origins.end());
    }
  }
  bool empty() const { return count_ == 0; }
  const std::map<std::pair<std::uint32_t, std::string>, Origins>& by_target() const {
    return by_target_;
  }
  bool has(std::uint32_t target, const std::string& source, const Origin& origin) const {
    auto found = by_target_.find({target, source});
    return found != by_target_.end() &&
           std::binary_search(found->second.begin(), found->second.end(), origin, before);
  }
  // Those of one file. Empty where there are none.
  std::span<const Origin> of(std::string_view source, std::uint32_t file) const {
    auto found = by_source_.find(source);
    if (found == by_source_.end()) return {};
    auto [first, last] =
        std::equal_range(found->second.begin(), found->second.end(), Origin{file, 0, 0},
                         [](const Origin& a, const Origin& b) { return a.file < b.file; });
    return {first, last};
  }

 private:
  static bool before(const Origin& a, const Origin& b) {
    return a.file != b.file ? a.file < b.file : a.offset < b.offset;
  }
  std::map<std::pair<std::uint32_t, std::string>, Origins> by_target_;
  std::map<std::string, Origins, std::less<>> by_source_;
  std::size_t count_ = 0;
};

// One for each file, as the offsets that outcomes are kept by tell records of one file apart.
Partition repair_partition(std::string_view collection, std::uint32_t file) {
  Partition partition;
  partition.collection = collection;
  partition.id = fmt::format("repair-{}", file);
  partition.label = "repair";
  partition.file = file;
  return partition;
}

// A view of the source that holds nothing but the damaged records, read by fetching.
class DamagedView final : public View {
 public:
  DamagedView(View& source, const Damage& damage) : source_(source), damage_(damage) {}

  const std::vector<Definition>& definitions() const override { return source_.definitions(); }
  Result<std::vector<Partition>> partitions(std::string_view collection) override {
    std::vector<Partition> partitions;
    std::size_t files = std::max<std::size_t>(1, source_.files().size());
    for (std::uint32_t file = 0; file < files; ++file) {
      Partition partition = repair_partition(collection, file);
      partition.records = damage_.of(collection, file).size();
      if (partition.records > 0) partitions.push_back(std::move(partition));
    }
    return partitions;
  }
  Result<std::unique_ptr<Reader>> read(const Partition& partition, const ReadOptions&) override {
    return source_.fetch(partition.collection, damage_.of(partition.collection, partition.file));
  }
  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override {
    return source_.fetch(collection, origins);
  }
  const std::vector<std::string>& files() const override { return source_.files(); }
  Result<std::vector<std::string>> changes_seen() override { return source_.changes_seen(); }

 private:
  View& source_;
  const Damage& damage_;
};

Result<Damage> find_damage(const Environment& environment, const Job& job, Prepared& prepared,
                           VerificationOptions options, Report& report) {
  Damage damage;
  options.on_difference = [&](std::uint32_t index, const verify::FoundDifference& found) {
    if (found.kind == verify::DifferenceKind::extra) return ok_status();
    const ResolvedCollection& collection = prepared.resolved.collections[index];
    return damage.add(index, collection.from[found.source], found.source_origin);
  };
  DECANT_CHECK(verify_collections(environment, job, prepared, options, report));
  damage.finish();
  return damage;
}

// Writes what is damaged, and only into the collection where it is: what the policy keeps in
// another one that is fed by the same record stays.
Status write_damage(const Environment& environment, const Job& job, Prepared& prepared,
                    const Damage& damage, CopyPurpose purpose, Report& report) {
  DamagedView view(*prepared.resolved.source_view, damage);
  purpose.on_conflict = Policy::upsert;
  copy::CopyJob task = copy_job(environment, job, prepared, purpose);
  task.source = &view;
  for (std::uint32_t i = 0; i < task.targets.size(); ++i) {
    task.targets[i].quarantine_share_max.reset();  // a share of the source, not of the damage
    task.targets[i].takes = [&, i](std::uint32_t feed, const Origin& origin) {
      return damage.has(i, prepared.feeds[feed].collection, origin);
    };
  }
  copy::CopyResult result = copy::copy(task);
  take_copy(result, report);
  return std::move(result.status);
}

// What the repair itself put into quarantine, by target collection.
Result<std::vector<verify::ExceptionList>> unrepaired(const Prepared& prepared,
                                                      const Damage& damage, catalog::Run& run) {
  std::vector<verify::ExceptionList> lists(prepared.resolved.collections.size());
  for (const auto& [place, origins] : damage.by_target()) {
    const auto& [target, source] = place;
    const auto& from = prepared.resolved.collections[target].from;
    auto index =
        static_cast<std::uint32_t>(std::find(from.begin(), from.end(), source) - from.begin());
    copy::OutcomeCursor outcomes({});
    for (std::size_t i = 0; i < origins.size(); ++i) {
      if (i == 0 || origins[i].file != origins[i - 1].file) {
        Partition partition = repair_partition(source, origins[i].file);
        DECANT_ASSIGN(outcomes, copy::OutcomeCursor::open(run, partition, target));
      }
      if (outcomes.at(origins[i].offset) != Outcome::quarantined) continue;
      lists[target].add(index, origins[i], verify::Disposition::excluded);
    }
  }
  return lists;
}

void note_found(const Report& found, Report& report) {
  report.notes.push_back(fmt::format("found {} missing, {} different, {} extra",
                                     found.verify->missing, found.verify->different,
                                     found.verify->extra));
}

// What was found stands for the verification after it where nothing had to be written.
void take_found(Report&& found, Report& report) {
  report.verify = found.verify;
  report.differences = std::move(found.differences);
  report.collections = std::move(found.collections);
}

Status find_and_write(const Environment& environment, const Job& job, Prepared& prepared,
                      Session& session, catalog::Run* decisions, Report& report) {
  VerificationOptions options;
  options.decisions = decisions;
  options.spill_folder = session.spill_folder;
  DECANT_CHECK(make_directories(session.spill_folder, 0700));
  Report found = report_head(prepared, "repair");
  DECANT_ASSIGN(Damage damage, find_damage(environment, job, prepared, options, found));
  note_found(found, report);
  if (damage.empty()) {
    take_found(std::move(found), report);
    return ok_status();
  }
  CopyPurpose purpose{session.run.get(), session.spill_folder};
  DECANT_CHECK(write_damage(environment, job, prepared, damage, purpose, report));
  DECANT_CHECK(count_reasons(session, report));
  DECANT_ASSIGN(auto exceptions, unrepaired(prepared, damage, *session.run));
  options.unrepaired = &exceptions;
  return verify_run(environment, job, prepared, session, options, report);
}

// The books that the repair would have, and what it would not mend.
Result<Report> dry_repair(const Environment& environment, const Job& job, Prepared& prepared) {
  std::int64_t started_ms = environment.clock->steady_ms();
  Report report = report_head(prepared, "repair");
  report.dry_run = true;
  DECANT_ASSIGN(LastRun last, last_run(environment, prepared));
  VerificationOptions options;
  options.decisions = last.run.get();
  DECANT_ASSIGN(TemporaryFolder spill, TemporaryFolder::make());
  options.spill_folder = spill.path();
  Report found = report_head(prepared, "repair");
  DECANT_ASSIGN(Damage damage, find_damage(environment, job, prepared, options, found));
  note_found(found, report);
  if (!damage.empty()) {
    DECANT_CHECK(write_damage(environment, job, prepared, damage, {}, report));
  }
  report.differences = std::move(found.differences);
  report.outcome = judged(report);
  bool stays_extra = found.verify->extra > 0 && !found.verify->extra_allowed;
  if (stays_extra && report.outcome == RunOutcome::clean) report.outcome = RunOutcome::attention;
  finish_report(environment, started_ms, report);
  return report;
}

}  // namespace

Result<Report> repair(const Environment& environment, const Job& job) {
  std::int64_t started_ms = environment.clock->steady_ms();
  DECANT_ASSIGN(Prepared prepared, prepare_to_write(environment, job));
  if (prepared.history.unfinished) {
    return Error{ErrorCode::refused, "migration '" + prepared.plan.name +
                                         "' has an unfinished run; let it finish first (the same "
                                         "'run' again resumes it)"};
  }
  if (job.options.dry_run) return dry_repair(environment, job, prepared);
  DECANT_ASSIGN(Session session, begin_session(environment, job, prepared, "repair"));
  std::unique_ptr<catalog::Run> decisions;
  if (prepared.history.last_run) {
    DECANT_ASSIGN(decisions, session.catalog->run(*prepared.history.last_run));
  }
  Report report = report_head(prepared, "repair");
  report.run = std::to_string(session.run->info().number);
  Status done = find_and_write(environment, job, prepared, session, decisions.get(), report);
  finish_report(environment, started_ms, report);
  report.outcome = judged(report);
  if (!done.ok()) take_error(done.error(), report);
  end_run(session, report);
  return report;
}

}  // namespace decant::migration
