// The engine as a whole, over real JSON files and a real SQLite file.
#include "decant/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "migration/engine_fixture.h"

namespace decant::migration {
namespace {

TEST_F(EngineTest, CopiesVerifiesAndWritesNothingTheSecondTime) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  Report first = run(job);
  EXPECT_EQ(first.outcome, RunOutcome::clean);
  EXPECT_EQ(first.books.read, 3u);
  EXPECT_EQ(first.books.inserted, 3u);
  ASSERT_TRUE(first.verify.has_value());
  EXPECT_EQ(first.verify->compared, 3u);
  EXPECT_FALSE(first.verify->extra_allowed);
  std::string target = read("out.db");
  Report second = run(job);
  EXPECT_EQ(second.books.unchanged, 3u);
  EXPECT_EQ(second.books.inserted, 0u);
  EXPECT_EQ(read("out.db"), target);
}

TEST_F(EngineTest, QuarantinesBadTextAndNeedsAPerson) {
  write("in.ndjson", std::string(kThree) + "{\"id\":\"d\",\"id\":\"e\"}\n{\"id\": tru}\n");
  Report report = run(job("key: [id]\nrest: keep\n"));
  EXPECT_EQ(report.outcome, RunOutcome::attention);
  EXPECT_EQ(report.books.read, 5u);
  EXPECT_EQ(report.books.quarantined, 2u);
  EXPECT_EQ(report.verify->excluded, 2u);
  EXPECT_TRUE(report.verify->clean());
  std::vector<QuarantineEntry> entries;
  auto keep = [&](const QuarantineEntry& entry) {
    entries.push_back(entry);
    return ok_status();
  };
  ASSERT_TRUE(engine_.quarantine(folder_ / ".decant", {}, keep).ok());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].ordinal, 3u);
  EXPECT_EQ(entries[0].migration, "t");
  QuarantineQuery query;
  query.id = entries[1].id;
  ASSERT_TRUE(engine_.quarantine(folder_ / ".decant", query, keep).ok());
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(to_json(entries[2]), to_json(entries[1]));
  query = {};
  query.limit = 1;
  ASSERT_TRUE(engine_.quarantine(folder_ / ".decant", query, keep).ok());
  EXPECT_EQ(entries.size(), 4u);
}

TEST_F(EngineTest, DryRunGivesTheBooksOfTheRunAndLeavesNothing) {
  write("in.ndjson", std::string(kThree) + "{\"id\":\"a\",\"title\":\"Other\",\"n\":1}\nx\n");
  Job job = this->job("key: [id]\nrest: keep\n");
  job.options.dry_run = true;
  Report dry = run(job);
  EXPECT_FALSE(path_exists(folder_ / "out.db"));
  EXPECT_FALSE(path_exists(folder_ / ".decant"));
  job.options.dry_run = false;
  EXPECT_EQ(dry.books, run(job).books);
  EXPECT_EQ(dry.books.quarantined, 2u);
}

TEST_F(EngineTest, AReportClaimsNoProofWhereNothingWasVerified) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  job.options.no_verify = true;
  std::string report = to_json(run(job));
  EXPECT_NE(report.find("\"mode\": \"none\""), std::string::npos) << report;
  EXPECT_NE(report.find("\"proves\": false"), std::string::npos) << report;
  EXPECT_NE(report.find("\"clean\": false"), std::string::npos) << report;
  EXPECT_NE(to_json(verify(job)).find("\"proves\": true"), std::string::npos);
}

TEST_F(EngineTest, AVerificationThatFailsIsNone) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  run(job);
  std::filesystem::create_directories(folder_ / ".decant/differences-2.ndjson");  // in its way
  auto report = engine_.run(job);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->outcome, RunOutcome::failed);
  EXPECT_NE(to_json(*report).find("\"proves\": false"), std::string::npos);
  EXPECT_FALSE(report->verify.has_value());
}

