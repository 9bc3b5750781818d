#include <gtest/gtest.h>
// Behind GoogleTest, whose macros it uses.
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "json/document.h"
#include "json/reader.h"
#include "stores/json/file_fixture.h"
#include "testing/generators.h"

namespace decant::stores {
namespace {

using Records = std::vector<std::string>;

class JsonWrite : public FileFixture {
 protected:
  // Records from lines of JSON, in a batch of their own.
  struct Lines {
    explicit Lines(const Records& lines) : parser(shapes) {
      std::string text;
      std::vector<json::RecordText> places;
      for (const std::string& line : lines) {
        places.push_back({text.size(), line.size(), {0, places.size(), text.size()}});
        text += line + "\n";
      }
      char* memory = batch.arena.allocate(text.size() + json::kPaddingBytes);
      std::copy(text.begin(), text.end(), memory);
      parser.parse({memory, text.size()}, places, batch);
    }
    ShapeTable shapes;
    json::RecordParser parser;
    Batch batch;
  };

  static WriteTarget target(Policy policy = Policy::upsert) {
    WriteTarget target;
    target.definition.name = "records";
    target.definition.key = {"id"};
    target.definition.open = true;
    target.policy = policy;
    return target;
  }
  std::unique_ptr<Store> target_store(const std::string& path, bool pretty = false) {
    StoreOptions options;
    options.for_write = true;
    options.pretty = pretty;
    options.collection = "records";
    return open(path, options);
  }
  static std::unique_ptr<Writer> writer(Store& store, WriteTarget target, bool dry_run = false) {
    WriteOptions options;
    options.checkpoint_name = "m";
    options.dry_run = dry_run;
    auto writer = store.writer({std::move(target)}, options);
    EXPECT_TRUE(writer.ok()) << writer.error().message;
    return std::move(writer).value();
  }
  static std::vector<Outcome> stage(Writer& writer, const Records& lines) {
    const Lines records(lines);
    EXPECT_EQ(records.batch.records.size(), lines.size());
    StageResult result;
    const Status status = writer.stage(0, records.batch.records, result);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return result.outcomes;
  }
  static void finish(Writer& writer) {
    EXPECT_TRUE(writer.commit("end").ok());
    const auto finished = writer.finish();
    EXPECT_TRUE(finished.ok()) << finished.error().message;
  }
  std::vector<Outcome> write(const std::string& path, const Records& lines,
                             WriteTarget wanted = target(), bool pretty = false) {
    auto store = target_store(path, pretty);
    auto writing = writer(*store, std::move(wanted));
    const auto outcomes = stage(*writing, lines);
    finish(*writing);
    return outcomes;
  }
  // Names of the files in the folder, without hidden ones.
  Records listing() const {
    Records names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name[0] != '.') names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(JsonWrite, WritesEachFormatAsItIsDocumented) {
  const Records lines = {R"({"id":1,"t":"a,\"b\"\n"})", R"({"id":2.50,"n":null,"l":[1,{"x":""}]})"};
  write(folder_ / "a.json", lines);
  EXPECT_EQ(text_of(folder_ / "a.json"), "[\n" + lines[0] + ",\n" + lines[1] + "\n]\n");
  write(folder_ / "a.ndjson", lines);
  EXPECT_EQ(text_of(folder_ / "a.ndjson"), lines[0] + "\n" + lines[1] + "\n");
  write(folder_ / "p.json", {R"({"id":1,"l":[]})", R"({"id":2,"l":[1]})"}, target(), true);
  EXPECT_EQ(text_of(folder_ / "p.json"),
            "[\n  {\n    \"id\": 1,\n    \"l\": []\n  },\n  {\n    \"id\": 2,\n    \"l\": [\n      "
            "1\n    ]\n  }\n]\n");
  write(folder_ / "e.json", {});
  EXPECT_EQ(text_of(folder_ / "e.json"), "[]\n");
  write(folder_ / "a.csv",
        {R"({"id":1,"t":"a,\"b\"\n"})", R"({"id":2,"t":"","u":"007"})", R"({"id":3,"t":"1"})"});
  EXPECT_EQ(text_of(folder_ / "a.csv"), "id,t,u\n1,\"a,\"\"b\"\"\n\",\n2,\"\",007\n3,\"1\",\n");
}

TEST_F(JsonWrite, AKeyThatTheFileHoldsTwiceIsNotUpdated) {
  for (const char* name : {"a.ndjson", "a.json", "a.csv"}) {
    const std::string path = folder_ / name;
    const bool csv = std::string_view(name).ends_with("csv");
    const bool array = std::string_view(name).ends_with(".json");
    const std::string text = csv     ? "id,t\n1,a\n2,b\n1,c\n"
                             : array ? R"([{"id":1,"t":"a"},{"id":2,"t":"b"},{"id":1,"t":"c"}])"
                                     : "{\"id\":1,\"t\":\"a\"}\n{\"id\":2,\"t\":\"b\"}\n"
                                       "{\"id\":1,\"t\":\"c\"}\n";
    put(name, text);
    WriteTarget upsert = target();
    upsert.policy = Policy::upsert;
    auto store = target_store(path);
    auto writing = writer(*store, upsert);
    const Lines records(Records{R"({"id":1,"t":"new"})"});
    StageResult result;
    ASSERT_TRUE(writing->stage(0, records.batch.records, result).ok());
    EXPECT_EQ(result.outcomes, std::vector<Outcome>{Outcome::quarantined}) << name;
    ASSERT_EQ(result.rejections.size(), 1u) << name;
    EXPECT_EQ(result.rejections[0].reason, "key_not_unique");
    EXPECT_NE(result.rejections[0].message.find(path), std::string::npos);
    EXPECT_NE(result.rejections[0].message.find(" bytes "), std::string::npos);
    finish(*writing);
    EXPECT_EQ(text_of(path), text) << name;
  }
}

TEST_F(JsonWrite, EveryFormatComesBackAsItWas) {
  const Records lines = {R"({"id":1,"n":null,"b":true,"l":[1,"x",{"y":null}],"t":"null"})",
                         R"({"id":2,"b":false,"t":"","m":{}})",
                         R"({"id":3,"n":1.50,"b":"true","t":"12","z":-0})",
                         R"({"id":4,"t":" x ","é \"k\",":"\r\n"})"};
  for (const char* name :
       {"r.json", "r.ndjson", "r.csv", "g.json.gz", "g.csv.gz", "z.ndjson.zst"}) {
    const std::string path = folder_ / name;
    write(path, lines);
    Seen seen = read_path(path);
    ASSERT_EQ(seen.records.size(), 4u) << name << seen.error;
    EXPECT_TRUE(seen.bad.empty());
    if (std::string_view(name).find("csv") == std::string_view::npos) {
      EXPECT_EQ(seen.records, lines) << name;
    }
    // Equal by value too: staged again, nothing is to be changed.
    for (const Outcome outcome : write(path, lines)) EXPECT_EQ(outcome, Outcome::unchanged) << name;
  }
}

TEST_F(JsonWrite, AKilledWriterGoesOnBehindItsLastCommit) {
  Records lines;
  for (int i = 0; i < 60; ++i) {
    lines.push_back("{\"id\":" + std::to_string(i) + ",\"t\":\"" + std::string(30, 'a') + "\"}");
  }
  for (const char* name :
       {"k.json", "k.ndjson", "k.csv", "k.json.gz", "k.ndjson.zst", "k.csv.zst"}) {
    const std::string whole_path = folder_ / (std::string("whole_") + name);
    write(whole_path, lines);
    const std::string path = folder_ / name;
    std::size_t done = 0;
    while (done < lines.size()) {
      auto store = target_store(path);
      auto writing = writer(*store, target());
      const auto checkpoint = writing->checkpoint();
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
      ASSERT_EQ(*checkpoint, done == 0 ? "" : std::to_string(done));
      stage(*writing, {lines[done], lines[done + 1], lines[done + 2]});
      ASSERT_TRUE(writing->commit(std::to_string(done + 3)).ok());
      done += 3;
      // Staged but never committed: it must leave no trace.
      stage(*writing, {R"({"id":"lost","t":"x"})"});
      EXPECT_FALSE(path_exists(path));
    }
    auto store = target_store(path);
    auto writing = writer(*store, target());
    ASSERT_EQ(*writing->checkpoint(), std::to_string(done));
    ASSERT_TRUE(writing->finish().ok());
    EXPECT_EQ(read_path(path).records, read_path(whole_path).records) << name;
    if (compression_of_path(name) == Compression::none) {
      EXPECT_EQ(text_of(path), text_of(whole_path)) << name;
    }
    EXPECT_FALSE(path_exists(path + ".decant-tmp"));
    EXPECT_FALSE(path_exists(path + ".decant-tmp.checkpoint"));
    // Once more, as after a kill between the rename and the end: nothing is to be done.
    EXPECT_TRUE(writing->finish().ok());
  }
}

TEST_F(JsonWrite, AWriterThatDoesNotAskForItsCheckpointStartsOver) {
  const std::string path = folder_ / "o.ndjson";
  {
    auto store = target_store(path);
    auto writing = writer(*store, target());
    stage(*writing, {R"({"id":1})"});
    ASSERT_TRUE(writing->commit("1").ok());
  }
  write(path, {R"({"id":2})"});
  EXPECT_EQ(text_of(path), "{\"id\":2}\n");
}

TEST_F(JsonWrite, AnExistingFileIsMergedInOnePass) {
  const Records there = {R"({"id":1,"v":1,"x":"a"})", R"({"id":2,"v":1.0})", R"({"id":3,"v":1})"};
  const Records staged = {R"({"id":4,"v":9})", R"({"v":1,"id":2})", R"({"id":1,"v":2})"};
  for (const char* name : {"m.json", "m.ndjson", "m.json.gz", "m.ndjson.zst"}) {
    const std::string path = folder_ / name;
    write(path, there);
    EXPECT_EQ(write(path, staged),
              (std::vector<Outcome>{Outcome::inserted, Outcome::unchanged, Outcome::updated}));
    EXPECT_EQ(read_path(path).records, (Records{staged[2], there[1], there[2], staged[0]})) << name;
  }
}

TEST_F(JsonWrite, EachPolicyDecidesOnAKeyThatIsThere) {
  const std::string path = folder_ / "p.ndjson";
  const Records there = {R"({"id":1,"v":5})", R"({"id":2,"v":5})"};
  write(path, there);
  const Records staged = {R"({"id":1,"v":5.0})", R"({"id":2,"v":6})"};
  const auto outcome_of = [&](Policy policy) {
    WriteTarget wanted = target(policy);
    wanted.newer_than = "v";
    auto store = target_store(path);
    auto writing = writer(*store, wanted, true);
    return stage(*writing, staged)[1];
  };
  EXPECT_EQ(outcome_of(Policy::insert), Outcome::quarantined);
  EXPECT_EQ(outcome_of(Policy::skip), Outcome::superseded);
  EXPECT_EQ(outcome_of(Policy::upsert), Outcome::updated);
  EXPECT_EQ(outcome_of(Policy::newer_than), Outcome::updated);
  write(path, {R"({"id":2,"v":7})"});
  EXPECT_EQ(outcome_of(Policy::newer_than), Outcome::superseded);
}

TEST_F(JsonWrite, WhatDoesNotChangeIsNotTouched) {
  const std::string path = put("u.json", "[ {\"id\": 1, \"v\": 1.0},\n {\"id\":2} ]");
  const auto before = file_stamp(path);
  EXPECT_EQ(write(path, {R"({"v":1,"id":1})"}), (std::vector<Outcome>{Outcome::unchanged}));
  EXPECT_EQ(*file_stamp(path), *before);
  EXPECT_EQ(listing(), (Records{"u.json"}));
}

TEST_F(JsonWrite, ADryRunLeavesNothing) {
  const std::string path = put("d.json", R"([{"id":1}])");
  for (const std::string& place :
       {path, folder_ / "new.csv", folder_ / "new.json", folder_ / "dir/"}) {
    auto store = target_store(place);
    auto writing = writer(*store, target(), true);
    stage(*writing, {R"({"id":1,"v":1})", R"({"id":2})"});
    ASSERT_TRUE(writing->commit("x").ok());
    ASSERT_TRUE(writing->finish().ok());
  }
  EXPECT_EQ(listing(), (Records{"d.json"}));
  EXPECT_EQ(text_of(path), R"([{"id":1}])");
}

TEST_F(JsonWrite, BadRecordsOfTheTargetStay) {
  const std::string path = put("b.ndjson", "{\"id\":1}\n{broken\n{\"id\":2}\n");
  write(path, {R"({"id":2,"v":1})"});
  EXPECT_EQ(text_of(path), "{\"id\":1}\n{broken\n{\"id\":2,\"v\":1}\n");
}

TEST_F(JsonWrite, OwnedFieldsAloneAreReplacedAndOnceFieldsStay) {
  const std::string path = folder_ / "o.ndjson";
  write(path, {R"({"id":1,"mine":1,"gone":1,"theirs":1,"created":1})"});
  WriteTarget wanted = target();
  wanted.owned = {"id", "mine", "gone", "new", "created"};
  wanted.once = {"created"};
  EXPECT_EQ(write(path, {R"({"id":1,"mine":2,"new":2,"theirs":9,"created":2})"}, wanted),
            (std::vector<Outcome>{Outcome::updated}));
  EXPECT_EQ(text_of(path), "{\"id\":1,\"mine\":2,\"theirs\":1,\"created\":1,\"new\":2}\n");
  EXPECT_EQ(write(path, {R"({"id":1,"mine":2,"new":2,"created":7})"}, wanted),
            (std::vector<Outcome>{Outcome::unchanged}));
}

TEST_F(JsonWrite, RefusesAFileThatChangedMeanwhile) {
  const std::string path = put("c.ndjson", "{\"id\":1}\n");
  auto store = target_store(path);
  auto writing = writer(*store, target());
  stage(*writing, {R"({"id":2})"});
  ASSERT_TRUE(writing->commit("x").ok());
  // In place: write_file_atomically() would use the same temporary name as the writer.
  auto application = File::open_append(path);
  ASSERT_TRUE(application.ok() && application->write("{\"id\":3}\n").ok());
  const auto finished = writing->finish();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().code, ErrorCode::refused) << finished.error().message;
  EXPECT_EQ(text_of(path), "{\"id\":1}\n{\"id\":3}\n");
}

