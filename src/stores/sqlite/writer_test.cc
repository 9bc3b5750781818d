// Writing: policies, outcomes, rules of the table, applications beside.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class WriterTest : public StoreFixture {
 protected:
  // Exits with 0 if the failure was told and nothing could be committed after it. A limit on the
  // size of files is the nearest thing to a full disk.
  void fill_the_disk(Store& store) {
    rlimit limit = {65536, 65536};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto out = writer(store, {target("t")});
    Rows rows({"id", "x"});
    std::string big(10000, 'x');
    for (int i = 2; i < 1000; ++i) rows.add({Value::int64(i), Value::text(big)});
    StageResult result;
    Status status = out->stage(0, rows.records(), result);
    if (status.ok()) {
      auto committed = out->commit("second");
      if (!committed.ok()) status = std::move(committed).error();
    }
    bool told = !status.ok() && (status.error().code == ErrorCode::disk_full ||
                                 status.error().code == ErrorCode::io);
    bool silent = out->commit("third").ok();
    ::_exit(told && !silent ? 0 : 1);
  }

  WriteTarget target(std::string_view collection, Policy policy = Policy::insert) {
    WriteTarget target;
    target.definition = describe(collection);
    target.policy = policy;
    return target;
  }

  // Opens, stages, commits, finishes.
  std::string write(WriteTarget target, Rows& rows, WriteOptions options = {},
                    StoreOptions store_options = {}) {
    auto store = open(target.definition.name, store_options);
    auto out = writer(*store, {std::move(target)}, options);
    if (out == nullptr) return "no writer";
    std::string words = stage(*out, rows);
    commit(*out);
    EXPECT_EQ(finish(*out), std::vector<std::string>{});
    return words;
  }
};

TEST_F(WriterTest, EachPolicyDecidesOnWhatIsThere) {
  auto make_rows = [] {
    Rows rows({"id", "name", "at"});
    rows.add({Value::int64(1), Value::text("same"), Value::int64(5)});
    rows.add({Value::int64(2), Value::text("other"), Value::int64(5)});
    rows.add({Value::int64(3), Value::text("newer"), Value::int64(6)});
    rows.add({Value::int64(4), Value::text("fresh"), Value::int64(1)});
    return rows;
  };
  struct Case {
    Policy policy;
    std::string words;
    std::string left;
  };
  for (const Case& c :
       {Case{Policy::insert, "unchanged quarantined(conflict) quarantined(conflict) inserted",
             "1|same|5;2|old|5;3|old|5;4|fresh|1"},
        Case{Policy::skip, "unchanged superseded superseded inserted",
             "1|same|5;2|old|5;3|old|5;4|fresh|1"},
        Case{Policy::upsert, "unchanged updated updated inserted",
             "1|same|5;2|other|5;3|newer|6;4|fresh|1"},
        Case{Policy::newer_than, "unchanged superseded updated inserted",
             "1|same|5;2|old|5;3|newer|6;4|fresh|1"}}) {
    exec(
        "DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, at INTEGER);"
        "INSERT INTO t VALUES (1, 'same', 5), (2, 'old', 5), (3, 'old', 5)");
    WriteTarget to = target("t", c.policy);
    to.newer_than = "at";
    Rows input = make_rows();
    EXPECT_EQ(write(to, input), c.words);
    EXPECT_EQ(query("SELECT * FROM t ORDER BY id"), c.left);
  }
}

TEST_F(WriterTest, AnUpsertKeepsTheRowIdAndTheChildRows) {
  exec(
      "CREATE TABLE t (code TEXT PRIMARY KEY, name TEXT, other TEXT);"
      "CREATE TABLE child (id INTEGER, code TEXT REFERENCES t (code) ON DELETE CASCADE);"
      "INSERT INTO t VALUES ('x', 'a', 'kept'), ('y', 'b', 'kept');"
      "INSERT INTO child VALUES (1, 'y')");
  std::string before = query("SELECT rowid FROM t WHERE code = 'y'");
  WriteTarget to = target("t", Policy::upsert);
  to.owned = {"code", "name"};
  Rows rows({"code", "name", "other"});
  rows.add({Value::text("y"), Value::text("changed"), Value::absent()});
  EXPECT_EQ(write(to, rows), "updated");
  EXPECT_EQ(query("SELECT rowid, name, other FROM t WHERE code = 'y'"), before + "|changed|kept");
  EXPECT_EQ(query("SELECT count(*) FROM child"), "1");
}

