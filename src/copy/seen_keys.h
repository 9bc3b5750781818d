// The keys that a source has shown so far, with what is known of the first record of each: exact
// over 128-bit hashes, in flat memory.
//
// New keys go into a table in memory, nearly in the order of the keys. When it is full, its entries
// are sorted and become a run on disk; runs of one size are merged eight at a time. A Bloom filter
// of fixed size stands in front of the runs; what passes it is looked for by interpolation, a batch
// of keys in sorted order. Each entry leads to a line of the log: content digest and origin of the
// record.
//
// Memory: the table (24 bytes a slot), the filter, and one page a run. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "copy/spill_file.h"
#include "decant/batch.h"
#include "decant/result.h"
#include "model/canonical.h"

namespace decant::copy {

inline constexpr std::size_t seen_keys_in_memory_max = 192u << 10;
inline constexpr std::size_t seen_keys_in_memory_min = 8u << 10;
inline constexpr std::size_t seen_filter_bytes = 16u << 20;
inline constexpr std::size_t seen_filter_bytes_min = 256u << 10;
inline constexpr std::size_t seen_log_memory_bytes = 1u << 20;

struct SeenRecord {
  Hash128 content;
  Origin origin;
  std::uint32_t collection = 0;  // of the source
};

class SeenKeys {
 public:
  struct Options {
    std::string folder;  // of spilled runs; see SpillFile
    std::size_t keys_in_memory_max = seen_keys_in_memory_max;
    std::size_t filter_bytes = seen_filter_bytes;
  };
  explicit SeenKeys(Options options);
  ~SeenKeys();
  SeenKeys(SeenKeys&&) noexcept;

  struct Entry {
    RecordDigest digest;
    Origin origin;
    std::uint32_t collection = 0;
  };
  // In order: `first[i]` is the number (from 0, of all that were added) of the earlier record with
  // the key of entries[i], which may be in the same call, or kNew, and then the entry is added.
  static constexpr std::uint64_t kNew = UINT64_MAX;
  Status add(std::span<const Entry> entries, std::vector<std::uint64_t>& first);

  // What add() was given for the record of this number.
  Result<SeenRecord> record(std::uint64_t number);
  Result<std::optional<SeenRecord>> find(const Hash128& key);
  // No more keys will come: all goes to disk, the memory is given back, and find() and record()
  // still answer.
  // REQUIRES: no add() after it.
  Status retire();
  std::uint64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::copy