TEST_F(JsonWrite, RefusesWhatItCannotRewrite) {
  for (const char* text : {R"({"a":[{"id":1}]})", R"([[{"id":1}]])"}) {
    const std::string path = put("x.json", text);
    auto store = target_store(path);
    auto writing = writer(*store, target());
    const Lines records({R"({"id":2})"});
    StageResult result;
    const Status status = writing->stage(0, records.batch.records, result);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::unsupported);
    EXPECT_EQ(text_of(path), text);
  }
}

TEST_F(JsonWrite, AFolderHoldsOneFileACollectionAndTheirDefinitions) {
  StoreOptions options;
  options.for_write = true;
  auto store = open(folder_ / "out/", options);
  WriteTarget jobs = target();
  jobs.definition.name = "jobs";
  Field blob;
  blob.name = "blob";
  blob.type.kind = FieldKind::bytes;
  jobs.definition.fields.push_back(blob);
  WriteTarget teams = target();
  teams.definition.name = "teams";
  teams.definition.key.clear();
  WriteOptions write_options;
  write_options.checkpoint_name = "m";
  auto writing = store->writer({jobs, teams}, write_options);
  ASSERT_TRUE(writing.ok());
  const Shape shape(0, {"id", "blob"});
  const Value values[] = {Value::int64(1), Value::bytes(std::string_view("\0\1", 2))};
  Record record;
  record.shape = &shape;
  record.values = values;
  StageResult result;
  ASSERT_TRUE((*writing)->stage(0, {&record, 1}, result).ok());
  ASSERT_TRUE((*writing)->stage(1, {&record, 1}, result).ok());
  ASSERT_TRUE((*writing)->commit("c").ok());
  ASSERT_TRUE((*writing)->finish().ok());
  auto back = open(folder_ / "out");
  auto view = back->view();
  ASSERT_TRUE(view.ok()) << view.error().message;
  ASSERT_EQ((*view)->definitions().size(), 2u);
  auto reader = (*view)->read((*(*view)->partitions("jobs"))[0], {});
  Batch batch;
  ASSERT_TRUE(*(*reader)->next(batch));
  EXPECT_TRUE(batch.records[0].find("blob").is(Type::bytes));
  EXPECT_EQ(text_of(folder_ / "out/teams.json"), "[\n{\"id\":1,\"blob\":\"AAE=\"}\n]\n");
  EXPECT_FALSE(path_exists(folder_ / "out/teams.decant.json"));
  Definition unnameable;
  unnameable.name = "a/b";
  EXPECT_FALSE(store->native(unnameable).ok());
}

