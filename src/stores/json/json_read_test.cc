#include <random>

#include "stores/json/file_fixture.h"

namespace decant::stores {
namespace {

using Records = std::vector<std::string>;
const Records kThree = {R"({"a":1})", R"({"a":2})", R"({"a":3})"};

class JsonRead : public FileFixture {};

TEST_F(JsonRead, EveryLayoutGivesTheSameRecords) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"array.json", R"([{"a":1},{"a":2},{"a":3}])"},
      {"pretty.json", "[\n  {\n    \"a\": 1\n  },\n  { \"a\": 2 },\n  {\"a\":3}\n]\n"},
      {"pages.json", R"([[{"a":1}],[],[{"a":2},{"a":3}]])"},
      {"lines.ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"},
      {"crlf.jsonl", "{\"a\":1}\r\n{\"a\":2}\r\n\r\n{\"a\":3}"},
      {"lines.json", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"},
      {"mark.json", "\xEF\xBB\xBF[{\"a\":1},{\"a\":2},{\"a\":3}]"},
      {"mark.ndjson", "\xEF\xBB\xBF{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"},
      {"values.json", "{\n\"a\":1\n}\n{\n\"a\":2}{\"a\":3}"},
      {"named.json", R"({"rows":[{"a":1},{"a":2},{"a":3}]})"},
      {"table.csv", "a\r\n1\r\n2\r\n3\r\n"},
  };
  for (const auto& [name, text] : files) {
    EXPECT_EQ(read_path(put(name, text)).records, kThree) << name;
    EXPECT_EQ(read_path(put(name + ".gz", gzip(text))).records, kThree) << name;
    EXPECT_EQ(read_path(put(name + ".zst", zstd(text))).records, kThree) << name;
  }
}

TEST_F(JsonRead, ReadsAllMembersOfACompressedFile) {
  const std::string gz =
      put("a.ndjson.gz", gzip("{\"a\":1}\n{\"a\"") + gzip(":2}\n") + gzip("{\"a\":3}"));
  EXPECT_EQ(read_path(gz).records, kThree);
  const std::string zst =
      put("a.ndjson.zst", zstd("{\"a\":1}\n{\"a\"") + zstd(":2}\n") + zstd("{\"a\":3}"));
  EXPECT_EQ(read_path(zst).records, kThree);
}

TEST_F(JsonRead, ZerosBehindTheLastGzipMemberAreNothing) {
  const std::string padded = gzip("{\"a\":1}\n{\"a\":2}\n{\"a\":3}") + std::string(300'000, '\0');
  EXPECT_EQ(read_path(put("padded.ndjson.gz", padded)).records, kThree);
  EXPECT_NE(read_path(put("more.ndjson.gz", padded + "x")).error.find("more.ndjson.gz"),
            std::string::npos);
}

TEST_F(JsonRead, ACompressedFileThatIsCutOffIsAnError) {
  const std::string text(100'000, '\n');
  for (const std::string& whole : {gzip("{\"a\":1}\n" + text), zstd("{\"a\":1}\n" + text)}) {
    const std::string name = whole[0] == '\x1f' ? "cut.ndjson.gz" : "cut.ndjson.zst";
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, whole.size() - 1}) {
      const Seen seen = read_path(put(name, whole.substr(0, size)));
      EXPECT_NE(seen.error.find(name), std::string::npos) << size << " " << seen.error;
    }
  }
}

TEST_F(JsonRead, APointerNamesTheRecords) {
  const std::string path = put(
      "doc.json",
      R"({"meta":{"n":[1,{"x":"]}"}]},"data":{"a/b":[[0],{"items":[{"a":1},{"a":2},{"a":3}]}]},"z":1})");
  EXPECT_EQ(read_path(path, {}, "/data/a~1b/1/items").records, kThree);
  StoreOptions options;
  options.records = "/data/a~1b/1/items";
  EXPECT_EQ(read_path(path, options).records, kThree);
  EXPECT_NE(read_path(path, {}, "/data/none").error.find("/data/none"), std::string::npos);
  EXPECT_NE(read_path(path, {}, "/meta").error.find("no list"), std::string::npos);
  const std::string cut = put("cut.json", R"({"data":[{"a":1}],"rest":{"b":)");
  const Seen seen = read_path(cut, {}, "/data");
  EXPECT_NE(seen.error.find("byte 30"), std::string::npos) << seen.error;
}

