// What defaults stand for: told beforehand, by SQLite itself, at the run time.
#include "stores/sqlite/defaults.h"

#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

constexpr std::int64_t kRunTimeUs = 1'700'000'000'250'000;  // 2023-11-14T22:13:20.25Z

class SqliteDefaultsTest : public StoreFixture {
 protected:
  std::string defaults_of(const std::string& columns, std::int64_t run_time_us = kRunTimeUs) {
    exec("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, " + columns + ")");
    auto store = open("t");
    auto definitions = store->describe();
    auto batch = store->defaults(definitions->front(), run_time_us);
    EXPECT_TRUE(batch.ok()) << (batch.ok() ? "" : batch.error().message);
    if (!batch.ok() || batch->records.empty()) return "none";
    const Record& record = batch->records.front();
    std::string text;
    for (std::size_t i = 0; i < record.shape->size(); ++i) {
      text += (text.empty() ? "{\"" : ",\"") + std::string(record.shape->name(i)) + "\":";
      text += json::to_json(record.values[i]);
    }
    return text.empty() ? "{}" : text + "}";
  }
};

TEST_F(SqliteDefaultsTest, ConstantsReadBackAsTheColumnDeclares) {
  EXPECT_EQ(defaults_of("a TEXT NOT NULL DEFAULT 'x', b BOOLEAN DEFAULT 1, c INTEGER DEFAULT '7', "
                        "d REAL DEFAULT 2, e JSON_TEXT DEFAULT '[1,{}]', f DEFAULT (1 + 2), "
                        "g TEXT DEFAULT (upper('ab') || 'c')"),
            R"({"a":"x","b":true,"c":7,"d":2.0,"e":[1,{}],"f":3,"g":"ABc"})");
}

TEST_F(SqliteDefaultsTest, TheClockStandsAtTheRunTime) {
  const std::string columns =
      "a TEXT DEFAULT CURRENT_TIMESTAMP, b DATE DEFAULT CURRENT_DATE, "
      "c INTEGER DEFAULT (strftime('%s', 'now')), d TEXT DEFAULT (datetime('now', '+1 day'))";
  EXPECT_EQ(
      defaults_of(columns),
      R"({"a":"2023-11-14 22:13:20","b":"2023-11-14","c":1700000000,"d":"2023-11-15 22:13:20"})");
  EXPECT_NE(defaults_of(columns, 0).find("1970-01-01 00:00:00"), std::string::npos);
}

TEST_F(SqliteDefaultsTest, WhatCannotBeToldBeforehandIsLeftOut) {
  EXPECT_EQ(defaults_of("a INTEGER DEFAULT (random() & 1), b BLOB DEFAULT (randomblob(2)), "
                        "c INTEGER DEFAULT (total_changes()), d TEXT DEFAULT NULL, "
                        "e TEXT NOT NULL DEFAULT ''"),
            R"({"e":""})");
  EXPECT_EQ(defaults_of("a TEXT"), "none");
}

}  // namespace
}  // namespace decant::sqlite