TEST_F(JsonWrite, TheLockNamesItsOwner) {
  auto store = target_store(folder_ / "l.json");
  auto lock = store->lock("run 1");
  ASSERT_TRUE(lock.ok());
  auto second = target_store(folder_ / "l.json")->lock("run 2");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::refused);
  EXPECT_NE(second.error().message.find("run 1"), std::string::npos);
}

TEST_F(JsonWrite, NaughtyStringsComeBackAsValuesAndNames) {
  const char* given = ::getenv("DECANT_SHARED_DATA");
  const std::string data = given != nullptr ? given : DECANT_SOURCE_DIR "/../shared/data";
  if (!is_directory(data)) GTEST_SKIP() << "no shared data at " << data;
  const auto list = json::parse_document(text_of(data + "/naughty-strings/blns.json"), "blns");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->items().size(), 515u);
  Records lines;
  for (const json::Document& item : list->items()) {
    const std::string text = item.to_text();
    const std::string name = item.as_text() == "id" ? R"("other")" : text;
    lines.push_back("{\"id\":" + std::to_string(lines.size()) + "," + name + ":" + text + "}");
  }
  for (const char* name : {"n.json", "n.ndjson.gz", "n.csv"}) {
    const std::string path = folder_ / name;
    write(path, lines);
    const Seen seen = read_path(path);
    EXPECT_TRUE(seen.bad.empty());
    EXPECT_EQ(seen.records.size(), lines.size());
    for (const Outcome outcome : write(path, lines)) ASSERT_EQ(outcome, Outcome::unchanged) << name;
  }
}

