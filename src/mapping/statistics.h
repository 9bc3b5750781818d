// What `inspect` says of a collection: its fields, with types, presence, examples and whether they
// could be a key. Memory is bounded: see kDistinctMax.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"

namespace decant::mapping {

// Hashes of different values kept for one field, or pair of fields. Past it every second hash is
// let go, and so on: what is left is a fair sample, in which a repeat is still seen.
inline constexpr std::size_t kDistinctMax = 65'536;
inline constexpr std::size_t kStatisticsFieldsMax = 2'000;  // more are counted, not described
inline constexpr std::size_t kKeyPartsMax = 12;             // fields tried in pairs as a key

struct FieldSummary {
  std::string name;
  std::uint64_t present = 0;  // records that have the field, null included
  std::uint64_t nulls = 0;
  std::array<std::uint64_t, 32> types{};  // by Type
  std::vector<std::string> examples;      // the first three different ones, shortened
  std::uint64_t distinct = 0;             // different values, an estimate past kDistinctMax
  bool distinct_exact = true;
  std::uint64_t text_bytes_max = 0;
};

struct KeyCandidate {
  std::vector<std::string> fields;  // one or two
  bool proven = false;              // every value was compared; else a sample of them
};

struct CollectionSummary {
  std::uint64_t records = 0;
  std::uint64_t text_bytes = 0;       // of the records in the source, where it can tell
  std::vector<FieldSummary> fields;   // in order of first appearance
  std::uint64_t values_left_out = 0;  // of fields past kStatisticsFieldsMax
  std::vector<KeyCandidate> keys;     // single fields first
};

// Not thread-safe. Fed in source order.
class FieldStatistics {
 public:
  FieldStatistics();
  ~FieldStatistics();
  FieldStatistics(FieldStatistics&&) noexcept;

  void add(const Batch& batch);
  CollectionSummary summary() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::mapping
