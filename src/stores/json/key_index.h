// Keys on disk: what a target file holds, found by the hash of its key. Memory does not grow with
// the number of keys.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "decant/result.h"

namespace decant::stores {

// What is known of one key.
struct KeyEntry {
  Hash128 key;
  Hash128 content;
  std::uint64_t ordinal = 0;  // of the record in the target file, or kNewRecord
  std::uint64_t offset = 0;   // of its text: in the target file, or in the journal
  std::uint32_t size = 0;     // of its text
  bool in_journal = false;
  bool removed = false;
};
inline constexpr std::uint64_t kNewRecord = UINT64_MAX;

// A hash table with linear probing in a file without a name, through a small cache of pages; it
// doubles as it fills. One thread.
class KeyIndex {
 public:
  static Result<KeyIndex> open();

  // False where the key is not there.
  Result<bool> find(const Hash128& key, KeyEntry& entry);
  // Adds the key, or replaces what is known of it.
  Status put(const KeyEntry& entry);
  std::uint64_t size() const { return entries_; }

 private:
  struct Slot {
    KeyEntry entry;
    bool used = false;
  };
  static constexpr std::size_t kPageSlots = 64;
  static constexpr std::size_t kPagesCached = 2048;
  struct Page {
    std::uint64_t number = UINT64_MAX;
    bool changed = false;
    Slot slots[kPageSlots];
  };

  explicit KeyIndex(File file) : file_(std::move(file)) {}
  Result<Page*> page(std::uint64_t number);
  Status write_back(Page& page);
  // The slot of the key, or the free one where it belongs; its page is marked as changed on demand.
  Result<Slot*> slot_of(const Hash128& key, bool to_change);
  Status double_size();

  File file_;
  std::uint64_t pages_ = 16;
  std::uint64_t entries_ = 0;
  std::vector<std::unique_ptr<Page>> cache_;
};

// One number for each record of a file, in a file without a name; zero until it is set.
class NumberTable {
 public:
  static Result<NumberTable> open();
  Status set(std::uint64_t index, std::uint64_t number);
  Result<std::uint64_t> get(std::uint64_t index);

 private:
  explicit NumberTable(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace decant::stores