RC_GTEST_FIXTURE_PROP(JsonWrite, GeneratedRecordsComeBackAsTheyWere, ()) {
  const auto specimens = *rc::gen::container<std::vector<testing::SpecimenRecord>>(
      testing::record_of(testing::json_value()));
  ShapeTable shapes;
  Batch batch;
  for (std::size_t i = 0; i < specimens.size(); ++i) {
    testing::SpecimenRecord specimen = specimens[i];
    std::erase_if(specimen, [](const auto& field) { return field.first == "id"; });
    specimen.insert(specimen.begin(), {"id", {.type = Type::int64, .number = static_cast<int>(i)}});
    testing::add_record(specimen, shapes, batch);
  }
  for (const char* name : {"q.json", "q.ndjson", "q.csv"}) {
    const std::string path = folder_ / name;
    for (const Outcome expected : {Outcome::inserted, Outcome::unchanged}) {
      auto store = target_store(path);
      auto writing = writer(*store, target());
      StageResult result;
      RC_ASSERT(writing->stage(0, batch.records, result).ok());
      for (const Outcome outcome : result.outcomes) RC_ASSERT(outcome == expected);
      RC_ASSERT(writing->commit("c").ok());
      RC_ASSERT(writing->finish().ok());
    }
    RC_ASSERT(remove_file(path).ok());
    RC_ASSERT(remove_file(sidecar_of(path)).ok());
  }
}

}  // namespace
}  // namespace decant::stores
