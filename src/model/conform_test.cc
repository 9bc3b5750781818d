#include "model/conform.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/canonical.h"
#include "testing/generators.h"

namespace decant {
namespace {

using testing::Specimen;
using testing::SpecimenRecord;

Field field(std::string name, FieldKind kind) {
  Field made;
  made.name = std::move(name);
  made.type.kind = kind;
  return made;
}

// The reason where the value does not conform, else "".
std::string reason(Value value, FieldType type) {
  Arena arena;
  Misfit misfit;
  return conform(value, type, arena, misfit) ? "" : std::string(misfit.reason);
}
std::string reason(Value value, FieldKind kind) { return reason(value, FieldType{.kind = kind}); }

Value conformed(Value value, FieldKind kind, Arena& arena) {
  Misfit misfit;
  EXPECT_TRUE(conform(value, FieldType{.kind = kind}, arena, misfit)) << misfit.message;
  return value;
}

TEST(Conform, NumbersKeepTheirValueOrDoNotFit) {
  EXPECT_EQ(reason(Value::decimal("1.0"), FieldKind::integer), "");
  EXPECT_EQ(reason(Value::real(3), FieldKind::integer), "");
  EXPECT_EQ(reason(Value::decimal("1.5"), FieldKind::integer), "number_would_change");
  EXPECT_EQ(reason(Value::decimal("9223372036854775808"), FieldKind::integer), "range");
  EXPECT_EQ(reason(Value::text("1"), FieldKind::integer), "type");
  EXPECT_EQ(reason(Value::boolean(true), FieldKind::integer), "type");
  EXPECT_EQ(reason(Value::decimal("0.1"), FieldKind::real), "");
  EXPECT_EQ(reason(Value::decimal("0.10000000000000000001"), FieldKind::real),
            "number_would_change");
  EXPECT_EQ(reason(Value::decimal("1e400"), FieldKind::real), "number_would_change");
  EXPECT_EQ(reason(Value::int64((1LL << 53) + 1), FieldKind::real), "number_would_change");
  EXPECT_EQ(reason(Value::int64((1LL << 53) + 1), FieldKind::number), "");
  EXPECT_EQ(reason(Value::decimal("12345678901234567890"), FieldKind::number),
            "number_would_change");
  EXPECT_EQ(reason(Value::decimal("1e400"), FieldKind::decimal), "");
  EXPECT_EQ(reason(Value::real(std::nan("")), FieldKind::decimal), "range");
  Arena arena;
  EXPECT_TRUE(conformed(Value::decimal("2.50"), FieldKind::number, arena).is(Type::real));
  EXPECT_TRUE(conformed(Value::decimal("2.0"), FieldKind::any, arena).is(Type::int64));
}

TEST(Conform, DecimalsStayWithinPrecisionAndScale) {
  const FieldType money{.kind = FieldKind::decimal, .precision = 5, .scale = 2};
  EXPECT_EQ(reason(Value::decimal("999.99"), money), "");
  EXPECT_EQ(reason(Value::decimal("999.990"), money), "");
  EXPECT_EQ(reason(Value::decimal("0"), money), "");
  EXPECT_EQ(reason(Value::decimal("1000"), money), "range");
  EXPECT_EQ(reason(Value::int64(1000), money), "range");
  EXPECT_EQ(reason(Value::decimal("1.001"), money), "number_would_change");
}

TEST(Conform, ABooleanIsZeroOrOneOnlyWhereItIsDeclared) {
  Arena arena;
  EXPECT_TRUE(conformed(Value::int64(1), FieldKind::boolean, arena).is(Type::boolean));
  EXPECT_FALSE(conformed(Value::decimal("0.0"), FieldKind::boolean, arena).as_boolean());
  EXPECT_EQ(reason(Value::int64(2), FieldKind::boolean), "type");
  EXPECT_EQ(reason(Value::text("true"), FieldKind::boolean), "type");
  EXPECT_EQ(reason(Value::boolean(true), FieldKind::any), "type");
}

TEST(Conform, TextIsAMomentOnlyByDefinition) {
  Arena arena;
  EXPECT_TRUE(equal(conformed(Value::text("1970-01-01T00:00:01Z"), FieldKind::timestamp, arena),
                    Value::timestamp(1'000'000)));
  EXPECT_TRUE(equal(conformed(Value::text("1970-01-02"), FieldKind::date, arena), Value::date(1)));
  EXPECT_TRUE(conformed(Value::text("PT1S"), FieldKind::interval, arena).is(Type::interval));
  EXPECT_TRUE(
      conformed(Value::text("1970-01-01T00:00:01Z"), FieldKind::text, arena).is(Type::text));
  EXPECT_EQ(reason(Value::text("1970-01-01 00:00:01"), FieldKind::timestamp), "type");
  EXPECT_EQ(reason(Value::text("2023-02-29"), FieldKind::date), "type");
  EXPECT_EQ(reason(Value::timestamp(0), FieldKind::text), "type");
  EXPECT_EQ(reason(Value::timestamp(0), FieldKind::timestamp_local), "type");
  EXPECT_EQ(reason(Value::text("abc"), FieldKind::bytes), "type");
}

TEST(Conform, LengthIsCountedInCharacters) {
  const FieldType three{.kind = FieldKind::text, .length_max = 3};
  EXPECT_EQ(reason(Value::text("\u00e9\u00e9\u00e9"), three), "");
  EXPECT_EQ(reason(Value::text("\U0001F600\U0001F600\U0001F600\U0001F600"), three), "length");
  EXPECT_EQ(reason(Value::text("abcd"), three), "length");
}

RC_GTEST_PROP(Conform, IsIdempotentAndKeepsTheFact, ()) {
  Arena arena;
  const auto kind =
      static_cast<FieldKind>(*rc::gen::inRange(0, static_cast<int>(FieldKind::foreign) + 1));
  const Value before = (*testing::any_value(1)).in(arena);
  Value once = before;
  Misfit misfit;
  if (!conform(once, FieldType{.kind = kind}, arena, misfit)) {
    RC_ASSERT(!misfit.reason.empty() && !misfit.message.empty());
    return;
  }
  Value twice = once;
  RC_ASSERT(conform(twice, FieldType{.kind = kind}, arena, misfit));
  RC_ASSERT(twice.type() == once.type());
  RC_ASSERT(equal(once, twice));
  const auto is_number = [](const Value& v) {
    return v.is(Type::int64) || v.is(Type::decimal) || v.is(Type::real);
  };
  if (is_number(before) && is_number(once)) RC_ASSERT(equal(before, once));
}

struct Table {
  Table() {
    definition.name = "jobs";
    definition.key = {"id"};
    definition.fields = {field("id", FieldKind::integer), field("title", FieldKind::text),
                         field("pay", FieldKind::number), field("extra", FieldKind::json),
                         field("size", FieldKind::integer)};
    definition.fields[0].required = true;
    definition.fields[2].nullable = true;
    definition.fields[3].nullable = true;
    definition.fields[4].generated = true;
  }
  Table& with_complement() {
    definition.complement = "decant_rest";
    Field rest = field("decant_rest", FieldKind::json);
    rest.hidden = true;
    definition.fields.push_back(rest);
    return *this;
  }
  // The misfit's reason, or "".
  std::string take(const SpecimenRecord& fields, const std::vector<std::string>& mirrored = {}) {
    conformer = std::make_unique<Conformer>(definition, capabilities, std::vector<std::string>(),
                                            nullptr, mirrored);
    original = add_record(fields, shapes, batch);
    record = original;
    return conformer->conform(record, batch.arena, misfit) ? "" : std::string(misfit.reason);
  }
  Definition definition;
  Capabilities capabilities;
  std::unique_ptr<Conformer> conformer;
  ShapeTable shapes;
  Batch batch;
  Record original;
  Record record;
  Misfit misfit;
};

Specimen specimen(Type type, std::int64_t number = 0, std::string text = "") {
  Specimen made;
  made.type = type;
  made.number = number;
  made.text = std::move(text);
  return made;
}
const Specimen kNull = specimen(Type::null);

TEST(Conformer, PutsFieldsIntoTheDefinitionsOrderAndLeavesGeneratedOnesOut) {
  Table table;
  ASSERT_EQ(table.take({{"title", specimen(Type::text, 0, "x")},
                        {"id", specimen(Type::decimal, 0, "7.0")}}),
            "");
  ASSERT_EQ(table.record.shape->size(), 4u);
  EXPECT_EQ(table.record.shape->name(0), "id");
  EXPECT_EQ(table.record.values[0].as_int64(), 7);
  EXPECT_EQ(table.record.values[1].as_text(), "x");
}

TEST(Conformer, RefusesAValueOfAGeneratedFieldUnlessTheSourceComputesItAlike) {
  Table table;
  table.with_complement();
  const SpecimenRecord fields = {{"id", specimen(Type::int64, 7)},
                                 {"size", specimen(Type::int64, 9)}};
  EXPECT_EQ(table.take(fields), "generated");
  EXPECT_NE(table.misfit.message.find("field 'size' holds 9"), std::string::npos)
      << table.misfit.message;
  ASSERT_EQ(table.take(fields, {"size"}), "");
  EXPECT_EQ(table.record.find("size").as_int64(), 9);
}

TEST(Conformer, RefusesWhatTheTableCannotHold) {
  Table table;
  EXPECT_EQ(table.take({{"title", specimen(Type::text)}}), "not_null");
  EXPECT_EQ(table.take({{"id", kNull}}), "not_null");
  EXPECT_EQ(table.take({{"id", specimen(Type::text, 0, "1")}}), "type");
  EXPECT_NE(table.misfit.message.find("field 'id' holds '1' (text)"), std::string::npos)
      << table.misfit.message;
  EXPECT_EQ(table.take({{"id", specimen(Type::int64, 1)}, {"color", kNull}}), "unknown_field");
  table.definition.key_generated = true;
  EXPECT_EQ(table.take({{"title", specimen(Type::text)}}), "");
}

TEST(Conformer, NullAndAbsentAreNotedWhereTheTableCannotTellThemApart) {
  Table table;
  table.with_complement();
  ASSERT_EQ(table.take({{"id", specimen(Type::int64, 1)}, {"title", kNull}, {"color", kNull}}), "");
  EXPECT_TRUE(table.record.find("title").is_absent());
  EXPECT_TRUE(table.record.find("pay").is_null());
  const Value rest = table.record.find("decant_rest");
  ASSERT_TRUE(rest.is(Type::map));
  const std::span<const Member> members = rest.as_members();
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].name, "nulls");
  EXPECT_EQ(members[0].value.as_items()[0].as_text(), "title");
  EXPECT_EQ(members[1].name, "absent");
  EXPECT_EQ(members[1].value.as_items().size(), 2u);
  EXPECT_EQ(members[2].name, "fields");
  EXPECT_EQ(members[2].value.as_members()[0].name, "color");
}