TEST_F(EngineTest, ALimitOfNoneCopiesAndComparesNothing) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  job.options.limit = 0;
  Report report = run(job);
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  EXPECT_EQ(report.left, 3u);
  EXPECT_EQ(report.verify->missing, 0u);
}

TEST_F(EngineTest, SaysThatNothingWasComparedWhereAllIsExcluded) {
  write("in.ndjson", "{\"id\": tru}\n{\"id\":\n");
  Report report = run(job("key: [id]\nrest: keep\n"));
  EXPECT_EQ(report.verify->excluded, 2u);
  ASSERT_FALSE(report.notes.empty());
  EXPECT_NE(report.notes.back().find("nothing was compared"), std::string::npos)
      << report.notes.back();
}

TEST_F(EngineTest, OneFileHoldsTheDifferencesOfAllCollections) {
  write("in.ndjson", kThree);
  Job job = this->job("");
  write("plan.yaml",
        "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db\ncollections:\n"
        "  jobs: {from: in, key: [id], rest: keep}\n"
        "  other: {from: in, key: [id], rest: keep}\n");
  run(job);
  change("DELETE FROM jobs WHERE id = 'b'; DELETE FROM other WHERE id < 'c'");
  for (int round = 0; round < 2; ++round) {
    Report report = verify(job);
    std::string lines = read_file(report.differences_file, 1u << 20).value();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3) << lines;
    EXPECT_NE(lines.find("{\"collection\":\"jobs\",\"key\":{\"id\":\"b\"}"), std::string::npos);
    EXPECT_NE(lines.find("{\"collection\":\"other\",\"key\":{\"id\":\"a\"}"), std::string::npos);
  }
}

TEST_F(EngineTest, NamesThatCollideAreFoundBeforeAnythingIsWritten) {
  std::filesystem::create_directory(folder_ / "both");
  write("both/A.json", "[{\"id\":1}]");
  write("both/a.json", "[{\"id\":2}]");
  Job job = this->job("");
  std::string plan =
      "decant: 1\nmigration: t\nsource: json:both\ntarget: sqlite:out.db\ncollections:\n"
      "  A: {key: [id], rest: keep}\n  a: {key: [id], rest: keep}\n";
  write("plan.yaml", plan);
  Error error = refusal(job);
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_NE(error.message.find("rename: {a: NEW_NAME}"), std::string::npos) << error.message;
  for (const char* trace : {"out.db", "out.db.decant-lock", ".decant"}) {
    EXPECT_FALSE(path_exists(folder_ / trace)) << trace;
  }
  change("CREATE TABLE Other (id INTEGER PRIMARY KEY)");
  write("in.ndjson", kThree);
  write("plan.yaml",
        "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db#other\n"
        "key: [id]\nrest: keep\n");
  EXPECT_EQ(refusal(job).code, ErrorCode::invalid);
  EXPECT_FALSE(path_exists(folder_ / ".decant"));
}

// One source feeds two collections, and each leaves what the other takes.
TEST_F(EngineTest, KeysThatACollectionLeavesAreNotExtraInIt) {
  write("in.ndjson", kThree);
  Job job = this->job("");
  write("plan.yaml",
        "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db\n"
        "verify: {extra: different}\ncollections:\n"
        "  odd: {from: in, key: [id], where: {n: {one_of: [1, 3]}}, rest: keep}\n"
        "  even: {from: in, key: [id], where: {n: 2.5}, rest: keep}\n");
  Report first = run(job);
  EXPECT_EQ(first.outcome, RunOutcome::clean);
  EXPECT_EQ(first.left, 0u);
  EXPECT_EQ(first.collections[0].left, 1u);
  EXPECT_EQ(first.collections[1].left, 2u);
  change("INSERT INTO even(id, n) VALUES ('a', 7), ('z', 8)");
  Report found = verify(job);
  EXPECT_EQ(found.verify->extra, 1u);  // 'z'; 'a' is left alone
  ASSERT_EQ(found.differences.size(), 1u);
  EXPECT_EQ(found.differences[0].key, "id=\"z\"");
}

