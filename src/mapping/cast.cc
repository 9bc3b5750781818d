#include "mapping/cast.h"

#include <charconv>
#include <cstring>

#include "json/writer.h"
#include "model/decimal.h"
#include "model/temporal.h"

namespace decant::mapping {
namespace {

Value plain_text(std::string_view text, Arena& arena) {
  return Value::text(arena.copy(text), true);
}

bool is_finite(double value) { return value - value == 0; }

bool decimal_to_int64(std::string_view text, Value& value) {
  Decimal number;
  if (parse_decimal(text, number) != DecimalFault::none) return false;
  const auto integer = to_int64(number);
  if (!integer) return false;
  value = Value::int64(*integer);
  return true;
}

bool to_integer(Value& value) {
  switch (value.type()) {
    case Type::int64:
      return true;
    case Type::decimal:
      return decimal_to_int64(value.as_text(), value);
    case Type::text:
      return is_json_number(value.as_text()) && decimal_to_int64(value.as_text(), value);
    case Type::real: {
      char buffer[kDoubleTextMax];
      return is_finite(value.as_real()) &&
             decimal_to_int64(shortest_decimal(value.as_real(), buffer), value);
    }
    case Type::boolean:
      value = Value::int64(value.as_boolean() ? 1 : 0);
      return true;
    default:
      return false;
  }
}

// What JSON's reader would make of the text.
bool text_to_number(Value& value, Arena& arena) {
  const std::string_view text = value.as_text();
  if (!is_json_number(text)) return false;
  std::int64_t integer = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (fault == std::errc() && end == text.data() + text.size() && text != "-0") {
    value = Value::int64(integer);
    return true;
  }
  Decimal number;
  if (parse_decimal(text, number) != DecimalFault::none) return false;
  value = Value::decimal(arena.copy(text));
  return true;
}

bool to_number(Value& value, Arena& arena) {
  switch (value.type()) {
    case Type::int64:
    case Type::decimal:
    case Type::real:
      return true;
    case Type::text:
      return text_to_number(value, arena);
    default:
      return false;
  }
}

bool to_exact(Value& value, Arena& arena) {
  if (!value.is(Type::real)) return to_number(value, arena);
  if (!is_finite(value.as_real())) return false;
  char buffer[kDoubleTextMax];
  value = Value::decimal(arena.copy(shortest_decimal(value.as_real(), buffer)));
  return true;
}

bool to_real(Value& value) {
  if (value.is(Type::real)) return true;
  char buffer[24];
  std::string_view text = value.as_text();
  if (value.is(Type::int64)) {
    const char* end = std::to_chars(buffer, buffer + sizeof buffer, value.as_int64()).ptr;
    text = {buffer, static_cast<std::size_t>(end - buffer)};
  } else if (!value.is(Type::decimal) && !(value.is(Type::text) && is_json_number(text))) {
    return false;
  }
  const auto real = to_double(text);
  if (!real) return false;
  value = Value::real(*real);
  return true;
}

bool to_text(Value& value, Arena& arena) {
  switch (value.type()) {
    case Type::text:
      return true;
    case Type::foreign:
      value = Value::text(value.as_text());
      return true;
    case Type::decimal:
      value = Value::text(value.as_text(), true);
      return true;
    case Type::int64: {
      constexpr std::size_t kDigits = 20;
      char* digits = arena.allocate(kDigits, 1);
      const char* end = std::to_chars(digits, digits + kDigits, value.as_int64()).ptr;
      const auto size = static_cast<std::size_t>(end - digits);
      arena.shrink_last(digits, size);
      value = Value::text({digits, size}, true);
      return true;
    }
    case Type::boolean:
      value = Value::text(value.as_boolean() ? "true" : "false", true);
      return true;
    case Type::real: {
      if (!is_finite(value.as_real())) return false;
      char buffer[kDoubleTextMax];
      value = plain_text(shortest_decimal(value.as_real(), buffer), arena);
      return true;
    }
    default: {
      TemporalText buffer;
      const std::string_view text = print_temporal(value, buffer);
      if (text.empty()) return false;
      value = plain_text(text, arena);
      return true;
    }
  }
}

bool to_boolean(Value& value) {
  Value number = value;
  switch (value.type()) {
    case Type::boolean:
      return true;
    case Type::text:
      if (value.as_text() != "true" && value.as_text() != "false") return false;
      value = Value::boolean(value.as_text() == "true");
      return true;
    case Type::int64:
    case Type::decimal:
    case Type::real:
      if (!to_integer(number) || number.as_int64() < 0 || number.as_int64() > 1) return false;
      value = Value::boolean(number.as_int64() == 1);
      return true;
    default:
      return false;
  }
}

// A moment from its text; one that has the type already stays.
bool to_moment(Value& value, Type type) {
  if (value.is(type)) return true;
  if (!value.is(Type::text)) return false;
  const std::string_view text = value.as_text();
  if (type == Type::timestamp) {
    const auto time = parse_timestamp(text);
    if (time) value = Value::timestamp(time->microseconds, time->zone_minutes);
    return time.has_value();
  }
  const auto moment = type == Type::date ? parse_date(text) : parse_timestamp_local(text);
  if (!moment) return false;
  value = type == Type::date ? Value::date(*moment) : Value::timestamp_local(*moment);
  return true;
}

bool to_json_value(Value& value, CastMemory& memory) {
  if (!value.is(Type::text)) return true;
  json::Refusal refusal;
  return memory.parser.parse(value.as_text(), *memory.arena, value, refusal);
}

}  // namespace

bool cast_value(Value& value, Cast cast, CastMemory& memory) {
  switch (cast) {
    case Cast::none:
      return true;
    case Cast::integer:
      return to_integer(value);
    case Cast::decimal:
      return to_exact(value, *memory.arena);
    case Cast::number:
      return to_number(value, *memory.arena);
    case Cast::real:
      return to_real(value);
    case Cast::text:
      return to_text(value, *memory.arena);
    case Cast::boolean:
      return to_boolean(value);
    case Cast::timestamp:
      return to_moment(value, Type::timestamp);
    case Cast::timestamp_local:
      return to_moment(value, Type::timestamp_local);
    case Cast::date:
      return to_moment(value, Type::date);
    case Cast::json:
      return to_json_value(value, memory);
  }
  return false;
}

Cast cast_to(FieldKind kind) {
  switch (kind) {
    case FieldKind::boolean:
      return Cast::boolean;
    case FieldKind::integer:
    case FieldKind::decimal:
    case FieldKind::number:
    case FieldKind::real:
      return Cast::number;
    case FieldKind::text:
      return Cast::text;
    case FieldKind::timestamp:
      return Cast::timestamp;
    case FieldKind::timestamp_local:
      return Cast::timestamp_local;
    case FieldKind::date:
      return Cast::date;
    default:
      return Cast::none;
  }
}

}  // namespace decant::mapping
