// A file that Decant creates: loaded without indexes, finished, killed and resumed.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class LoadTest : public StoreFixture {
 protected:
  static Definition jobs() {
    Definition jobs;
    jobs.name = "jobs";
    jobs.fields = {field("id", FieldKind::text), field("mail", FieldKind::text),
                   field("n", FieldKind::integer)};
    jobs.key = {"id"};
    jobs.indexes = {{"by_mail", {{"mail", "", false, "NOCASE"}}, true, ""},
                    {"by_n", {{"n", "", true, ""}}, false, ""}};
    return jobs;
  }

  WriteTarget created(Store& store, const Definition& wanted) {
    auto result = store.create(wanted, {});
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    WriteTarget target;
    target.created = true;  // in this migration, if not in this run
    if (result.ok()) target.definition = result->definition;
    return target;
  }

  void add_jobs(Rows& rows, int first, int last) {
    for (int i = first; i < last; ++i) {
      rows.add({rows.text("job " + std::to_string(i)), rows.text(std::to_string(i) + "@x"),
                Value::int64(i)});
    }
  }
};

TEST_F(LoadTest, IndexesComeLastAndNoTraceStays) {
  auto store = open("jobs");
  EXPECT_EQ(store->capabilities().transaction_records_max, load_transaction_records_max);
  WriteTarget target = created(*store, jobs());
  EXPECT_EQ(store->capabilities().transaction_records_max, load_transaction_records_max);
  Definition definition = target.definition;
  auto out = writer(*store, {target});
  Rows rows({"id", "mail", "n"});
  add_jobs(rows, 0, 1000);
  stage(*out, rows);
  commit(*out);
  EXPECT_EQ(query("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'jobs'"),
            "0");
  EXPECT_EQ(finish(*out), std::vector<std::string>{});
  out.reset();
  EXPECT_EQ(query("SELECT name FROM sqlite_schema ORDER BY name"), "by_mail;by_n;jobs;jobs_key");
  EXPECT_EQ(query("PRAGMA page_size"), "16384");
  EXPECT_EQ(query("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(query("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(describe(*store), definition);
  EXPECT_FALSE(std::filesystem::exists(path() + "-journal"));
}

TEST_F(LoadTest, IsLeftInWalOnlyIfTheDefinitionSaysSo) {
  auto store = open("jobs");
  Definition wanted = jobs();
  wanted.wal = true;
  WriteTarget target = created(*store, wanted);
  EXPECT_TRUE(target.definition.wal);
  auto out = writer(*store, {target});
  EXPECT_EQ(query("PRAGMA journal_mode"), "delete");
  finish(*out);
  out.reset();
  EXPECT_EQ(query("PRAGMA journal_mode"), "wal");
}

TEST_F(LoadTest, LaterRowsThatAUniqueIndexRefusesAreWithdrawn) {
  auto store = open("jobs");
  auto out = writer(*store, {created(*store, jobs())});
  Rows rows({"id", "mail", "n"});
  rows.add({Value::text("a"), Value::text("x@y"), Value::int64(1)});
  rows.add({Value::text("b"), Value::text("X@Y"), Value::int64(2)});
  rows.add({Value::text("c"), Value::absent(), Value::int64(3)});
  rows.add({Value::text("d"), Value::absent(), Value::int64(4)});
  rows.add({Value::text("e"), Value::text("x@Y"), Value::int64(5)});
  stage(*out, rows);
  commit(*out);
  EXPECT_EQ(finish(*out), (std::vector<std::string>{R"(unique: {"id":"b","mail":"X@Y","n":2})",
                                                    R"(unique: {"id":"e","mail":"x@Y","n":5})"}));
  EXPECT_EQ(query("SELECT id FROM jobs ORDER BY id"), "a;c;d");
  EXPECT_EQ(query("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'decant%'"), "0");
}

TEST_F(LoadTest, ATableLoadedIntoAFileInWalHasItsRepeatedRowsWithdrawn) {
  exec("PRAGMA journal_mode=WAL; CREATE TABLE other (n)");
  StoreOptions options;
  options.exclusive = true;
  auto store = open("jobs", options);
  auto out = writer(*store, {created(*store, jobs())});
  Rows rows({"id", "mail", "n"});
  rows.add({Value::text("a"), Value::text("x@y"), Value::int64(1)});
  rows.add({Value::text("b"), Value::text("X@Y"), Value::int64(2)});
  stage(*out, rows);
  commit(*out);
  EXPECT_EQ(finish(*out), (std::vector<std::string>{R"(unique: {"id":"b","mail":"X@Y","n":2})"}));
  EXPECT_EQ(query("SELECT id FROM jobs ORDER BY id"), "a");
  EXPECT_EQ(query("PRAGMA journal_mode"), "wal");
}

TEST_F(LoadTest, WithdrawnRowsAreToldAgainAfterAKill) {
  auto store = open("jobs");
  WriteTarget target = created(*store, jobs());
  for (int i = 0; i < 2; ++i) {
    auto out = writer(*store, {target});
    if (i == 0) {
      Rows rows({"id", "mail", "n"});
      rows.add({Value::text("a"), Value::text("m"), Value::int64(1)});
      rows.add({Value::text("b"), Value::text("m"), Value::int64(2)});
      stage(*out, rows);
      commit(*out);
    }
    auto first = out->finish();  // and the program ends before it could note them
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(first->withdrawn.size(), 1u) << i;
  }
  auto out = writer(*store, {target});
  EXPECT_EQ(finish(*out).size(), 1u);
  EXPECT_EQ(out->finish()->withdrawn.size(), 0u);
}

TEST_F(LoadTest, RowsThatReferToNothingAreWithdrawnUntilNoneIsLeft) {
  auto store = open();
  Definition nodes;
  nodes.name = "nodes";
  nodes.fields = {field("id", FieldKind::text), field("up", FieldKind::text)};
  nodes.key = {"id"};
  nodes.foreign_keys = {{"", {"up"}, "nodes", {}, "", "", false}};
  Definition leaves;
  leaves.name = "leaves";
  leaves.fields = {field("id", FieldKind::integer), field("node", FieldKind::text)};
  leaves.key = {"id"};
  leaves.without_rowid = true;
  leaves.foreign_keys = {{"", {"node"}, "nodes", {"id"}, "", "", false},
                         {"", {"node"}, "elsewhere", {"id"}, "", "", false}};
  WriteTarget first = created(*store, nodes);
  WriteTarget second = created(*store, leaves);
  auto out = writer(*store, {first, second});
  Rows rows({"id", "up"});
  rows.add({Value::text("a"), Value::absent()});
  rows.add({Value::text("b"), Value::text("c")});
  rows.add({Value::text("c"), Value::text("none")});
  stage(*out, rows);
  Rows more({"id", "node"});
  more.add({Value::int64(1), Value::text("a")});
  more.add({Value::int64(2), Value::text("b")});
  stage(*out, more, 1);
  commit(*out);
  auto result = out->finish();
  ASSERT_TRUE(result.ok()) << result.error().message;
  ASSERT_EQ(result->withdrawn.size(), 3u);
  EXPECT_EQ(result->notes.size(), 1u);
  EXPECT_EQ(result->withdrawn.back().reason, "foreign_key");
  EXPECT_TRUE(out->finish()->withdrawn.empty());
  EXPECT_EQ(query("SELECT id FROM nodes"), "a");
  EXPECT_EQ(query("SELECT id FROM leaves"), "1");
}

// Row i refers to row i + 1, the last one to nothing: one statement takes the whole chain out.
TEST_F(LoadTest, AChainOfRowsThatReferToNothingIsTakenOutAtOnce) {
  auto store = open("nodes");
  Definition nodes;
  nodes.name = "nodes";
  nodes.fields = {field("id", FieldKind::integer), field("up", FieldKind::integer)};
  nodes.key = {"id"};
  nodes.foreign_keys = {{"", {"up"}, "nodes", {"id"}, "", "", false}};
  auto out = writer(*store, {created(*store, nodes)});
  Rows rows({"id", "up"});
  constexpr std::int64_t kChain = 20'000;
  for (std::int64_t i = 0; i < kChain; ++i) rows.add({Value::int64(i), Value::int64(i + 1)});
  rows.add({Value::int64(-1), Value::absent()});
  stage(*out, rows);
  commit(*out);
  EXPECT_EQ(finish(*out).size(), static_cast<std::size_t>(kChain));
  EXPECT_EQ(query("SELECT id FROM nodes"), "-1");
}

TEST_F(LoadTest, AfterTheLoadTheTableIsMergedInto) {
  auto store = open("jobs");
  WriteTarget target = created(*store, jobs());
  {
    auto out = writer(*store, {target});
    Rows rows({"id", "mail", "n"});
    add_jobs(rows, 0, 10);
    stage(*out, rows);
    commit(*out);
    finish(*out);
  }
  auto out = writer(*store, {target});
  Rows rows({"id", "mail", "n"});
  add_jobs(rows, 9, 11);
  EXPECT_EQ(stage(*out, rows), "unchanged inserted");
}

TEST_F(LoadTest, ARecordThatARuleRefusesStaysOutAlone) {
  Definition wanted = jobs();
  wanted.checks = {{"small", "n < 5"}};
  auto store = open("jobs");
  auto out = writer(*store, {created(*store, wanted)});
  Rows rows({"id", "mail", "n"});
  add_jobs(rows, 3, 7);
  EXPECT_EQ(stage(*out, rows), "inserted inserted quarantined(check) quarantined(check)");
  commit(*out);
  finish(*out);
  EXPECT_EQ(query("SELECT count(*) FROM jobs"), "2");
}

// A child loads groups of ten and is killed; the next goes on behind the checkpoint that stands.
TEST_F(LoadTest, AKilledLoadGoesOnBehindItsCheckpoint) {
  unsigned seed = static_cast<unsigned>(::getpid());
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int kGroups = 60;
  {
    auto store = open("jobs");
    created(*store, jobs());
  }
  auto load = [&](bool to_the_end) {
    auto store = open("jobs");
    auto out = writer(*store, {created(*store, jobs())});
    std::string checkpoint = out->checkpoint().value();
    int group = checkpoint.empty() ? 0 : std::stoi(checkpoint) + 1;
    for (; group < kGroups; ++group) {
      Rows rows({"id", "mail", "n"});
      add_jobs(rows, group * 10, group * 10 + 10);
      stage(*out, rows);
      commit(*out, std::to_string(group));
    }
    if (to_the_end) finish(*out);
  };
  for (int kill = 0; kill < 5; ++kill) {
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      load(true);
      ::_exit(0);
    }
    ::usleep(1000 + ::rand_r(&seed) % 40000);  // the moment of the kill, not a wait for a state
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
  }
  load(true);
  EXPECT_EQ(query("SELECT count(*), sum(n) FROM jobs"), "600|179700");
  EXPECT_EQ(query("SELECT name FROM sqlite_schema ORDER BY name"), "by_mail;by_n;jobs;jobs_key");
  EXPECT_EQ(query("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace decant::sqlite
