// A dry run says what a run does, and leaves everything as it is.
#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class DryWriterTest : public StoreFixture {
 protected:
  // The outcomes of a dry run, then of a run, of the same records.
  void expect_the_same(Store& store, const WriteTarget& target, Rows& rows) {
    WriteOptions dry;
    dry.dry_run = true;
    std::string before = query("SELECT count(*), total(length(sql)) FROM sqlite_schema");
    std::string said = stage(*writer(store, {target}, dry), rows);
    EXPECT_EQ(query("SELECT count(*), total(length(sql)) FROM sqlite_schema"), before);
    auto out = writer(store, {target});
    EXPECT_EQ(stage(*out, rows), said);
    EXPECT_NE(said.find("inserted"), std::string::npos) << said;
  }
};

TEST_F(DryWriterTest, SaysWhatTheRulesOfTheTableRefuse) {
  for (const char* journal : {"DELETE", "WAL"}) {
    exec(std::string("PRAGMA journal_mode=") + journal +
         "; DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS p;"
         "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);"
         "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, n INTEGER CHECK (n > 0),"
         " u TEXT UNIQUE, p INTEGER REFERENCES p (id), up INTEGER REFERENCES t (id));"
         "INSERT INTO t VALUES (1, 'x', 1, 'u1', 1, NULL), (2, 'x', 1, 'u2', 1, 1)");
    WriteTarget target;
    target.definition = describe("t");
    target.policy = Policy::upsert;
    Rows rows({"id", "a", "n", "u", "p", "up"});
    Value one = Value::int64(1);
    Value none = Value::absent();
    Value x = Value::text("x");
    rows.add({one, x, one, Value::text("u1"), one, none});                // unchanged
    rows.add({Value::int64(2), x, one, Value::text("u1"), one, one});     // taken by row 1
    rows.add({Value::int64(3), none, one, Value::text("u3"), one, one});  // NOT NULL
    rows.add({Value::int64(4), x, Value::int64(0), Value::text("u4"), one, one});
    rows.add({Value::int64(5), x, one, Value::text("u5"), Value::int64(9), one});
    rows.add({Value::int64(6), x, one, Value::text("u6"), one, Value::int64(7)});  // comes later
    rows.add({Value::int64(7), x, one, Value::text("u7"), one, Value::int64(2)});
    rows.add({Value::int64(8), x, one, Value::text("u7"), one, none});  // taken by record 7
    auto store = open("t");
    expect_the_same(*store, target, rows);
  }
}

TEST_F(DryWriterTest, AFileThatIsNotThereIsNotMade) {
  Definition wanted;
  wanted.name = "t";
  wanted.fields = {field("id", FieldKind::integer), field("u", FieldKind::text)};
  wanted.key = {"id"};
  wanted.indexes = {{"by_u", {{"u", "", false, ""}}, true, ""}};
  wanted.checks = {{"", "id < 10"}};
  auto store = open("t");
  auto created = store->create(wanted, {true});
  ASSERT_TRUE(created.ok());
  WriteTarget target;
  target.definition = created->definition;
  target.created = true;
  WriteOptions dry;
  dry.dry_run = true;
  auto out = writer(*store, {target}, dry);
  Rows rows({"id", "u"});
  rows.add({Value::int64(1), Value::text("a")});
  rows.add({Value::int64(2), Value::text("a")});
  rows.add({Value::int64(11), Value::text("b")});
  EXPECT_EQ(stage(*out, rows), "inserted quarantined(unique) quarantined(check)");
  out.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(DryWriterTest, LeavesNoFileBesideAFileInWal) {
  exec("PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, n CHECK (n > 0))");
  WriteTarget target;
  target.definition = describe("t");
  auto store = open("t");
  WriteOptions dry;
  dry.dry_run = true;
  auto out = writer(*store, {target}, dry);
  Rows rows({"id", "n"});
  rows.add({Value::int64(1), Value::int64(1)});
  rows.add({Value::int64(2), Value::int64(0)});
  EXPECT_EQ(stage(*out, rows), "inserted quarantined(check)");
  out.reset();
  EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
  EXPECT_EQ(query("SELECT count(*) FROM t"), "0");
}

}  // namespace
}  // namespace decant::sqlite