TEST_F(JsonRead, AnObjectOfNamedArraysIsOneCollectionEach) {
  const std::string path =
      put("db.json", R"({"jobs":[{"a":1}],"people":[],"teams":[{"b":1},{"b":2}]})");
  auto store = open(path);
  const auto definitions = store->describe();
  ASSERT_TRUE(definitions.ok());
  ASSERT_EQ(definitions->size(), 3u);
  EXPECT_EQ((*definitions)[2].name, "teams");
  EXPECT_TRUE((*definitions)[2].open);
  EXPECT_EQ(read(*store, "teams").records, (Records{R"({"b":1})", R"({"b":2})"}));
  EXPECT_EQ(read(*store, "people").records, Records{});
  EXPECT_EQ(read_path(path, {}, "jobs").records, (Records{R"({"a":1})"}));
  EXPECT_NE(read_path(path, {}, "none").error.find("'none'"), std::string::npos);
  const std::string other = put("db2.json", R"({"teams":[{"b":3}],"extra":[]})");
  auto both = open(folder_ / "db*.json");
  EXPECT_EQ(read(*both, "teams").records, (Records{R"({"b":1})", R"({"b":2})", R"({"b":3})"}));
}

TEST_F(JsonRead, AnObjectThatIsNoDatabaseIsOneRecord) {
  EXPECT_EQ(read_path(put("one.json", "{\"a\": 1,\n \"b\": [1]}")).records,
            (Records{R"({"a":1,"b":[1]})"}));
}

TEST_F(JsonRead, FilesOfAGlobComeInBytewiseOrder) {
  put("jobs_b.ndjson", "{\"a\":2}\n");
  put("jobs_B.json", "[{\"a\":1}]");
  put("jobs_c.csv", "a\n3\n");
  put("jobs_x.decant.json", "{\"format\":1,\"collections\":{}}");
  auto store = open(folder_ / "jobs_*");
  EXPECT_EQ(read(*store).records, kThree);
  const auto view = store->view();
  ASSERT_TRUE(view.ok());
  EXPECT_EQ((*view)->definitions()[0].name, "jobs");
  EXPECT_EQ((*view)->files().size(), 3u);
}

TEST_F(JsonRead, AMissingFileAndAnEmptyGlobAreNamed) {
  for (const std::string name : {"none.json", "none*.json"}) {
    auto store = open(folder_ / name);
    const auto view = store->view();
    ASSERT_FALSE(view.ok());
    EXPECT_EQ(view.error().code, ErrorCode::not_found);
    EXPECT_NE(view.error().message.find(name), std::string::npos);
    EXPECT_FALSE(store->describe().ok());
  }
}

TEST_F(JsonRead, BadRecordsAreNamedAndTheRestIsRead) {
  const Seen lines = read_path(
      put("bad.ndjson", "{\"a\":1}\n{\"a\":\n{\"a\":2}\n\xff\n{\"a\":3,\"a\":3}\n{\"a\":3}\n[1]"));
  EXPECT_EQ(lines.records, kThree);
  EXPECT_EQ(lines.bad,
            (Records{"syntax @8", "invalid_utf8 @22", "duplicate_key @24", "not_an_object @46"}));
  const Seen array =
      read_path(put("bad.json", R"([{"a":1},{"a":01},{"a":2},{"a":"\ud800"},{"a":3}])"));
  EXPECT_EQ(array.records, kThree);
  EXPECT_EQ(array.bad, (Records{"syntax @9", "lone_surrogate @26"}));
}

