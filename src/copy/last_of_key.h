// Which records of a source are the last of their key: found in one pass, used in the next.
//
// First pass: each record leaves its key and its number. Sorted by key, all numbers of a key but
// the highest are written down; sorted by number, they are the records that the second pass leaves
// out. Both sorts are on disk; memory is flat. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/hash.h"
#include "decant/result.h"

namespace decant::copy {

inline constexpr std::size_t sort_entries_in_memory_max = 256u << 10;  // 24 bytes each
inline constexpr std::size_t sort_entries_in_memory_min = 8u << 10;

class LastOfKey {
 public:
  explicit LastOfKey(std::string folder,
                     std::size_t entries_in_memory_max = sort_entries_in_memory_max);
  ~LastOfKey();

  Status add(const Hash128& key);  // the next record of the first pass
  Status sort();                   // after the last one
  // For the next record of the second pass: whether a later one has its key. REQUIRES: sort().
  Result<bool> is_repeated_later();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::copy
