// A rule's value table, compiled: texts, integers and booleans are found without a conversion.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decant/value.h"

namespace decant::mapping {

// Whether a value is what a plan states: equal by value (1 and 1.0 are; 1 and '1' are not).
bool is_literal(const Value& value, const Value& literal);

// Immutable; any number of threads may look things up. What the values point to outlives it.
class ValueTable {
 public:
  ValueTable() = default;
  // Of several entries with equal keys the first counts.
  explicit ValueTable(std::vector<std::pair<Value, Value>> entries);

  // The value at `key`; null where there is none. REQUIRES: `key` is not absent.
  const Value* find(const Value& key) const {
    if (key.is(Type::text)) return find_text(key.as_text());
    return find_other(key);
  }
  bool empty() const { return entries_.empty(); }

 private:
  static constexpr std::size_t kFewTexts = 12;  // compared one by one: faster than a hash
  const Value* find_text(std::string_view text) const;
  const Value* find_other(const Value& key) const;

  std::vector<std::pair<Value, Value>> entries_;
  std::vector<std::pair<std::string_view, std::uint32_t>> few_texts_;
  std::unordered_map<std::string_view, std::uint32_t> many_texts_;
  std::unordered_map<std::int64_t, std::uint32_t> integers_;
  std::vector<std::uint32_t> others_;
};

}  // namespace decant::mapping
