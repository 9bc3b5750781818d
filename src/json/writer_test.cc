#include "json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "json/base64.h"
#include "json/definition_json.h"
#include "json/document.h"

namespace decant::json {
namespace {

TEST(Writer, WritesWhatJsonHolds) {
  EXPECT_EQ(to_json(Value::null()), "null");
  EXPECT_EQ(to_json(Value::boolean(false)), "false");
  EXPECT_EQ(to_json(Value::int64(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(to_json(Value::decimal("1e400")), "1e400");
  EXPECT_EQ(to_json(Value::text("a\"\\\n\x01/é")), R"("a\"\\\n\u0001/é")");
  EXPECT_EQ(to_json(Value::real(0.1)), "0.1");
  EXPECT_EQ(to_json(Value::real(1)), "1.0");
  EXPECT_EQ(to_json(Value::real(-0.0)), "-0.0");
  EXPECT_EQ(std::stod(to_json(Value::real(1.7976931348623157e308))), 1.7976931348623157e308);
}

TEST(Writer, WritesWhatJsonDoesNotHoldInItsDeclaredForm) {
  EXPECT_EQ(to_json(Value::real(std::nan(""))), R"("NaN")");
  EXPECT_EQ(to_json(Value::real(-std::numeric_limits<double>::infinity())), R"("-Infinity")");
  EXPECT_EQ(to_json(Value::bytes(std::string_view("\0\xff", 2))), R"("AP8=")");
  EXPECT_EQ(to_json(Value::timestamp(0, 120)), R"("1970-01-01T00:00:00Z")");
  EXPECT_EQ(to_json(Value::date(1)), R"("1970-01-02")");
  EXPECT_EQ(to_json(Value::timestamp(kForever)), R"("infinity")");
  const Value numbers[] = {Value::int64(10), Value::int64(9)};
  EXPECT_EQ(to_json(Value::items(numbers, Type::number_set)), "[9,10]");
}

TEST(Writer, WritesRecordsCompactAndPretty) {
  const Shape shape(7, {"a", "b\"", "c"});
  const Value items[] = {Value::int64(1), Value::text("x", true)};
  const Value values[] = {Value::absent(), Value::items(items), Value::null()};
  Record record;
  record.shape = &shape;
  record.values = values;
  TextBuffer out;
  RecordWriter().write(record, out);
  EXPECT_EQ(out.view(), R"({"b\"":[1,"x"],"c":null})");
  out.clear();
  RecordWriter(RecordWriter::Layout::pretty).write(record, out);
  EXPECT_EQ(out.view(), "{\n  \"b\\\"\": [\n    1,\n    \"x\"\n  ],\n  \"c\": null\n}");
  const Value none[3] = {};
  record.values = none;
  out.clear();
  RecordWriter().write(record, out);
  EXPECT_EQ(out.view(), "{}");
}

TEST(Base64, DecodesWhatItEncodesAndNothingElse) {
  std::string bytes;
  for (int length = 0; length < 64; ++length) {
    std::string text(base64_bytes(bytes.size()), ' ');
    encode_base64(bytes, text.data());
    std::string back(text.size(), ' ');
    std::size_t size = 0;
    ASSERT_TRUE(decode_base64(text, back.data(), size));
    EXPECT_EQ(back.substr(0, size), bytes);
    bytes += static_cast<char>(length * 37);
  }
  char out[16];
  std::size_t size = 0;
  for (const char* text : {"A", "AA", "AAA", "A===", "AB==", "AAB=", "A*==", "AA=A", "===="}) {
    EXPECT_FALSE(decode_base64(text, out, size)) << text;
  }
}

TEST(Document, KeepsOrderAndRefusesRepeatedKeys) {
  const auto document = parse_document(R"({"z":1,"a":[true,null,"x",1.5],"m":{}})", "t");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->to_text(), R"({"z":1,"a":[true,null,"x",1.5],"m":{}})");
  EXPECT_EQ(document->integer_or("z", 0), 1);
  const auto bad = parse_document(R"({"a":1,"a":2})", "file.json");
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("file.json"), std::string::npos);
}

Definition full_definition() {
  Definition d;
  d.name = "jobs";
  Field id;
  id.name = "id";
  id.type.kind = FieldKind::integer;
  id.required = true;
  Field pay;
  pay.name = "pay";
  pay.type = {FieldKind::decimal, 12, 2, 0, "DECIMAL(12,2)"};
  pay.nullable = true;
  pay.default_sql = "0";
  pay.collation = "NOCASE";
  Field rest;
  rest.name = "decant_rest";
  rest.type.kind = FieldKind::json;
  rest.hidden = true;
  Field total;
  total.name = "total";
  total.generated = true;
  Field word;
  word.name = "word";
  word.type.kind = FieldKind::text;
  d.fields = {id, pay, rest, total, word};
  d.key = {"id"};
  d.indexes = {
      {"by_pay",
       {{"pay", "", true, "NOCASE"}, {"", "lower(word)", false, ""}, {"id", "", false, ""}},
       true,
       "pay > 0"}};
  d.foreign_keys = {{"fk", {"word"}, "words", {"w"}, "CASCADE", "SET NULL", true}};
  d.checks = {{"positive", "pay > 0"}};
  d.complement = "decant_rest";
  d.key_generated = d.without_rowid = d.strict = d.wal = true;
  return d;
}

TEST(DefinitionJson, ComesBackAsItWas) {
  Definition open;
  open.name = "naughty \"name\" 😀";
  open.open = true;
  const std::vector<Definition> definitions = {full_definition(), open};
  const std::string text = definitions_to_json(definitions);
  const auto back = definitions_from_json(text, "jobs.decant.json");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, definitions);
}

TEST(DefinitionJson, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"collections":{}})", "'format' is missing"},
      {R"({"format":2,"collections":{}})", "newer"},
      {R"({"format":1})", "'collections'"},
      {R"({"format":1,"collections":{"a":{"feilds":{}}}})", "feilds"},
      {R"({"format":1,"collections":{"a":{"fields":{"x":"texxt"}}}})", "texxt"},
      {R"({"format":1,"collections":{"a":{"fields":{"x":{"type":"text","requird":true}}}}})",
       "requird"},
      {R"({"format":1,"collections":{"a":{"fields":{"x":"text"},"key":["y"]}}})", "'y'"},
      {R"({"format":1,"collections":{"a":{"indexes":[{"name":"i"}]}}})", "indexes[0]"},
      {R"({"format":1,"collections":{"a":{"wal":1}}})", "'wal'"},
  };
  for (const auto& [text, part] : cases) {
    const auto read = definitions_from_json(text, "d.json");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_NE(read.error().message.find(part), std::string::npos) << read.error().message;
    EXPECT_NE(read.error().message.find("d.json"), std::string::npos) << read.error().message;
  }
  EXPECT_EQ(definitions_from_json(R"({"format":2,"collections":{}})", "d").error().code,
            ErrorCode::refused);
}

}  // namespace
}  // namespace decant::json
