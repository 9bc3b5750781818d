#include "mapping/node.h"

#include <gtest/gtest.h>

namespace decant::mapping {
namespace {

Node parsed(std::string_view text) {
  Result<Node> node = parse_yaml(text, "plan.yaml");
  EXPECT_TRUE(node.ok()) << (node.ok() ? "" : node.error().message);
  return node.ok() ? std::move(node).value() : Node{};
}

std::string refusal(std::string_view text) {
  const Result<Node> node = parse_yaml(text, "plan.yaml");
  return node.ok() ? "" : node.error().message;
}

Node::Form form_of(const std::string& scalar) {
  const Node node = parsed("value: " + scalar);
  const Node* value = node.find("value");
  return value == nullptr ? Node::Form::list : value->form;
}

TEST(Yaml, TypesPlainScalarsAsJsonDoes) {
  for (const char* text :
       {"on",   "off",    "yes",   "No",     "True", "NULL",   "Null",       "007",
        "0x10", "1_000",  ".5",    "5.",     "+1",   "1:20",   "2024-01-31", ".inf",
        "NaN",  "'true'", "\"1\"", "'null'", "\"\"", "!!str 5"}) {
    EXPECT_EQ(form_of(text), Node::Form::text) << text;
  }
  for (const char* text : {"0", "-0", "12", "-3.50", "1e400", "1E+2"}) {
    EXPECT_EQ(form_of(text), Node::Form::number) << text;
  }
  EXPECT_EQ(form_of("true"), Node::Form::boolean);
  EXPECT_EQ(form_of("false"), Node::Form::boolean);
  EXPECT_EQ(form_of("null"), Node::Form::null);
  EXPECT_EQ(form_of("~"), Node::Form::null);
  EXPECT_EQ(form_of(""), Node::Form::null);
  EXPECT_EQ(parsed("").form, Node::Form::null);
}

TEST(Yaml, KeepsNumbersAsWritten) {
  const Node node = parsed("a: 1.50\nb: 9223372036854775807\nc: 9223372036854775808\nd: -0\n");
  EXPECT_EQ(node.find("a")->text, "1.50");
  EXPECT_EQ(node.find("b")->as_int64(), INT64_MAX);
  EXPECT_FALSE(node.find("c")->as_int64());
  EXPECT_FALSE(node.find("d")->as_int64());
}

TEST(Yaml, MarksLineAndColumnFromOne) {
  const Node node = parsed("a: 1\nmap:\n  key: value\n  list: [x, y]\n");
  const Node* map = node.find("map");
  EXPECT_EQ(map->members[0].first.mark.line, 3);
  EXPECT_EQ(map->members[0].first.mark.column, 3);
  EXPECT_EQ(map->members[0].second.mark.column, 8);
  EXPECT_EQ(map->find("list")->items[1].mark.line, 4);
  EXPECT_EQ(map->find("list")->items[1].mark.column, 13);
}

TEST(Yaml, ReadsJsonToo) {
  const Node node = parsed(R"({"a": [1, "x", null], "b": {"c": true}})");
  EXPECT_EQ(node.find("a")->items[1].text, "x");
  EXPECT_TRUE(node.find("b")->find("c")->as_boolean());
}

TEST(Yaml, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "plan.yaml:3:1: the key 'a' is here twice");
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "plan.yaml: more than one YAML document; write one only");
  EXPECT_NE(refusal("a: !!int 5\n").find("tags are not known here"), std::string::npos);
  EXPECT_NE(refusal("? [a]\n: 1\n").find("a key must be"), std::string::npos);
  EXPECT_NE(refusal("a: \xff\n").find("plan.yaml:1:4: the text is not UTF-8"), std::string::npos);
  EXPECT_NE(refusal("a: 1\nb: \x04\nc: 2\n").find("plan.yaml:2:4: a control"), std::string::npos);
  EXPECT_NE(refusal("a: [1, 2\nb: 3\n"), "");
  EXPECT_NE(refusal("a: 1e999999999\n").find("plan.yaml:1:4: a number that is too long"),
            std::string::npos);
  // 1 and '1' are two keys: the tables of values need both.
  EXPECT_EQ(refusal("{1: a, '1': b, true: c, 'true': d}"), "");
}

TEST(Yaml, BoundsDepthSizeAndAliases) {
  std::string deep(100, '[');
  deep += std::string(100, ']');
  EXPECT_NE(refusal(deep).find("nested deeper than 64"), std::string::npos);
  EXPECT_NE(refusal(std::string(100'000, '[')), "");
  EXPECT_NE(refusal(std::string((4u << 20) + 1, ' ')).find("longer than"), std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(refusal(bomb).find("more than 100000 values"), std::string::npos);
  EXPECT_NE(refusal("a: &x [*x]\n").find("alias within"), std::string::npos);
  EXPECT_EQ(parsed("a: &x {b: 1}\nc: *x\n").find("c")->find("b")->text, "1");
}

TEST(Yaml, OffersTheNearestKnownKey) {
  const Node node = parsed("name: x\ncolections: {}\n");
  const Error near = unknown_key("plan.yaml", node.members[1].first, {"collections", "columns"});
  EXPECT_EQ(near.message, "plan.yaml:2:1: unknown key 'colections'; did you mean 'collections'?");
  EXPECT_EQ(near.code, ErrorCode::invalid);
  const Error far = unknown_key("plan.yaml", node.members[0].first, {"collections", "where"});
  EXPECT_EQ(far.message, "plan.yaml:1:1: unknown key 'name'; known here: collections where");
}

}  // namespace
}  // namespace decant::mapping
