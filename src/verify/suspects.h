// Sets of key hashes, for the sketch's way: the keys to look at again, and the keys seen so far.
#pragma once

#include <cstdint>
#include <vector>

namespace decant::verify {

// A set of key hashes, 16 bytes each or less; exact.
class KeySet {
 public:
  void insert(std::uint64_t key) {
    if (key == 0) {
      has_zero_ = true;
      return;
    }
    if ((size_ + 1) * 2 > slots_.size()) grow();
    insert_into(slots_, key);
  }
  bool contains(std::uint64_t key) const {
    if (key == 0) return has_zero_;
    if (slots_.empty()) return false;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = start(key) & mask;; i = (i + 1) & mask) {
      if (slots_[i] == key) return true;
      if (slots_[i] == 0) return false;
    }
  }
  std::size_t size() const { return size_ + (has_zero_ ? 1 : 0); }

 private:
  // Keys of one partition share their first bits, keys under a mask their last ones.
  static std::size_t start(std::uint64_t key) { return (key * 0x9e3779b97f4a7c15ull) >> 20; }
  void insert_into(std::vector<std::uint64_t>& slots, std::uint64_t key) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = start(key) & mask;
    while (slots[i] != 0 && slots[i] != key) i = (i + 1) & mask;
    if (slots[i] == 0) ++size_;
    slots[i] = key;
  }
  void grow() {
    std::vector<std::uint64_t> larger(slots_.empty() ? 1024 : slots_.size() * 2);
    size_ = 0;
    for (const std::uint64_t key : slots_) {
      if (key != 0) insert_into(larger, key);
    }
    slots_ = std::move(larger);
  }

  std::vector<std::uint64_t> slots_;
  std::size_t size_ = 0;
  bool has_zero_ = false;
};

// A Bloom filter of one cache line a key: says of every key that was here before that it was, and
// of about one in a thousand others, too, while there are at most `keys` of them.
class SeenKeys {
 public:
  static constexpr std::uint64_t kBytesMax = 32u << 20;

  explicit SeenKeys(std::uint64_t keys) {
    std::uint64_t lines = 1024;
    while (lines * 32 < keys && lines * 64 < kBytesMax) lines *= 2;
    words_.resize(lines * 8);
  }
  // True where the key may have been here before.
  bool test_and_set(std::uint64_t key) {
    std::uint64_t hash = key * 0x9e3779b97f4a7c15ull;
    hash ^= hash >> 32;
    std::uint64_t* line = &words_[(hash & (words_.size() / 8 - 1)) * 8];
    const std::uint64_t bits = hash * 0xd6e8feb86659fd93ull;
    bool seen = true;
    for (unsigned i = 0; i < 8; ++i) {  // one bit in each word of the line
      const std::uint64_t bit = std::uint64_t{1} << (bits >> (16 + 6 * i) & 63);
      seen = seen && (line[i] & bit) != 0;
      line[i] |= bit;
    }
    return seen;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace decant::verify
