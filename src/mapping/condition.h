// Conditions on the fields of a record: `where`, `when`, `--where`.
//
//   FIELD: VALUE                      equal by value (1 and 1.0 are; 1 and '1' are not)
//   FIELD: {prefix: TEXT}             a text that begins so
//   FIELD: {one_of: [VALUE, ...]}
//   FIELD: {range: [LOW, HIGH]}       both included, null for no bound; numbers by value, text by
//                                     bytes, times where the bound reads as one of their type
//   FIELD: {pattern: REGEX}           the whole text matches: ECMAScript syntax without
//                                     backreferences and lookahead, matched in linear time
//   FIELD: {present: true | false}    the record has the field; null, '' and 0 are present
//   any: [CONDITION, ...]             at least one holds
//
// Several members must all hold. Only `present: false` holds for an absent field; `FIELD: null`
// holds for null alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/result.h"
#include "mapping/literal.h"
#include "mapping/node.h"

namespace decant::mapping {

class Pattern;  // a compiled regular expression

// One test of one field; which members count is said by `kind`.
struct FieldTest {
  enum class Kind : std::uint8_t { equals, prefix, one_of, range, pattern, present };
  std::string field;
  Kind kind = Kind::equals;
  bool present = true;                     // present
  std::string text;                        // prefix, pattern
  std::vector<Literal> values;             // equals (one), one_of, range (two; null: no bound)
  std::shared_ptr<const Pattern> pattern;  // immutable, shared by the copies
};

// All tests hold, and of each group of `any` at least one condition. The empty condition holds.
struct Condition {
  std::vector<FieldTest> tests;
  std::vector<std::vector<Condition>> any;
  bool empty() const { return tests.empty() && any.empty(); }
};

Result<Condition> parse_condition(const Node& node, std::string_view document_name);

// Both hold.
Condition both(Condition a, Condition b);

// Whether one value passes one test.
bool holds(const FieldTest& test, const Value& value);

// Looks every field up by name; Mapper compiles conditions to slots instead.
bool holds(const Condition& condition, const Record& record);

}  // namespace decant::mapping
