// Writing into files with a write-ahead log.
#include <string>

#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class WalTest : public StoreFixture {
 protected:
  // The file and its log as a kill leaves them: copied beside while all connections are open.
  void copy_as_killed() {
    for (const char* ending : {"", "-wal"}) {
      std::filesystem::copy_file(path() + ending, path("killed.db") + ending);
    }
  }
};

// SQLite 3.40 forgets the checksums of a log's frames where a page was written twice within a
// transaction, and then a part of it is undone, as a reference that dangles is. Rows of 160 MB are
// more than the cache holds; the index's first page is changed at the start and in the middle.
TEST_F(WalTest, ACommitAfterAPartWasUndoneIsThereAfterAKill) {
  exec(
      "PRAGMA journal_mode=WAL; CREATE TABLE parent (id INTEGER PRIMARY KEY);"
      "CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, v TEXT,"
      " parent INTEGER REFERENCES parent(id)); CREATE INDEX t_k ON t (k)");
  auto reader = sql::Database::open(path(), {sql::OpenMode::read_write});
  ASSERT_TRUE(reader->exec("BEGIN; SELECT count(*) FROM t").ok());  // no checkpoint beside it
  constexpr int kRows = 9000;
  constexpr int kKept = 100;  // the others refer to a row that is not there
  const std::string text(18'000, 'v');
  Rows rows({"id", "k", "v", "parent"});
  for (int i = 1; i <= kRows; ++i) {
    const bool first_page = i % (kRows / 2) < 50;
    rows.add({Value::int64(i), rows.text((first_page ? "a" : "z") + std::to_string(i)),
              Value::text(text), i <= kKept ? Value::null() : Value::int64(7)});
  }
  auto store = open("t");
  WriteTarget target;
  target.definition = describe("t");
  auto out = writer(*store, {target});
  StageResult result;
  ASSERT_TRUE(out->stage(0, rows.records(), result).ok());
  EXPECT_EQ(result.rejections.size(), std::size_t{kRows - kKept});
  commit(*out);
  copy_as_killed();
  EXPECT_EQ(query("SELECT count(*) FROM t", "killed.db"), std::to_string(kKept));
  EXPECT_EQ(query("PRAGMA integrity_check", "killed.db"), "ok");
}

}  // namespace
}  // namespace decant::sqlite
