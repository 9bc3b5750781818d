// Conformance: partitions, resuming, fetching, the values themselves, changes under a view.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <random>

#include "model/canonical.h"
#include "model/conform.h"
#include "model/describe_value.h"
#include "testing/conformance.h"

namespace decant::testing {

void link_conformance_of_reading() {}

namespace {

struct Sighting {
  std::string id;
  Origin origin;
  std::string resume;  // of its batch
  bool ends_batch = false;
  bool operator==(const Sighting& other) const { return id == other.id && origin == other.origin; }
};

std::vector<Sighting> read_all(Reader& reader) {
  std::vector<Sighting> seen;
  Batch batch;
  while (true) {
    const Result<bool> more = reader.next(batch);
    EXPECT_TRUE(more.ok()) << more.error().message;
    if (!more.ok() || !more.value()) break;
    EXPECT_FALSE(batch.empty());
    for (const Record& record : batch.records) {
      seen.push_back({std::string(record.find("id").as_text()), record.origin, {}, false});
    }
    if (!batch.records.empty()) {
      seen.back().resume = batch.resume;
      seen.back().ends_batch = true;
    }
  }
  EXPECT_TRUE(batch.empty());
  return seen;
}

Value list(std::initializer_list<Value> items, Arena& arena, Type type = Type::list) {
  const std::span<Value> values = arena.allocate_array<Value>(items.size());
  std::copy(items.begin(), items.end(), values.begin());
  return Value::items(values, type);
}

Value map(std::initializer_list<Member> members, Arena& arena) {
  const std::span<Member> copies = arena.allocate_array<Member>(members.size());
  std::copy(members.begin(), members.end(), copies.begin());
  return Value::map(copies);
}

std::vector<Value> texts() {
  using namespace std::string_view_literals;
  std::vector<Value> values;
  for (const std::string_view text : {""sv,
                                      " "sv,
                                      "plain"sv,
                                      "\0"sv,
                                      "a\0b"sv,
                                      "\"\\/\b\f\n\r\t"sv,
                                      "\x01\x1f\x7f"sv,
                                      "007"sv,
                                      "1.0"sv,
                                      "null"sv,
                                      "true"sv,
                                      "NA"sv,
                                      "\u00e9"sv,
                                      "e\u0301"sv,
                                      "\u2028"sv,
                                      "\ufeff"sv,
                                      "\U0001F600"sv,
                                      "\U0010FFFF"sv,
                                      "a,b;c\td"sv,
                                      "'quoted'"sv,
                                      "2024-02-29"sv,
                                      "{}"sv,
                                      "decant_rest"sv,
                                      "last line\n"sv}) {
    values.push_back(Value::text(text));
  }
  return values;
}

std::vector<Value> numbers(FieldKind kind) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  switch (kind) {
    case FieldKind::integer:
      return {Value::int64(0), Value::int64(-1), Value::int64(kMax), Value::int64(-kMax - 1)};
    case FieldKind::decimal:
      return {Value::decimal("0.1"),
              Value::decimal("-12.50"),
              Value::int64(7),
              Value::decimal("1e400"),
              Value::decimal("12345678901234567890"),
              Value::decimal("-0"),
              Value::decimal("1.0"),
              Value::decimal("1e-7"),
              Value::decimal("12345678901234567890123456789012345678901234567890.123456789")};
    case FieldKind::number:
      return {Value::int64(kMax), Value::real(2.5), Value::decimal("0.1"), Value::int64(-3)};
    default:
      return {Value::real(0.1),
              Value::real(-1.5),
              Value::real(1e300),
              Value::real(5e-324),
              Value::real(0.30000000000000004),
              Value::real(9007199254740994.0),
              Value::real(3)};
  }
}

std::vector<Value> values_of(FieldKind kind, Arena& arena) {
  using namespace std::string_view_literals;
  static const Interval kIntervals[] = {{14, -3, 3'723'000'001}, {0, 0, 0}};
  switch (kind) {
    case FieldKind::boolean:
      return {Value::boolean(true), Value::boolean(false)};
    case FieldKind::integer:
    case FieldKind::decimal:
    case FieldKind::number:
    case FieldKind::real:
      return numbers(kind);
    case FieldKind::text:
      return texts();
    case FieldKind::bytes:
      return {Value::bytes(""sv), Value::bytes("\0"sv), Value::bytes("\xff\xfe\0z"sv),
              Value::bytes("text"sv)};
    case FieldKind::timestamp:
      return {Value::timestamp(0), Value::timestamp(1'709'208'000'123'456, 90),
              Value::timestamp(-1), Value::timestamp(-62'135'596'800'000'000),
              Value::timestamp(253'402'300'799'999'999)};
    case FieldKind::timestamp_local:
      return {Value::timestamp_local(0), Value::timestamp_local(1'709'208'000'100'000)};
    case FieldKind::date:
      return {Value::date(0), Value::date(-1), Value::date(19'782)};
    case FieldKind::time:
      return {Value::time(0), Value::time(86'399'999'999)};
    case FieldKind::interval:
      return {Value::interval(&kIntervals[0]), Value::interval(&kIntervals[1])};
    case FieldKind::uuid:
      return {Value::uuid("0123456789abcdef"sv)};
    case FieldKind::list:
      return {list({}, arena), list({Value::int64(1), Value::text("1"), Value::null()}, arena)};
    case FieldKind::map:
      return {map({}, arena), map({{"b", Value::decimal("1.50")}, {"a", Value::null()}}, arena)};
    case FieldKind::json:
      return {Value::text("scalar"),
              Value::text("1"),
              Value::int64(1),
              Value::boolean(false),
              Value::decimal("1e400"),
              list({list({}, arena), map({}, arena)}, arena),
              map({{"", Value::text("\0"sv)}, {"k", list({Value::decimal("-0")}, arena)}}, arena)};
    case FieldKind::text_set:
      return {list({Value::text("b"), Value::text("a")}, arena, Type::text_set)};
    case FieldKind::number_set:
      return {list({Value::int64(2), Value::decimal("1.5")}, arena, Type::number_set)};
    case FieldKind::bytes_set:
      return {list({Value::bytes("\xff")}, arena, Type::bytes_set)};
    case FieldKind::foreign:
      return {Value::foreign("(1,2)")};
    case FieldKind::any:
      break;
  }
  return {Value::int64(1), Value::text("1"), Value::real(1.5), Value::bytes("1")};
}

}  // namespace

TEST_P(StoreConformance, PartitionsHoldEachRecordOnce) {
  const std::unique_ptr<Store> store = open();
  const std::vector<Fields> all = rows(1000);
  write(*store, create(*store, wanted()), all, {.created = true});
  const std::unique_ptr<View> view = store->view().value();
  const std::vector<Partition> partitions = view->partitions(GetParam().collection).value();
  std::vector<std::string> ids;
  std::vector<std::string> partition_ids;
  for (const Partition& partition : partitions) {
    EXPECT_EQ(partition.collection, GetParam().collection);
    partition_ids.push_back(partition.id);
    ReadOptions options;
    options.batch_records = 37;
    for (const Sighting& seen : read_all(*view->read(partition, options).value())) {
      ids.push_back(seen.id);
    }
  }
  std::sort(ids.begin(), ids.end());
  ASSERT_EQ(ids.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(ids[i], all[i][0].second.as_text());
  std::sort(partition_ids.begin(), partition_ids.end());
  EXPECT_EQ(std::unique(partition_ids.begin(), partition_ids.end()), partition_ids.end());

  // The same from run to run.
  const std::unique_ptr<View> other = open()->view().value();
  const std::vector<Partition> again = other->partitions(GetParam().collection).value();
  ASSERT_EQ(again.size(), partitions.size());
  for (std::size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i].id, partitions[i].id);
}

TEST_P(StoreConformance, ReadingGoesOnWhereABatchEnded) {
  const std::unique_ptr<Store> store = open();
  write(*store, create(*store, wanted()), rows(150), {.created = true});
  const std::unique_ptr<View> view = store->view().value();
  for (const Partition& partition : view->partitions(GetParam().collection).value()) {
    ReadOptions options;
    options.batch_records = 11;
    const std::vector<Sighting> all = read_all(*view->read(partition, options).value());
    EXPECT_EQ(all, read_all(*view->read(partition, options).value())) << "not the same order";
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].ends_batch) continue;
      options.resume = all[i].resume;
      const std::vector<Sighting> expected(all.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                           all.end());
      const std::vector<Sighting> rest =
          read_all(*open()->view().value()->read(partition, options).value());
      ASSERT_EQ(rest.size(), expected.size()) << "after " << i + 1;
      EXPECT_EQ(rest, expected) << "after " << i + 1;
    }
  }
}

TEST_P(StoreConformance, FetchFindsRecordsByTheirOrigin) {
  const std::unique_ptr<Store> store = open();
  write(*store, create(*store, wanted()), rows(120), {.created = true});
  const std::unique_ptr<View> view = store->view().value();
  std::map<std::string, Origin> places;
  for (const Partition& partition : view->partitions(GetParam().collection).value()) {
    for (const Sighting& seen : read_all(*view->read(partition, {}).value())) {
      places[seen.id] = seen.origin;
    }
  }
  ASSERT_EQ(places.size(), 120u);
  std::vector<std::pair<std::string, Origin>> some(places.begin(), places.end());
  std::mt19937 random(7);
  std::shuffle(some.begin(), some.end(), random);
  some.resize(40);
  std::vector<Origin> origins;
  for (const auto& [id, origin] : some) origins.push_back(origin);
  const auto found = read_all(*view->fetch(GetParam().collection, origins).value());
  ASSERT_EQ(found.size(), some.size());
  for (const Sighting& seen : found) EXPECT_EQ(places[seen.id], seen.origin) << seen.id;
}

TEST_P(StoreConformance, EveryValueComesBackAsItWas) {
  for (int k = 0; k <= static_cast<int>(FieldKind::foreign); ++k) {
    const auto kind = static_cast<FieldKind>(k);
    const auto& not_held = GetParam().kinds_not_held;
    if (std::find(not_held.begin(), not_held.end(), kind) != not_held.end()) continue;
    SCOPED_TRACE(std::string(to_string(kind)));
    const std::string folder = folder_ / std::string(to_string(kind));
    std::filesystem::create_directory(folder);
    const std::unique_ptr<Store> store = open(folder);
    const Capabilities capabilities = store->capabilities();
    const bool set = kind == FieldKind::text_set || kind == FieldKind::number_set ||
                     kind == FieldKind::bytes_set;
    if (set && !capabilities.sets) continue;
    Definition asked = wanted();
    asked.fields[3].type.kind = kind;
    const Definition definition = create(*store, asked);

    std::vector<Fields> rows;
    std::vector<std::string> names;
    names.reserve(100);
    for (const Value& value : values_of(kind, arena_)) {
      // More digits than the store has are refused by name; that is not tested here.
      if (value.is(Type::decimal) && capabilities.decimal_digits_max > 0 &&
          (value.as_text().size() > capabilities.decimal_digits_max ||
           value.as_text() == "1e400")) {
        continue;
      }
      names.push_back("value " + std::to_string(rows.size()));
      rows.push_back({{"id", Value::text(names.back())}, {"note", value}});
    }
    const Written written = write(*store, definition, rows, {.created = true});
    for (const Rejection& rejection : written.rejections) ADD_FAILURE() << rejection.message;
    const std::map<std::string, Content> found = read(*open(folder));
    for (const Fields& row : rows) {
      const auto at = found.find(std::string(row[0].second.as_text()));
      ASSERT_NE(at, found.end()) << describe(row[1].second);
      EXPECT_EQ(at->second, content(row)) << describe(row[1].second);
    }
    // Written again, each is known as unchanged.
    const Written again = write(*open(folder), definition, rows, {});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(again.outcomes[i], Outcome::unchanged) << describe(rows[i][1].second);
    }
  }
}

TEST_P(StoreConformance, KeysThatLookAlikeAreDifferentRecords) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  std::vector<Fields> rows;
  for (const char* id :
       {"a",          "A", "a ",  " a",  "\u00e9", "e\u0301", "1",  "1.0", "01", "1e0", "null",
        "\U0001F600", "#", "a/b", "a%b", "'",      "\"",      "\\", "\n",  "%",  "_"}) {
    rows.push_back({{"id", Value::text(id)}, {"count", Value::int64(std::ssize(rows))}});
  }
  const Written written = write(*store, definition, rows, {.policy = Policy::insert});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(written.outcomes[i], Outcome::inserted) << rows[i][0].second.as_text();
  }
  EXPECT_EQ(read(*open()), contents(rows));
}

TEST_P(StoreConformance, NullAndAbsentAreToldApart) {
  const std::unique_ptr<Store> store = open();
  Definition asked = wanted();
  asked.fields[3].nullable = true;
  const bool needs_complement = store->capabilities().schema && !store->capabilities().nulls;
  if (needs_complement) {
    asked.complement = "decant_rest";
    Field rest;
    rest.name = asked.complement;
    rest.type.kind = FieldKind::json;
    rest.hidden = true;
    asked.fields.push_back(rest);
  } else if (!store->capabilities().nulls) {
    GTEST_SKIP() << "this store has neither nulls nor a complement";
  }
  const Definition definition = create(*store, asked);
  const std::vector<Fields> rows = {
      {{"id", Value::text("both null")}, {"note", Value::null()}, {"author", Value::null()}},
      {{"id", Value::text("both absent")}},
      {{"id", Value::text("empty")}, {"note", Value::text("")}, {"author", Value::text("")}},
      {{"id", Value::text("one")}, {"author", Value::null()}}};
  write(*store, definition, rows, {.created = true});
  EXPECT_EQ(read(*open()), contents(rows));
  for (const Outcome outcome : write(*open(), definition, rows, {}).outcomes) {
    EXPECT_EQ(outcome, Outcome::unchanged);
  }
}

TEST_P(StoreConformance, AChangeUnderAViewIsNoticed) {
  if (GetParam().view_keeps_writers_out) GTEST_SKIP() << "nothing changes under a view";
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  write(*store, definition, rows(20), {.created = true});
  const std::unique_ptr<View> view = store->view().value();
  Result<std::vector<std::string>> changes = view->changes_seen();
  ASSERT_TRUE(changes.ok()) << changes.error().message;
  EXPECT_TRUE(changes->empty()) << changes->front();
  write(*open(), definition, rows(21), {});
  changes = view->changes_seen();
  ASSERT_TRUE(changes.ok()) << changes.error().message;
  if (!store->capabilities().snapshot) {
    EXPECT_FALSE(changes->empty());
  }
}

TEST_P(StoreConformance, AnEmptyCollectionReadsAsEmpty) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  write(*store, definition, {}, {.created = true});
  EXPECT_TRUE(read(*open()).empty());
}

}  // namespace decant::testing
