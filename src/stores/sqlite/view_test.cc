// Reading: one state for all readers, partitions, places, values.
#include <atomic>
#include <set>
#include <thread>

#include "stores/sqlite/snapshot.h"
#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class ViewTest : public StoreFixture {
 protected:
  std::unique_ptr<View> view(Store& store) {
    auto view = store.view();
    EXPECT_TRUE(view.ok()) << (view.ok() ? "" : view.error().message);
    return view.ok() ? std::move(view).value() : nullptr;
  }
};

TEST_F(ViewTest, ReadsValuesAsTheyAreDeclared) {
  exec(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN, d DECIMAL_TEXT, j JSON_TEXT,
    at TIMESTAMP_TEXT, day DATE, moment DATETIME, u UUID_TEXT, r REAL, n NULL, i INTEGER, x);
    INSERT INTO t VALUES (1, 1, '1.50', '{"a":[1,null,"x"]}', '2024-01-31T10:20:30+02:00',
      '2024-01-31', '2024-01-31 10:20:30.5', '00112233-4455-6677-8899-AABBCCDDEEFF', 0.1, NULL,
      'text', x'00ff');
    INSERT INTO t VALUES (2, 7, 'many', '{"a":', 'soon', 'x', 5, 'y', 2, 'z', 3, NULL);)");
  auto store = open("t");
  EXPECT_EQ(read_all(*store, "t"),
            R"({"id":1,"b":true,"d":1.50,"j":{"a":[1,null,"x"]},"at":"2024-01-31T08:20:30Z",)"
            R"("day":"2024-01-31","moment":"2024-01-31T10:20:30.5",)"
            R"("u":"00112233-4455-6677-8899-aabbccddeeff","r":0.1,"n":null,"i":"text","x":"AP8="})"
            "\n"
            R"({"id":2,"b":7,"d":"many","j":"{\"a\":","at":"soon","day":"x","moment":5,"u":"y",)"
            R"("r":2.0,"n":"z","i":3})"
            "\n");
}

TEST_F(ViewTest, AllReadersSeeTheStateOfTheBeginning) {
  exec(
      "PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY);"
      "INSERT INTO t VALUES (1), (2)");
  auto store = open("t");
  auto state = view(*store);
  exec("INSERT INTO t VALUES (3); DELETE FROM t WHERE id = 1");
  for (int i = 0; i < 2; ++i) {
    auto partitions = state->partitions("t");
    ASSERT_TRUE(partitions.ok());
    auto reader = state->read(partitions->front(), {});
    Batch batch;
    ASSERT_TRUE(reader.value()->next(batch).value());
    EXPECT_EQ(batch.records.size(), 2u);
  }
  EXPECT_EQ(query("SELECT count(*) FROM t"), "2");
  EXPECT_TRUE(state->changes_seen()->empty());
}

TEST_F(ViewTest, ReadersBegunWhileAnotherWritesAgree) {
  exec("PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (0)");
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::jthread application([&] {
    auto database = sql::Database::open(path(), {sql::OpenMode::read_write});
    ASSERT_TRUE(database->exec("PRAGMA synchronous=OFF").ok());
    while (!stop) {
      EXPECT_TRUE(database->exec("UPDATE t SET n = n + 1").ok());
      ++written;
    }
  });
  // Only those count beside which something was written.
  int disturbed = 0;
  for (int i = 0; i < 5000 && disturbed < 50; ++i) {
    const int before = written;
    auto snapshot = Snapshot::open(path());
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
    std::set<std::int64_t> seen;
    std::vector<Snapshot::Lease> leases;
    for (std::size_t reader = 0; reader < view_readers_max; ++reader) {
      auto lease = (*snapshot)->take();
      ASSERT_TRUE(lease.ok());
      seen.insert(lease->database().query_int64("SELECT n FROM t").value());
      leases.push_back(std::move(lease).value());
    }
    EXPECT_EQ(seen.size(), 1u);
    if (written != before) ++disturbed;
    auto past = (*snapshot)->take();
    ASSERT_FALSE(past.ok());
    EXPECT_NE(past.error().message.find("--threads"), std::string::npos);
  }
  stop = true;
  EXPECT_EQ(disturbed, 50);
}

TEST_F(ViewTest, PartitionsAreSpansOfRowIdsAndCoverAll) {
  exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (-9223372036854775808),"
      "(-5), (0), (65535), (65536), (9223372036854775807)");
  auto store = open("t");
  auto state = view(*store);
  auto partitions = state->partitions("t");
  ASSERT_TRUE(partitions.ok());
  EXPECT_LE(partitions->size(), 4097u);
  std::vector<std::int64_t> ids;
  for (const Partition& partition : *partitions) {
    auto reader = state->read(partition, {});
    Batch batch;
    while (reader.value()->next(batch).value()) {
      for (const Record& record : batch.records) ids.push_back(record.values[0].as_int64());
    }
  }
  EXPECT_EQ(ids, (std::vector<std::int64_t>{INT64_MIN, -5, 0, 65535, 65536, INT64_MAX}));
  state.reset();  // it keeps writers of a rollback journal waiting
  exec("DELETE FROM t WHERE abs(id / 2) > 10000000");
  auto smaller = view(*open("t"))->partitions("t");
  ASSERT_EQ(smaller->size(), 3u);
  EXPECT_EQ((*smaller)[1].id, "0 65535");
}

