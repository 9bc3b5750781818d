#include "copy/copy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"
#include "copy/committer.h"
#include "copy/gate.h"
#include "copy/pipeline.h"

namespace decant::copy {
namespace {

constexpr std::uint32_t kWaitMs = 50;  // for a batch, before the clock and the stop are looked at

// Says how far the run is, not more often than progress_interval_ms.
class ProgressTeller {
 public:
  ProgressTeller(const CopyJob& job, const std::vector<PartitionWork>& partitions)
      : job_(job), partitions_(partitions) {
    for (const PartitionWork& work : partitions) bytes_total_ += work.partition.bytes;
    for (const PartitionWork& work : partitions) records_total_ += work.partition.records;
  }

  void tell(std::string_view phase, const Checkpoint& state, bool always = false) {
    if (job_.events == nullptr || partitions_.empty()) return;
    const std::int64_t now = job_.clock->steady_ms();
    if (!always && now - last_ms_ < std::int64_t{progress_interval_ms}) return;
    last_ms_ = now;
    const PartitionWork& work =
        partitions_[std::min<std::size_t>(state.partition, partitions_.size() - 1)];
    Progress progress;
    progress.phase = phase;
    progress.collection = job_.collections[work.collection].name;
    progress.file = work.partition.label;
    progress.records = state.books.read + state.left;
    progress.bytes = state.source_bytes;
    progress.bytes_total = bytes_total_;
    progress.records_total = records_total_;
    progress.quarantined = state.books.quarantined;
    job_.events->progress(progress);
  }

