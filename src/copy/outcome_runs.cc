#include "copy/outcome_runs.h"

#include <algorithm>

#include "catalog/blob.h"

namespace decant::copy {

void OutcomeRunsBuilder::add(Outcome outcome, std::uint64_t offset) {
  if (outcome != Outcome::superseded && outcome != Outcome::quarantined) {
    broken_ = true;
    return;
  }
  if (!broken_ && runs_.back().outcome == outcome && runs_.back().last <= offset) {
    runs_.back().last = offset;
  } else {
    runs_.push_back({outcome, offset, offset});
  }
  broken_ = false;
}

void OutcomeRunsBuilder::clear() {
  runs_.clear();
  broken_ = true;
}

std::string OutcomeRunsBuilder::encode() const {
  catalog::BlobWriter writer;
  writer.number(runs_.size());
  std::uint64_t place = 0;
  for (const OutcomeRun& run : runs_) {
    writer.number(static_cast<std::uint64_t>(run.outcome));
    // Signed: views and tables without a row id have no rising offsets.
    writer.signed_number(static_cast<std::int64_t>(run.first - place));
    writer.number(run.last - run.first);
    place = run.last;
  }
  return writer.finish();
}

std::string withdrawn_partition(std::uint32_t file) {
  return "(withdrawn) " + std::to_string(file);
}

Result<std::vector<OutcomeRun>> decode_outcome_runs(std::string_view blob) {
  catalog::BlobReader reader(blob);
  std::vector<OutcomeRun> runs;
  const std::uint64_t count = reader.count();
  std::uint64_t place = 0;
  bool known = true;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    OutcomeRun run;
    const std::uint64_t outcome = reader.number();
    known = known && outcome <= static_cast<std::uint64_t>(Outcome::quarantined);
    run.outcome = known ? static_cast<Outcome>(outcome) : Outcome::quarantined;
    run.first = place + static_cast<std::uint64_t>(reader.signed_number());
    run.last = run.first + reader.number();
    place = run.last;
    runs.push_back(run);
  }
  if (!known || !reader.at_end()) {
    return Error{ErrorCode::corrupt,
                 "the outcomes of a partition in the catalog are not what was written; put a copy "
                 "of the catalog back, or run the migration again"};
  }
  return runs;
}

Result<OutcomeCursor> OutcomeCursor::open(catalog::Run& run, const Partition& partition,
                                          std::uint32_t target) {
  std::vector<OutcomeRun> all;
  const auto take = [&](const catalog::OutcomeRuns& stored) -> Status {
    DECANT_ASSIGN(std::vector<OutcomeRun> runs, decode_outcome_runs(stored.blob));
    all.insert(all.end(), runs.begin(), runs.end());
    return ok_status();
  };
  DECANT_CHECK(run.each_outcome_runs(partition.collection, partition.id, target, take));
  DECANT_CHECK(run.each_outcome_runs(partition.collection, withdrawn_partition(partition.file),
                                     target, take));
  std::stable_sort(all.begin(), all.end(),
                   [](const OutcomeRun& a, const OutcomeRun& b) { return a.first < b.first; });
  return OutcomeCursor(std::move(all));
}

Outcome OutcomeCursor::at(std::uint64_t offset) {
  while (place_ < runs_.size() && runs_[place_].last < offset) ++place_;
  if (place_ == runs_.size() || runs_[place_].first > offset) return Outcome::inserted;
  return runs_[place_].outcome;
}

}  // namespace decant::copy
