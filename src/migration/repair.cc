#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "migration/copy_job.h"
#include "migration/run.h"
#include "migration/session.h"
#include "migration/verification.h"

namespace decant::migration {
namespace {

// Origins held while a repair works: 24 bytes each.
constexpr std::size_t kRepairRecordsMax = 10'000'000;

// What verification found in the source and not, or otherwise, in the target; by source collection.
class Damage {
 public:
  Status add(const std::string& source, const Origin& origin) {
    if (++count_ > kRepairRecordsMax) {
      return Error{ErrorCode::refused,
                   fmt::format("more than {} records are missing or different; 'run' with "
                               "--on-conflict upsert writes them all",
                               kRepairRecordsMax)};
    }
    origins_[source].push_back(origin);
    return ok_status();
  }
  void sort() {
    for (auto& [source, origins] : origins_) std::sort(origins.begin(), origins.end(), before);
  }
  bool empty() const { return count_ == 0; }
  const std::vector<Origin>& of(const std::string& source) { return origins_[source]; }

 private:
  static bool before(const Origin& a, const Origin& b) {
    if (a.file != b.file) return a.file < b.file;
    return a.ordinal != b.ordinal ? a.ordinal < b.ordinal : a.offset < b.offset;
  }
  std::map<std::string, std::vector<Origin>> origins_;
  std::size_t count_ = 0;
};

// A view of the source that holds nothing but the damaged records: each collection is one
// partition, read by fetching.
class DamagedView final : public View {
 public:
  DamagedView(View& source, Damage& damage) : source_(source), damage_(damage) {}

  const std::vector<Definition>& definitions() const override { return source_.definitions(); }
  Result<std::vector<Partition>> partitions(std::string_view collection) override {
    Partition partition;
    partition.collection = collection;
    partition.id = "repair";
    partition.label = "repair";
    partition.records = damage_.of(partition.collection).size();
    return std::vector<Partition>{std::move(partition)};
  }
  Result<std::unique_ptr<Reader>> read(const Partition& partition, const ReadOptions&) override {
    return source_.fetch(partition.collection, damage_.of(partition.collection));
  }
  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override {
    return source_.fetch(collection, origins);
  }
  const std::vector<std::string>& files() const override { return source_.files(); }
  Result<std::vector<std::string>> changes_seen() override { return source_.changes_seen(); }

 private:
  View& source_;
  Damage& damage_;
};

Result<Damage> find_damage(const Environment& environment, const Job& job, Prepared& prepared,
                           VerificationOptions options, Report& report) {
  Damage damage;
  options.on_difference = [&](std::uint32_t index, const verify::FoundDifference& found) {
    if (found.kind == verify::DifferenceKind::extra) return ok_status();
    const ResolvedCollection& collection = prepared.resolved.collections[index];
    return damage.add(collection.from[found.source], found.source_origin);
  };
  DECANT_CHECK(verify_collections(environment, job, prepared, options, report));
  damage.sort();
  return damage;
}

Status write_damage(const Environment& environment, const Job& job, Prepared& prepared,
                    Session& session, Damage& damage, Report& report) {
  DamagedView view(*prepared.resolved.source_view, damage);
  for (ResolvedCollection& collection : prepared.resolved.collections) {
    collection.policies.on_conflict = Policy::upsert;
  }
  copy::CopyJob task =
      copy_job(environment, job, prepared, session.run.get(), session.spill_folder);
  task.source = &view;
  copy::CopyResult result = copy::copy(task);
  take_copy(result, report);
  return std::move(result.status);
}

Status find_and_write(const Environment& environment, const Job& job, Prepared& prepared,
                      Session& session, catalog::Run* decisions, Report& report) {
  VerificationOptions options;
  options.decisions = decisions;
  options.spill_folder = session.spill_folder;
  DECANT_CHECK(make_directories(session.spill_folder, 0700));
  Report found = report_head(prepared, "repair");
  DECANT_ASSIGN(Damage damage, find_damage(environment, job, prepared, options, found));
  report.notes.push_back(fmt::format("found {} missing, {} different, {} extra",
                                     found.verify->missing, found.verify->different,
                                     found.verify->extra));
  if (!damage.empty()) {
    DECANT_CHECK(write_damage(environment, job, prepared, session, damage, report));
    DECANT_CHECK(make_directories(session.spill_folder, 0700));
    return verify_collections(environment, job, prepared, options, report);
  }
  report.verify = found.verify;
  report.differences = found.differences;
  for (CollectionReport& collection : found.collections) {
    report.collections.push_back(std::move(collection));
  }
  return ok_status();
}

}  // namespace

Result<Report> repair(const Environment& environment, const Job& job) {
  std::int64_t started_ms = environment.clock->steady_ms();
  DECANT_ASSIGN(Prepared prepared, prepare(environment, job));
  if (prepared.history.unfinished) {
    return Error{ErrorCode::refused, "migration '" + prepared.plan.name +
                                         "' has an unfinished run; let it finish first (the same "
                                         "'run' again resumes it)"};
  }
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
