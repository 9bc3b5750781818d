// A batch on its way from a reader to the writer: the source's records, what the mapping made of
// them, and what has become of each. Filled by one thread at a time; recycled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "copy/seen_keys.h"
#include "decant/batch.h"
#include "decant/store.h"
#include "mapping/mapping.h"

namespace decant::copy {

// What is known of a source record: an Outcome of the books, or one of these.
using ItemState = std::uint8_t;
inline constexpr ItemState kUndecided = 0xff;
inline constexpr ItemState kLeft = 0xfe;
inline constexpr ItemState kDone = 0xfd;  // counted by an earlier part of this run

constexpr ItemState state_of(Outcome outcome) { return static_cast<ItemState>(outcome); }

constexpr bool is_write(Outcome outcome) {
  return outcome == Outcome::inserted || outcome == Outcome::updated;
}

// A record that will not reach the target, for a reason found before the writer.
struct Refused {
  std::uint32_t source_index = 0;
  std::uint32_t target = 0;  // index in CopyJob::targets
  std::string_view reason;
  std::string message;
  // The target record, where there is one: for its key. A copy, as the work's records move up.
  std::optional<Record> record;
};

// A target record that repeats an earlier one.
struct Repeated {
  std::uint32_t source_index = 0;
  std::uint32_t target = 0;
};

// The records for one target, in source order, with what tells them apart.
struct TargetWork {
  std::vector<Record> records;
  std::vector<SeenKeys::Entry> entries;  // one for each record
  std::vector<std::uint8_t> keyless;     // empty: none; else 1 where the store will make the key
};

struct Slot {
  // --- the reader's
  std::uint32_t partition = 0;  // index in the job's list
  bool ends_partition = false;
  std::optional<Error> error;  // of the reader or the gate; nothing else is in the slot
  Batch source;
  mapping::MappedBatch mapped;
  Arena arena;  // of conformed records
  std::vector<TargetWork> targets;
  std::vector<ItemState> states;          // by index in source.records
  std::vector<ItemState> bad_states;      // by index in source.bad: quarantined, kLeft or kDone
  std::vector<std::uint64_t> hashes;      // by index in source.records; 0: not in the chain
  std::vector<std::uint64_t> bad_hashes;  // by index in source.bad
  std::vector<Refused> refused;
  // --- the gate's
  std::vector<Repeated> repeated;
  std::vector<std::uint32_t> may_close;  // records whose origin may have an open quarantine entry
  std::uint64_t first_item = 0;          // number of the first item in its partition
  std::uint64_t chain_before = 0;
  std::uint64_t chain_after = 0;
  std::uint64_t bytes = 0;  // of memory, about

  std::size_t items() const { return source.records.size() + source.bad.size(); }
  void clear();
};

// Whether `a` comes before `b` in one partition. Tables have no ordinals, files no other order.
constexpr bool comes_before(const Origin& a, const Origin& b) {
  return a.ordinal != b.ordinal ? a.ordinal < b.ordinal : a.offset < b.offset;
}

// Walks over records and bad texts in the order of the source. visit(index, is_bad).
template <typename Visit>
void for_each_item(const Batch& source, Visit visit) {
  std::size_t bad = 0;
  for (std::size_t i = 0; i < source.records.size(); ++i) {
    while (bad < source.bad.size() &&
           comes_before(source.bad[bad].origin, source.records[i].origin)) {
      visit(bad++, true);
    }
    visit(i, false);
  }
  while (bad < source.bad.size()) visit(bad++, true);
}

// The next link of the chain over all items of a source; see Checkpoint::chain.
constexpr std::uint64_t next_link(std::uint64_t chain, std::uint64_t item_hash) {
  if (item_hash == 0) return chain;
  chain = (chain ^ item_hash) * 0x9e3779b97f4a7c15u;
  return chain ^ (chain >> 29);
}

}  // namespace decant::copy
