#include "model/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>

#include "base/limits.h"
#include "testing/generators.h"

namespace decant {
namespace {

Decimal decimal(std::string_view text) {
  Decimal number;
  EXPECT_EQ(parse_decimal(text, number), DecimalFault::none) << text;
  return number;
}

DecimalFault fault(std::string_view text) {
  Decimal number;
  return parse_decimal(text, number);
}

std::strong_ordering compared(std::string_view a, std::string_view b) {
  return compare(decimal(a), decimal(b));
}

TEST(Decimal, TakesTheGrammarAndNothingElse) {
  for (const char* text : {"0", "-0", "12", "1.50", "-1e5", "1E+5", "0.001", "1e-7", "0e9"}) {
    EXPECT_EQ(fault(text), DecimalFault::none) << text;
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const char* text : {"", "-", "+1", ".5", "5.", "1e", "1e+", "0x1", "1 ", " 1", "1,0", "NaN",
                           "Infinity", "1.2.3", "--1", "1e5.0", "1_000"}) {
    EXPECT_EQ(fault(text), DecimalFault::not_a_number) << text;
    EXPECT_FALSE(is_json_number(text)) << text;
  }
  EXPECT_EQ(fault("007"), DecimalFault::none);
  EXPECT_FALSE(is_json_number("007"));
  EXPECT_FALSE(is_json_number("-01"));
}

TEST(Decimal, RefusesWhatIsPastTheLimitsByName) {
  EXPECT_EQ(fault(std::string(decimal_digits_max, '9')), DecimalFault::none);
  EXPECT_EQ(fault(std::string(decimal_digits_max + 2, '9')), DecimalFault::too_many_digits);
  EXPECT_EQ(fault("1e100000"), DecimalFault::none);
  EXPECT_EQ(fault("1e100001"), DecimalFault::exponent_too_large);
  EXPECT_EQ(fault("1e-99999999999999999999"), DecimalFault::exponent_too_large);
}

TEST(Decimal, ComparesByValue) {
  EXPECT_EQ(compared("1", "1.0"), std::strong_ordering::equal);
  EXPECT_EQ(compared("1e3", "1000.000"), std::strong_ordering::equal);
  EXPECT_EQ(compared("-0", "0.00e5"), std::strong_ordering::equal);
  EXPECT_EQ(compared("1e400", "9e399"), std::strong_ordering::greater);
  EXPECT_EQ(compared("-2", "-10"), std::strong_ordering::greater);
  EXPECT_EQ(compared("0.1", "0.10000000000000000000000000001"), std::strong_ordering::less);
  EXPECT_EQ(compared("-1", "1"), std::strong_ordering::less);
  EXPECT_EQ(compared("123.456", "123.45"), std::strong_ordering::greater);
}

TEST(Decimal, ToInt64OnlyWhereItIsOne) {
  EXPECT_EQ(to_int64(decimal("9223372036854775807")), INT64_MAX);
  EXPECT_EQ(to_int64(decimal("-9223372036854775808")), INT64_MIN);
  EXPECT_EQ(to_int64(decimal("9223372036854775808")), std::nullopt);
  EXPECT_EQ(to_int64(decimal("-9223372036854775809")), std::nullopt);
  EXPECT_EQ(to_int64(decimal("12.00e2")), 1200);
  EXPECT_EQ(to_int64(decimal("0.5")), std::nullopt);
  EXPECT_EQ(to_int64(decimal("1e19")), std::nullopt);
  EXPECT_EQ(to_int64(decimal("-0")), 0);
}

TEST(Decimal, ToDoubleOnlyWhereTheNumberStays) {
  EXPECT_EQ(to_double("0.1"), 0.1);
  EXPECT_EQ(to_double("1200"), 1200.0);
  EXPECT_EQ(to_double("9007199254740992"), 9007199254740992.0);
  EXPECT_EQ(to_double("9007199254740993"), std::nullopt);
  EXPECT_EQ(to_double("0.1000000000000000055"), std::nullopt);
  EXPECT_EQ(to_double("1e22"), 1e22);
  EXPECT_EQ(to_double("1e400"), std::nullopt);
  EXPECT_EQ(to_double("1e-400"), std::nullopt);
  EXPECT_EQ(to_double("x"), std::nullopt);
  EXPECT_TRUE(std::signbit(*to_double("-0")));
  EXPECT_TRUE(std::signbit(*to_double("-0.0e5")) || *to_double("-0.0e5") == 0);
}

RC_GTEST_PROP(Decimal, SmallAndExactWaysAgree, ()) {
  const std::string text = *testing::decimal_text();
  std::int64_t coefficient = 0;
  std::int32_t exponent = 0;
  if (!parse_small_decimal(text, coefficient, exponent)) return;
  RC_ASSERT(coefficient == 0 || coefficient % 10 != 0);
  const std::string again = std::to_string(coefficient) + "e" + std::to_string(exponent);
  RC_ASSERT((compared(text, again) == 0));
}

RC_GTEST_PROP(Decimal, ADoublesShortestTextReadsBackAsIt, ()) {
  const double value =
      *rc::gen::suchThat(testing::nasty_real(), [](double v) { return std::isfinite(v); });
  char buffer[kDoubleTextMax];
  const std::string_view text = shortest_decimal(value, buffer);
  RC_ASSERT(to_double(text) == value);
  std::int64_t coefficient = 0;
  std::int32_t exponent = 0;
  if (small_decimal(value, coefficient, exponent)) {
    RC_ASSERT((compared(text, std::to_string(coefficient) + "e" + std::to_string(exponent)) == 0));
  }
}

RC_GTEST_PROP(Decimal, OrderIsTotal, ()) {
  const std::string a = *testing::decimal_text();
  const std::string b = *testing::decimal_text();
  const std::string c = *testing::decimal_text();
  RC_ASSERT((compared(a, a) == 0));
  RC_ASSERT((compared(a, b) < 0) == (compared(b, a) > 0));
  if (compared(a, b) <= 0 && compared(b, c) <= 0) RC_ASSERT((compared(a, c) <= 0));
}

RC_GTEST_PROP(Decimal, ToDoubleNeverChangesTheNumber, ()) {
  const std::string text = *testing::decimal_text();
  const std::optional<double> value = to_double(text);
  if (!value) return;
  char buffer[kDoubleTextMax];
  RC_ASSERT((compared(text, shortest_decimal(*value, buffer)) == 0));
}

}  // namespace
TEST(DecimalTest, ANumberThatIsKeptIsOneOfJsonWithinTheLimits) {
  for (const char* text : {"0", "-0", "7", "-12.50", "0.1", "123456789012345678901234567890123456",
                           "1e5", "-1.5E-7", "0.0"}) {
    EXPECT_TRUE(is_kept_json_number(text)) << text;
  }
  for (const char* text : {"", "-", "01", "-00", ".5", "5.", "1.", "1e", "1e100001", "+1", " 1",
                           "1 ", "0x1", "1.2.3", "--1", "NaN"}) {
    EXPECT_FALSE(is_kept_json_number(text)) << text;
  }
  EXPECT_FALSE(is_kept_json_number(std::string(decimal_digits_max + 1, '1')));
}

}  // namespace decant