TEST_F(WriterTest, NothingToWriteWritesNothing) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a')");
  Definition definition = describe("t");
  auto holder = sql::Database::open(path(), {sql::OpenMode::read_write});
  ASSERT_TRUE(holder->begin_immediate().ok());  // another writer: any write here would wait for it
  std::string before = query("SELECT sql FROM sqlite_schema");
  auto stamp = std::filesystem::last_write_time(path());
  WriteTarget to;
  to.definition = definition;
  to.policy = Policy::upsert;
  Rows rows({"id", "name"});
  rows.add({Value::int64(1), Value::text("a")});
  EXPECT_EQ(write(to, rows), "unchanged");
  EXPECT_EQ(std::filesystem::last_write_time(path()), stamp);
  holder->rollback();
  EXPECT_EQ(query("SELECT sql FROM sqlite_schema"), before);
}

TEST_F(WriterTest, ARuleOfTheTableRefusesOneRecordAlone) {
  exec(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);"
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, n INTEGER CHECK (n > 0),"
      " u TEXT UNIQUE, p INTEGER REFERENCES p (id));"
      "CREATE TRIGGER no BEFORE INSERT ON t WHEN new.a = 'no' BEGIN "
      " SELECT RAISE(ABORT, 'not this one'); END;"
      "CREATE TRIGGER hush BEFORE INSERT ON t WHEN new.a = 'hush' BEGIN "
      " SELECT RAISE(IGNORE); END;");
  Rows rows({"id", "a", "n", "u", "p"});
  Value one = Value::int64(1);
  Value none = Value::absent();
  rows.add({one, Value::text("x"), one, Value::text("u1"), one});
  rows.add({Value::int64(2), none, one, Value::text("u2"), one});
  rows.add({Value::int64(3), Value::text("x"), Value::int64(0), Value::text("u3"), one});
  rows.add({Value::int64(4), Value::text("x"), one, Value::text("u1"), one});
  rows.add({Value::int64(5), Value::text("x"), one, Value::text("u5"), Value::int64(9)});
  rows.add({Value::int64(6), Value::text("no"), one, Value::text("u6"), one});
  rows.add({Value::int64(7), Value::text("hush"), one, Value::text("u7"), one});
  rows.add({Value::int64(8), Value::text("y"), none, none, none});
  EXPECT_EQ(write(target("t"), rows),
            "inserted quarantined(not_null) quarantined(check) quarantined(unique) "
            "quarantined(foreign_key) quarantined(trigger) quarantined(trigger) inserted");
  EXPECT_EQ(query("SELECT id FROM t ORDER BY id"), "1;8");
}

TEST_F(WriterTest, RowsMayComeBeforeTheOnesTheyReferTo) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES t (id))");
  Rows rows({"id", "boss"});
  rows.add({Value::int64(1), Value::int64(3)});
  rows.add({Value::int64(2), Value::int64(99)});
  rows.add({Value::int64(3), Value::int64(4)});
  rows.add({Value::int64(4), Value::absent()});
  EXPECT_EQ(write(target("t"), rows), "inserted quarantined(foreign_key) inserted inserted");
  EXPECT_EQ(query("SELECT id FROM t ORDER BY id"), "1;3;4");
}

TEST_F(WriterTest, ARuleOnConflictReplaceOfTheTableIsNotFollowed) {
  exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE ON CONFLICT REPLACE);"
      "INSERT INTO t VALUES (1, 'a')");
  Rows rows({"id", "u"});
  rows.add({Value::int64(2), Value::text("a")});
  EXPECT_EQ(write(target("t", Policy::upsert), rows), "quarantined(unique)");
  EXPECT_EQ(query("SELECT * FROM t"), "1|a");
}

TEST_F(WriterTest, ManyNewRecordsAreInsertedWithoutALookAndStillDecidedRight) {
  exec(
      "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER); INSERT INTO t VALUES ('k50', 50),"
      "('k60', 0)");
  Rows rows({"id", "n"});
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    rows.add({rows.text("k" + std::to_string(i)), Value::int64(i)});
    expected += i == 50 ? "unchanged " : i == 60 ? "updated " : "inserted ";
  }
  expected.pop_back();
  EXPECT_EQ(write(target("t", Policy::upsert), rows), expected);
  EXPECT_EQ(query("SELECT count(*), sum(n) FROM t"), "100|4950");
}

