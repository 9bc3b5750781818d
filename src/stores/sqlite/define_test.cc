// Definitions: described, created, compared.
#include <algorithm>

#include "stores/sqlite/ddl.h"
#include "stores/sqlite/ddl_reader.h"
#include "stores/sqlite/declared_type.h"
#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class DefineTest : public StoreFixture {};

TEST_F(DefineTest, TellsFieldsKeysIndexesRulesAndReferences) {
  exec(R"(CREATE TABLE "team" (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
    CREATE TABLE [the job] (
      a TEXT COLLATE NOCASE, -- a comment, with a comma
      b DECIMAL(10,2) NOT NULL DEFAULT -1.5 CONSTRAINT positive CHECK (b > 0 AND a <> 'x,)y'),
      "c ""d" VARCHAR(20) NULL DEFAULT 'it''s',
      e INT GENERATED ALWAYS AS (length(a) + 1) STORED,
      f AS (b * 2),
      team_id INTEGER CONSTRAINT team_fk REFERENCES team ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED,
      PRIMARY KEY (a, b),
      CHECK (length(a) < 100)
    ) WITHOUT ROWID;
    CREATE INDEX by_lower ON [the job] (lower(a) COLLATE NOCASE DESC, b) WHERE b > 3;
    CREATE UNIQUE INDEX by_c ON [the job] ("c ""d");)");
  Definition job = describe("the job");
  EXPECT_EQ(job.key, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(job.without_rowid);
  ASSERT_EQ(job.fields.size(), 6u);
  EXPECT_EQ(job.fields[0].collation, "NOCASE");
  EXPECT_EQ(job.fields[1].type.kind, FieldKind::number);
  EXPECT_EQ(job.fields[1].type.native, "DECIMAL(10,2)");
  EXPECT_EQ(job.fields[1].default_sql, "-1.5");
  EXPECT_TRUE(job.fields[1].required);
  EXPECT_EQ(job.fields[2].name, "c \"d");
  EXPECT_TRUE(job.fields[2].nullable);
  EXPECT_FALSE(job.fields[0].nullable);
  EXPECT_TRUE(job.fields[3].generated);
  EXPECT_EQ(job.fields[3].default_sql, "(length(a) + 1) STORED");
  EXPECT_EQ(job.fields[4].default_sql, "(b * 2) VIRTUAL");
  ASSERT_EQ(job.checks.size(), 2u);
  EXPECT_EQ(job.checks[0], (CheckRule{"positive", "b > 0 AND a <> 'x,)y'"}));
  EXPECT_EQ(job.checks[1], (CheckRule{"", "length(a) < 100"}));
  ASSERT_EQ(job.foreign_keys.size(), 1u);
  EXPECT_EQ(job.foreign_keys[0],
            (ForeignKey{"team_fk", {"team_id"}, "team", {}, "CASCADE", "", true}));
  ASSERT_EQ(job.indexes.size(), 2u);
  EXPECT_EQ(job.indexes[0].parts[0], (IndexPart{"", "lower(a)", true, "NOCASE"}));
  EXPECT_EQ(job.indexes[0].where, "b > 3");
  EXPECT_TRUE(job.indexes[1].unique);
  Definition team = describe("team");
  EXPECT_TRUE(team.key_generated);
  EXPECT_EQ(team.key, std::vector<std::string>{"id"});
  ASSERT_EQ(team.indexes.size(), 1u);
  EXPECT_EQ(team.indexes[0].name, "");
  EXPECT_TRUE(team.indexes[0].unique);
}

TEST_F(DefineTest, HidesWhatIsNotACollectionAndListsWhatIsLeftBehind) {
  exec(R"(CREATE TABLE a (x INTEGER PRIMARY KEY); CREATE TABLE decant_checkpoint_old (x);
    CREATE TABLE b (y); CREATE VIEW v AS SELECT x FROM a;
    CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE words USING fts5(text);)");
  auto all = open()->describe();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "a");
  EXPECT_EQ((*all)[1].name, "b");
  EXPECT_EQ((*all)[0].left_behind,
            (std::vector<std::string>{"trigger t of a", "view v", "virtual table words"}));
  EXPECT_TRUE(describe("v").is_view);
}

