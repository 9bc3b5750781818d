#include "mapping/condition.h"

#include "mapping/mapping_fixture.h"

namespace decant::mapping {
namespace {

Result<Condition> condition_of(std::string_view yaml) {
  DECANT_ASSIGN(Node node, parse_yaml(yaml, "--where"));
  return parse_condition(node, "--where");
}

// By name, and compiled to slots: both must agree.
bool holds_for(const std::string& yaml, const std::string& json) {
  Result<Condition> condition = condition_of(yaml);
  EXPECT_TRUE(condition.ok()) << (condition.ok() ? "" : condition.error().message);
  const JsonRecords records({json});
  const bool by_name = holds(*condition, records.batch.records.front());
  MappingRun run("where: " + yaml);
  EXPECT_EQ(run.forward(json) != "left", by_name) << yaml << " " << json;
  return by_name;
}

std::string refusal(const std::string& yaml) {
  const Result<Condition> condition = condition_of(yaml);
  return condition.ok() ? "" : condition.error().message;
}

TEST(Condition, ComparesByValueAndNeverAcrossTypes) {
  EXPECT_TRUE(holds_for("{a: 1}", R"({"a": 1})"));
  EXPECT_TRUE(holds_for("{a: 1}", R"({"a": 1.0})"));
  EXPECT_TRUE(holds_for("{a: 1e0}", R"({"a": 1})"));
  EXPECT_FALSE(holds_for("{a: 1}", R"({"a": "1"})"));
  EXPECT_FALSE(holds_for("{a: '1'}", R"({"a": 1})"));
  EXPECT_FALSE(holds_for("{a: true}", R"({"a": "true"})"));
  EXPECT_TRUE(holds_for("{a: true}", R"({"a": true})"));
  EXPECT_FALSE(holds_for("{a: 1}", R"({"a": true})"));
}

TEST(Condition, TellsAbsentNullAndEmptyApart) {
  EXPECT_TRUE(holds_for("{a: null}", R"({"a": null})"));
  EXPECT_FALSE(holds_for("{a: null}", R"({"b": 1})"));
  EXPECT_FALSE(holds_for("{a: null}", R"({"a": ""})"));
  EXPECT_TRUE(holds_for("{a: ''}", R"({"a": ""})"));
  EXPECT_TRUE(holds_for("{a: {present: true}}", R"({"a": null})"));
  EXPECT_TRUE(holds_for("{a: {present: true}}", R"({"a": 0})"));
  EXPECT_FALSE(holds_for("{a: {present: true}}", R"({"b": 1})"));
  EXPECT_TRUE(holds_for("{a: {present: false}}", R"({"b": 1})"));
  EXPECT_FALSE(holds_for("{a: {present: false}}", R"({"a": null})"));
}

TEST(Condition, PrefixAndOneOf) {
  EXPECT_TRUE(holds_for("{PK: {prefix: 'JOB#'}}", R"({"PK": "JOB#1"})"));
  EXPECT_FALSE(holds_for("{PK: {prefix: 'JOB#'}}", R"({"PK": "JOB"})"));
  EXPECT_FALSE(holds_for("{PK: {prefix: '1'}}", R"({"PK": 12})"));
  EXPECT_TRUE(holds_for("{s: {one_of: [open, 1, null]}}", R"({"s": null})"));
  EXPECT_TRUE(holds_for("{s: {one_of: [open, 1, null]}}", R"({"s": 1.0})"));
  EXPECT_FALSE(holds_for("{s: {one_of: [open, 1, null]}}", R"({"s": "closed"})"));
}

TEST(Condition, RangeIncludesItsBounds) {
  EXPECT_TRUE(holds_for("{n: {range: [0, 10]}}", R"({"n": 10})"));
  EXPECT_TRUE(holds_for("{n: {range: [0, 10]}}", R"({"n": 0.0})"));
  EXPECT_FALSE(holds_for("{n: {range: [0, 10]}}", R"({"n": 10.01})"));
  EXPECT_FALSE(holds_for("{n: {range: [0, 10]}}", R"({"n": "5"})"));
  EXPECT_FALSE(holds_for("{n: {range: [null, 10]}}", R"({"n": null})"));
  EXPECT_TRUE(holds_for("{n: {range: [null, 10]}}", R"({"n": -1e400})"));
  EXPECT_TRUE(holds_for("{d: {range: ['2024-01-01', null]}}", R"({"d": "2024-06-01"})"));
  EXPECT_FALSE(holds_for("{d: {range: ['2024-01-01', null]}}", R"({"d": "2023-12-31"})"));
  FieldTest test = condition_of("{d: {range: ['2024-01-01', '2024-12-31']}}")->tests.front();
  EXPECT_TRUE(holds(test, Value::date(19'723)));  // 2024-01-01
  EXPECT_FALSE(holds(test, Value::date(19'722)));
  EXPECT_FALSE(holds(test, Value::timestamp(1'704'067'200'000'000)));  // another type
}

TEST(Condition, PatternMatchesTheWholeTextInLinearTime) {
  EXPECT_TRUE(holds_for(R"({d: {pattern: '\d{4}-\d\d'}})", R"({"d": "2024-01"})"));
  EXPECT_FALSE(holds_for(R"({d: {pattern: '\d{4}-\d\d'}})", R"({"d": "2024-01-01"})"));
  EXPECT_FALSE(holds_for("{d: {pattern: '5'}}", R"({"d": 5})"));
  // Each of these hangs or overflows the stack with a matcher that backtracks.
  const std::string many(30'000, 'a');
  EXPECT_FALSE(holds_for("{d: {pattern: '(a+)+b'}}", "{\"d\": \"" + many + "\"}"));
  EXPECT_TRUE(holds_for("{d: {pattern: '(a|b)*'}}", "{\"d\": \"" + many + "\"}"));
}

TEST(Condition, SeveralMustHoldAndAnyNeedsOne) {
  EXPECT_TRUE(holds_for("{a: 1, b: 2}", R"({"a": 1, "b": 2})"));
  EXPECT_FALSE(holds_for("{a: 1, b: 2}", R"({"a": 1, "b": 3})"));
  EXPECT_FALSE(holds_for("{a: {prefix: x, one_of: [y]}}", R"({"a": "x"})"));
  const std::string any = "{any: [{a: 1}, {b: {prefix: x}, c: 3}]}";
  EXPECT_TRUE(holds_for(any, R"({"a": 1})"));
  EXPECT_TRUE(holds_for(any, R"({"b": "xy", "c": 3})"));
  EXPECT_FALSE(holds_for(any, R"({"b": "xy", "c": 4})"));
  EXPECT_TRUE(holds_for("{any: {one_of: [1]}}", R"({"any": 1})"));  // a field of that name
}

TEST(Condition, ErrorsNameTheirPlace) {
  EXPECT_EQ(refusal("{a: {prefx: x}}"), "--where:1:6: unknown key 'prefx'; did you mean 'prefix'?");
  EXPECT_EQ(refusal("{a: [1, 2]}"), "--where:1:5: to test for several values, say {one_of: [...]}");
  EXPECT_NE(refusal("{a: {range: [1]}}").find("`range` is [LOW, HIGH]"), std::string::npos);
  EXPECT_NE(refusal("{a: {pattern: '('}}").find("--where:1:15: the pattern '('"),
            std::string::npos);
  EXPECT_NE(refusal("{a: {pattern: '(a)\\1'}}").find("refers back"), std::string::npos);
  EXPECT_NE(refusal("{a: {pattern: '\\5555555555555555'}}").find("refers back"), std::string::npos);
  EXPECT_NE(refusal("{a: {pattern: 'a{5555555555}'}}").find("9999 times"), std::string::npos);
  EXPECT_EQ(refusal("{a: {pattern: '\\\\5555 [(]?=b a{2,3}'}}"), "");
  EXPECT_NE(refusal("{a: {pattern: 'a(?=b)'}}").find("looks ahead"), std::string::npos);
  EXPECT_NE(refusal("{a: {pattern: '" + std::string(1001, 'a') + "'}}").find("longer than 1000"),
            std::string::npos);
  EXPECT_NE(refusal("{any: []}"), "");
  EXPECT_NE(refusal("{a: {}}"), "");
  EXPECT_NE(refusal("{}"), "");
  EXPECT_NE(refusal("text"), "");
}

}  // namespace
}  // namespace decant::mapping
