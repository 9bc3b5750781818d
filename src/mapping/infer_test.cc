#include "mapping/infer.h"

#include <fstream>
#include <sstream>

#include "mapping/mapping_fixture.h"

namespace decant::mapping {
namespace {

DefinitionBuilder::Options named(std::vector<std::string> key = {}) {
  DefinitionBuilder::Options options;
  options.name = "jobs";
  options.key = std::move(key);
  return options;
}

Inferred inferred_from(const std::vector<std::string>& texts, std::vector<std::string> key = {}) {
  const JsonRecords records(texts);
  DefinitionBuilder builder(named(std::move(key)));
  builder.add(records.batch.records);
  Result<Inferred> inferred = builder.finish();
  EXPECT_TRUE(inferred.ok()) << inferred.error().message;
  return std::move(inferred).value();
}

FieldKind kind_of(const std::vector<std::string>& texts) {
  return inferred_from(texts).definition.fields.front().type.kind;
}

TEST(Infer, OneTypeGivesItsKind) {
  EXPECT_EQ(kind_of({R"({"a": 1})", R"({"a": -5})"}), FieldKind::integer);
  EXPECT_EQ(kind_of({R"({"a": 1.50})"}), FieldKind::decimal);
  EXPECT_EQ(kind_of({R"({"a": 9223372036854775808})"}), FieldKind::decimal);
  EXPECT_EQ(kind_of({R"({"a": true})"}), FieldKind::boolean);
  EXPECT_EQ(kind_of({R"({"a": "1"})"}), FieldKind::text);
  EXPECT_EQ(kind_of({R"({"a": []})", R"({"a": {}})"}), FieldKind::json);
  EXPECT_EQ(kind_of({R"({"a": null})"}), FieldKind::text);
  EXPECT_EQ(kind_of({R"({"a": null})", R"({"a": 1})"}), FieldKind::integer);
}

TEST(Infer, NumbersWidenAndOtherMixturesBecomeJsonAndSaySo) {
  EXPECT_EQ(kind_of({R"({"a": 1})", R"({"a": 1.0})"}), FieldKind::decimal);
  const Inferred mixed = inferred_from({R"({"a": 1})", R"({"a": "x"})"});
  EXPECT_EQ(mixed.definition.fields[0].type.kind, FieldKind::json);
  ASSERT_EQ(mixed.notes.size(), 1u);
  EXPECT_EQ(mixed.notes[0], "field 'a' holds several types (int64, text): it becomes JSON");
}

TEST(Infer, KindsThatJsonDoesNotHave) {
  ShapeTable shapes;
  Batch batch;
  const std::string_view names[] = {"r", "i", "d", "t", "b", "m"};
  const Shape* shape = shapes.get(names, batch);
  const Value first[] = {Value::real(1.5),    Value::int64(1),          Value::decimal("1.5"),
                         Value::timestamp(0), Value::bytes("\x01\x02"), Value::date(1)};
  const Value second[] = {Value::real(2.5),    Value::real(1.5), Value::real(0.0 / 0.0),
                          Value::timestamp(1), Value::bytes(""), Value::text("x")};
  DefinitionBuilder builder(named());
  for (const Value* values : {first, second}) {
    Record record;
    record.shape = shape;
    record.values = values;
    builder.add({&record, 1});
  }
  const Inferred inferred = builder.finish().value();
  const auto kind = [&](const char* name) { return inferred.definition.find(name)->type.kind; };
  EXPECT_EQ(kind("r"), FieldKind::real);
  EXPECT_EQ(kind("i"), FieldKind::number);
  EXPECT_EQ(kind("d"), FieldKind::any);  // NaN is no decimal
  EXPECT_EQ(kind("t"), FieldKind::timestamp);
  EXPECT_EQ(kind("b"), FieldKind::bytes);
  EXPECT_EQ(kind("m"), FieldKind::json);
  ASSERT_EQ(inferred.notes.size(), 2u);
  EXPECT_NE(inferred.notes[1].find("in which date is text"), std::string::npos);
}

TEST(Infer, OnlyTheKeyIsNotNull) {
  const Inferred inferred = inferred_from({R"({"id": 1, "a": 2})"}, {"id"});
  EXPECT_TRUE(inferred.definition.find("id")->required);
  EXPECT_FALSE(inferred.definition.find("a")->required);
  EXPECT_EQ(inferred.definition.key, std::vector<std::string>{"id"});
}

TEST(Infer, NullsAndAbsentsAreToldApart) {
  const Inferred nulls = inferred_from({R"({"a": null})", R"({"a": 1})"});
  EXPECT_TRUE(nulls.definition.find("a")->nullable);
  EXPECT_EQ(nulls.definition.complement, "");
  const Inferred absents = inferred_from({"{}", R"({"a": 1})"});
  EXPECT_FALSE(absents.definition.find("a")->nullable);
  EXPECT_EQ(absents.definition.complement, "");
  const Inferred both = inferred_from({"{}", R"({"a": 1})", R"({"a": null})"});
  EXPECT_FALSE(both.definition.find("a")->nullable);
  EXPECT_EQ(both.definition.complement, "decant_rest");
  const Field* hidden = both.definition.find("decant_rest");
  ASSERT_NE(hidden, nullptr);
  EXPECT_TRUE(hidden->hidden);
  EXPECT_EQ(hidden->type.kind, FieldKind::json);
}

// A mapped record has a slot for a field that its source lacks: absent all the same.
TEST(Infer, AMappedFieldWithoutAValueIsAbsent) {
  MappingRun run("map: {a: x, b: y}");
  run.source.add({R"({"x": 1})", R"({"x": 1, "y": null})"});
  run.mapper->apply(run.source.batch, run.out);
  DefinitionBuilder builder(named());
  builder.add(run.out.targets[0]);
  const Inferred inferred = builder.finish().value();
  EXPECT_EQ(inferred.definition.fields[1].name, "b");
  EXPECT_EQ(inferred.definition.complement, "decant_rest");
}

TEST(Infer, NotesAndAFieldOfTheComplementsNameTravelInTheComplement) {
  for (const char* name : {"decant_rest", "decant_source"}) {
    const Inferred inferred =
        inferred_from({"{\"a\": 1, \"" + std::string(name) + "\": {\"x\": 1}}"});
    EXPECT_EQ(inferred.definition.complement, "decant_rest");
    ASSERT_EQ(inferred.definition.fields.size(), 2u);
    EXPECT_TRUE(inferred.definition.fields[1].hidden);
  }
}

TEST(Infer, KnownTypesStand) {
  DefinitionBuilder::Options options = named();
  options.known = {field("a", FieldKind::text), field("b", FieldKind::foreign)};
  options.known[1].type.native = "inet";
  DefinitionBuilder builder(options);
  const JsonRecords records({R"({"a": 1, "b": "::1", "c": 2})"});
  builder.add(records.batch.records);
  const Inferred inferred = builder.finish().value();
  EXPECT_EQ(inferred.definition.find("a")->type.kind, FieldKind::text);
  EXPECT_EQ(inferred.definition.find("b")->type.native, "inet");
  EXPECT_EQ(inferred.definition.find("c")->type.kind, FieldKind::integer);
}

TEST(Infer, TheResultDoesNotDependOnThreads) {
  const std::vector<std::vector<std::string>> partitions = {
      {R"({"b": 1, "a": 2})", R"({"a": null, "c": 1})"},
      {R"({"d": 1, "b": 1.5})"},
      {R"({"e": true, "a": "x"})", R"({"f": []})"},
  };
  const auto build = [&](const std::vector<std::vector<std::uint32_t>>& by_thread) {
    std::deque<JsonRecords> memory;
    std::vector<DefinitionBuilder> builders;
    for (const auto& numbers : by_thread) {
      DefinitionBuilder& builder = builders.emplace_back(named());
      JsonRecords& records = memory.emplace_back();
      for (const std::uint32_t number : numbers) {
        records.batch.clear();
        records.add(partitions[number]);
        builder.start_partition(number);
        builder.add(records.batch.records);
      }
    }
    for (std::size_t i = 1; i < builders.size(); ++i) builders[0].merge(builders[i]);
    return builders[0].finish().value().definition;
  };
  const Definition one = build({{0, 1, 2}});
  std::string names;
  for (const Field& each : one.fields) names += each.name + " ";
  EXPECT_EQ(names, "b a c d e f decant_rest ");
  EXPECT_EQ(build({{2, 1, 0}}), one);
  EXPECT_EQ(build({{2}, {0}, {1}}), one);
  EXPECT_EQ(build({{1}, {2, 0}}), one);
}

TEST(Infer, EmptySourcesAndMissingKeys) {
  const Definition empty = inferred_from({}, {"id"}).definition;
  ASSERT_EQ(empty.fields.size(), 1u);
  EXPECT_TRUE(empty.fields[0].required);
  const JsonRecords records({R"({"a": 1})"});
  DefinitionBuilder builder(named({"id"}));
  builder.add(records.batch.records);
  const auto inferred = builder.finish();
  ASSERT_FALSE(inferred.ok());
  EXPECT_NE(inferred.error().message.find("no record of 'jobs' holds the key field 'id'"),
            std::string::npos);
}

TEST(Infer, TooManyFieldsAreRefusedAndBounded) {
  DefinitionBuilder builder(named());
  for (int i = 0; i < 2100; ++i) {
    const JsonRecords records({"{\"f" + std::to_string(i) + "\": 1}"});
    builder.add(records.batch.records);
  }
  const auto inferred = builder.finish();
  ASSERT_FALSE(inferred.ok());
  EXPECT_NE(inferred.error().message.find("more than 2000 fields"), std::string::npos);
}

std::string naughty_strings() {
  const char* shared = std::getenv("DECANT_SHARED_DATA");
  const std::string folder = shared != nullptr ? shared : DECANT_SOURCE_DIR "/../shared/data";
  std::ifstream file(folder + "/naughty-strings/blns.json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Infer, NaughtyStringsAsValuesAndAsFieldNames) {
  const std::string text = naughty_strings();
  if (text.empty()) GTEST_SKIP() << "the naughty strings are not there";
  json::ValueParser parser;
  Arena arena;
  Value list;
  json::Refusal refusal;
  ASSERT_TRUE(parser.parse(text, arena, list, refusal)) << refusal.message;
  ShapeTable shapes;
  Batch batch;
  std::vector<std::string_view> names;
  std::vector<Value> values;
  for (const Value& one : list.as_items()) {
    if (std::find(names.begin(), names.end(), one.as_text()) != names.end()) continue;
    if (one.as_text().empty() || one.as_text().size() > 1000) continue;
    names.push_back(one.as_text());
    values.push_back(one);
  }
  ASSERT_GT(names.size(), 400u);
  Record record;
  record.shape = shapes.get(names, batch);
  record.values = values.data();
  DefinitionBuilder builder(named());
  builder.add({&record, 1});
  const Inferred inferred = builder.finish().value();
  ASSERT_EQ(inferred.definition.fields.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(inferred.definition.fields[i].name, names[i]);
    EXPECT_EQ(inferred.definition.fields[i].type.kind, FieldKind::text);
  }
}

}  // namespace
}  // namespace decant::mapping