 private:
  const CopyJob& job_;
  const std::vector<PartitionWork>& partitions_;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t records_total_ = 0;
  std::int64_t last_ms_ = INT64_MIN / 2;
};

Error interrupted() {
  return Error{ErrorCode::interrupted,
               "stopped as asked; the same command again goes on from here"};
}

Result<std::vector<PartitionWork>> list_partitions(const CopyJob& job) {
  std::vector<PartitionWork> all;
  for (std::uint32_t i = 0; i < job.collections.size(); ++i) {
    DECANT_ASSIGN(std::vector<Partition> partitions,
                  job.source->partitions(job.collections[i].name));
    for (Partition& partition : partitions) all.push_back({std::move(partition), i});
  }
  return all;
}

Status check_job(const CopyJob& job) {
  for (const CopyTarget& target : job.targets) {
    const Definition& definition = target.write.definition;
    if (definition.key.empty() && !definition.key_generated) {
      return Error{ErrorCode::invalid, definition.name + ": no key is known; say --key " +
                                           definition.name + "=FIELD, or `key:` in the plan"};
    }
  }
  return ok_status();
}

bool wants_last(const CopyJob& job) {
  return std::any_of(job.targets.begin(), job.targets.end(), [](const CopyTarget& target) {
    return target.duplicates == Duplicates::last;
  });
}

// The pass before the copy: which record is the last of each key.
Status find_last(const CopyJob& job, const std::vector<PartitionWork>& partitions,
                 const std::string& spill, Gate& gate) {
  Gate finding(job, partitions, Gate::Purpose::find_last, spill);
  ProgressTeller teller(job, partitions);
  Checkpoint state;
  {
    Pipeline pipeline(job, partitions, finding);
    while (true) {
      if (job.stop.stop_requested()) return interrupted();
      bool waited = false;
      Slot* slot = pipeline.next(kWaitMs, waited);
      if (slot == nullptr && waited) continue;
      if (slot == nullptr) break;
      if (slot->error) {
        Error error = std::move(*slot->error);
        pipeline.release(slot);
        return error;
      }
      state.partition = slot->partition;
      state.books.read += slot->items();
      state.source_bytes += slot->source.source_bytes;
      pipeline.release(slot);
      teller.tell("scan", state);
    }
  }
  std::vector<std::unique_ptr<LastOfKey>> last = finding.take_last();
  for (const std::unique_ptr<LastOfKey>& of_target : last) {
    if (of_target) DECANT_CHECK(of_target->sort());
  }
  gate.set_last(std::move(last));
  return ok_status();
}

Status prepare_gate(const CopyJob& job, const std::vector<PartitionWork>& partitions,
                    const std::string& spill, const Checkpoint& state, Gate& gate) {
  if (wants_last(job)) DECANT_CHECK(find_last(job, partitions, spill, gate));
  if (state.items > 0 || state.partition > 0) {
    gate.resume_from({state.partition, state.items, state.chain});
  }
  if (job.run == nullptr) return ok_status();
  OpenOrigins open;
  DECANT_CHECK(job.run->each_open_origin([&](std::uint64_t origin) { open.add(origin); }));
  gate.set_open_origins(std::move(open));
  return ok_status();
}

// Every slot, in source order, until the source ends.
Status take_all(const CopyJob& job, const std::vector<PartitionWork>& partitions, Gate& gate,
                Committer& committer) {
  ProgressTeller teller(job, partitions);
  Pipeline pipeline(job, partitions, gate);
  committer.on_release([&](Slot* slot) { pipeline.release(slot); });
  while (true) {
    if (job.stop.stop_requested()) {
      DECANT_CHECK(committer.end_group());
      return interrupted();
    }
    bool waited = false;
    Slot* slot = pipeline.next(kWaitMs, waited);
    if (slot != nullptr) {
      DECANT_CHECK(committer.take(slot));
    } else if (!waited) {
      break;
    }
    DECANT_CHECK(committer.tick());
    teller.tell("copy", committer.accounts().state());
  }
  DECANT_CHECK(committer.end_group());
  teller.tell("copy", committer.accounts().state(), true);
  return ok_status();
}

Status run_copy(const CopyJob& job, const std::vector<PartitionWork>& partitions,
                Committer& committer, CopyResult& result) {
  DECANT_CHECK(committer.open());
  if (committer.phase() == Phase::finished) return ok_status();
  const std::string spill = job.run == nullptr ? std::string() : job.spill_folder;
  Gate gate(job, partitions, Gate::Purpose::copy, spill);
  DECANT_CHECK(prepare_gate(job, partitions, spill, committer.accounts().state(), gate));
  DECANT_CHECK(take_all(job, partitions, gate, committer));
  return committer.finish(gate, result.notes);
}

void fill(const CopyJob& job, const Accounts& accounts, CopyResult& result) {
  const Checkpoint& state = accounts.state();
  result.books = state.books;
  result.left = state.left;
  result.written = state.written;
  result.source_bytes = state.source_bytes;
  result.groups = state.groups;
  result.files = accounts.files();
  for (std::size_t i = 0; i < job.targets.size(); ++i) {
    CollectionBooks& books = result.collections.emplace_back();
    books.collection = job.targets[i].write.definition.name;
    books.books = state.targets[i].books;
    books.written = state.targets[i].written;
    books.left = state.targets[i].left;
  }
}

bool all_balanced(const CopyResult& result) {
  auto balanced = [](const auto& each) { return each.books.balanced(); };
  return result.books.balanced() &&
         std::all_of(result.collections.begin(), result.collections.end(), balanced) &&
         std::all_of(result.files.begin(), result.files.end(), balanced);
}

}  // namespace

CopyResult copy(const CopyJob& job) {
  CopyResult result;
  result.status = check_job(job);
  if (!result.status.ok()) return result;
  Result<std::vector<PartitionWork>> partitions = list_partitions(job);
  if (!partitions.ok()) {
    result.status = std::move(partitions).error();
    return result;
  }
  Committer committer(job, *partitions);
  result.status = run_copy(job, *partitions, committer, result);
  committer.forget_open_group();
  fill(job, committer.accounts(), result);
  result.wrote = committer.began_writing();
  if (result.status.ok() && !all_balanced(result)) {
    result.status = Error{ErrorCode::corrupt,
                          "the books do not balance: this is a fault in Decant; the target is not "
                          "to be trusted, please report it with the run's report"};
  }
  Result<std::vector<std::string>> changes = job.source->changes_seen();
  if (changes.ok()) {
    result.source_changes = std::move(*changes);
  } else if (result.status.ok()) {
    result.status = std::move(changes).error();
  }
  return result;
}

}  // namespace decant::copy
