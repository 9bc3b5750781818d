// Batch: the unit that moves. Records that share one arena of memory.
//
// A Batch is filled by one thread and handed on; it is movable, not copyable. Every view in its
// records (values, text, names of shapes of its own) is valid until the batch is cleared or
// destroyed. A Shape made by a ShapeTable outlives every batch of the run, unless its id says
// kOwnedByBatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/value.h"

namespace decant {

// A bump allocator: blocks are kept on clear() and used again, so a batch in steady state
// allocates nothing. Not thread-safe.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&& other) noexcept { *this = std::move(other); }
  Arena& operator=(Arena&& other) noexcept;

  // Uninitialised memory; never null, also for 0 bytes.
  char* allocate(std::size_t bytes, std::size_t alignment = 8) {
    std::size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (current_ == nullptr || start + bytes > capacity_) return allocate_slow(bytes);
    used_ = start + bytes;
    return current_ + start;
  }
  // Gives back the tail of the last allocation that was not used.
  void shrink_last(char* allocation, std::size_t used_bytes) {
    used_ = static_cast<std::size_t>(allocation - current_) + used_bytes;
  }
  template <typename T>
  std::span<T> allocate_array(std::size_t count) {
    return {reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T))), count};
  }
  std::string_view copy(std::string_view text);
  void clear();
  std::size_t bytes_used() const;

 private:
  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t size;
  };
  char* allocate_slow(std::size_t bytes);

  std::vector<Block> blocks_;
  std::size_t block_index_ = 0;
  std::size_t finished_bytes_ = 0;
  char* current_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
};

// An ordered list of field names. Records of one shape have their values at the same indexes.
// Immutable; compared by address within one ShapeTable, by content elsewhere.
class Shape {
 public:
  // REQUIRES: no name twice; the names' text outlives the shape.
  Shape(std::uint32_t id, std::vector<std::string_view> names);
  // The next id for a shape that is not of a ShapeTable but as long-lived as one (a Conformer's).
  static std::uint32_t next_id();

  // Unique within the run: use it to index what was compiled for the shape. kOwnedByBatch for a
  // shape past shapes_max, which lives and dies with its batch.
  static constexpr std::uint32_t kOwnedByBatch = UINT32_MAX;
  std::uint32_t id() const { return id_; }
  std::size_t size() const { return names_.size(); }
  std::string_view name(std::size_t index) const { return names_[index]; }
  std::span<const std::string_view> names() const { return names_; }
  // The indexes in bytewise order of name: the order of the canonical form.
  std::span<const std::uint32_t> sorted() const { return sorted_; }
  // -1 where there is no such field.
  int find(std::string_view name) const;

 private:
  std::uint32_t id_;
  std::vector<std::string_view> names_;
  std::vector<std::uint32_t> sorted_;
};

// Where a record came from. For files: index of the file in the source's list, number of the
// record in it from 0, and byte from 0 (of the decompressed text). For tables: file 0, and what
// the store can find it again by (rowid) as `offset`.
struct Origin {
  std::uint32_t file = 0;
  std::uint64_t ordinal = 0;
  std::uint64_t offset = 0;
  bool operator==(const Origin&) const = default;
};

enum class Change : std::uint8_t { put, remove };

struct Record {
  const Shape* shape = nullptr;
  const Value* values = nullptr;  // shape->size() of them
  Origin origin;
  std::string_view position = {};  // in the source's stream of changes; empty for a store at rest
  Change change = Change::put;
  bool ends_group = false;         // last record of a transaction of the source
  std::uint32_t source_index = 0;  // mapped records: index of the record they were made from
  std::uint32_t text_bytes = 0;    // size of the record in the source, 0 if it cannot tell

  Value field(std::size_t index) const { return values[index]; }
  // Absent where the shape has no such field.
  Value find(std::string_view name) const;
};

// A record that a source holds but cannot hand on as values: bad text.
struct BadText {
  Origin origin;
  std::string_view reason;  // one word of reasons.h, e.g. "duplicate_key"
  std::string_view message;
  std::string_view text;  // as it stands in the source, cut at quarantine_text_bytes_max
};

struct Batch {
  Batch() = default;
  Batch(Batch&&) noexcept = default;
  Batch& operator=(Batch&&) noexcept = default;

