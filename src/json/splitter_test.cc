#include "json/splitter.h"

#include <gtest/gtest.h>

#include <random>

namespace decant::json {
namespace {

struct Found {
  std::vector<std::string> records;
  std::vector<std::uint64_t> offsets;
  std::string error;
};

// Splits through windows of `window_bytes`, which grow where nothing ends in them.
Found split_all(std::string_view text, SplitterOptions options, std::size_t window_bytes,
                std::size_t pieces_max = 1000) {
  options.path = "data.json";
  Splitter splitter(options);
  Found found;
  std::size_t size = window_bytes;
  while (!splitter.ended()) {
    const std::uint64_t from = splitter.wanted();
    const std::string_view window = text.substr(from, size);
    const bool last = from + window.size() == text.size();
    std::vector<Piece> pieces;
    const Status status = splitter.split(window, last, pieces_max, UINT64_MAX, pieces);
    if (!status.ok()) {
      found.error = status.error().message;
      return found;
    }
    for (const Piece& piece : pieces) {
      found.offsets.push_back(piece.offset);
      found.records.push_back(piece.too_long ? "(too long)"
                                             : std::string(text.substr(piece.offset, piece.size)));
    }
    size = splitter.wanted() == from && pieces.empty() ? size * 2 : window_bytes;
  }
  return found;
}

Found split_array(std::string_view text, std::size_t window_bytes = 1 << 20) {
  return split_all(text, {.layout = Layout::array, .path = {}}, window_bytes);
}
Found split_lines(std::string_view text, std::size_t window_bytes = 1 << 20) {
  return split_all(text, {.layout = Layout::lines, .path = {}}, window_bytes);
}
using Records = std::vector<std::string>;

TEST(Splitter, FindsRecordsOfAnArray) {
  EXPECT_EQ(split_array(R"([{"a":1}, {"a":[1,{"b":"]"}]} ,3,"x,]", null])").records,
            (Records{R"({"a":1})", R"({"a":[1,{"b":"]"}]})", "3", R"("x,]")", "null"}));
  EXPECT_EQ(split_array(" \r\n[\n]\n").records, Records{});
  EXPECT_EQ(split_array("[]").error, "");
}

TEST(Splitter, FindsRecordsOfPages) {
  EXPECT_EQ(split_array(R"([[{"a":1},{"a":2}],[],[{"a":3}]])").records,
            (Records{R"({"a":1})", R"({"a":2})", R"({"a":3})"}));
  EXPECT_EQ(split_array(R"([[[1],[2]]])").records, (Records{"[1]", "[2]"}));
}

TEST(Splitter, FindsLines) {
  EXPECT_EQ(split_lines("{\"a\":1}\r\n\n  {\"a\":2} \n{\"a\":").records,
            (Records{R"({"a":1})", R"({"a":2})", R"({"a":)"}));
  EXPECT_EQ(split_lines("").records, Records{});
  EXPECT_EQ(split_lines("\n\r\n").records, Records{});
  EXPECT_EQ(split_lines("{\"a\":\"\n{\"b\":1}\n").offsets, (std::vector<std::uint64_t>{0, 7}));
}

TEST(Splitter, FindsValuesOneAfterTheOther) {
  const SplitterOptions options{.layout = Layout::values, .path = {}};
  EXPECT_EQ(split_all("{\n \"a\": 1\n}\n{\"b\":2} [1] 7", options, 4).records,
            (Records{"{\n \"a\": 1\n}", R"({"b":2})", "[1]", "7"}));
}

TEST(Splitter, KeepsARecordWhoseTextIsBadButBalanced) {
  EXPECT_EQ(split_array(R"([{"a":}, {"a" 1,,}, {a:'x'}, tru])").records,
            (Records{R"({"a":})", R"({"a" 1,,})", "{a:'x'}", "tru"}));
}

