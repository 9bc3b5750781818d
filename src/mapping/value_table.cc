#include "mapping/value_table.h"

#include "model/canonical.h"
#include "model/decimal.h"

namespace decant::mapping {
namespace {

// Where the number is an integer of 64 bits.
bool integer_of(const Value& value, std::int64_t& integer) {
  if (value.is(Type::int64)) {
    integer = value.as_int64();
    return true;
  }
  Decimal number;
  if (!value.is(Type::decimal) || parse_decimal(value.as_text(), number) != DecimalFault::none) {
    return false;
  }
  const auto found = to_int64(number);
  if (found) integer = *found;
  return found.has_value();
}

}  // namespace

bool is_literal(const Value& value, const Value& literal) {
  if (value.is(Type::text) || literal.is(Type::text)) {
    return value.type() == literal.type() && value.as_text() == literal.as_text();
  }
  if (value.is(Type::int64) && literal.is(Type::int64)) {
    return value.as_int64() == literal.as_int64();
  }
  return equal(value, literal);
}

ValueTable::ValueTable(std::vector<std::pair<Value, Value>> entries)
    : entries_(std::move(entries)) {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const Value& key = entries_[i].first;
    std::int64_t integer = 0;
    if (key.is(Type::text)) {
      many_texts_.emplace(key.as_text(), i);
    } else if (integer_of(key, integer)) {
      integers_.emplace(integer, i);
    } else {
      others_.push_back(i);
    }
  }
  if (many_texts_.size() <= kFewTexts) few_texts_.assign(many_texts_.begin(), many_texts_.end());
}

const Value* ValueTable::find_text(std::string_view text) const {
  if (many_texts_.size() <= kFewTexts) {
    for (const auto& [key, index] : few_texts_) {
      if (key == text) return &entries_[index].second;
    }
    return nullptr;
  }
  const auto found = many_texts_.find(text);
  return found == many_texts_.end() ? nullptr : &entries_[found->second].second;
}

const Value* ValueTable::find_other(const Value& key) const {
  std::int64_t integer = 0;
  if (!integers_.empty() && integer_of(key, integer)) {
    const auto found = integers_.find(integer);
    return found == integers_.end() ? nullptr : &entries_[found->second].second;
  }
  for (const std::uint32_t index : others_) {
    const Value& known = entries_[index].first;
    if (key.is(Type::boolean) ? known.is(Type::boolean) && known.as_boolean() == key.as_boolean()
                              : is_literal(key, known)) {
      return &entries_[index].second;
    }
  }
  if (key.is(Type::real)) {  // 1e0 as a double is the integer 1, too
    for (const auto& [known, index] : integers_) {
      if (is_literal(key, Value::int64(known))) return &entries_[index].second;
    }
  }
  return nullptr;
}

}  // namespace decant::mapping