TEST_F(WriterTest, OnceFieldsAreWrittenOnInsertAndNotCompared) {
  exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, made TEXT); INSERT INTO t VALUES "
      "(1, 1, 'then')");
  WriteTarget to = target("t", Policy::upsert);
  to.once = {"made"};
  Rows rows({"id", "n", "made"});
  rows.add({Value::int64(1), Value::int64(1), Value::text("now")});
  rows.add({Value::int64(2), Value::int64(1), Value::text("now")});
  EXPECT_EQ(write(to, rows), "unchanged inserted");
  EXPECT_EQ(query("SELECT made FROM t ORDER BY id"), "then;now");
}

TEST_F(WriterTest, RemovesByKey) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1), (2, 2)");
  Rows rows({"id", "n"});
  rows.add({Value::int64(2), Value::absent()});
  rows.add({Value::int64(3), Value::absent()});
  for (Record& record : rows.records()) record.change = Change::remove;
  EXPECT_EQ(write(target("t"), rows), "removed unchanged");
  EXPECT_EQ(query("SELECT * FROM t"), "1|1");
}

TEST_F(WriterTest, GivesWhatWasThereWhereAsked) {
  exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x TEXT); INSERT INTO t VALUES "
      "(1, 1, 'a')");
  auto store = open("t");
  WriteOptions options;
  options.want_existing = true;
  auto out = writer(*store, {target("t", Policy::upsert)}, options);
  Rows rows({"id", "n", "x"});
  rows.add({Value::int64(7), Value::int64(7), Value::absent()});
  rows.add({Value::int64(1), Value::int64(2), Value::text("b")});
  StageResult result;
  ASSERT_TRUE(out->stage(0, rows.records(), result).ok());
  EXPECT_EQ(words(result), "inserted updated");
  ASSERT_EQ(result.existing.records.size(), 1u);
  EXPECT_EQ(result.existing.records[0].source_index, 1u);
  EXPECT_EQ(json_of(result.existing.records[0]), R"({"id":1,"n":1,"x":"a"})");
}

TEST_F(WriterTest, WhatWasNotCommittedIsGone) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  {
    auto store = open("t");
    auto out = writer(*store, {target("t")});
    Rows rows({"id"});
    rows.add({Value::int64(1)});
    EXPECT_EQ(stage(*out, rows), "inserted");
  }
  EXPECT_EQ(query("SELECT count(*) FROM t"), "0");
}

TEST_F(WriterTest, TheCheckpointIsInTheTargetUntilFinish) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  auto store = open("t");
  {
    auto out = writer(*store, {target("t")});
    EXPECT_EQ(out->checkpoint().value(), "");
    Rows rows({"id"});
    rows.add({Value::int64(1)});
    stage(*out, rows);
    commit(*out, std::string("a\0b", 3));
  }
  {
    WriteOptions options;
    options.checkpoint_name = "another";
    auto other = writer(*store, {target("t")}, options);
    EXPECT_EQ(other->checkpoint().value(), "");
  }
  auto out = writer(*store, {target("t")});
  EXPECT_EQ(out->checkpoint().value(), std::string("a\0b", 3));
  finish(*out);
  EXPECT_EQ(query("SELECT name FROM sqlite_schema"), "t");
}

TEST_F(WriterTest, ANewerCheckpointFormatIsRefused) {
  exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE decant_checkpoint (kind TEXT, name "
      "TEXT, place INTEGER, value, PRIMARY KEY (kind, name, place)) WITHOUT ROWID;"
      "INSERT INTO decant_checkpoint VALUES ('format', '', 0, 2)");
  auto store = open_store(path(), "t", {});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::refused);
}

