#include "sql/sqlite.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "testing/temporary_folder.h"

namespace decant::sql {
namespace {

class SqliteHandles : public ::testing::Test {
 protected:
  std::string path(const char* name) const { return folder_ / name; }
  Database open(const char* name, OpenMode mode = OpenMode::create, std::uint32_t busy_ms = 0) {
    auto database = Database::open(path(name), {mode, busy_ms});
    EXPECT_TRUE(database.ok());
    return std::move(database).value();
  }

  decant::testing::TemporaryFolder folder_;
};

TEST_F(SqliteHandles, AMissingFileIsNotFoundAndNotCreated) {
  auto database = Database::open(path("none.db"), {OpenMode::read_write});
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(path("none.db")));
}

TEST_F(SqliteHandles, AFolderIsNamedAsOne) {
  auto database = Database::open(folder_.path(), {OpenMode::create});
  ASSERT_FALSE(database.ok());
  EXPECT_NE(database.error().message.find("folder"), std::string::npos);
}

TEST_F(SqliteHandles, AFileThatIsNoDatabaseIsCorruptAtOpen) {
  std::ofstream(path("text.db")) << std::string(4096, 'x');
  auto database = Database::open(path("text.db"), {OpenMode::read_only});
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code, ErrorCode::corrupt);
}

TEST_F(SqliteHandles, ValuesComeBackAsTheyWereBound) {
  Database database = open("a.db");
  auto statement = database.prepare("SELECT ?,?,?,?,?");
  ASSERT_TRUE(statement.ok());
  std::string with_nul("a\0b", 3);
  statement->bind_int64(0, INT64_MIN);
  statement->bind_double(1, 0.1);
  statement->bind_text(2, with_nul);
  statement->bind_bytes(3, std::string_view());
  ASSERT_EQ(statement->step(), Step::row);
  EXPECT_EQ(statement->int64(0), INT64_MIN);
  EXPECT_EQ(statement->real(1), 0.1);
  EXPECT_EQ(statement->text(2), with_nul);
  EXPECT_EQ(statement->type(3), ColumnType::blob);
  EXPECT_EQ(statement->bytes(3), "");
  EXPECT_TRUE(statement->is_null(4));
}

TEST_F(SqliteHandles, AnEmptyViewIsEmptyTextAndNotNull) {
  Database database = open("a.db");
  auto statement = database.prepare("SELECT ?");
  ASSERT_TRUE(statement.ok());
  statement->bind_text(0, std::string_view());
  ASSERT_EQ(statement->step(), Step::row);
  EXPECT_EQ(statement->type(0), ColumnType::text);
}

TEST_F(SqliteHandles, AConstraintLeavesTheTransactionUsable) {
  Database database = open("a.db");
  ASSERT_TRUE(database.exec("CREATE TABLE t(a UNIQUE)").ok());
  ASSERT_TRUE(database.begin().ok());
  auto insert = database.prepare("INSERT INTO t VALUES(?)");
  ASSERT_TRUE(insert.ok());
  insert->bind_int64(0, 1);
  EXPECT_EQ(insert->step(), Step::done);
  insert->reset();
  EXPECT_EQ(insert->step(), Step::constraint);
  insert->reset();
  insert->bind_int64(0, 2);
  EXPECT_EQ(insert->step(), Step::done);
  insert->reset();
  ASSERT_TRUE(database.commit().ok());
  EXPECT_EQ(database.query_int64("SELECT count(*) FROM t").value(), 2);
}

TEST_F(SqliteHandles, ALockHeldByAnotherConnectionIsBusy) {
  Database first = open("a.db");
  Database second = open("a.db");
  ASSERT_TRUE(first.begin_immediate().ok());
  auto status = second.begin_immediate();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::busy);
  first.rollback();
  EXPECT_FALSE(first.in_transaction());
  EXPECT_TRUE(second.begin_immediate().ok());
}

TEST_F(SqliteHandles, AFullDatabaseIsDiskFull) {
  Database database = open("a.db");
  ASSERT_TRUE(database.exec("CREATE TABLE t(a); PRAGMA max_page_count=4").ok());
  auto status = database.exec("INSERT INTO t VALUES(zeroblob(1000000))");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::disk_full);
}

TEST_F(SqliteHandles, WritingThroughAReadOnlyConnectionIsRefused) {
  { ASSERT_TRUE(open("a.db").exec("CREATE TABLE t(a)").ok()); }
  auto status = open("a.db", OpenMode::read_only).exec("INSERT INTO t VALUES(1)");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::refused);
}

TEST_F(SqliteHandles, ANameThatSqliteWouldReadMeaningIntoIsAFile) {
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  auto database = Database::open(":memory:", {OpenMode::create});
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->exec("CREATE TABLE t(a)").ok());
  EXPECT_TRUE(std::filesystem::exists(path(":memory:")));
  std::filesystem::current_path(before);
}

TEST_F(SqliteHandles, NamesAndTextsAreQuoted) {
  EXPECT_EQ(quote_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_text("it's"), "'it''s'");
}

}  // namespace
}  // namespace decant::sql