TEST_F(JsonRead, ATornArrayGivesWhatStandsBeforeAndNamesTheByte) {
  const Seen seen = read_path(put("torn.json", R"([{"a":1},{"a":2},{"a":)"));
  EXPECT_EQ(seen.records, (Records{kThree[0], kThree[1]}));
  EXPECT_NE(seen.error.find("torn.json"), std::string::npos);
  EXPECT_NE(seen.error.find("byte 22"), std::string::npos) << seen.error;
  EXPECT_NE(read_path(put("empty.json", "")).error, "");
  EXPECT_EQ(read_path(put("empty.ndjson", "")).error, "");
  EXPECT_EQ(read_path(put("none.json", "[]")).error, "");
}

std::string many_records(Format format, int count) {
  std::mt19937 random(7);
  std::string text = format == Format::json ? "[" : format == Format::csv ? "id,text\n" : "";
  for (int i = 0; i < count; ++i) {
    const std::string filling(random() % 40, 'x');
    if (format == Format::csv) {
      text += std::to_string(i) + ",\"" + filling + "\n\"\"q\"\"\"\r\n";
    } else {
      text += format == Format::json && i != 0 ? ", " : "";
      text += "{\"id\":" + std::to_string(i) + ",\"text\":\"" + filling + "\\n\"}";
      text += format == Format::json ? "" : "\n";
    }
  }
  return text + (format == Format::json ? "]\n" : "");
}

TEST_F(JsonRead, GoesOnBehindEveryBatch) {
  for (const Format format : {Format::json, Format::ndjson, Format::csv}) {
    const std::string text = many_records(format, 200);
    const std::string plain = put("many" + std::string(ending_of(format)), text);
    const std::string packed = put("packed" + std::string(ending_of(format)) + ".gz", gzip(text));
    for (const std::string& path : {plain, packed}) {
      auto store = open(path);
      ReadOptions options;
      options.batch_records = 7;
      const Seen whole = read(*store, "", options);
      ASSERT_EQ(whole.records.size(), 200u);
      ASSERT_GT(whole.resumes.size(), 20u);
      for (std::size_t i = 0; i < whole.resumes.size(); ++i) {
        options.resume = whole.resumes[i];
        const Seen rest = read(*store, "", options);
        ASSERT_EQ(rest.error, "");
        const std::size_t before = std::min<std::size_t>((i + 1) * 7, 200);
        ASSERT_EQ(rest.records, Records(whole.records.begin() + static_cast<std::ptrdiff_t>(before),
                                        whole.records.end()));
        if (!rest.origins.empty()) {
          ASSERT_EQ(rest.origins[0], whole.origins[before]);
        }
      }
    }
  }
}

TEST_F(JsonRead, RefusesToGoOnInAFileThatChangedBefore) {
  std::string text = many_records(Format::ndjson, 50);
  const std::string path = put("many.ndjson", text);
  ReadOptions options;
  options.batch_records = 10;
  const Seen whole = read(*open(path), "", options);
  options.resume = whole.resumes[1];
  text[text.find('1')] = '2';
  put("many.ndjson", text);
  const Seen changed = read(*open(path), "", options);
  EXPECT_NE(changed.error.find("changed"), std::string::npos) << changed.error;
  EXPECT_TRUE(changed.records.empty());
  // What stands behind the place may have been mended.
  put("many.ndjson", many_records(Format::ndjson, 60));
  EXPECT_EQ(read(*open(path), "", options).records.size(), 40u);
}