TEST(Conformer, WithoutAnythingToNoteTheComplementIsAbsent) {
  Table table;
  table.with_complement();
  ASSERT_EQ(table.take({{"id", specimen(Type::int64, 1)}, {"pay", kNull}, {"extra", kNull}}), "");
  EXPECT_TRUE(table.record.find("decant_rest").is_absent());
}

TEST(Conformer, FieldsThatThePlanDoesNotOwnStayAbsent) {
  Table table;
  table.with_complement();
  table.definition.fields[1].required = true;
  const std::vector<std::string> owned = {"id"};
  table.take({{"id", specimen(Type::int64, 1)}});
  Conformer conformer(table.definition, table.capabilities, owned);
  Record record = table.original;
  ASSERT_TRUE(conformer.conform(record, table.batch.arena, table.misfit)) << table.misfit.message;
  EXPECT_TRUE(record.find("pay").is_absent());
  EXPECT_TRUE(record.find("decant_rest").is_absent());
}

TEST(Conformer, OpenCollectionsKeepTheRecordAsItIs) {
  Table table;
  table.definition = Definition{};
  table.definition.open = true;
  table.capabilities.nulls = true;
  ASSERT_EQ(table.take({{"anything", kNull}}), "");
  EXPECT_EQ(table.record.values, table.original.values);
  EXPECT_EQ(table.conformer->shape(), nullptr);
}

