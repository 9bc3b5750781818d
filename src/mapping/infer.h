// A definition from what records hold. Allocation-free per record in steady state; what a record
// costs is one bit set for each field.
//
// One type of value gives the field's kind (an int64: integer; lists and maps: json); int64 and
// decimal: decimal; int64 and real: number; with decimals, too: decimal. Other mixtures become
// json, and a note says so. Only the key is NOT NULL. A field that holds nulls and is never absent
// is nullable; where a field holds both, the table gets a complement.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"

namespace decant::mapping {

struct Inferred {
  Definition definition;
  std::vector<std::string> notes;  // one line for each field of mixed types: what becomes of it
  std::uint64_t records = 0;
};

// Fed with (mapped) records; one a thread, merged at the end. Fields stand in order of their first
// appearance: by partition, then record. The result does not depend on the number of threads.
class DefinitionBuilder {
 public:
  struct Options {
    std::string name;
    std::vector<std::string> key;   // NOT NULL, the only ones
    std::vector<Field> known = {};  // types that stand already (declared, or a foreign type)
    std::string complement = "decant_rest";  // name of the hidden field, where one is needed
  };
  explicit DefinitionBuilder(Options options);
  ~DefinitionBuilder();
  DefinitionBuilder(DefinitionBuilder&&) noexcept;

  // What follows is of this partition, in its order. REQUIRES: a partition is given to one builder,
  // in one go; partitions in any order.
  void start_partition(std::uint32_t partition);
  void add(std::span<const Record> records);
  void merge(const DefinitionBuilder& other);

  // `invalid` where there are more than fields_max fields, or where no record holds a key field.
  Result<Inferred> finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::mapping