TEST_F(WriterTest, WorksBesideAnApplicationThatWrites) {
  for (const char* mode : {"WAL", "DELETE"}) {
    exec(std::string("PRAGMA journal_mode=") + mode +
         "; DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS app;"
         "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); CREATE TABLE app (n INTEGER)");
    constexpr int kAppRows = 60;
    std::jthread application([&] {
      auto database = sql::Database::open(path(), {sql::OpenMode::read_write});
      for (int i = 0; i < kAppRows; ++i) {
        ASSERT_TRUE(database->exec("INSERT INTO app VALUES (1)").ok()) << database->message();
      }
    });
    auto store = open("t");
    EXPECT_LE(store->capabilities().transaction_ms_max, 100u);
    auto out = writer(*store, {target("t")});
    for (int group = 0; group < 20; ++group) {
      Rows rows({"id", "n"});
      for (int i = 0; i < 100; ++i) {
        rows.add({Value::int64(group * 100 + i), Value::int64(i)});
      }
      EXPECT_EQ(stage(*out, rows).find("error"), std::string::npos);
      commit(*out, std::to_string(group));
    }
    application.join();
    finish(*out);
    EXPECT_EQ(query("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM app)"), "2000|60");
    EXPECT_EQ(query("PRAGMA journal_mode"), mode[0] == 'W' ? "wal" : "delete");
  }
}

TEST_F(WriterTest, AWriteBetweenLookAndWriteIsSeen) {
  exec(
      "PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);"
      "INSERT INTO t VALUES (1, 1), (2, 2)");
  auto store = open("t");
  auto out = writer(*store, {target("t", Policy::upsert)});
  Rows first({"id", "n"});
  first.add({Value::int64(1), Value::int64(1)});
  EXPECT_EQ(stage(*out, first), "unchanged");  // reads, and keeps its state
  exec("UPDATE t SET n = 3 WHERE id = 2");
  Rows second({"id", "n"});
  second.add({Value::int64(3), Value::int64(3)});
  second.add({Value::int64(2), Value::int64(3)});
  EXPECT_EQ(stage(*out, second), "inserted unchanged");
  commit(*out);
  EXPECT_EQ(query("SELECT * FROM t"), "1|1;2|3;3|3");
}

TEST_F(WriterTest, AFullDiskStopsWithTheLastCheckpointIntact) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)");
  auto store = open("t");
  auto out = writer(*store, {target("t")});
  Rows small({"id", "x"});
  small.add({Value::int64(1), Value::text("a")});
  stage(*out, small);
  commit(*out, "first");
  out.reset();
  EXPECT_EXIT(fill_the_disk(*store), ::testing::ExitedWithCode(0), "");
  auto again = writer(*store, {target("t")});
  EXPECT_EQ(again->checkpoint().value(), "first");
  EXPECT_EQ(query("SELECT count(*) FROM t"), "1");
}

TEST_F(WriterTest, AKeyWithACollationIsNotMistakenForAnother) {
  exec(
      "CREATE TABLE t (k TEXT PRIMARY KEY COLLATE NOCASE, n INTEGER); INSERT INTO t VALUES "
      "('a', 1)");
  Rows rows({"k", "n"});
  rows.add({Value::text("A"), Value::int64(2)});
  EXPECT_EQ(write(target("t", Policy::upsert), rows), "quarantined(unique)");
  EXPECT_EQ(query("SELECT * FROM t"), "a|1");
}

TEST_F(WriterTest, ADefaultFillsARequiredFieldThatIsAbsent) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'd', b TEXT DEFAULT 'e')");
  Rows rows({"id", "a", "b"});
  rows.add({Value::int64(1), Value::absent(), Value::absent()});
  EXPECT_EQ(write(target("t"), rows), "inserted");
  EXPECT_EQ(query("SELECT a, b FROM t"), "d|NULL");
}

TEST_F(WriterTest, ExclusiveSetsIndexesAsideAndMakesThemAgain) {
  exec(
      "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, u TEXT); CREATE INDEX by_a ON t (a DESC);"
      "CREATE UNIQUE INDEX by_u ON t (u); CREATE INDEX part ON t (a) WHERE a > 'x'");
  std::string before = query("SELECT name, sql FROM sqlite_schema ORDER BY name");
  StoreOptions alone;
  alone.exclusive = true;
  auto store = open("t", alone);
  EXPECT_GT(store->capabilities().transaction_records_max, 1'000'000u);
  auto out = writer(*store, {target("t")});
  Rows rows({"id", "a", "u"});
  rows.add({Value::text("1"), Value::text("a"), Value::text("u")});
  rows.add({Value::text("2"), Value::text("b"), Value::text("u")});
  EXPECT_EQ(stage(*out, rows), "inserted quarantined(unique)");
  commit(*out);
  finish(*out);
  EXPECT_EQ(query("SELECT name, sql FROM sqlite_schema ORDER BY name"), before);
  EXPECT_EQ(query("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace decant::sqlite