TEST(Splitter, NamesFileAndByteWhereAnArrayIsTorn) {
  struct Case {
    std::string_view text;
    std::string_view byte;
  };
  const Case cases[] = {
      {"", "byte 0"},
      {"  ", "byte 2"},
      {"[{\"a\":1}", "byte 8"},
      {"[{\"a\":1},", "byte 9"},
      {"[{\"a\":1", "byte 7"},
      {"[{\"a\":\"x", "byte 8"},
      {"[{\"a\":1]", "byte 7"},
      {"[{\"a\":1} {\"a\":2}]", "byte 9"},
      {"[{\"a\":1},]", "byte 9"},
      {"[,{\"a\":1}]", "byte 1"},
      {"[{\"a\":1}] x", "byte 10"},
      {"[{\"a\":1}]]", "byte 9"},
      {"[[{\"a\":1}]", "byte 10"},
      {"{\"a\":1}", "byte 0"},
      {"[\"x", "byte 3"},
  };
  for (const Case& c : cases) {
    for (std::size_t window = 1; window < 12; ++window) {
      const Found found = split_array(c.text, window);
      EXPECT_NE(found.error.find("'data.json'"), std::string::npos) << c.text;
      EXPECT_NE(found.error.find(c.byte), std::string::npos) << c.text << ": " << found.error;
    }
  }
}

TEST(Splitter, LooksThroughWhatEnclosesTheArray) {
  SplitterOptions options{.layout = Layout::array, .first_byte = 5, .path = {}, .enclosing = "}"};
  EXPECT_EQ(split_all(R"({"a":[1,2],"b":{"c":"]}"}} )", options, 3).records, (Records{"1", "2"}));
  EXPECT_NE(split_all(R"({"a":[1,2],"b":[)", options, 3).error, "");
  EXPECT_NE(split_all(R"({"a":[1,2],"b":1]})", options, 3).error, "");
  EXPECT_NE(split_all(R"({"a":[1,2]}})", options, 3).error, "");
  options.tail_checked = false;
  EXPECT_EQ(split_all(R"({"a":[1,2],"b":[)", options, 3).records, (Records{"1", "2"}));
}

TEST(Splitter, PassesOverARecordThatIsTooLong) {
  const std::string longest(100, 'x');
  const std::string text = "[{\"a\":1},{\"a\":\"" + longest + "\"},{\"a\":2}]";
  SplitterOptions options{.layout = Layout::array, .path = {}};
  options.record_bytes_max = 50;
  const Records expected{R"({"a":1})", "(too long)", R"({"a":2})"};
  for (const std::size_t window : {7, 16, 64, 1000}) {
    EXPECT_EQ(split_all(text, options, window).records, expected) << window;
  }
  options.layout = Layout::lines;
  const std::string lines = "{\"a\":1}\n{\"a\":\"" + longest + "\"}\n{\"a\":2}";
  for (const std::size_t window : {7, 16, 64, 1000}) {
    EXPECT_EQ(split_all(lines, options, window).records, expected) << window;
  }
}

TEST(Splitter, WindowsDoNotChangeWhatIsFound) {
  std::mt19937 random(20251004);
  constexpr std::string_view kBytes = "{}[]\"\\,: \n1a";
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 2 == 0 ? "[" : "";
    const int count = static_cast<int>(random() % 200);
    for (int i = 0; i < count; ++i) {
      text += random() % 3 == 0 ? std::string(R"({"k":"v\\\"}"},)")
                                : std::string(1, kBytes[random() % kBytes.size()]);
    }
    for (const Layout layout : {Layout::array, Layout::lines, Layout::values}) {
      const SplitterOptions options{.layout = layout, .path = {}};
      const Found whole = split_all(text, options, 1 << 20);
      for (const std::size_t window : {1, 3, 63, 64, 65}) {
        const Found part = split_all(text, options, window, 1 + random() % 3);
        ASSERT_EQ(part.records, whole.records) << text;
        ASSERT_EQ(part.offsets, whole.offsets) << text;
        ASSERT_EQ(part.error, whole.error) << text;
      }
    }
  }
}

TEST(Splitter, GoesOnWhereItWasRestored) {
  const std::string text = R"([[{"a":1},{"a":2}],[{"a":3}],[{"a":4}]])";
  const Found whole = split_array(text);
  SplitterOptions options{.layout = Layout::array, .path = "x"};
  Splitter splitter(options);
  Records records;
  while (true) {
    std::vector<Piece> pieces;
    ASSERT_TRUE(
        splitter
            .split(std::string_view(text).substr(splitter.wanted()), true, 1, UINT64_MAX, pieces)
            .ok());
    if (pieces.empty()) break;
    records.push_back(text.substr(pieces[0].offset, pieces[0].size));
    Splitter next(options);
    next.restore(splitter.state(), pieces[0].offset + pieces[0].size);
    splitter = std::move(next);
  }
  EXPECT_EQ(records, whole.records);
}

}  // namespace
}  // namespace decant::json
