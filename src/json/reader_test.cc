#include "json/reader.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/limits.h"
#include "json/writer.h"

namespace decant::json {
namespace {

struct Parsed {
  ShapeTable shapes;
  Batch batch;
  std::vector<std::string> texts;  // of the records, written again
};

// Parses the texts as records of one batch, separated as in an array.
void parse(const std::vector<std::string>& texts, Parsed& parsed) {
  std::string all;
  std::vector<RecordText> places;
  for (const std::string& text : texts) {
    places.push_back({all.size(), text.size(), {0, places.size(), all.size()}});
    all += text + ",\n";
  }
  char* memory = parsed.batch.arena.allocate(all.size() + kPaddingBytes);
  std::memcpy(memory, all.data(), all.size());
  std::memset(memory + all.size(), '7', kPaddingBytes);
  RecordParser parser(parsed.shapes);
  parser.parse({memory, all.size()}, places, parsed.batch);
  RecordWriter writer;
  for (const Record& record : parsed.batch.records) {
    TextBuffer out;
    writer.write(record, out);
    parsed.texts.emplace_back(out.view());
  }
}

std::string reason_of(const std::string& text) {
  Parsed parsed;
  parse({R"({"before":1})", text, R"({"after":1})"}, parsed);
  if (parsed.batch.bad.empty()) return parsed.batch.records.size() == 3 ? "" : "lost";
  if (parsed.batch.bad.size() != 1 || parsed.batch.records.size() != 2) return "took neighbours";
  const BadText& bad = parsed.batch.bad[0];
  if (bad.origin.ordinal != 1 || bad.text != text) return "wrong place";
  return std::string(bad.reason);
}

TEST(Reader, ReadsEveryKindOfValue) {
  const std::string text =
      R"({"a":1,"b":-2.50,"c":"x","d":null,"e":true,"f":false,"g":[1,[],{}],"h":{"i":{"j":""}}})";
  Parsed parsed;
  parse({text}, parsed);
  ASSERT_EQ(parsed.texts, (std::vector<std::string>{text}));
  const Record& record = parsed.batch.records[0];
  EXPECT_EQ(record.find("a").as_int64(), 1);
  EXPECT_EQ(record.find("b").type(), Type::decimal);
  EXPECT_EQ(record.find("b").as_text(), "-2.50");
  EXPECT_TRUE(record.find("c").is_plain());
  EXPECT_TRUE(record.find("d").is_null());
  EXPECT_TRUE(record.find("z").is_absent());
  EXPECT_EQ(record.text_bytes, text.size());
}

TEST(Reader, KeepsNumbersAsTheyAreWritten) {
  const std::vector<std::pair<std::string, Type>> cases = {
      {"0", Type::int64},
      {"-1", Type::int64},
      {"9223372036854775807", Type::int64},
      {"-9223372036854775808", Type::int64},
      {"9223372036854775808", Type::decimal},
      {"-9223372036854775809", Type::decimal},
      {"18446744073709551617", Type::decimal},
      {"-0", Type::decimal},
      {"-0.0", Type::decimal},
      {"1.0", Type::decimal},
      {"0.1", Type::decimal},
      {"1e400", Type::decimal},
      {"1E+2", Type::decimal},
      {"123456789012345678901234567890123456789012345678901234567890", Type::decimal},
      {"0." + std::string(decimal_digits_max - 1, '1'), Type::decimal},
  };
  for (const auto& [number, type] : cases) {
    Parsed parsed;
    parse({"{\"n\":" + number + "}"}, parsed);
    ASSERT_EQ(parsed.texts, (std::vector<std::string>{"{\"n\":" + number + "}"}));
    EXPECT_EQ(parsed.batch.records[0].find("n").type(), type) << number;
  }
}

TEST(Reader, ReadsEscapes) {
  Parsed parsed;
  parse({R"({"a\u0062":"\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\ud83d\ude00 tail of the string"})"},
        parsed);
  ASSERT_EQ(parsed.batch.records.size(), 1u);
  const Value value = parsed.batch.records[0].find("ab");
  EXPECT_EQ(value.as_text(), std::string_view("\"\\/\b\f\n\r\t\0é€😀 tail of the string", 37));
  EXPECT_FALSE(value.is_plain());
}

TEST(Reader, RefusesEachBadTextAndSparesItsNeighbours) {
  const std::string deep(nesting_max, '[');
  const std::string deep_end(nesting_max, ']');
  std::string wide;
  for (std::size_t i = 0; i <= fields_max; ++i)
    wide += (i ? ",\"" : "\"") + std::to_string(i) + "\":1";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":1 "b":2})", "syntax"},
      {R"({"a":1,})", "syntax"},
      {R"({,"a":1})", "syntax"},
      {R"({"a"})", "syntax"},
      {R"({"a":})", "syntax"},
      {R"({a:1})", "syntax"},
      {R"({'a':1})", "syntax"},
      {R"({"a":01})", "syntax"},
      {R"({"a":+1})", "syntax"},
      {R"({"a":.5})", "syntax"},
      {R"({"a":5.})", "syntax"},
      {R"({"a":1e})", "syntax"},
      {R"({"a":1x})", "syntax"},
      {R"({"a":0x10})", "syntax"},
      {R"({"a":-})", "syntax"},
      {R"({"a":NaN})", "syntax"},
      {R"({"a":tru})", "syntax"},
      {R"({"a":truee})", "syntax"},
      {R"({"a":nul})", "syntax"},
      {R"({"a":True})", "syntax"},
      {R"({"a":"x"y})", "syntax"},
      {R"({"a":1"x"})", "syntax"},
      {R"({"a":[1,]})", "syntax"},
      {R"({"a":[1 2]})", "syntax"},
      {R"({"a":1}x)", "syntax"},
      {R"({"a":1}{})", "syntax"},
      {R"({"a":"\x"})", "syntax"},
      {R"({"a":"\u12g4"})", "syntax"},
      {"{\"a\":\"\x01\"}", "syntax"},
      {"{\"a\":\"line\nfeed\"}", "syntax"},
      {"{\"a\":1\x0c}", "syntax"},
      {"{\"a\":1}\x1a", "syntax"},
      {R"({"a":"x)", "syntax"},
      {R"({"a":[1})", "syntax"},
      {R"({"a":1)", "syntax"},
      {"{\"a\":\"\xff\"}", "invalid_utf8"},
      {"{\"a\":\"\xc0\xaf\"}", "invalid_utf8"},
      {"{\"a\":\"\xed\xa0\x80\"}", "invalid_utf8"},
      {"{\"a\":\"\xf5\x80\x80\x80\"}", "invalid_utf8"},
      {"{\"\xe9\":1}", "invalid_utf8"},
      {R"({"a":"\ud800"})", "lone_surrogate"},
      {R"({"a":"\udc00\ud800"})", "lone_surrogate"},
      {R"({"\ud800x":1})", "lone_surrogate"},
      {R"({"a":1,"b":2,"a":3})", "duplicate_key"},
      {R"({"a":1,"\u0061":3})", "duplicate_key"},
      {R"({"x":{"a":1,"a":1}})", "duplicate_key"},
      {R"({"x":[{"a":1,"b":{"":1,"":2}}]})", "duplicate_key"},
      {R"({"a":)" + deep + deep_end + "}", "nesting"},
      {R"({"a":1)" + std::string(decimal_digits_max, '0') + "}", "number_too_long"},
      {R"({"a":1e100001})", "number_too_long"},
      {R"({"a":1e99999999999999999999})", "number_too_long"},
      {"[1]", "not_an_object"},
      {"7", "not_an_object"},
      {R"("x")", "not_an_object"},
      {"null", "not_an_object"},
      {"{" + wide + "}", "too_many_fields"},
      {"{\"" + std::string(name_bytes_max + 1, 'n') + "\":1}", "name_too_long"},
  };
  for (const auto& [text, reason] : cases) EXPECT_EQ(reason_of(text), reason) << text;
}