TEST_F(EngineTest, AScanCountsThePlainCopy) {
  change("CREATE TABLE jobs (id TEXT PRIMARY KEY, title TEXT, n INTEGER, tags JSON_TEXT)");
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  job.options.scan = true;
  auto report = engine_.plan(job);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->collections[0].records, 3u);
  std::uint64_t breaking = 0;
  for (const FieldVerdictReport& field : report->collections[0].fields) {
    if (field.field == "n" && field.breaking) breaking += *field.breaking;
  }
  EXPECT_EQ(breaking, 1u);  // 2.50 is no integer
}

TEST_F(EngineTest, TypesThatWereInferredAreNotDoubted) {
  write("in.ndjson", "{\"id\":1,\"n\":2}\n{\"id\":2,\"n\":3}\n");
  auto report = engine_.plan(job("key: [id]\nmap: {id: id, n: n}\n"));
  ASSERT_TRUE(report.ok()) << report.error().message;
  ASSERT_EQ(report->collections[0].fields.size(), 4u);
  for (const FieldVerdictReport& field : report->collections[0].fields) {
    EXPECT_EQ(field.verdict, "lossless") << field.field << ": " << field.text;
  }
}

TEST_F(EngineTest, EachCollectionIsJudgedByItsOwnQuarantineMax) {
  write("in.ndjson", kThree);
  Job job = this->job("");
  auto plan = [&](const std::string& first, const std::string& second) {
    write(
        "plan.yaml",
        "decant: 1\nmigration: t" + first.substr(0, 1) +
            "\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db\n"
            "collections:\n  jobs: {from: in, key: [id], rest: keep, policies: {quarantine_max: " +
            first + "}}\n  names: {from: in, key: [title], map: {title: title, id: id}, " +
            "drop: {n: 'x', tags: 'x'}, policies: {quarantine_max: " + second + "}}\n");
  };
  plan("0", "1");  // the record whose title is null goes to the quarantine of `names`
  EXPECT_EQ(run(job).books.quarantined, 1u);
  plan("1", "0");
  auto stopped = engine_.run(job);
  ASSERT_TRUE(stopped.ok());
  EXPECT_EQ(stopped->outcome, RunOutcome::failed);
  EXPECT_NE(stopped->error.find("names: 1 records are in quarantine"), std::string::npos)
      << stopped->error;
}

TEST_F(EngineTest, NamesCandidatesWhereThereIsNoKey) {
  write("in.ndjson", kThree);
  Error error = refusal(job("rest: keep\n"));
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_NE(error.message.find("id"), std::string::npos) << error.message;
}

TEST_F(EngineTest, RefusesAFieldThatNoRuleTakes) {
  write("in.ndjson", kThree);
  Error error = refusal(job("key: [id]\nmap: {id: id, title: title}\n"));
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_NE(error.message.find("'n'"), std::string::npos) << error.message;
}

TEST_F(EngineTest, ExtraRecordsOfATargetThatHeldSomeAreAllowed) {
  change(
      "CREATE TABLE jobs (id TEXT PRIMARY KEY, title TEXT NULL, n NUMERIC, tags JSON_TEXT);"
      "INSERT INTO jobs VALUES ('z', 'Old', 9, NULL)");
  write("in.ndjson", kThree);
  Report report = run(job("key: [id]\nrest: keep\n"));
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  EXPECT_EQ(report.verify->extra, 1u);
}

TEST_F(EngineTest, ExtraRecordsOfATargetOfOursAreDifferences) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  run(job);
  change("INSERT INTO jobs(id) VALUES ('z')");
  EXPECT_EQ(engine_.verify(job)->outcome, RunOutcome::attention);
}

