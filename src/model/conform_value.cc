#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>

#include "model/conform.h"
#include "model/decimal.h"
#include "model/describe_value.h"
#include "model/temporal.h"

namespace decant {
namespace {

bool misfit_of(Misfit& misfit, std::string_view reason, const Value& value,
               std::string_view problem) {
  misfit.reason = reason;
  misfit.message = "holds " + describe(value) + ", " + std::string(problem);
  return false;
}

bool wrong_type(Misfit& misfit, const Value& value, const FieldType& type) {
  std::string problem = "which is not of the declared type ";
  problem += type.native.empty() ? std::string(to_string(type.kind)) : type.native;
  problem += "; give it a `cast`, or declare another type";
  return misfit_of(misfit, kMisfitType, value, problem);
}

// The value as a decimal text, for the three types of numbers; empty where it is not finite.
std::string_view number_text(const Value& value, char (&buffer)[kDoubleTextMax]) {
  if (value.is(Type::decimal)) return value.as_text();
  if (value.is(Type::real)) {
    return std::isfinite(value.as_real()) ? shortest_decimal(value.as_real(), buffer)
                                          : std::string_view();
  }
  const int size =
      std::snprintf(buffer, sizeof buffer, "%lld", static_cast<long long>(value.as_int64()));
  return {buffer, static_cast<std::size_t>(size)};
}

bool is_number(const Value& value) {
  return value.is(Type::int64) || value.is(Type::decimal) || value.is(Type::real);
}

bool parse_number(const Value& value, char (&buffer)[kDoubleTextMax], Decimal& number,
                  Misfit& misfit) {
  const std::string_view text = number_text(value, buffer);
  if (text.empty()) {
    return misfit_of(misfit, kMisfitRange, value, "which is not a finite number");
  }
  const DecimalFault fault = parse_decimal(text, number);
  if (fault == DecimalFault::none) return true;
  return misfit_of(misfit, kMisfitRange, value, to_string(fault));
}

bool to_boolean(Value& value, const FieldType& type, Misfit& misfit) {
  if (value.is(Type::boolean)) return true;
  if (!is_number(value)) return wrong_type(misfit, value, type);
  char buffer[kDoubleTextMax];
  Decimal number;
  if (!parse_number(value, buffer, number, misfit)) return false;
  const auto whole = to_int64(number);
  if (!whole || *whole < 0 || *whole > 1) return wrong_type(misfit, value, type);
  value = Value::boolean(*whole == 1);
  return true;
}

bool to_integer(Value& value, const FieldType& type, Misfit& misfit) {
  if (value.is(Type::int64)) return true;
  if (!is_number(value)) return wrong_type(misfit, value, type);
  char buffer[kDoubleTextMax];
  Decimal number;
  if (!parse_number(value, buffer, number, misfit)) return false;
  const auto whole = to_int64(number);
  if (whole) {
    value = Value::int64(*whole);
    return true;
  }
  if (number.is_integer()) {
    return misfit_of(misfit, kMisfitRange, value,
                     "which is past 64 bits; declare the field as decimal or text");
  }
  return misfit_of(misfit, kMisfitNumberWouldChange, value,
                   "which is not a whole number; declare the field as decimal or real");
}

bool to_decimal(Value& value, const FieldType& type, Arena& arena, Misfit& misfit) {
  if (!is_number(value)) return wrong_type(misfit, value, type);
  if (value.is(Type::int64) && type.precision == 0) return true;
  if (value.is(Type::decimal) && type.precision == 0 && is_kept_json_number(value.as_text())) {
    return true;
  }
  char buffer[kDoubleTextMax];
  Decimal number;
  if (!parse_number(value, buffer, number, misfit)) return false;
  if (value.is(Type::real)) value = Value::decimal(arena.copy(number_text(value, buffer)));
  if (type.precision == 0) return true;
  const std::int64_t places = std::max<std::int64_t>(0, -number.exponent);
  const std::int64_t whole_digits =
      std::max<std::int64_t>(0, std::int64_t{number.digit_count} + number.exponent);
  if (places > type.scale) {
    return misfit_of(
        misfit, kMisfitNumberWouldChange, value,
        "which has more than the " + std::to_string(type.scale) + " declared decimal places");
  }
  if (!number.is_zero() && whole_digits > std::int64_t{type.precision} - type.scale) {
    return misfit_of(misfit, kMisfitRange, value,
                     "which has more than the " + std::to_string(type.precision - type.scale) +
                         " declared digits before the point");
  }
  return true;
}

bool to_real(Value& value, const FieldType& type, Misfit& misfit) {
  if (value.is(Type::real)) return true;
  if (!is_number(value)) return wrong_type(misfit, value, type);
  char buffer[kDoubleTextMax];
#if DECANT_MUTANT_ROUND_SILENTLY
  const std::optional<double> number =
      std::strtod(std::string(number_text(value, buffer)).c_str(), nullptr);
#else
  const std::optional<double> number = decant::to_double(number_text(value, buffer));
#endif
  if (!number) {
    return misfit_of(misfit, kMisfitNumberWouldChange, value,
                     "which no double holds exactly; declare the field as decimal or text");
  }
  value = Value::real(*number);
  return true;
}

// int64 where it is a whole number of 64 bits, else a double that holds it, else a misfit.
bool to_number(Value& value, const FieldType& type, Misfit& misfit) {
  if (value.is(Type::decimal)) {
    std::int64_t coefficient = 0;
    std::int32_t exponent = 0;
    const bool small = parse_small_decimal(value.as_text(), coefficient, exponent);
    Decimal number;
    if (!(small && exponent < 0) && parse_decimal(value.as_text(), number) == DecimalFault::none) {
      if (const auto whole = to_int64(number)) {
        value = Value::int64(*whole);
        return true;
      }
    }
    return to_real(value, type, misfit);
  }
  return value.is(Type::int64) || value.is(Type::real) || wrong_type(misfit, value, type);
}

bool to_any(Value& value, const FieldType& type, Misfit& misfit) {
  if (value.is(Type::text) || value.is(Type::bytes)) return true;
  return is_number(value) ? to_number(value, type, misfit) : wrong_type(misfit, value, type);
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

bool to_text(Value& value, const FieldType& type, Misfit& misfit) {
  // A type that is nowhere else travels as its store's own text.
  if (value.is(Type::foreign)) value = Value::text(value.as_text());
  if (!value.is(Type::text)) return wrong_type(misfit, value, type);
  const std::string_view text = value.as_text();
  if (type.length_max == 0 || text.size() <= type.length_max) return true;
  if (characters(text) <= type.length_max) return true;
  return misfit_of(misfit, kMisfitLength, value,
                   "which is longer than the " + std::to_string(type.length_max) +
                       " characters declared; shorten it by a rule, or declare more");
}

bool to_bytes(const Value& value, const FieldType& type, Misfit& misfit) {
  if (!value.is(Type::bytes)) return wrong_type(misfit, value, type);
  if (type.length_max == 0 || value.as_text().size() <= type.length_max) return true;
  return misfit_of(
      misfit, kMisfitLength, value,
      "which is longer than the " + std::to_string(type.length_max) + " bytes declared");
}

bool to_temporal(Value& value, Type wanted, const FieldType& type, Arena& arena, Misfit& misfit) {
  if (value.is(wanted)) return true;
  if (!value.is(Type::text)) return wrong_type(misfit, value, type);
  const std::string_view text = value.as_text();
  std::optional<Value> parsed;
  if (wanted == Type::timestamp) {
    if (const auto t = parse_timestamp(text)) {
      parsed = Value::timestamp(t->microseconds, t->zone_minutes);
    }
  } else if (wanted == Type::timestamp_local) {
    if (const auto t = parse_timestamp_local(text)) parsed = Value::timestamp_local(*t);
  } else if (wanted == Type::date) {
    if (const auto days = parse_date(text)) parsed = Value::date(*days);
  } else if (wanted == Type::time) {
    if (const auto t = parse_time(text)) parsed = Value::time(*t);
  } else if (wanted == Type::interval) {
    if (const auto interval = parse_interval(text)) {
      parsed = Value::interval(new (arena.allocate(sizeof(Interval))) Interval(*interval));
    }
  } else {
    char bytes[16];
    if (parse_uuid(text, bytes)) parsed = Value::uuid(arena.copy({bytes, sizeof bytes}));
  }
  if (!parsed) return wrong_type(misfit, value, type);
  value = *parsed;
  return true;
}

bool exactly(const Value& value, Type wanted, const FieldType& type, Misfit& misfit) {
  return value.is(wanted) || wrong_type(misfit, value, type);
}

}  // namespace

bool conform(Value& value, const FieldType& type, Arena& arena, Misfit& misfit) {
  if (!value.is_present()) return true;
  switch (type.kind) {
    case FieldKind::any:
      return to_any(value, type, misfit);
    case FieldKind::boolean:
      return to_boolean(value, type, misfit);
    case FieldKind::integer:
      return to_integer(value, type, misfit);
    case FieldKind::decimal:
      return to_decimal(value, type, arena, misfit);
    case FieldKind::number:
      return to_number(value, type, misfit);
    case FieldKind::real:
      return to_real(value, type, misfit);
    case FieldKind::text:
      return to_text(value, type, misfit);
    case FieldKind::bytes:
      return to_bytes(value, type, misfit);
    case FieldKind::timestamp:
      return to_temporal(value, Type::timestamp, type, arena, misfit);
    case FieldKind::timestamp_local:
      return to_temporal(value, Type::timestamp_local, type, arena, misfit);
    case FieldKind::date:
      return to_temporal(value, Type::date, type, arena, misfit);
    case FieldKind::time:
      return to_temporal(value, Type::time, type, arena, misfit);
    case FieldKind::interval:
      return to_temporal(value, Type::interval, type, arena, misfit);
    case FieldKind::uuid:
      return to_temporal(value, Type::uuid, type, arena, misfit);
    case FieldKind::json:
      return true;
    case FieldKind::list:
      return exactly(value, Type::list, type, misfit);
    case FieldKind::map:
      return exactly(value, Type::map, type, misfit);
    case FieldKind::text_set:
      return exactly(value, Type::text_set, type, misfit);
    case FieldKind::number_set:
      return exactly(value, Type::number_set, type, misfit);
    case FieldKind::bytes_set:
      return exactly(value, Type::bytes_set, type, misfit);
    case FieldKind::foreign:
      if (value.is(Type::text)) value = Value::foreign(value.as_text());
      return exactly(value, Type::foreign, type, misfit);
  }
  return wrong_type(misfit, value, type);
}

}  // namespace decant
