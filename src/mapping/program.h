// Rules compiled for one source shape: field names are gone, what is left are indexes of values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decant/batch.h"
#include "mapping/compiled_mapping.h"

namespace decant::mapping {

inline constexpr std::int32_t kNoSlot = -1;

// A condition over indexes.
class SlotCondition {
 public:
  SlotCondition() = default;
  // `condition` outlives it.
  SlotCondition(const Condition& condition, const Shape& shape);
  bool holds(const Value* values) const {
    return (tests_.empty() && any_.empty()) || holds_slow(values);
  }

 private:
  struct Test {
    const FieldTest* test;
    std::int32_t slot;
  };
  bool holds_slow(const Value* values) const;

  std::vector<Test> tests_;
  std::vector<std::vector<SlotCondition>> any_;
};

// The way of records of one shape through one kind.
class KindProgram {
 public:
  // Which fields a target record has, in order; the views point into the mapping and the shape.
  KindProgram(const CompiledKind& kind, const Shape& source);
  const std::vector<std::string_view>& target_names() const { return target_names_; }

  // Fills `target` (target_names().size() of them). False where the record cannot be mapped.
  bool run(const Record& source, Value* target, CastMemory& memory, Failure& failure) const;

 private:
  // Most fields are copied: those have a loop of their own.
  struct Copy {
    std::uint32_t target;
    std::uint32_t source;
  };
  enum class Op : std::uint8_t { copy_or, constant, rule, coalesce, whole, into };
  struct Step {
    Op op;
    std::uint32_t target;
    std::int32_t source = kNoSlot;
    const CompiledRule* rule = nullptr;
    Value value = {};             // copy_or, constant
    std::uint32_t spellings = 0;  // coalesce: where in slots_
    std::uint32_t spelling_count = 0;
  };
  // A rule that forgets something of some records, and where its source fields are.
  struct Forgetful {
    const CompiledRule* rule;
    std::uint32_t target;
    std::uint32_t slots;  // where in slots_; one for each of its source fields, or kNoSlot
  };
  void add_rule(const CompiledRule& rule, const Shape& source);
  void add_rest(const Shape& source);
  void add_forgetful(const Shape& source);
  bool run_step(const Step& step, const Record& source, Value& value, CastMemory& memory,
                Failure& failure) const;
  bool check(const Record& source, Failure& failure) const;
  Value gather(const Record& source, bool whole, Arena& arena) const;
  Value notes(const Record& source, const Value* target, CastMemory& memory) const;

  const CompiledKind* kind_;
  std::vector<Copy> copies_;
  std::vector<Step> steps_;
  std::vector<Forgetful> forgetful_;     // where the target keeps what they forget
  std::size_t noted_max_ = 0;            // source fields of all of them
  std::vector<std::int32_t> slots_;      // of coalesce, and of forgetful rules
  std::vector<std::uint32_t> rest_;      // slots that `into` gathers
  std::vector<std::uint32_t> taken_;     // kept fields whose name a rule makes
  std::vector<std::uint32_t> unmapped_;  // fields that nothing takes
  std::vector<std::string_view> target_names_;
};

// Whether a rule can be undone from what it made, for this record: the one meaning of "lossless"
// that verdicts, notes and scans share. `source_at` gives the i-th of the rule's source fields.
template <typename SourceAt>
bool forgets(const CompiledRule& rule, const Value& made, const SourceAt& source_at,
             CastMemory& memory) {
  const Value first = source_at(0);
  for (std::size_t i = 1; i < rule.rule().from.size(); ++i) {
    if (!source_at(i).is_absent()) return true;
  }
  if (rule.is_copy()) return first.is_absent() != made.is_absent();
  Value back = made;
  Failure failure;
  return !rule.backward(back, memory, failure) || !is_literal(first, back);
}

}  // namespace decant::mapping