TEST_F(ViewTest, GoesOnBehindABatchInEveryKindOfTable) {
  exec(R"(CREATE TABLE a (x TEXT); CREATE TABLE b (k TEXT, n REAL, x, PRIMARY KEY (k, n))
    WITHOUT ROWID; CREATE VIEW c AS SELECT x FROM a;)");
  std::string fill;
  for (int i = 0; i < 25; ++i) {
    std::string n = std::to_string(i);
    fill += "INSERT INTO a VALUES ('" + n + "'); INSERT INTO b VALUES ('k " + n + " 1:', " + n +
            ".5, " + n + ");";
  }
  exec(fill);
  for (const char* name : {"a", "b", "c"}) {
    auto store = open(name);
    auto state = view(*store);
    Partition partition = state->partitions(name)->front();
    std::string resume;
    std::vector<std::string> seen;
    for (int i = 0; i < 10; ++i) {
      ReadOptions options;
      options.batch_records = 10;
      options.resume = resume;
      auto reader = state->read(partition, options);
      ASSERT_TRUE(reader.ok()) << reader.error().message;
      Batch batch;
      if (!reader.value()->next(batch).value()) break;
      for (const Record& record : batch.records) seen.push_back(json_of(record));
      resume = batch.resume;
    }
    EXPECT_EQ(seen.size(), 25u) << name;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 25u) << name;
  }
}

TEST_F(ViewTest, FetchesRecordsByTheirPlaces) {
  exec(R"(CREATE TABLE a (x TEXT); CREATE TABLE b (k TEXT PRIMARY KEY, x) WITHOUT ROWID;
    INSERT INTO a VALUES ('0'), ('1'), ('2'), ('3');
    INSERT INTO b VALUES ('k3', 3), ('k1', 1), ('k2', 2);)");
  for (const char* name : {"a", "b"}) {
    auto store = open(name);
    auto state = view(*store);
    Batch all;
    auto reader = state->read(state->partitions(name)->front(), {});
    ASSERT_TRUE(reader.value()->next(all).value());
    std::vector<Origin> wanted = {all.records[2].origin, {0, 77, 77}, all.records[0].origin};
    auto fetched = state->fetch(name, wanted);
    ASSERT_TRUE(fetched.ok());
    Batch some;
    ASSERT_TRUE(fetched.value()->next(some).value());
    ASSERT_EQ(some.records.size(), 2u);
    EXPECT_EQ(json_of(some.records[0]), json_of(all.records[0]));
    EXPECT_EQ(json_of(some.records[1]), json_of(all.records[2]));
    EXPECT_EQ(some.records[1].origin, all.records[2].origin);
    EXPECT_FALSE(fetched.value()->next(some).value());
  }
}

TEST_F(ViewTest, TextThatIsNoUtf8IsBadText) {
  exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO t VALUES (1, 'good'),"
      "(2, CAST(x'61ff62636465666768' AS TEXT)), (3, 'gr\xC3\xBC\xC3\x9F'), "
      "(4, CAST(x'c3' AS TEXT))");
  EXPECT_EQ(read_all(*open("t"), "t"),
            "{\"id\":1,\"x\":\"good\"}\n{\"id\":3,\"x\":\"gr\xC3\xBC\xC3\x9F\"}\n"
            "bad invalid_utf8\nbad invalid_utf8\n");
}

TEST_F(ViewTest, ReadsOnlyTheFieldsThatAreAskedFor) {
  exec("CREATE TABLE t (a, b, c); INSERT INTO t VALUES (1, 2, 3)");
  auto store = open("t");
  auto state = view(*store);
  std::vector<std::string> fields = {"c", "a"};
  ReadOptions options;
  options.fields = fields;
  auto reader = state->read(state->partitions("t")->front(), options);
  Batch batch;
  ASSERT_TRUE(reader.value()->next(batch).value());
  EXPECT_EQ(json_of(batch.records[0]), R"({"a":1,"c":3})");
}

TEST_F(ViewTest, LeavesNoFileBesideAFileInWal) {
  exec("PRAGMA journal_mode=WAL; CREATE TABLE t (a)");
  ASSERT_FALSE(std::filesystem::exists(path() + "-wal"));
  { EXPECT_EQ(read_all(*open("t"), "t"), ""); }
  EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path() + "-shm"));
}

}  // namespace
}  // namespace decant::sqlite
