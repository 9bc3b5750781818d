// The books of a run while it goes on, and what one commit group adds to the catalog: quarantine
// entries, closed ones, outcomes for verification, the books of files. No I/O.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "copy/checkpoint.h"
#include "copy/copy.h"
#include "copy/gate.h"
#include "copy/outcome_runs.h"
#include "copy/slot.h"
#include "json/text_buffer.h"
#include "json/writer.h"

namespace decant::copy {

// Records of one target that were staged in one call, and what became of them.
struct Staged {
  std::uint32_t target = 0;
  std::size_t first = 0;  // in the slot's work for the target
  std::vector<Outcome> outcomes;
  std::vector<Rejection> rejections;  // index from `first`
};

// A part of a slot, usually all of it: items in the order of the source.
struct SlotPart {
  Slot* slot = nullptr;
  std::size_t items_begin = 0;  // of the slot
  std::size_t items_end = 0;
  std::size_t records_begin = 0;
  std::size_t records_end = 0;
  std::size_t bad_begin = 0;
  std::size_t bad_end = 0;
  std::vector<Staged> staged;
};

// A part that takes `slot` from an item on; `items_end` is found by the caller.
SlotPart part_of(Slot& slot, std::size_t items_begin, std::size_t items_end);

class Accounts {
 public:
  Accounts(const CopyJob& job, const std::vector<PartitionWork>& partitions);

  const Checkpoint& state() const { return state_; }
  Checkpoint& state() { return state_; }
  // After a resume: the state, and the books of the files that the catalog holds.
  void restore(Checkpoint state, const std::vector<FileBooks>& files);

  // Forgets what the last group added, and remembers the state to come back to.
  void begin_group();
  // Takes back all of the group.
  void reset_group();
  void add(const SlotPart& part);
  void end_partition(std::uint32_t partition);
  // Moves a written record to the quarantine; `source` is null where it cannot be read again.
  // `first`: nothing else that its source record made is there already.
  void withdraw(const Withdrawn& withdrawn, const SeenRecord& seen, const Record* source,
                bool first);

  const Intents& intents() const { return intents_; }
  const std::vector<catalog::QuarantineEntry>& quarantine() const { return quarantine_; }
  const std::vector<std::uint64_t>& closed() const { return closed_; }
  std::vector<catalog::OutcomeRuns> outcomes(std::uint64_t group);
  std::vector<FileBooks> touched_files() const;
  const std::vector<FileBooks>& files() const { return files_; }
  std::size_t group_bytes() const { return group_bytes_; }  // of memory, about
  std::uint64_t partitions_hash(std::uint32_t partition) const { return prefix_[partition]; }

 private:
  void add_staged(const Slot& slot, const Staged& staged);
  void add_refused(const SlotPart& part);
  void add_items(const SlotPart& part);
  void add_outcome_run(const Slot& slot, std::uint32_t target, Outcome outcome,
                       std::uint64_t offset);
  void flush_outcomes();
  void flush_withdrawn();
  void put_quarantine(const Slot& slot, const Record& source, std::uint32_t target,
                      const Record* record, std::string_view reason, std::string message);
  void put_bad(const Slot& slot, const BadText& bad);
  catalog::QuarantineEntry entry_at(std::uint32_t collection, std::uint32_t target,
                                    const Origin& origin) const;
  std::string key_text(std::uint32_t target, const Record& record);
  void push(catalog::QuarantineEntry entry);
  FileBooks* file_of(std::uint32_t file);
  std::uint32_t first_target(const Slot& slot) const;

  const CopyJob& job_;
  const std::vector<PartitionWork>& partitions_;
  std::vector<std::uint64_t> prefix_;  // hash of the partitions up to each

  Checkpoint state_;
  std::vector<FileBooks> files_;
  // Of the group.
  Checkpoint before_;
  std::vector<FileBooks> files_before_;  // of those touched
  std::vector<std::uint32_t> touched_;
  std::vector<std::uint64_t> touched_in_;  // by file: the last group that touched it, by groups_
  std::uint64_t groups_ = 0;
  Intents intents_;
  std::vector<catalog::QuarantineEntry> quarantine_;
  std::vector<std::uint64_t> closed_;
  std::vector<OutcomeRunsBuilder> builders_;  // by target, of builders_partition_
  std::uint32_t builders_partition_ = UINT32_MAX;
  std::vector<catalog::OutcomeRuns> outcomes_;
  // Target, source collection and file -> offsets of the records that were withdrawn.
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::set<std::uint64_t>>
      withdrawn_;
  std::size_t group_bytes_ = 0;
  std::vector<ItemState> states_;  // of the part at hand
  json::RecordWriter record_writer_;
  json::TextBuffer text_;
};

}  // namespace decant::copy
