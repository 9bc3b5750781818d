#include "model/canonical.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/decimal.h"
#include "model/order.h"
#include "testing/generators.h"

namespace decant {
namespace {

using testing::Specimen;
using testing::SpecimenRecord;

std::string form(const Value& value) {
  std::string bytes;
  append_canonical(value, bytes);
  return bytes;
}

Specimen text(const std::string& content) {
  Specimen specimen;
  specimen.type = Type::text;
  specimen.text = content;
  return specimen;
}

Specimen number(std::int64_t value) {
  Specimen specimen;
  specimen.type = Type::int64;
  specimen.number = value;
  return specimen;
}

// One record alone, with what it points to.
struct Held {
  explicit Held(const SpecimenRecord& fields) { record = add_record(fields, shapes, batch); }
  ShapeTable shapes;
  Batch batch;
  Record record;
};

RecordDigest digest_of(const SpecimenRecord& fields, Digester& digester) {
  const Held held(fields);
  RecordDigest digest;
  EXPECT_TRUE(digester.digest(held.record, digest));
  return digest;
}

TEST(Canonical, NumbersAreEqualByValueWhateverTheirType) {
  const std::vector<std::vector<Value>> classes = {
      {Value::int64(0), Value::decimal("-0"), Value::decimal("0.00"), Value::decimal("0e7"),
       Value::real(0.0), Value::real(-0.0)},
      {Value::int64(1), Value::decimal("1.0"), Value::decimal("1e0"), Value::real(1.0),
       Value::decimal("0.001e3"), Value::decimal("1.00000000000000000000000000")},
      {Value::decimal("0.1"), Value::real(0.1), Value::decimal("1e-1")},
      {Value::decimal("0.1000000000000000055511151231257827")},
      {Value::int64(INT64_MAX), Value::decimal("9223372036854775807"),
       Value::decimal("9223372036854775807.000")},
      {Value::decimal("9223372036854775808")},
      {Value::real(9223372036854775808.0),
       Value::decimal("9223372036854775808e0") /* not: below */},
      {Value::decimal("1e400"), Value::decimal("10e399")},
      {Value::decimal("1e401")},
      {Value::real(1e22), Value::decimal("10000000000000000000000"), Value::decimal("1e22")},
      {Value::decimal("-12.5"), Value::real(-12.5)},
      {Value::int64(1200), Value::decimal("12e2"), Value::real(1200)},
      {Value::real(1e15), Value::int64(1'000'000'000'000'000)},
      {Value::real(std::numeric_limits<double>::quiet_NaN()), Value::real(-std::nan("7"))},
      {Value::real(std::numeric_limits<double>::infinity())},
      {Value::real(-std::numeric_limits<double>::infinity())},
  };
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (std::size_t j = 0; j < classes.size(); ++j) {
      // A double of 2^63 is its shortest decimal, 9223372036854776000, and not 2^63.
      const Value& other = classes[j][0];
      for (const Value& value : classes[i]) {
        if (i == 6 && &value == &classes[i][1]) continue;
        EXPECT_EQ(equal(value, other), i == j) << i << " " << j;
      }
    }
  }
  EXPECT_TRUE(equal(Value::real(9223372036854775808.0), Value::decimal("9223372036854776000")));
}

TEST(Canonical, DifferentFactsDiffer) {
  const Value empty_list = Value::items({});
  const std::vector<Value> values = {Value::absent(),
                                     Value::null(),
                                     Value::boolean(false),
                                     Value::boolean(true),
                                     Value::int64(0),
                                     Value::int64(1),
                                     Value::text(""),
                                     Value::text("0"),
                                     Value::text("1"),
                                     Value::text("null"),
                                     Value::bytes(""),
                                     Value::bytes("1"),
                                     Value::foreign("1"),
                                     empty_list,
                                     Value::map({}),
                                     Value::items({}, Type::text_set),
                                     Value::timestamp(0),
                                     Value::timestamp_local(0),
                                     Value::date(0),
                                     Value::time(0),
                                     Value::text("\u00e9"),
                                     Value::text("e\u0301"),
                                     Value::timestamp(kForever),
                                     Value::uuid("0123456789abcdef"),
                                     Value::text("0123456789abcdef"),
                                     Value::items({}, Type::number_set),
                                     Value::text(std::string_view("\0", 1))};
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      EXPECT_EQ(equal(values[i], values[j]), i == j) << i << " " << j;
    }
  }
}

TEST(Canonical, TheZoneOfATimestampIsNotPartOfIt) {
  EXPECT_TRUE(equal(Value::timestamp(5, 0), Value::timestamp(5, 120)));
}

TEST(Canonical, SetsAreUnorderedAndWithoutRepeats) {
  const Value a[] = {Value::int64(1), Value::decimal("2.0"), Value::int64(2)};
  const Value b[] = {Value::real(2), Value::decimal("1.0")};
  EXPECT_TRUE(equal(Value::items(a, Type::number_set), Value::items(b, Type::number_set)));
  EXPECT_FALSE(equal(Value::items(a), Value::items(b)));
  const Value c[] = {Value::int64(1), Value::int64(2)};
  const Value d[] = {Value::int64(2), Value::int64(1)};
  EXPECT_FALSE(equal(Value::items(c), Value::items(d)));
}

TEST(Canonical, MapsAreUnorderedAndAbsentMembersLeaveNoTrace) {
  const Member a[] = {{"x", Value::int64(1)}, {"y", Value::null()}, {"z", Value::absent()}};
  const Member b[] = {{"y", Value::null()}, {"x", Value::int64(1)}};
  const Member c[] = {{"x", Value::int64(1)}};
  EXPECT_TRUE(equal(Value::map(a), Value::map(b)));
  EXPECT_FALSE(equal(Value::map(a), Value::map(c)));
}

RC_GTEST_PROP(Canonical, EqualityIsAnEquivalence, ()) {
  Arena arena;
  const Specimen a = *testing::any_value();
  const Specimen b = *rc::gen::oneOf(testing::any_value(), rc::gen::just(a));
  const Specimen c = *rc::gen::oneOf(testing::any_value(), rc::gen::just(b));
  const Value x = a.in(arena);
  const Value y = b.in(arena);
  const Value z = c.in(arena);
  RC_ASSERT(equal(x, x));
  RC_ASSERT(equal(x, y) == equal(y, x));
  if (equal(x, y) && equal(y, z)) RC_ASSERT(equal(x, z));
  RC_ASSERT(equal(x, y) == (form(x) == form(y)));
}

// The promise behind hashing a record's values one after the other.
RC_GTEST_PROP(Canonical, NoFormIsTheBeginningOfAnother, ()) {
  Arena arena;
  const std::string a = form((*testing::any_value()).in(arena));
  const std::string b = form((*testing::any_value()).in(arena));
  if (a != b) RC_ASSERT(!a.starts_with(b) && !b.starts_with(a));
}

RC_GTEST_PROP(Canonical, DecimalsAreEqualWhereTheirValuesAre, ()) {
  const std::string a = *testing::decimal_text();
  const std::string b = *rc::gen::oneOf(
      testing::decimal_text(), rc::gen::just(a.find_first_of(".eE") == a.npos ? a + ".000" : a));
  Decimal x;
  Decimal y;
  parse_decimal(a, x);
  parse_decimal(b, y);
  RC_ASSERT(equal(Value::decimal(a), Value::decimal(b)) == (compare(x, y) == 0));
}

RC_GTEST_PROP(Canonical, ARealEqualsItsShortestDecimal, ()) {
  const double real = *testing::nasty_real();
  if (!std::isfinite(real)) return;
  char buffer[kDoubleTextMax];
  RC_ASSERT(equal(Value::real(real), Value::decimal(shortest_decimal(real, buffer))));
}

RC_GTEST_PROP(Canonical, OrderAgreesWithEquality, ()) {
  Arena arena;
  const Value a = (*testing::any_value(0)).in(arena);
  const Value b = (*testing::any_value(0)).in(arena);
  if (order(a, b) != std::partial_ordering::unordered) {
    RC_ASSERT((order(a, b) == 0) == equal(a, b));
    RC_ASSERT((order(a, b) < 0) == (order(b, a) > 0));
  }
}

TEST(Digest, NeedsEveryKeyField) {
  Digester digester({"a", "b"}, {});
  RecordDigest digest;
  EXPECT_TRUE(digester.digest(Held({{"b", number(1)}, {"a", number(2)}}).record, digest));
  EXPECT_FALSE(digester.digest(Held({{"a", number(2)}}).record, digest));
  EXPECT_FALSE(digester.digest(Held({{"a", number(2)}, {"b", Specimen{}}}).record, digest));
}

TEST(Digest, KeyCountsInItsOrderContentInNone) {
  Digester ab({"a", "b"}, {});
  Digester ba({"b", "a"}, {});
  const SpecimenRecord record = {{"a", number(1)}, {"b", number(2)}, {"c", text("x")}};
  const SpecimenRecord turned = {{"c", text("x")}, {"b", number(2)}, {"a", number(1)}};
  EXPECT_EQ(digest_of(record, ab).key, digest_of(turned, ab).key);
  EXPECT_EQ(digest_of(record, ab).content, digest_of(turned, ab).content);
  EXPECT_NE(digest_of(record, ab).key, digest_of(record, ba).key);
  EXPECT_EQ(digest_of(record, ab).content, digest_of(record, ba).content);
}

TEST(Digest, CountsTheFieldsThatAreCompared) {
  const SpecimenRecord a = {{"id", number(1)}, {"x", text("1")}, {"y", text("1")}};
  const SpecimenRecord b = {{"id", number(1)}, {"x", text("1")}, {"y", text("2")}};
  Digester all({"id"}, {});
  Digester only_x({"id"}, {"x"});
  Digester without_y({"id"}, {}, {"y"});
  EXPECT_NE(digest_of(a, all).content, digest_of(b, all).content);
  EXPECT_EQ(digest_of(a, all).key, digest_of(b, all).key);
  EXPECT_EQ(digest_of(a, only_x).content, digest_of(b, only_x).content);
  EXPECT_EQ(digest_of(a, without_y).content, digest_of(b, without_y).content);
}

// Two values moved from one field to the other, and the like: what a weaker digest would miss.
TEST(Digest, SeesSwappedFieldsTypesAndNulls) {
  Digester digester({"id"}, {});
  const std::vector<SpecimenRecord> records = {
      {{"id", number(1)}, {"a", text("x")}, {"b", text("y")}},
      {{"id", number(1)}, {"a", text("y")}, {"b", text("x")}},
      {{"id", number(1)}, {"a", text("xy")}, {"b", text("")}},
      {{"id", number(1)}, {"b", text("1")}},
      {{"id", number(1)}, {"a", text("1")}},
      {{"id", number(1)}, {"a", number(1)}},
      {{"id", number(1)}, {"a", Specimen{}}},
      {{"id", number(1)}}};
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (std::size_t j = 0; j < records.size(); ++j) {
      EXPECT_EQ(digest_of(records[i], digester).content == digest_of(records[j], digester).content,
                i == j)
          << i << " " << j;
    }
  }
}

RC_GTEST_PROP(Digest, DoesNotDependOnOrderOfFieldsNorOnTheShape, ()) {
  SpecimenRecord record = *testing::record_of(testing::any_value(2));
  std::erase_if(record, [](const auto& field) { return field.first == "id"; });
  record.emplace_back("id", number(*rc::gen::arbitrary<std::int64_t>()));
  SpecimenRecord turned(record.rbegin(), record.rend());
  turned.insert(turned.begin(), {"an absent field", Specimen{.type = Type::absent}});
  Digester digester({"id"}, {});
  const RecordDigest a = digest_of(record, digester);
  const RecordDigest b = digest_of(turned, digester);
  RC_ASSERT(a.key == b.key);
  RC_ASSERT(a.content == b.content);
}

}  // namespace
}  // namespace decant