TEST(RestoreComplement, LaterWritesWinAndForeignOnesStayVisible) {
  Table table;
  table.with_complement();
  ASSERT_EQ(table.take({{"id", specimen(Type::int64, 1)}, {"title", kNull}}), "");
  Value changed[8];
  std::copy_n(table.record.values, table.record.shape->size(), changed);
  changed[1] = Value::text("written since");
  Batch batch;
  table.record.values = changed;
  batch.records.push_back(table.record);
  Value foreign[8];
  std::copy_n(table.record.values, table.record.shape->size(), foreign);
  foreign[4] = Value::text("somebody else's");
  batch.records.push_back(table.record);
  batch.records[1].values = foreign;
  restore_complement(table.definition, table.shapes, batch);
  EXPECT_EQ(batch.records[0].find("title").as_text(), "written since");
  EXPECT_TRUE(batch.records[0].find("pay").is_absent());
  EXPECT_EQ(batch.records[0].shape->find("decant_rest"), -1);
  EXPECT_EQ(batch.records[1].find("decant_rest").as_text(), "somebody else's");
}

// Whatever JSON says goes through a table and comes back as it was.
RC_GTEST_PROP(RestoreComplement, GivesBackWhatWasConformed, ()) {
  Table table;
  table.with_complement();
  for (Field& f : table.definition.fields) {
    if (f.name == "title" || f.name == "pay") f.type.kind = FieldKind::json;
  }
  SpecimenRecord fields = *testing::record_of(testing::json_value(2));
  std::erase_if(fields, [](const auto& f) { return f.first == "id" || f.first == "size"; });
  fields.emplace_back("id", specimen(Type::int64, 5));
  for (const char* name : {"title", "pay", "extra", "decant_rest"}) {
    if (*rc::gen::arbitrary<bool>() &&
        std::none_of(fields.begin(), fields.end(),
                     [&](const auto& f) { return f.first == name; })) {
      fields.emplace_back(name, *testing::json_value(1));
    }
  }
  RC_ASSERT(table.take(fields) == "");
  Record again = table.record;
  RC_ASSERT(table.conformer->conform(again, table.batch.arena, table.misfit));
  Digester digester({"id"}, {});
  RecordDigest conformed_once;
  RecordDigest conformed_twice;
  RC_ASSERT(digester.digest(table.record, conformed_once));
  RC_ASSERT(digester.digest(again, conformed_twice));
  RC_ASSERT(conformed_once.content == conformed_twice.content);

  Batch batch;
  batch.records.push_back(table.record);
  restore_complement(table.definition, table.shapes, batch);
  RecordDigest before;
  RecordDigest after;
  RC_ASSERT(digester.digest(table.original, before));
  RC_ASSERT(digester.digest(batch.records[0], after));
  RC_ASSERT(before.content == after.content);
}

}  // namespace
}  // namespace decant
