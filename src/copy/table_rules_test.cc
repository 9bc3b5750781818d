// Copies into SQLite tables that were there before, with rules of their own: triggers, CHECK,
// references within the table.
#include <gtest/gtest.h>

#include "copy/copy_fixture.h"

namespace decant::copy {
namespace {

testing::MemoryRow row(std::uint64_t ordinal, const std::string& text) {
  return {text, {0, ordinal, ordinal * 50}};
}

void make_rows(CopyRun& run, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    run.rows.push_back(row(i, "{\"id\":" + std::to_string(i) + ",\"name\":\"p" + std::to_string(i) +
                                  "\",\"n\":" + std::to_string(i) + "}"));
  }
}

constexpr std::string_view kTable =
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);";

TEST(TableRules, ATriggerThatOnlyTakesNoteRefusesNothing) {
  for (const bool dry_run : {false, true}) {
    CopyRun run(TargetKind::shared_sqlite);
    run.table_sql = std::string(kTable) +
                    "CREATE TABLE log (id);"
                    "CREATE TRIGGER noted AFTER INSERT ON people BEGIN "
                    "INSERT INTO log VALUES (new.id); END";
    make_rows(run, 300);
    run.dry_run = dry_run;
    CopyResult result = run.run();
    ASSERT_TRUE(result.status.ok()) << result.status.error().message;
    EXPECT_EQ(result.books.inserted, 300u) << "dry: " << dry_run;
    EXPECT_EQ(run.target().size(), dry_run ? 0u : 300u);
  }
}

TEST(TableRules, ATriggerThatEndsTheTransactionStopsTheRunAndNothingIsBooked) {
  CopyRun run(TargetKind::shared_sqlite);
  run.table_sql = std::string(kTable) +
                  "INSERT INTO people VALUES (1000, 'there', 1);"
                  "CREATE TRIGGER forbidden BEFORE INSERT ON people WHEN new.n = 250 BEGIN "
                  "SELECT RAISE(ROLLBACK, 'forbidden'); END;"
                  "CREATE TRIGGER fixed BEFORE UPDATE ON people WHEN new.n = 999 BEGIN "
                  "SELECT RAISE(ROLLBACK, 'fixed'); END";
  run.policy = Policy::upsert;
  run.transaction_records = 100;
  for (const bool by_update : {false, true}) {
    run.rows.clear();
    make_rows(run, 150);
    if (by_update) run.rows.push_back(row(150, R"({"id":1000,"name":"x","n":999})"));
    run.rows[130].text = by_update ? R"({"id":130,"n":1})" : R"({"id":130,"n":250})";
    CopyResult stopped = run.run();
    ASSERT_FALSE(stopped.status.ok());
    EXPECT_EQ(exit_status(stopped.status.error().code), 1);
    EXPECT_NE(stopped.status.error().message.find("RAISE(ROLLBACK)"), std::string::npos);
    EXPECT_EQ(stopped.books.inserted, 100u);
    EXPECT_EQ(stopped.written, 100u);
    EXPECT_EQ(run.target().size(), 101u);
  }
  run.rows.pop_back();
  CopyResult mended = run.run();
  ASSERT_TRUE(mended.status.ok()) << mended.status.error().message;
  EXPECT_EQ(mended.books.inserted, 150u);
  EXPECT_EQ(run.target().size(), 151u);
}

TEST(TableRules, DryRunTriesUpdatesAgainstTheRulesOfTheTable) {
  Books books[2];
  for (const bool dry_run : {false, true}) {
    CopyRun run(TargetKind::shared_sqlite);
    run.table_sql =
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER CHECK (n < 10),"
        " CHECK (n <> 7 OR name = 'seven')) STRICT;"
        "INSERT INTO people VALUES (1, 'a', 5), (2, 'b', 6), (3, 'c', 7 - 1)";
    run.rules = "map: {id: id, n: n}\nrest: drop\n";
    run.rows = {row(0, R"({"id":1,"n":50})"), row(1, R"({"id":2,"n":8})"),
                row(2, R"({"id":3,"n":7})")};
    run.owned = {"id", "n"};
    run.policy = Policy::upsert;
    run.dry_run = dry_run;
    CopyResult result = run.run();
    ASSERT_TRUE(result.status.ok()) << result.status.error().message;
    books[dry_run ? 1 : 0] = result.books;
  }
  EXPECT_EQ(books[0].updated, 1u);
  EXPECT_EQ(books[0].quarantined, 2u);
  EXPECT_EQ(books[1], books[0]);
}

// A table that is there is never left with a reference to nothing, not even between two commits: a
// row that refers to one of a later batch waits in quarantine for the next run.
TEST(TableRules, ARowThatRefersToALaterBatchIsTakenByTheSameCommandAgain) {
  CopyRun run(TargetKind::shared_sqlite);
  run.table_sql =
      "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, n INTEGER REFERENCES people (id))";
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const std::string boss = i == 0 ? "2900" : i == 1 ? "99" : "null";
    run.rows.push_back(
        row(i, "{\"id\":" + std::to_string(i) + ",\"name\":\"p\",\"n\":" + boss + "}"));
  }
  CopyResult first = run.run();
  ASSERT_TRUE(first.status.ok()) << first.status.error().message;
  EXPECT_EQ(first.books.inserted, 2999u);
  EXPECT_EQ(first.books.quarantined, 1u);
  CopyResult again = run.run();
  ASSERT_TRUE(again.status.ok()) << again.status.error().message;
  EXPECT_EQ(again.books.inserted, 1u);
  EXPECT_EQ(again.books.unchanged, 2999u);
  EXPECT_EQ(again.books.quarantined, 0u);
  EXPECT_TRUE(run.quarantine().empty());
}

}  // namespace
}  // namespace decant::copy