TEST_F(DefineTest, NamesWhatIsNotThere) {
  exec("CREATE TABLE a (x)");
  auto none = open("nothing")->describe();
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_NE(none.error().message.find("nothing"), std::string::npos);
  auto missing = open_store(path("b.db"), "", {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(path("b.db")));
}

TEST_F(DefineTest, ReadsTypesAsDeclared) {
  struct Case {
    std::string_view declared;
    FieldKind kind;
  };
  for (const Case& c :
       {Case{"BOOLEAN", FieldKind::boolean}, Case{"bool", FieldKind::boolean},
        Case{"BIGINT", FieldKind::integer}, Case{"NVARCHAR(160)", FieldKind::text},
        Case{"", FieldKind::any}, Case{"BLOB", FieldKind::any},
        Case{"double precision", FieldKind::real}, Case{"NUMERIC(10,2)", FieldKind::number},
        Case{"UUID", FieldKind::any}, Case{"DATETIME", FieldKind::timestamp_local},
        Case{"DATE", FieldKind::date}, Case{"JSON", FieldKind::json},
        Case{"JSON_TEXT", FieldKind::json}, Case{"TIMESTAMP_TEXT", FieldKind::timestamp},
        Case{"UUID_TEXT", FieldKind::uuid}, Case{"DECIMAL_TEXT(12,2)", FieldKind::decimal}}) {
    EXPECT_EQ(field_type_of(c.declared, false).kind, c.kind) << c.declared;
  }
  EXPECT_EQ(field_type_of("DECIMAL_TEXT(12,2)", false).scale, 2u);
  EXPECT_EQ(affinity_of("CHARINT", false), Affinity::integer);
  EXPECT_EQ(affinity_of("STRING", false), Affinity::numeric);
}

TEST_F(DefineTest, KnowsWhichTextsSqliteTakesForNumbers) {
  auto database = sql::Database::open("", {sql::OpenMode::memory});
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->exec("CREATE TABLE t (n NUMERIC)").ok());
  auto insert = database->prepare("INSERT INTO t VALUES (?) RETURNING typeof(n)");
  ASSERT_TRUE(insert.ok());
  for (std::string_view text :
       {"007", " 7 ", "7.",       ".5",    ".",     "-",          "+3",
        "1e5", "1e",  "1e+",      "0x10",  "12abc", "",           "-.5e-3",
        "1 2", "inf", "Infinity", "1_000", "\t9\n", "2020-01-01", "9223372036854775808"}) {
    insert->bind_text(0, text);
    ASSERT_EQ(insert->step(), sql::Step::row);
    EXPECT_EQ(insert->text(0) != "text", looks_numeric(text)) << "'" << text << "'";
    insert->reset();
  }
}

TEST_F(DefineTest, CreatesWhatItDescribes) {
  Definition wanted;
  wanted.name = "wide";
  int number = 0;
  for (FieldKind kind :
       {FieldKind::any, FieldKind::boolean, FieldKind::integer, FieldKind::decimal,
        FieldKind::number, FieldKind::real, FieldKind::text, FieldKind::bytes, FieldKind::timestamp,
        FieldKind::timestamp_local, FieldKind::date, FieldKind::time, FieldKind::interval,
        FieldKind::uuid, FieldKind::json, FieldKind::map}) {
    wanted.fields.push_back(field("f " + std::to_string(number++), kind));
  }
  wanted.fields.push_back(field("id", FieldKind::text, true));
  wanted.fields[3].type.precision = 12;
  wanted.fields[3].type.scale = 2;
  wanted.fields[6].nullable = true;
  wanted.fields[6].default_sql = "'it''s'";
  wanted.fields[6].collation = "NOCASE";
  wanted.key = {"id", "f 2"};
  wanted.indexes = {{"by_f6", {{"f 6", "", true, ""}, {"", "f 6 || 'x'", false, ""}}, false, ""}};
  wanted.indexes[0].parts[1].expression = "\"f 6\" || 'x'";
  wanted.indexes.push_back({"", {{"f 9", "", false, ""}}, true, ""});
  wanted.checks = {{"short", "length(\"f 6\") < 9"}};
  wanted.foreign_keys = {{"", {"f 2"}, "other", {"x"}, "SET NULL", "CASCADE", true}};
  wanted.wal = true;
  auto store = open("wide");
  auto native = store->native(wanted);
  ASSERT_TRUE(native.ok()) << native.error().message;
  EXPECT_EQ(native->fields[3].type.native, "DECIMAL_TEXT(12,2)");
  auto created = store->create(wanted, {});
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_TRUE(created->created);
  EXPECT_TRUE(created->file_created);
  EXPECT_EQ(created->definition, *native);
  EXPECT_EQ(describe(*store), *native) << "indexes that wait for the load are described";
  auto again = store->create(wanted, {});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->differences, std::vector<std::string>{});
  auto copy = open("wide", {}, "copy.db");
  ASSERT_TRUE(copy->create(*native, {}).ok());
  EXPECT_EQ(describe(*copy), *native);
}

