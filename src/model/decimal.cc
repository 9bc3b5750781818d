#include "model/decimal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/limits.h"

namespace decant {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [+-]?d+ ; saturates far past every limit.
bool parse_exponent(std::string_view text, std::int64_t& exponent) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    if (exponent < 1'000'000'000) exponent = exponent * 10 + (c - '0');
  }
  if (negative) exponent = -exponent;
  return true;
}

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::int64_t kTenTo15 = 1'000'000'000'000'000;

void strip_zeros(std::int64_t& coefficient, std::int32_t& exponent) {
  while (coefficient % 10 == 0) {
    coefficient /= 10;
    ++exponent;
  }
}

// The digits one after the other, without the '.'.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  // 0 past the end: trailing zeros change nothing in a comparison.
  char next() {
    if (at_ < text_.size() && text_[at_] == '.') ++at_;
    return at_ < text_.size() ? text_[at_++] : '0';
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view to_string(DecimalFault fault) {
  static_assert(decimal_digits_max == 1000 && decimal_exponent_max == 100'000);
  switch (fault) {
    case DecimalFault::none:
      return "it is a number";
    case DecimalFault::not_a_number:
      return "it is not a number";
    case DecimalFault::too_many_digits:
      return "it has more than 1000 digits";
    case DecimalFault::exponent_too_large:
      return "its exponent is past 100000";
  }
  return "it is not a number";
}

DecimalFault parse_decimal(std::string_view text, Decimal& out) {
  out = Decimal{};
  std::size_t at = 0;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) ++at;
  const std::size_t whole = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == whole) return DecimalFault::not_a_number;
  std::size_t point = at;  // where the '.' stands or would stand
  std::size_t end = at;    // of the digits
  if (at < text.size() && text[at] == '.') {
    while (++at < text.size() && is_digit(text[at])) {
    }
    if (at == point + 1) return DecimalFault::not_a_number;
    end = at;
  }
  std::int64_t exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (!parse_exponent(text.substr(at + 1), exponent)) return DecimalFault::not_a_number;
  } else if (at != text.size()) {
    return DecimalFault::not_a_number;
  }
  const std::size_t digits = end - whole - (end > point ? 1 : 0);
  if (digits > decimal_digits_max) return DecimalFault::too_many_digits;
  if (std::abs(exponent) > static_cast<std::int64_t>(decimal_exponent_max)) {
    return DecimalFault::exponent_too_large;
  }
  std::size_t first = whole;
  while (first < end && (text[first] == '0' || text[first] == '.')) ++first;
  if (first == end) return DecimalFault::none;
  std::size_t last = end - 1;
  while (text[last] == '0' || text[last] == '.') --last;
  out.negative = negative;
  out.digits = text.substr(first, last - first + 1);
  const bool across = first < point && point < last;
  out.digit_count = static_cast<std::uint32_t>(out.digits.size() - (across ? 1 : 0));
  // 10^0 is the place left of the point; `last` counts from there.
  const auto place = last < point ? static_cast<std::int64_t>(point - last - 1)
                                  : -static_cast<std::int64_t>(last - point);
  out.exponent = static_cast<std::int32_t>(place + exponent);
  return DecimalFault::none;
}

bool parse_small_decimal(std::string_view text, std::int64_t& coefficient, std::int32_t& exponent) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  if (end - at > 19 || at == end) return false;  // 19 digits fit a uint64
  std::uint64_t number = 0;
  const char* const whole = at;
  for (; at != end && is_digit(*at); ++at)
    number = number * 10 + static_cast<std::uint64_t>(*at - '0');
  if (at == whole) return false;
  std::int32_t places = 0;
  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    for (; at != end && is_digit(*at); ++at)
      number = number * 10 + static_cast<std::uint64_t>(*at - '0');
    places = static_cast<std::int32_t>(at - fraction);
    if (places == 0) return false;
  } else if (at - whole > 18) {
    return false;
  }
  if (at != end) return false;
  coefficient = static_cast<std::int64_t>(number);
  if (negative) coefficient = -coefficient;
  exponent = -places;
  if (number == 0) {
    exponent = 0;
  } else {
    strip_zeros(coefficient, exponent);
  }
  return true;
}

bool is_json_number(std::string_view text) {
  const std::size_t whole = !text.empty() && text.front() == '-' ? 1 : 0;
  if (text.size() > whole + 1 && text[whole] == '0' && is_digit(text[whole + 1])) return false;
  Decimal parts;
  return parse_decimal(text, parts) != DecimalFault::not_a_number;
}

