// One field's rule, compiled: a source value forward to a target value, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decant/result.h"
#include "mapping/cast.h"
#include "mapping/rules.h"
#include "mapping/value_table.h"

namespace decant::mapping {

// Why a value cannot be mapped: a reason of mapping.h, and a sentence.
struct Failure {
  std::string_view reason;
  std::string message;
};

// Immutable; any number of threads may apply it, each with memory of its own. The rule, and the
// memory given to compile(), outlive it.
class CompiledRule {
 public:
  // `run_time` is that of the run as ISO text, outliving the rule. An Error where a table's result
  // does not fit the cast.
  static Result<CompiledRule> compile(const FieldRule& rule, std::string_view run_time,
                                      const std::vector<Field>& source, std::string_view document,
                                      CastMemory& memory);

  const FieldRule& rule() const { return *rule_; }
  bool reads_source() const { return !rule_->from.empty(); }
  // Nothing is forgotten by this rule, whatever the record holds.
  bool is_exact() const { return exact_; }
  // The value is handed on as it is, and an absent one becomes initial().
  bool is_copy() const { return parts_ == 0; }
  // What an absent source gives: the default, the constant, or absent.
  const Value& initial() const { return initial_; }

  // `value`: the first of the source fields that is not absent. False with `failure` filled.
  bool forward(Value& value, CastMemory& memory, Failure& failure) const {
    if (value.is_absent()) {
      value = initial_;
      return true;
    }
    return parts_ == 0 || apply(value, memory, failure);
  }

  // The source value for the first source field. REQUIRES: reads_source().
  bool backward(Value& value, CastMemory& memory, Failure& failure) const;

 private:
  enum Part : std::uint8_t { kNullIf = 1, kStrip = 2, kAffix = 4, kValues = 8, kCastTo = 16 };

  bool apply(Value& value, CastMemory& memory, Failure& failure) const;
  bool strip(Value& value, std::string_view front, std::string_view back, Failure& failure) const;
  void put_around(Value& value, std::string_view front, std::string_view back, Arena& arena) const;
  bool look_up(Value& value, Failure& failure) const;
  bool fail(Failure& failure, std::string_view reason, const Value& value,
            std::string_view what) const;

  const FieldRule* rule_ = nullptr;
  std::uint8_t parts_ = 0;
  bool exact_ = false;
  bool affix_plain_ = false;
  Cast undo_ = Cast::none;  // brings a target value back to the source's type
  Value initial_;
  Value otherwise_;   // absent: a value outside of the table fails
  ValueTable table_;  // results are cast already
  ValueTable table_back_;
};

}  // namespace decant::mapping
