// A definition from what records hold. Allocation-free per record in steady state; the cost of a
// record is one increment a field.
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

  // What follows is of this partition, in its order. REQUIRES: no partition is given to two
  // builders, except one after the other in order.
  void start_partition(std::uint32_t partition);
  void add(std::span<const Record> records);
  void merge(const DefinitionBuilder& other);

  // `invalid` where there are more than fields_max fields, or a field has the complement's name.
  // A key field that no record holds is an error, too.
  Result<Inferred> finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::mapping