bool is_kept_json_number(std::string_view text) {
  constexpr std::size_t kShortMax = 32;  // far within the limits, as long as there is no exponent
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at != end && *at == '-') ++at;
  const char* const whole = at;
  while (at != end && is_digit(*at)) ++at;
  bool good = text.size() <= kShortMax && at != whole && (*whole != '0' || at == whole + 1);
  if (good && at != end && *at == '.') {
    const char* const fraction = ++at;
    while (at != end && is_digit(*at)) ++at;
    good = at != fraction;
  }
  if (good && at == end) return true;
  Decimal parts;
  return is_json_number(text) && parse_decimal(text, parts) == DecimalFault::none;
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& d) { return d.is_zero() ? 0 : d.negative ? -1 : 1; };
  if (sign(a) != sign(b)) return sign(a) <=> sign(b);
  if (a.is_zero()) return std::strong_ordering::equal;
  const Decimal& left = a.negative ? b : a;
  const Decimal& right = a.negative ? a : b;
  const std::int64_t left_top = std::int64_t{left.exponent} + left.digit_count;
  const std::int64_t right_top = std::int64_t{right.exponent} + right.digit_count;
  if (left_top != right_top) return left_top <=> right_top;
  Digits left_digits(left.digits);
  Digits right_digits(right.digits);
  for (std::uint32_t i = 0; i < left.digit_count || i < right.digit_count; ++i) {
    const char l = left_digits.next();
    const char r = right_digits.next();
    if (l != r) return l <=> r;
  }
  return std::strong_ordering::equal;
}

std::optional<std::int64_t> to_int64(const Decimal& number) {
  if (number.is_zero()) return 0;
  if (!number.is_integer() || number.digit_count + number.exponent > 19) return std::nullopt;
  std::uint64_t magnitude = 0;  // 19 digits fit
  Digits digits(number.digits);
  for (std::uint32_t i = 0; i < number.digit_count; ++i) {
    magnitude = magnitude * 10 + static_cast<std::uint64_t>(digits.next() - '0');
  }
  for (std::int32_t i = 0; i < number.exponent; ++i) magnitude *= 10;
  constexpr std::uint64_t kMinimum = std::uint64_t{1} << 63;
  if (number.negative) {
    if (magnitude > kMinimum) return std::nullopt;
    return magnitude == kMinimum ? INT64_MIN : -static_cast<std::int64_t>(magnitude);
  }
  if (magnitude >= kMinimum) return std::nullopt;
  return static_cast<std::int64_t>(magnitude);
}

std::optional<double> to_double(std::string_view text) {
  std::int64_t coefficient = 0;
  std::int32_t exponent = 0;
  if (parse_small_decimal(text, coefficient, exponent) && coefficient < kTenTo15 &&
      coefficient > -kTenTo15) {
    // Both are exact doubles, so one operation rounds correctly (Clinger 1990); and of at most 15
    // digits only one decimal reads as a given double, so it is the shortest one.
    if (coefficient == 0) return text.front() == '-' ? -0.0 : 0.0;
    const double power = kPowersOfTen[static_cast<std::size_t>(std::abs(exponent))];
    const auto digits = static_cast<double>(coefficient);
    return exponent < 0 ? digits / power : digits * power;
  }
  Decimal wanted;
  if (parse_decimal(text, wanted) != DecimalFault::none) return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  char buffer[kDoubleTextMax];
  Decimal got;
  if (parse_decimal(shortest_decimal(value, buffer), got) != DecimalFault::none ||
      compare(wanted, got) != 0) {
    return std::nullopt;
  }
  return value;
}

std::string_view shortest_decimal(double value, char (&buffer)[kDoubleTextMax]) {
  // From 2^53 on, to_chars would rather print all digits of a whole number than the shortest ones.
  constexpr double kAllWhole = 9007199254740992.0;
  const auto [end, fault] =
      std::abs(value) < kAllWhole
          ? std::to_chars(buffer, buffer + kDoubleTextMax, value)
          : std::to_chars(buffer, buffer + kDoubleTextMax, value, std::chars_format::scientific);
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

bool small_decimal(double value, std::int64_t& coefficient, std::int32_t& exponent) {
  constexpr double kScale = 1e6;
  if (!(value < 1e9 && value > -1e9)) return false;
  // n / 10^6 rounds to `value`, and n has at most 15 digits: see to_double().
  coefficient = std::llrint(value * kScale);
  if (static_cast<double>(coefficient) / kScale != value) return false;
  exponent = coefficient == 0 ? 0 : -6;
  if (coefficient != 0) strip_zeros(coefficient, exponent);
  return true;
}

}  // namespace decant
