#include "model/order.h"

#include <charconv>
#include <cmath>

#include "model/decimal.h"

namespace decant {
namespace {

bool is_number(const Value& value) {
  return value.is(Type::int64) || value.is(Type::decimal) || value.is(Type::real);
}

// False for NaN, infinity and what is past the limits of a number.
bool parse(const Value& value, char (&buffer)[kDoubleTextMax], Decimal& out) {
  if (value.is(Type::decimal)) return parse_decimal(value.as_text(), out) == DecimalFault::none;
  std::string_view text;
  if (value.is(Type::real)) {
    if (!std::isfinite(value.as_real())) return false;
    text = shortest_decimal(value.as_real(), buffer);
  } else {
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value.as_int64()).ptr;
    text = {buffer, static_cast<std::size_t>(end - buffer)};
  }
  return parse_decimal(text, out) == DecimalFault::none;
}

std::partial_ordering order_numbers(const Value& a, const Value& b) {
  if (a.is(Type::int64) && b.is(Type::int64)) return a.as_int64() <=> b.as_int64();
  const auto infinite = [](const Value& v) {
    return v.is(Type::real) && !std::isfinite(v.as_real()) ? v.as_real() : 0.0;
  };
  if (infinite(a) != 0 || infinite(b) != 0) return infinite(a) <=> infinite(b);
  char left_buffer[kDoubleTextMax];
  char right_buffer[kDoubleTextMax];
  Decimal left;
  Decimal right;
  if (!parse(a, left_buffer, left) || !parse(b, right_buffer, right)) {
    return std::partial_ordering::unordered;
  }
  return compare(left, right);
}

}  // namespace

std::partial_ordering order(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return order_numbers(a, b);
  if (a.type() != b.type()) return std::partial_ordering::unordered;
  switch (a.type()) {
    case Type::boolean:
    case Type::timestamp:
    case Type::timestamp_local:
    case Type::date:
    case Type::time:
      return a.as_int64() <=> b.as_int64();
    case Type::text:
    case Type::bytes:
    case Type::uuid:
      return a.as_text().compare(b.as_text()) <=> 0;
    default:
      return std::partial_ordering::unordered;
  }
}

}  // namespace decant
