// Real databases: described, read, and copied into a new file, record by record the same.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/file.h"
#include "model/conform.h"
#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class RealDataTest : public StoreFixture {
 protected:
  // Empty where the data is not there.
  static std::string shared(const std::string& name) {
    const char* given = std::getenv("DECANT_SHARED_DATA");
    std::string folder = given != nullptr ? given : DECANT_SOURCE_DIR "/../shared/data";
    return path_exists(folder + "/" + name) ? folder + "/" + name : "";
  }

  // All tables of `from` into the new file b.db, in the order of the file.
  void copy_all(const std::string& from) {
    auto source = open_store(from, "", {});
    ASSERT_TRUE(source.ok()) << source.error().message;
    auto view = (*source)->view();
    ASSERT_TRUE(view.ok()) << view.error().message;
    auto target = open("", {}, "b.db");
    std::vector<WriteTarget> targets;
    for (const Definition& definition : (*view)->definitions()) {
      auto created = target->create(definition, {});
      ASSERT_TRUE(created.ok()) << created.error().message;
      EXPECT_TRUE(created->created);
      targets.emplace_back().definition = created->definition;
      targets.back().created = true;
    }
    auto out = writer(*target, targets);
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
      copy_one(**view, targets[i].definition, *target, *out, i);
    }
    commit(*out);
    EXPECT_EQ(finish(*out), std::vector<std::string>{});
  }

  void copy_one(View& view, const Definition& definition, Store& target, Writer& out,
                std::uint32_t index) {
    Conformer conformer(definition, target.capabilities(), {});
    for (const Partition& partition : view.partitions(definition.name).value()) {
      auto reader = view.read(partition, {});
      ASSERT_TRUE(reader.ok()) << reader.error().message;
      Batch batch;
      while ((*reader)->next(batch).value()) {
        for (Record& record : batch.records) {
          Misfit misfit;
          ASSERT_TRUE(conformer.conform(record, batch.arena, misfit))
              << definition.name << ": " << misfit.message << " " << json_of(record);
        }
        StageResult result;
        ASSERT_TRUE(out.stage(index, batch.records, result).ok());
        for (Outcome outcome : result.outcomes) ASSERT_EQ(outcome, Outcome::inserted);
      }
    }
  }

  void expect_equal_copies(const std::string& from) {
    auto source = open_store(from, "", {});
    auto target = open_store(path("b.db"), "", {});
    auto all = (*source)->describe();
    ASSERT_TRUE(all.ok()) << all.error().message;
    EXPECT_GT(all->size(), 5u);
    for (const Definition& definition : *all) {
      std::string records = read_all(**source, definition.name);
      EXPECT_EQ(records, read_all(**target, definition.name)) << definition.name;
      Definition copy = describe(definition.name, "b.db");
      EXPECT_EQ(copy.fields.size(), definition.fields.size()) << definition.name;
      EXPECT_EQ(copy.key, definition.key) << definition.name;
      EXPECT_EQ(copy.indexes, definition.indexes) << definition.name;
      EXPECT_EQ(copy.checks, definition.checks) << definition.name;
      EXPECT_EQ(copy.foreign_keys.size(), definition.foreign_keys.size()) << definition.name;
    }
    EXPECT_EQ(query("PRAGMA integrity_check", "b.db"), "ok");
    EXPECT_EQ(query("PRAGMA foreign_key_check", "b.db"), "");
  }
};

TEST_F(RealDataTest, ChinookIsCopiedWhole) {
  std::string from = shared("chinook/Chinook_Sqlite.sqlite");
  if (from.empty()) GTEST_SKIP() << "the shared data is not there: set DECANT_SHARED_DATA";
  copy_all(from);
  expect_equal_copies(from);
  EXPECT_EQ(query("SELECT count(*) FROM Track", "b.db"), "3503");
  EXPECT_EQ(
      query("SELECT Total, typeof(Total), InvoiceDate FROM Invoice WHERE InvoiceId = 1", "b.db"),
      "1.98|real|2021-01-01 00:00:00");
}

TEST_F(RealDataTest, NorthwindIsCopiedWhole) {
  std::string script = shared("northwind/northwind.sqlite.create.sql");
  if (script.empty()) GTEST_SKIP() << "the shared data is not there: set DECANT_SHARED_DATA";
  std::ifstream in(script);
  exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;" +
       std::string(std::istreambuf_iterator<char>(in), {}));
  copy_all(path());
  expect_equal_copies(path());
}

}  // namespace
}  // namespace decant::sqlite