  void clear();
  bool empty() const { return records.empty() && bad.empty(); }

  Arena arena;
  std::vector<Record> records;
  std::vector<BadText> bad;
  std::string resume;  // opaque: reading the partition from here goes on after this batch
  std::uint64_t source_bytes = 0;  // bytes of the source that this batch stands for
  std::vector<std::unique_ptr<const Shape>> shapes;  // the ones past shapes_max
};

// Makes each shape once. A reader walks it name by name: the next name is predicted, so that a
// record with the fields of the one before costs one comparison of bytes a field.
// Thread-safe; each reader thread uses a Walker of its own.
class ShapeTable {
 public:
  ShapeTable();
  ~ShapeTable();
  ShapeTable(const ShapeTable&) = delete;
  ShapeTable& operator=(const ShapeTable&) = delete;

  // The shape with these names in this order. Past limits.h's shapes_max different shapes, a new
  // one is made for `owner` alone, so that records with random keys do not fill the memory.
  const Shape* get(std::span<const std::string_view> names, Batch& owner);
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One record's way through the table: start(), step(name) for each field, finish(batch).
// The views passed in need not outlive the call. Not thread-safe; as many as you like for one
// table. The caller bounds the number of fields of a record (limits.h, fields_max).
class ShapeWalker {
 public:
  explicit ShapeWalker(ShapeTable& table);
  ~ShapeWalker();
  ShapeWalker(ShapeWalker&&) noexcept;
  ShapeWalker& operator=(ShapeWalker&&) = delete;

  void start() {
    node_ = root_;
    if (reset_wanted_) reset();
  }
  // True where the name was not in this record before (false: a duplicate key, not added).
  bool step(std::string_view name) {
    Node* next = node_->predicted;
    if (next != nullptr && same(next->name, name)) [[likely]] {
      node_ = next;
      return true;
    }
    return step_elsewhere(name);
  }
  // The step that the last record took from here, where the text at `at` is that name and a quote
  // behind it: its size, and the step is done. 0: nothing was done.
  // REQUIRES: name_padding bytes are readable from each byte of the text.
  std::size_t step_predicted(const char* at) {
    Node* next = node_->predicted;
    if (next == nullptr || !next->quick) return 0;
    const std::size_t size = next->name.size();
    if (at[size] != '"' || !same(next->name, {at, size})) return 0;
    node_ = next;
    return size;
  }
  static constexpr std::size_t name_padding = 17;
  const Shape* finish(Batch& owner) {
    return node_->shape != nullptr ? node_->shape : finish_new(owner);
  }

 private:
  // A prefix of field names. The path from the root to a node never holds a name twice.
  struct Node {
    std::string_view name;
    Node* parent = nullptr;
    Node* predicted = nullptr;  // the child that the last record went on to
    Node* first_child = nullptr;
    Node* next_sibling = nullptr;
    const Shape* shape = nullptr;  // of a record that ends here, once there was one
    std::uint32_t depth = 0;
    std::uint32_t children = 0;
    bool quick = false;  // short, and stands in JSON text as it is
  };
  struct State;
  // Names are short: two loads that overlap instead of a call of memcmp.
  static bool same(std::string_view a, std::string_view b) {
    const std::size_t size = a.size();
    if (size != b.size()) return false;
    if (size >= 8) {
      return load<std::uint64_t>(a, 0) == load<std::uint64_t>(b, 0) &&
             (size <= 16 ? load<std::uint64_t>(a, size - 8) == load<std::uint64_t>(b, size - 8)
                         : a == b);
    }
    if (size >= 4) {
      return load<std::uint32_t>(a, 0) == load<std::uint32_t>(b, 0) &&
             load<std::uint32_t>(a, size - 4) == load<std::uint32_t>(b, size - 4);
    }
    for (std::size_t i = 0; i < size; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  template <typename T>
  static T load(std::string_view text, std::size_t at) {
    T word;
    std::memcpy(&word, text.data() + at, sizeof word);
    return word;
  }
  bool step_elsewhere(std::string_view name);
  const Shape* finish_new(Batch& owner);
  void reset();

  Node* root_ = nullptr;
  Node* node_ = nullptr;
  bool reset_wanted_ = false;
  std::unique_ptr<State> state_;
};

}  // namespace decant
