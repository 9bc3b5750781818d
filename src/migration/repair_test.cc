// Repair: what it writes, what it leaves as the run decided, and by what it judges itself.
#include <gtest/gtest.h>

#include <filesystem>

#include "migration/engine_fixture.h"

namespace decant::migration {
namespace {

constexpr std::string_view kTwoTargets =
    "collections:\n"
    "  jobs: {from: in, key: [id], rest: keep}\n"
    "  names: {from: in, key: [id], map: {id: id, title: title}, drop: {n: 'x', tags: 'x'}}\n";

class RepairTest : public EngineTest {
 protected:
  // One source of two collections, under a policy that keeps what one of them holds already.
  Job job_that_keeps_mine() {
    write("in.ndjson", kThree);
    Job job = this->job(kTwoTargets);
    write("plan.yaml",
          "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db\n"
          "policies: {on_conflict: skip}\n" +
              std::string(kTwoTargets));
    change(
        "CREATE TABLE names (id TEXT PRIMARY KEY, title TEXT NULL);"
        "INSERT INTO names VALUES ('b', 'mine')");
    return job;
  }
};

constexpr std::string_view kTable =
    "CREATE TABLE jobs (id TEXT PRIMARY KEY, title TEXT NULL, n NUMERIC, tags JSON_TEXT);";

TEST_F(RepairTest, FindsAndRepairsAPlantedChange) {
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
TEST_F(RepairTest, ARepairKeepsWhatTheRunDecided) {
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

TEST_F(RepairTest, ADryRepairTellsTheBooksAndWritesNothing) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  run(job);
  change("UPDATE jobs SET title = 'Three' WHERE id = 'c'; DELETE FROM jobs WHERE id = 'a'");
  std::string target = read("out.db");
  std::string catalog = read(".decant/catalog.db");
  job.options.dry_run = true;
  Report dry = repair(job);
  EXPECT_TRUE(dry.dry_run);
  EXPECT_EQ(read("out.db"), target);
  EXPECT_EQ(read(".decant/catalog.db"), catalog);
  EXPECT_FALSE(path_exists(folder_ / ".decant/catalog.db-wal"));
  EXPECT_FALSE(path_exists(folder_ / ".decant/spill"));
  EXPECT_EQ(dry.differences.size(), 2u);
  job.options.dry_run = false;
  Report wet = repair(job);
  EXPECT_EQ(dry.books, wet.books);
  EXPECT_EQ(wet.books.inserted, 1u);
  EXPECT_EQ(wet.books.updated, 1u);
}

TEST_F(RepairTest, ALossyPlanWithoutAReasonIsRefusedAsInARun) {
  write("in.ndjson", kThree);
  change(std::string(kTable) + "INSERT INTO jobs VALUES ('a', 'One', NULL, NULL)");
  auto report = engine_.repair(job("key: [id]\nmap: {id: id, title: title}\nrest: drop\n"));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::refused);
  EXPECT_NE(report.error().message.find("loss: REASON"), std::string::npos);
  EXPECT_EQ(ask("SELECT count(*) FROM jobs"), "1");
}

TEST_F(RepairTest, TellsTheAddressesBeforeAnythingHappens) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\n");
  run(job);
  sink_.lines.clear();
  repair(job);
  ASSERT_FALSE(sink_.lines.empty());
  EXPECT_NE(sink_.lines.front().find("out.db"), std::string::npos);
}

// A foreign target, and no run: the policy alone says what is kept, before and after the repair.
TEST_F(RepairTest, WithoutARunThePolicyStillKeepsWhatItKeeps) {
  write("in.ndjson", kThree);
  change(std::string(kTable) + "INSERT INTO jobs VALUES ('a', 'mine', 9, NULL)");
  Report report = repair(job("key: [id]\nrest: keep\npolicies: {on_conflict: skip}\n"));
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  EXPECT_EQ(report.books.inserted, 2u);
  EXPECT_EQ(report.verify->kept, 1u);
  EXPECT_EQ(ask("SELECT title FROM jobs WHERE id = 'a'"), "mine");
}

TEST_F(RepairTest, WhatItQuarantinesIsExcludedAndCounted) {
  write("in.ndjson", kThree);
  Job job = this->job("key: [id]\nrest: keep\npolicies: {quarantine_max: 50%}\n");
  change(
      "CREATE TABLE jobs (id TEXT PRIMARY KEY, title TEXT NULL UNIQUE, n NUMERIC, tags JSON_TEXT)");
  run(job);
  change("UPDATE jobs SET id = 'z' WHERE id = 'b'");  // its title is taken, then
  Report report = repair(job);
  EXPECT_EQ(report.outcome, RunOutcome::attention);
  EXPECT_EQ(report.books.read, 1u);
  EXPECT_EQ(report.books.quarantined, 1u);
  EXPECT_EQ(report.reasons["unique"], 1u);
  EXPECT_EQ(report.verify->missing, 0u);
  EXPECT_EQ(report.verify->excluded, 1u);
}

TEST_F(RepairTest, ARecordThatTwoCollectionsLackIsReadOnce) {
  write("in.ndjson", kThree);
  Job job = this->job(kTwoTargets);
  write("plan.yaml", "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db\n" +
                         std::string(kTwoTargets));
  run(job);
  change("DELETE FROM jobs WHERE id = 'b'; DELETE FROM names WHERE id = 'b'");
  Report report = repair(job);
  EXPECT_EQ(report.books.read, 1u);
  EXPECT_EQ(report.books.inserted, 1u);
  EXPECT_EQ(report.books.duplicate, 0u);
  EXPECT_EQ(report.written, 2u);
  EXPECT_EQ(report.outcome, RunOutcome::clean);
}

TEST_F(RepairTest, WritesOnlyIntoTheCollectionThatIsDamaged) {
  Job job = job_that_keeps_mine();
  run(job);
  change("DELETE FROM jobs WHERE id = 'b'");
  Report report = repair(job);
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  EXPECT_EQ(ask("SELECT title FROM names WHERE id = 'b'"), "mine");
  EXPECT_EQ(ask("SELECT count(*) FROM jobs"), "3");
}

// A later command may resolve fewer collections: each still finds its own outcomes.
TEST_F(RepairTest, TheRunsDecisionsAreFoundByTheCollectionsName) {
  Job job = job_that_keeps_mine();
  run(job);
  std::string other = read("plan.yaml");
  std::size_t jobs = other.find("  jobs:");
  write("plan.yaml", other.erase(jobs, other.find('\n', jobs) + 1 - jobs));
  Report report = verify(job);
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  EXPECT_EQ(report.verify->kept, 1u);
}

}  // namespace
}  // namespace decant::migration