TEST(Reader, TakesWhatIsJustWithinTheLimits) {
  const std::string deep(nesting_max - 1, '[');
  const std::string deep_end(nesting_max - 1, ']');
  EXPECT_EQ(reason_of(R"({"a":)" + deep + deep_end + "}"), "");
  EXPECT_EQ(reason_of(R"({"a":1e100000})"), "");
  EXPECT_EQ(reason_of("{\"" + std::string(name_bytes_max, 'n') + "\":1}"), "");
  EXPECT_EQ(reason_of("{}"), "");
  EXPECT_EQ(reason_of(R"({"":""})"), "");
}

TEST(Reader, FindsARepeatedKeyAmongMany) {
  std::string members;
  for (int i = 0; i < 100; ++i) members += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_EQ(reason_of("{\"m\":{" + members + "\"k50\":2}}"), "duplicate_key");
  EXPECT_EQ(reason_of("{\"m\":{" + members + "\"other\":2}}"), "");
}

TEST(Reader, NamesTheByteInTheFile) {
  Parsed parsed;
  parse({R"({"a":1})", R"({"b":x})"}, parsed);
  ASSERT_EQ(parsed.batch.bad.size(), 1u);
  EXPECT_EQ(parsed.batch.bad[0].origin.offset, 9u);
  EXPECT_NE(parsed.batch.bad[0].message.find("byte 14"), std::string_view::npos)
      << parsed.batch.bad[0].message;
}

TEST(ValueParser, ParsesValuesOfEveryKind) {
  ValueParser parser;
  Arena arena;
  for (const char* text : {"1", "\"x\"", "null", "[1,{\"a\":[]}]", " {} ", "-0.5e3", "true"}) {
    Value value;
    Refusal refusal;
    ASSERT_TRUE(parser.parse(text, arena, value, refusal)) << text << refusal.message;
  }
  for (const char* text : {"", " ", "1 2", "[", "\"", "{\"a\":1,\"a\":2}", "tru", "1]"}) {
    Value value;
    Refusal refusal;
    EXPECT_FALSE(parser.parse(text, arena, value, refusal)) << text;
    EXPECT_FALSE(refusal.reason.empty());
  }
}

}  // namespace
}  // namespace decant::json