TEST_F(DefineTest, AnIntegerKeyIsTheRowId) {
  Definition wanted;
  wanted.name = "t";
  wanted.fields = {field("id", FieldKind::integer), field("x", FieldKind::text)};
  wanted.key = {"id"};
  auto store = open("t");
  ASSERT_TRUE(store->create(wanted, {}).ok());
  EXPECT_EQ(query("SELECT sql LIKE '%\"id\" INTEGER PRIMARY KEY%' FROM sqlite_schema "
                  "WHERE name = 't'"),
            "1");
}

TEST_F(DefineTest, ADryCreateLeavesNoFile) {
  Definition wanted;
  wanted.name = "t";
  wanted.fields = {field("id", FieldKind::integer)};
  auto created = open("t")->create(wanted, {true});
  ASSERT_TRUE(created.ok());
  EXPECT_TRUE(created->created);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(DefineTest, NamesThatCollideByLetterCaseAskForARename) {
  Definition wanted;
  wanted.name = "Jobs";
  wanted.fields = {field("Id", FieldKind::integer), field("ID", FieldKind::text)};
  auto native = open()->native(wanted);
  ASSERT_FALSE(native.ok());
  EXPECT_EQ(native.error().code, ErrorCode::invalid);
  EXPECT_NE(native.error().message.find("rename: {Jobs.ID:"), std::string::npos)
      << native.error().message;
  exec("CREATE TABLE jobs (x)");
  wanted.fields.pop_back();
  auto created = open()->create(wanted, {});
  ASSERT_FALSE(created.ok());
  EXPECT_NE(created.error().message.find("rename: {Jobs:"), std::string::npos);
}

TEST_F(DefineTest, ReservedAndEmptyNamesAreRefusedByName) {
  for (const char* name : {"sqlite_x", "Decant_rest", ""}) {
    Definition wanted;
    wanted.name = name;
    wanted.fields = {field("x", FieldKind::text)};
    EXPECT_FALSE(open()->native(wanted).ok()) << name;
  }
}

TEST_F(DefineTest, ListsEachDifference) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, extra)");
  Definition wanted;
  wanted.name = "t";
  wanted.fields = {field("id", FieldKind::integer), field("a", FieldKind::text, true),
                   field("b", FieldKind::text), field("c", FieldKind::text)};
  wanted.key = {"id"};
  wanted.indexes = {{"by_a", {{"a", "", false, ""}}, false, ""}};
  auto result = open("t")->create(wanted, {});
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->created);
  EXPECT_EQ(result->differences.size(), 5u);
}

TEST_F(DefineTest, AStrictTableRefusesTypesThatItCannotDeclare) {
  Definition wanted;
  wanted.name = "t";
  wanted.strict = true;
  wanted.fields = {field("a", FieldKind::text), field("b", FieldKind::any)};
  auto store = open("t");
  ASSERT_TRUE(store->create(wanted, {}).ok());
  EXPECT_TRUE(describe(*store).strict);
  wanted.name = "u";
  wanted.fields.push_back(field("when", FieldKind::timestamp));
  auto native = store->native(wanted);
  ASSERT_FALSE(native.ok());
  EXPECT_NE(native.error().message.find("u.when"), std::string::npos);
}

TEST_F(DefineTest, AnIndexNameThatIsTakenGetsTheTableInFront) {
  exec("CREATE TABLE a (x); CREATE INDEX by_x ON a (x)");
  Definition wanted;
  wanted.name = "b";
  wanted.fields = {field("x", FieldKind::text)};
  wanted.indexes = {{"by_x", {{"x", "", false, ""}}, false, ""}};
  auto created = open("b")->create(wanted, {});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->definition.indexes[0].name, "b_by_x");
}

TEST_F(DefineTest, TheComplementIsTheHiddenField) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, decant_rest JSON_TEXT)");
  Definition t = describe("t");
  EXPECT_EQ(t.complement, "decant_rest");
  EXPECT_TRUE(t.fields[1].hidden);
}

TEST_F(DefineTest, AForeignKeyWithoutFieldsNamesThoseOfAParentThatDecantMade) {
  Definition parent;
  parent.name = "p";
  parent.fields = {field("code", FieldKind::text)};
  parent.key = {"code"};
  Definition child;
  child.name = "c";
  child.fields = {field("id", FieldKind::integer), field("code", FieldKind::text)};
  child.key = {"id"};
  child.foreign_keys = {{"", {"code"}, "p", {}, "", "", false}};
  auto store = open();
  ASSERT_TRUE(store->create(parent, {}).ok());
  ASSERT_TRUE(store->create(child, {}).ok());
  EXPECT_EQ(describe("c").foreign_keys[0].target_fields, std::vector<std::string>{"code"});
}

}  // namespace
}  // namespace decant::sqlite
