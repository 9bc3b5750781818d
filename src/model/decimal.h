// Exact decimal numbers. They are kept as the text that was written; what is asked of them is
// worked out from the text, never through floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace decant {

enum class DecimalFault : std::uint8_t {
  none,
  not_a_number,
  too_many_digits,     // past decimal_digits_max
  exponent_too_large,  // past decimal_exponent_max
};
// What is wrong, as part of a sentence: "it has more than 1000 digits".
std::string_view to_string(DecimalFault fault);

// A decimal by value: sign * digits * 10^exponent. Two texts of one value give the same parts.
struct Decimal {
  bool negative = false;          // never for zero
  std::string_view digits;        // first to last digit that is not 0; a '.' may stand in between
  std::uint32_t digit_count = 0;  // without the '.'; 0: the number is zero
  std::int32_t exponent = 0;      // 0 for zero

  bool is_zero() const { return digit_count == 0; }
  bool is_integer() const { return exponent >= 0; }
};

// Takes -?d+(.d+)?([eE][+-]?d+)?, leading zeros included. `out` views into `text`.
DecimalFault parse_decimal(std::string_view text, Decimal& out);

// The same for at most 18 significant digits, without a second look: coefficient * 10^exponent,
// the coefficient not divisible by 10. False where it does not fit or is not a number.
bool parse_small_decimal(std::string_view text, std::int64_t& coefficient, std::int32_t& exponent);

// The stricter grammar of JSON: no leading zeros. Says nothing of the limits.
bool is_json_number(std::string_view text);

// Both: JSON's grammar, and within the limits. Short numbers are told by one look.
bool is_kept_json_number(std::string_view text);

std::strong_ordering compare(const Decimal& a, const Decimal& b);

// Where the value is an integer of 64 bits.
std::optional<std::int64_t> to_int64(const Decimal& number);

// The nearest double, where that double's shortest decimal is the same number; nothing where the
// number would change (0.1 passes; 0.1000000000000000055 and 1e400 do not). `text` as parsed.
std::optional<double> to_double(std::string_view text);

// The shortest decimal that reads back to `value`, as JSON's grammar has it. REQUIRES: finite. To
// be used wherever a double is printed: std::to_chars alone gives other digits from 2^53 on.
inline constexpr std::size_t kDoubleTextMax = 32;
std::string_view shortest_decimal(double value, char (&buffer)[kDoubleTextMax]);

// The same as parts, for a double that is a decimal of at most 15 digits and 6 places: the usual
// case, about ten times faster. False: use shortest_decimal().
bool small_decimal(double value, std::int64_t& coefficient, std::int32_t& exponent);

}  // namespace decant