TEST_F(EngineTest, JsonComesBackAsItWas) {
  write("in.ndjson", std::string(kThree) + "{\"id\":\"d\",\"n\":-0,\"title\":\"\"}\n");
  run(job("key: [id]\nrest: keep\n"));
  Job back;
  back.source = "sqlite:" + (folder_ / "out.db") + "#jobs";
  back.target = "ndjson:" + (folder_ / "back.ndjson");
  back.options.catalog = folder_ / "back";
  Report report = run(back);
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  Job compare;
  compare.source = "ndjson:" + (folder_ / "in.ndjson");
  compare.target = "ndjson:" + (folder_ / "back.ndjson");
  compare.options.keys = {{"", {"id"}}};
  auto verified = engine_.verify(compare);
  ASSERT_TRUE(verified.ok()) << verified.error().message;
  EXPECT_TRUE(verified->verify->clean());
  EXPECT_EQ(verified->verify->compared, 4u);
}

TEST_F(EngineTest, CopiesBetweenTwoTablesOfOneFileWhereReadersKeepNobodyOut) {
  change("CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO a VALUES (1, 'x')");
  Job job;
  job.source = "sqlite:" + (folder_ / "out.db") + "#a";
  job.target = "sqlite:" + (folder_ / "out.db") + "#b";
  job.options.catalog = folder_ / ".decant";
  Error error = refusal(job);
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_NE(error.message.find("journal_mode=WAL"), std::string::npos) << error.message;
  change("PRAGMA journal_mode=WAL");
  EXPECT_EQ(run(job).books.inserted, 1u);
}

TEST_F(EngineTest, RefusesATargetOfAnotherShapeThanThePlanDeclares) {
  change("CREATE TABLE jobs (id TEXT NOT NULL PRIMARY KEY, title TEXT, n INTEGER, tags TEXT)");
  write("in.ndjson", kThree);
  Error error =
      refusal(job("key: [id]\nrest: keep\ndefinitions: {jobs: {fields: {id: text, "
                  "title: text, n: decimal, tags: json}, key: [id]}}\n"));
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_NE(error.message.find("another shape"), std::string::npos) << error.message;
}

TEST_F(EngineTest, SnakeCaseReachesTheFieldsOfJson) {
  write("in.ndjson", "{\"jobId\":1,\"jobTitle\":\"x\"}\n{\"jobId\":2,\"workMode\":\"y\"}\n");
  Job job = this->job("names: snake_case\n");
  job.options.keys = {{"jobs", {"job_id"}}};
  EXPECT_EQ(run(job).books.inserted, 2u);
  auto held = engine_.inspect("sqlite:" + (folder_ / "out.db") + "#jobs");
  ASSERT_TRUE(held.ok()) << held.error().message;
  EXPECT_EQ(held->collections[0].fields[2].name, "work_mode");
}

TEST_F(EngineTest, WhereLeavesTheOthersAndKeepsTheDefinition) {
  change(
      "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, UNIQUE(t));"
      "INSERT INTO a VALUES (1, 'x'), (2, 'y')");
  Job job;
  job.source = "sqlite:" + (folder_ / "out.db") + "#a";
  job.target = "sqlite:" + (folder_ / "new.db");
  job.options.catalog = folder_ / ".decant";
  job.options.where = {"t: x"};
  Report report = run(job);
  EXPECT_EQ(report.books.inserted, 1u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_EQ(report.outcome, RunOutcome::clean);
}

TEST_F(EngineTest, StatusShowsRunsNewestFirst) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  run(job);
  run(job);
  auto status = engine_.status(folder_ / ".decant");
  ASSERT_TRUE(status.ok()) << status.error().message;
  ASSERT_EQ(status->runs.size(), 2u);
  EXPECT_EQ(status->runs[0].books.unchanged, 3u);
  EXPECT_EQ(status->runs[1].books.inserted, 3u);
}

}  // namespace
}  // namespace decant::migration
