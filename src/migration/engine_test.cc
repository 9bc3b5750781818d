// The engine as a whole, over real JSON files and a real SQLite file.
#include "decant/engine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "sql/sqlite.h"
#include "stores/registry.h"
#include "testing/temporary_folder.h"

namespace decant::migration {
namespace {

class SilentSink final : public EventSink {
 public:
  void log(LogLevel, std::string_view) override {}
  void progress(const Progress&) override {}
};

class EngineTest : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) { return read_file(folder_ / name, 1u << 30).value(); }
  Job job(std::string_view plan) {
    write("plan.yaml",
          "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\n"
          "target: sqlite:out.db#jobs\n" +
              std::string(plan));
    Job job;
    job.plan_path = folder_ / "plan.yaml";
    return job;
  }
  void change(const std::string& statement) {
    auto database =
        sql::Database::open(folder_ / "out.db", {sql::OpenMode::create, busy_timeout_ms, false});
    ASSERT_TRUE(database.ok()) << database.error().message;
    Status done = database->exec(statement);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  Report run(const Job& job) {
    auto report = engine_.run(job);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message);
    if (!report.ok()) return {};
    EXPECT_EQ(report->error, "");
    return *report;
  }
  Error refusal(const Job& job) {
    auto report = engine_.run(job);
    EXPECT_FALSE(report.ok());
    return report.ok() ? Error{} : report.error();
  }

  testing::TemporaryFolder folder_;
  stores::Registry registry_ = stores::Registry::standard();
  SystemClock clock_;
  SilentSink sink_;
  Engine engine_{Environment{&registry_, &clock_, &sink_, nullptr, {}}};
};

constexpr std::string_view kThree =
    "{\"id\":\"a\",\"title\":\"One\",\"n\":1}\n"
    "{\"id\":\"b\",\"title\":\"Two\",\"n\":2.50}\n"
    "{\"id\":\"c\",\"title\":null,\"n\":3,\"tags\":[1,\"x\"]}\n";

TEST_F(EngineTest, CopiesVerifiesAndWritesNothingTheSecondTime) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  Report first = run(job);
  EXPECT_EQ(first.outcome, RunOutcome::clean);
  EXPECT_EQ(first.books.read, 3u);
  EXPECT_EQ(first.books.inserted, 3u);
  ASSERT_TRUE(first.verify.has_value());
  EXPECT_EQ(first.verify->compared, 3u);
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
  auto entries = engine_.quarantine(folder_ / ".decant", {});
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].ordinal, 3u);
}

TEST_F(EngineTest, FindsAndRepairsAPlantedChange) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  run(job);
  change("UPDATE jobs SET title = 'Three' WHERE id = 'c'; DELETE FROM jobs WHERE id = 'a'");
  auto found = engine_.verify(job);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->outcome, RunOutcome::attention);
  EXPECT_EQ(found->verify->missing, 1u);
  EXPECT_EQ(found->verify->different, 1u);
  auto repaired = engine_.repair(job);
  ASSERT_TRUE(repaired.ok()) << repaired.error().message;
  EXPECT_EQ(repaired->outcome, RunOutcome::clean) << repaired->error;
  EXPECT_EQ(repaired->books.read, 2u);
  EXPECT_EQ(engine_.verify(job)->outcome, RunOutcome::clean);
}

// What the policy keeps is kept by every later repair, too.
TEST_F(EngineTest, ARepairKeepsWhatTheRunDecided) {
  struct Case {
    std::string policy;
    RunOutcome outcome;
    std::uint64_t excluded, kept;
  };
  const Case cases[] = {{"insert", RunOutcome::attention, 1, 0},
                        {"skip", RunOutcome::clean, 0, 1},
                        {"newer-than:n", RunOutcome::clean, 0, 1}};
  int folder = 0;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.policy);
    std::string name = std::to_string(folder++);
    std::filesystem::create_directory(folder_ / name);
    write(name + "/in.ndjson", kThree);
    write(name + "/plan.yaml",
          "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db#jobs\n"
          "key: [id]\nrest: keep\npolicies: {on_conflict: '" +
              one.policy + "'}\n");
    auto change = [&](const std::string& statement) {
      auto database = sql::Database::open(folder_ / (name + "/out.db"),
                                          {sql::OpenMode::create, busy_timeout_ms, false});
      ASSERT_TRUE(database.ok() && database->exec(statement).ok());
    };
    change(
        "CREATE TABLE jobs (id TEXT PRIMARY KEY, title TEXT NULL, n NUMERIC, tags JSON_TEXT);"
        "INSERT INTO jobs VALUES ('a', 'mine', 9, NULL)");
    Job job;
    job.plan_path = folder_ / (name + "/plan.yaml");
    EXPECT_EQ(run(job).outcome, one.outcome);
    for (int round = 0; round < 2; ++round) {
      change("DELETE FROM jobs WHERE id = 'b'");
      auto repaired = engine_.repair(job);
      ASSERT_TRUE(repaired.ok()) << repaired.error().message;
      EXPECT_EQ(repaired->outcome, RunOutcome::clean) << repaired->error;
      EXPECT_EQ(repaired->books.inserted, 1u);
      EXPECT_EQ(repaired->books.updated, 0u);
      auto verified = engine_.verify(job);
      ASSERT_TRUE(verified.ok()) << verified.error().message;
      EXPECT_TRUE(verified->verify->clean());
      EXPECT_EQ(verified->verify->excluded, one.excluded);
      EXPECT_EQ(verified->verify->kept, one.kept);
    }
  }
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
