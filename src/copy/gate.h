// The gate: every batch passes it once, in source order, whatever the number of readers. It decides
// what depends on the records before: the limit, duplicates within the source, what an earlier part
// of a resumed run has done already. One thread at a time.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "copy/copy.h"
#include "copy/last_of_key.h"
#include "copy/seen_keys.h"
#include "copy/slot.h"

namespace decant::copy {

// One partition of the source, in the order of the run.
struct PartitionWork {
  Partition partition;
  std::uint32_t collection = 0;  // index in CopyJob::collections
};

// Origins with an open quarantine entry, by origin_hash: says "no" for sure, "yes" perhaps.
class OpenOrigins {
 public:
  void add(std::uint64_t origin);
  bool may_hold(std::uint64_t origin) const;
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::uint64_t> words_;
};

// Where a resumed run goes on.
struct ResumePlace {
  std::uint32_t partition = 0;
  std::uint64_t items = 0;
  std::uint64_t chain = 0;
};

class Gate {
 public:
  enum class Purpose : std::uint8_t {
    copy,
    find_last,  // the pass before a copy with Duplicates::last
  };
  Gate(const CopyJob& job, const std::vector<PartitionWork>& partitions, Purpose purpose,
       std::string spill_folder);
  ~Gate();

  void resume_from(const ResumePlace& place) { resume_ = place; }
  void set_open_origins(OpenOrigins origins) { open_origins_ = std::move(origins); }
  // By target; taken from a gate that found them.
  void set_last(std::vector<std::unique_ptr<LastOfKey>> last) { last_ = std::move(last); }
  std::vector<std::unique_ptr<LastOfKey>> take_last() { return std::move(last_); }

  // Decides on the slot's items; an Error is put into the slot. False: nothing of it is left for
  // the writer.
  bool pass(Slot& slot);

  // Whether the records of this collection that are still to come are left. Any thread.
  bool is_past_limit(std::uint32_t collection) const {
    return past_limit_[collection].load(std::memory_order_relaxed);
  }
  // The first record with a key that reached the target. Not while pass() may be called.
  Result<std::optional<SeenRecord>> find(std::uint32_t target, const Hash128& key);

 private:
  Status decide(Slot& slot);
  void open_seen(const std::string& spill_folder);
  Status retire_before(std::uint32_t collection);
  void apply_limit(std::uint32_t collection, Slot& slot);
  void extend_chain(Slot& slot);
  Status find_repeated(std::uint32_t target, Slot& slot);
  Status keep_first(std::uint32_t target, Slot& slot);
  Status keep_last(std::uint32_t target, Slot& slot);
  Status judge_repeated(std::uint32_t target, std::size_t index, std::uint64_t first, Slot& slot,
                        bool& refused);
  Status drop_done(Slot& slot);
  void mark_open(Slot& slot);
  std::string place_of(const SeenRecord& record) const;

  const CopyJob& job_;
  const std::vector<PartitionWork>& partitions_;
  Purpose purpose_;
  std::vector<SeenKeys> seen_;
  std::vector<std::uint32_t> last_fed_;  // by target: the last source collection that feeds it
  std::uint32_t collection_ = 0;         // of the source, that is read now
  std::vector<std::unique_ptr<LastOfKey>> last_;
  std::vector<std::uint64_t> taken_;  // by collection
  std::unique_ptr<std::atomic<bool>[]> past_limit_;
  std::optional<ResumePlace> resume_;
  bool resume_verified_ = false;  // the chain was as it should be when the place was passed
  OpenOrigins open_origins_;
  std::uint32_t partition_ = UINT32_MAX;
  std::uint64_t items_ = 0;  // of the partition so far
  std::uint64_t chain_ = 0;
  // Kept from batch to batch for their memory.
  std::vector<std::uint64_t> first_;
  std::vector<SeenKeys::Entry> keyed_;
};

}  // namespace decant::copy
