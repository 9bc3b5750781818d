// Fields that the source lacks and the target fills in.
#include <gtest/gtest.h>

#include "migration/engine_fixture.h"

namespace decant::migration {
namespace {

using DefaultsTest = EngineTest;

constexpr std::string_view kTable =
    "CREATE TABLE jobs (id TEXT PRIMARY KEY, title TEXT NULL, n NUMERIC, tags JSON_TEXT, "
    "status TEXT NOT NULL DEFAULT 'open', made TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, "
    "dice INTEGER NOT NULL DEFAULT (random()));";
constexpr std::string_view kPlan = "key: [id]\nrest: keep\npolicies: {on_conflict: upsert}\n";

TEST_F(DefaultsTest, TheSameInputAgainIsUnchanged) {
  write("in.ndjson", kThree);
  change(std::string(kTable));
  Job job = this->job(kPlan);
  job.options.run_time_us = 1'700'000'000'000'000;
  EXPECT_EQ(run(job).outcome, RunOutcome::clean);
  EXPECT_EQ(ask("SELECT group_concat(DISTINCT status || made) FROM jobs"),
            "open2023-11-14 22:13:20");
  std::string dice = ask("SELECT group_concat(dice) FROM jobs");
  Report second = run(job);
  EXPECT_EQ(second.outcome, RunOutcome::clean);
  EXPECT_EQ(second.books.unchanged, 3u);
  EXPECT_EQ(ask("SELECT group_concat(dice) FROM jobs"), dice);
}

TEST_F(DefaultsTest, AnotherValueThanTheDefaultIsADifference) {
  write("in.ndjson", kThree);
  change(std::string(kTable));
  Job job = this->job(kPlan);
  run(job);
  change("UPDATE jobs SET status = 'closed' WHERE id = 'b'; UPDATE jobs SET dice = dice + 1");
  Report found = verify(job);
  EXPECT_EQ(found.verify->different, 1u);
  ASSERT_EQ(found.differences.size(), 1u);
  ASSERT_EQ(found.differences[0].fields.size(), 1u);
  EXPECT_EQ(found.differences[0].fields[0].name, "status");
  EXPECT_EQ(found.differences[0].fields[0].source, "\"open\"");
  EXPECT_EQ(run(job).books.updated, 1u);
  EXPECT_EQ(verify(job).outcome, RunOutcome::clean);
}

TEST_F(DefaultsTest, AFieldThatThePlanDoesNotOwnGetsTheRunTimeOnInsertAndIsNotCompared) {
  write("in.ndjson", "{\"id\":\"a\"}\n");
  change(std::string(kTable));
  Job job = this->job("key: [id]\nmap: {id: id}\npolicies: {on_conflict: upsert}\n");
  job.options.run_time_us = 1'700'000'000'000'000;
  EXPECT_EQ(run(job).outcome, RunOutcome::clean);
  EXPECT_EQ(ask("SELECT made FROM jobs"), "2023-11-14 22:13:20");
  change("UPDATE jobs SET made = 'x', status = 'closed'");
  EXPECT_EQ(run(job).books.unchanged, 1u);
  EXPECT_EQ(ask("SELECT made || status FROM jobs"), "xclosed");
}

}  // namespace
}  // namespace decant::migration