TEST_F(JsonRead, FetchesRecordsByTheirOrigins) {
  put("f1.ndjson", many_records(Format::ndjson, 60));
  put("f2.json", many_records(Format::json, 60));
  put("f3.csv.gz", gzip(many_records(Format::csv, 60)));
  put("f4.json.zst", zstd(many_records(Format::json, 60)));
  auto store = open(folder_ / "f*");
  const Seen whole = read(*store);
  ASSERT_EQ(whole.records.size(), 240u);
  std::vector<Origin> wanted;
  for (std::size_t i = 0; i < 240; i += 7) wanted.push_back(whole.origins[239 - i]);
  auto view = store->view();
  ASSERT_TRUE(view.ok());
  auto reader = (*view)->fetch((*view)->definitions()[0].name, wanted);
  ASSERT_TRUE(reader.ok());
  Seen fetched;
  take(**reader, fetched);
  ASSERT_EQ(fetched.error, "");
  ASSERT_EQ(fetched.records.size(), wanted.size());
  for (std::size_t i = 0; i < fetched.records.size(); ++i) {
    const auto at = std::find(whole.origins.begin(), whole.origins.end(), fetched.origins[i]);
    ASSERT_NE(at, whole.origins.end());
    EXPECT_EQ(fetched.records[i],
              whole.records[static_cast<std::size_t>(at - whole.origins.begin())]);
  }
}

TEST_F(JsonRead, ASmallWindowReadsALargeRecord) {
  const std::string large = "{\"a\":\"" + std::string(3'000'000, 'x') + "\"}";
  const std::string path = put("large.json", "[{\"a\":1}," + large + ",{\"a\":3}]");
  ReadOptions options;
  options.batch_bytes = 100;
  const Seen seen = read(*open(path), "", options);
  EXPECT_EQ(seen.records, (Records{kThree[0], large, kThree[2]}));
}

TEST_F(JsonRead, NoticesFilesThatChangeUnderTheView) {
  const std::string path = put("live.ndjson", "{\"a\":1}\n");
  auto store = open(path);
  auto view = store->view();
  ASSERT_TRUE(view.ok());
  EXPECT_TRUE((*view)->changes_seen()->empty());
  put("live.ndjson", "{\"a\":1}\n{\"a\":2}\n");
  const auto changes = (*view)->changes_seen();
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_NE((*changes)[0].find("size was 8, is 16"), std::string::npos) << (*changes)[0];
}

TEST_F(JsonRead, TypesBesideTheFileAreApplied) {
  const std::string path =
      put("typed.json",
          R"([{"id":1,"b":"AP8=","t":"2024-01-31T10:00:00Z","r":1.5,"n":"NaN"},{"id":2,"b":"*"}])");
  put("typed.decant.json",
      R"({"format":1,"collections":{"typed":{"fields":{"id":"integer","b":"bytes","t":"timestamp","r":"real","n":"real"},"key":["id"]}}})");
  auto store = open(path);
  auto view = store->view();
  ASSERT_TRUE(view.ok()) << view.error().message;
  EXPECT_EQ((*view)->definitions()[0].key, (std::vector<std::string>{"id"}));
  auto reader = (*view)->read((*(*view)->partitions("typed"))[0], {});
  Batch batch;
  ASSERT_TRUE(*(*reader)->next(batch));
  ASSERT_EQ(batch.records.size(), 1u);
  const Record& record = batch.records[0];
  EXPECT_EQ(record.find("b").as_text(), std::string_view("\0\xff", 2));
  EXPECT_TRUE(record.find("t").is(Type::timestamp));
  EXPECT_TRUE(record.find("r").is(Type::real));
  EXPECT_TRUE(record.find("n").is(Type::real));
  ASSERT_EQ(batch.bad.size(), 1u);
  EXPECT_EQ(batch.bad[0].reason, "type");
  EXPECT_EQ(batch.bad[0].text, R"({"id":2,"b":"*"})");
}

TEST_F(JsonRead, RealDataIsReadWhole) {
  const char* given = ::getenv("DECANT_SHARED_DATA");
  const std::string data = given != nullptr ? given : DECANT_SOURCE_DIR "/../shared/data";
  if (!is_directory(data)) GTEST_SKIP() << "no shared data at " << data;
  const Seen jobs = read_path(data + "/usajobs/2025-10-04/*.json");
  EXPECT_EQ(jobs.records.size(), 41'245u);
  EXPECT_TRUE(jobs.bad.empty());
  const auto chinook = open(data + "/chinook/ChinookData.json")->describe();
  ASSERT_TRUE(chinook.ok());
  EXPECT_EQ(chinook->size(), 11u);
}

}  // namespace
}  // namespace decant::stores
