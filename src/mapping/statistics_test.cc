#include "mapping/statistics.h"

#include "mapping/mapping_fixture.h"

namespace decant::mapping {
namespace {

CollectionSummary summary_of(const std::vector<std::string>& texts) {
  const JsonRecords records(texts);
  FieldStatistics statistics;
  statistics.add(records.batch);
  return statistics.summary();
}

TEST(Statistics, CountsPresenceTypesAndNulls) {
  const CollectionSummary summary = summary_of(
      {R"({"a": 1, "b": "x"})", R"({"a": null})", R"({"a": "y", "b": "xyz"})", R"({"b": "x"})"});
  EXPECT_EQ(summary.records, 4u);
  ASSERT_EQ(summary.fields.size(), 2u);
  const FieldSummary& a = summary.fields[0];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.present, 3u);
  EXPECT_EQ(a.nulls, 1u);
  EXPECT_EQ(a.types[static_cast<std::size_t>(Type::int64)], 1u);
  EXPECT_EQ(a.types[static_cast<std::size_t>(Type::text)], 1u);
  EXPECT_EQ(a.examples, (std::vector<std::string>{"1 (int64)", "'y' (text)"}));
  const FieldSummary& b = summary.fields[1];
  EXPECT_EQ(b.distinct, 2u);
  EXPECT_TRUE(b.distinct_exact);
  EXPECT_EQ(b.text_bytes_max, 3u);
}

std::vector<std::string> keys_of(const CollectionSummary& summary) {
  std::vector<std::string> keys;
  for (const KeyCandidate& key : summary.keys) {
    std::string name = key.fields[0];
    if (key.fields.size() > 1) name += "," + key.fields[1];
    keys.push_back(name + (key.proven ? "" : "?"));
  }
  return keys;
}

TEST(Statistics, AKeyIsUniqueAlwaysThereAndPlain) {
  const CollectionSummary summary = summary_of({
      R"({"id": 1, "name": "a", "some": 1, "nested": [1], "flag": true, "null": null})",
      R"({"id": 2, "name": "a", "nested": [2], "flag": false, "null": 5})",
      R"({"id": 3, "name": "b", "some": 3, "nested": [3], "flag": true, "null": 6})",
  });
  EXPECT_EQ(keys_of(summary), std::vector<std::string>{"id"});
}

TEST(Statistics, TwoFieldsTogetherMayBeTheKey) {
  const CollectionSummary summary = summary_of({
      R"({"control": 1, "year": 2024, "x": "s"})",
      R"({"control": 2, "year": 2024, "x": "s"})",
      R"({"control": 1, "year": 2025, "x": "s"})",
      R"({"control": 2, "year": 2025, "x": "s"})",
  });
  EXPECT_EQ(keys_of(summary), std::vector<std::string>{"control,year"});
}

TEST(Statistics, EqualNumbersAreOneValueAndTypesAreNot) {
  EXPECT_TRUE(summary_of({R"({"id": 1})", R"({"id": 1.0})"}).keys.empty());
  EXPECT_EQ(summary_of({R"({"id": 1})", R"({"id": "1"})"}).keys.size(), 1u);
}

TEST(Statistics, PastItsBoundTheCountIsAnEstimateAndAKeyUnproven) {
  FieldStatistics statistics;
  ShapeTable shapes;
  constexpr std::int64_t kRecords = 200'000;
  Batch batch;
  const std::string_view names[] = {"id", "late"};
  const Shape* shape = shapes.get(names, batch);
  for (std::int64_t i = 0; i < kRecords; ++i) {
    // `late` repeats only its last hundred values: a sample of a quarter still meets some.
    const Value values[] = {Value::int64(i), Value::int64(i < kRecords - 100 ? i : i - 100)};
    Record record;
    record.shape = shape;
    record.values = values;
    batch.records = {record};
    statistics.add(batch);
  }
  const CollectionSummary summary = statistics.summary();
  EXPECT_FALSE(summary.fields[0].distinct_exact);
  EXPECT_NEAR(static_cast<double>(summary.fields[0].distinct), 200'000, 6'000);
  EXPECT_EQ(keys_of(summary), std::vector<std::string>{"id?"});
}

}  // namespace
}  // namespace decant::mapping
