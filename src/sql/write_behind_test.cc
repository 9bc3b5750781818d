#include "sql/write_behind.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <utility>

#include "sql/sqlite.h"
#include "testing/temporary_folder.h"

namespace decant::sql {
namespace {

constexpr char kFill[] =
    "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    "INSERT INTO t SELECT i, hex(randomblob(4)), zeroblob(500) FROM n";

class WriteBehind : public ::testing::Test {
 protected:
  std::string path() const { return folder_ / "t.db"; }
  Database open(const std::string& vfs) {
    auto database = Database::open(path(), {.mode = OpenMode::create, .busy_ms = 0, .vfs = vfs});
    EXPECT_TRUE(database.ok());
    return std::move(database).value();
  }
  Database open_behind() {
    EXPECT_NE(write_behind_vfs(), "");
    return open(write_behind_vfs());
  }
  static void run(Database& database, const std::string& sql) {
    Status done = database.exec(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  static std::int64_t number(Database& database, const char* sql) {
    auto value = database.query_int64(sql);
    EXPECT_TRUE(value.ok());
    return value.ok() ? *value : -1;
  }
  // As a connection sees it that uses SQLite's own layer.
  void expect_sound(std::int64_t rows) {
    Database other = open("");
    auto sound = other.query_text("PRAGMA integrity_check");
    ASSERT_TRUE(sound.ok()) << sound.error().message;
    EXPECT_EQ(*sound, "ok");
    EXPECT_EQ(number(other, "SELECT count(*) FROM t"), rows);
  }

  decant::testing::TemporaryFolder folder_;
};

// A cache of ten pages: most are written in mid-transaction, read again and changed again.
constexpr char kTable[] =
    "PRAGMA cache_size=10; CREATE TABLE t (i INTEGER PRIMARY KEY, k TEXT, b BLOB);"
    "CREATE INDEX t_k ON t (k)";

TEST_F(WriteBehind, PagesThatWaitAreReadAsTheyWillBe) {
  Database database = open_behind();
  run(database, kTable);
  run(database, std::string("BEGIN; ") + kFill);
  run(database, "UPDATE t SET k = k || 'x' WHERE i % 7 = 0");
  EXPECT_EQ(number(database, "SELECT count(*) FROM t WHERE k LIKE '%x'"), 20'000 / 7);
  run(database, "COMMIT");
  expect_sound(20'000);
}

TEST_F(WriteBehind, AnotherConnectionSeesACommitAtOnceWithoutASync) {
  Database database = open_behind();
  run(database, kTable);
  run(database, std::string("PRAGMA synchronous=OFF; ") + kFill);
  expect_sound(20'000);
}

TEST_F(WriteBehind, ARollbackBringsBackWhatWasThere) {
  Database database = open_behind();
  run(database, kTable);
  run(database, kFill);
  run(database, "BEGIN; UPDATE t SET b = zeroblob(700); DELETE FROM t WHERE i % 2 = 0; ROLLBACK");
  EXPECT_EQ(number(database, "SELECT sum(length(b)) FROM t"), 500 * 20'000);
  expect_sound(20'000);
}

// The last connection checkpoints under the EXCLUSIVE lock.
TEST_F(WriteBehind, AWriteAheadLogIsCheckpointedInPlace) {
  Database database = open_behind();
  run(database, std::string("PRAGMA journal_mode=WAL; ") + kTable);
  run(database, kFill);
  expect_sound(20'000);
  run(database, "PRAGMA wal_checkpoint(TRUNCATE); UPDATE t SET b = zeroblob(600)");
  database.close();
  expect_sound(20'000);
}

TEST_F(WriteBehind, EveryKindOfJournalAndLockLeavesASoundFile) {
  for (const char* journal : {"DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL"}) {
    for (const char* locking : {"NORMAL", "EXCLUSIVE"}) {
      SCOPED_TRACE(std::string(journal) + " " + locking);
      Database database = open_behind();
      run(database, std::string("PRAGMA locking_mode=") + locking +
                        "; PRAGMA journal_mode=" + journal + "; DROP TABLE IF EXISTS t");
      run(database, kTable);
      run(database, std::string("BEGIN; ") + kFill + "; COMMIT");
      run(database, "BEGIN; UPDATE t SET k = 'x'; SAVEPOINT a; DELETE FROM t WHERE i % 3 = 0");
      run(database, "ROLLBACK TO a; COMMIT");
      EXPECT_EQ(number(database, "SELECT count(*) FROM t WHERE k = 'x'"), 20'000);
      database.close();
      expect_sound(20'000);
    }
  }
}

TEST_F(WriteBehind, TwoFilesOfOneConnectionAreKeptApart) {
  Database database = open_behind();
  run(database, kTable);
  run(database,
      "ATTACH '" + (folder_ / "u.db") + "' AS u; CREATE TABLE u.t (i INTEGER, k TEXT, b BLOB)");
  run(database, std::string("BEGIN; ") + kFill + "; INSERT INTO u.t SELECT * FROM t; COMMIT");
  EXPECT_EQ(number(database, "SELECT count(*) FROM u.t"), 20'000);
  expect_sound(20'000);
}

// Files may grow to so many bytes while it lives: a write beyond fails, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
  void (*handler_)(int);
};

class WriteBehindFailing : public WriteBehind {
 protected:
  // A transaction of this statement, with room for so large a file: one row stays, as before.
  void expect_rolled_back(Database& database, const std::string& statement, rlim_t bytes) {
    {
      FileSizeLimit limit(bytes);
      EXPECT_FALSE(database.exec("BEGIN; " + statement + "; COMMIT").ok());
    }
    database.rollback();
    EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 1);
    expect_sound(1);
  }
};

TEST_F(WriteBehindFailing, AFailedWriteIsToldBeforeTheCommitAndRolledBack) {
  for (const char* synchronous : {"FULL", "OFF"}) {
    for (rlim_t kilobytes : {100, 3'000, 8'000, 11'000}) {
      SCOPED_TRACE(std::to_string(kilobytes) + " KB, synchronous=" + synchronous);
      Database database = open_behind();
      run(database, "DROP TABLE IF EXISTS t");
      run(database, kTable);
      run(database, "INSERT INTO t VALUES (-1, 'before', NULL)");
      run(database, std::string("VACUUM; PRAGMA synchronous=") + synchronous);
      expect_rolled_back(database, kFill, kilobytes << 10);
      run(database, kFill);
      expect_sound(20'001);
    }
  }
}

// Few pages: all are written at the commit, and the failure is the last thing before it.
TEST_F(WriteBehindFailing, AFailureOfTheLastPagesIsTold) {
  for (const char* synchronous : {"FULL", "OFF"}) {
    SCOPED_TRACE(synchronous);
    Database database = open_behind();
    run(database, "DROP TABLE IF EXISTS t");
    run(database, kTable);
    run(database, "INSERT INTO t VALUES (-1, 'before', NULL)");
    run(database, std::string("VACUUM; PRAGMA cache_size=1000; PRAGMA synchronous=") + synchronous);
    expect_rolled_back(database, "INSERT INTO t VALUES (1, 'x', zeroblob(300000))", 100 << 10);
  }
}

}  // namespace
}  // namespace decant::sql
