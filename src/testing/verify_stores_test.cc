// Verification between real stores: NDJSON files and SQLite tables, written by Decant or by others.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "model/conform.h"
#include "sql/sqlite.h"
#include "stores/json/json_store.h"
#include "stores/sqlite/store.h"
#include "testing/temporary_folder.h"
#include "verify/verify.h"

namespace decant::testing {
namespace {

using verify::Mode;
using verify::VerifyJob;
using verify::VerifyResult;

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  if (!result.ok()) std::abort();
  return std::move(result).value();
}

class VerifyStores : public ::testing::Test {
 protected:
  void write_source(std::string_view text) {
    std::ofstream(folder_ / "jobs.ndjson") << text;
    StoreOptions options;
    options.collection = "jobs";
    source_ = must(stores::open_json_store({folder_ / "jobs.ndjson", "", "ndjson"}, options));
  }
  void exec(const std::string& sql) {
    auto database = must(sql::Database::open(folder_ / "jobs.db", [] {
      sql::OpenOptions options;
      options.mode = sql::OpenMode::create;
      return options;
    }()));
    const Status status = database.exec(sql);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  std::unique_ptr<Store> open_target(bool for_write = false) {
    StoreOptions options;
    options.for_write = for_write;
    return must(sqlite::open_store(folder_ / "jobs.db", "jobs", options));
  }
  // Writes the source into a table of Decant's own.
  void load(Definition wanted) {
    const auto target = open_target(true);
    const CreateResult created = must(target->create(must(target->native(wanted)), {}));
    WriteTarget write;
    write.definition = created.definition;
    write.created = true;
    WriteOptions options;
    options.checkpoint_name = "test";
    const auto writer = must(target->writer({write}, options));
    Conformer conformer(created.definition, target->capabilities());
    const auto view = must(source_->view());
    Batch batch;
    StageResult staged;
    for (const Partition& partition : must(view->partitions("jobs"))) {
      const auto reader = must(view->read(partition, {}));
      while (must(reader->next(batch))) {
        Misfit misfit;
        for (Record& record : batch.records) {
          ASSERT_TRUE(conformer.conform(record, batch.arena, misfit)) << misfit.message;
        }
        ASSERT_TRUE(writer->stage(0, batch.records, staged).ok());
        must(writer->commit("x"));
      }
    }
    must(writer->finish());
  }
  VerifyResult verified(Mode mode, const std::function<void(VerifyJob&)>& change = nullptr) {
    const auto target = open_target();
    const auto source_view = must(source_->view());
    const auto target_view = must(target->view());
    VerifyJob job;
    job.sources.push_back({source_view.get(), "jobs", mapping::Mapping::identity(), 0, nullptr});
    job.target = target_view.get();
    job.definition = target_view->definitions().at(0);
    job.capabilities = target->capabilities();
    job.key = {"id"};
    job.mode = mode;
    if (mode == Mode::join) job.spill_folder = folder_.path();
    if (change) change(job);
    return must(verify::verify(job));
  }

  static Definition wanted() {
    Definition definition;
    definition.name = "jobs";
    definition.key = {"id"};
    for (const auto& [name, kind] : std::map<std::string, FieldKind>{{"id", FieldKind::text},
                                                                     {"n", FieldKind::integer},
                                                                     {"open", FieldKind::boolean},
                                                                     {"pay", FieldKind::decimal},
                                                                     {"tags", FieldKind::json},
                                                                     {"title", FieldKind::text}}) {
      Field field;
      field.name = name;
      field.type.kind = kind;
      field.required = name == "id";
      definition.fields.push_back(field);
    }
    Field rest;
    rest.name = "decant_rest";
    rest.type.kind = FieldKind::json;
    rest.hidden = true;
    definition.fields.push_back(rest);
    definition.complement = "decant_rest";
    return definition;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> source_;
};

constexpr std::string_view kJobs =
    R"({"id":"a","n":1,"title":"one","open":true,"pay":1.50,"tags":["x",{"y":1.0}]}
{"id":"b","n":null,"title":"","open":false,"pay":12345678901234567890.1,"tags":null}
{"id":"c","title":"three","pay":1e2,"tags":"x","unknown":[1,2]}
{"id":"d","n":-9223372036854775808,"title":"\u0000 \ud83d\ude00","tags":{}}
)";

TEST_F(VerifyStores, WhatDecantWroteIsEqualToTheLastNullByBothWays) {
  write_source(kJobs);
  load(wanted());
  for (const Mode mode : {Mode::join, Mode::sketch}) {
    const VerifyResult result = verified(mode);
    EXPECT_TRUE(result.clean());
    EXPECT_EQ(result.compared, 4u);
    EXPECT_EQ(result.excluded, 0u);
    for (const auto& difference : result.differences) ADD_FAILURE() << to_json(difference);
  }
}

TEST_F(VerifyStores, EveryChangeOfTheTableIsNamed) {
  const std::map<std::string, std::string> changes{
      {"UPDATE jobs SET title='two' WHERE id='a'",
       R"({"name":"title","source":"one","target":"two"})"},
      {"UPDATE jobs SET n=2 WHERE id='a'", R"({"name":"n","source":1,"target":2})"},
      {"UPDATE jobs SET n=NULL WHERE id='a'", R"({"name":"n","source":1})"},
      {"UPDATE jobs SET open=0 WHERE id='a'", R"({"name":"open","source":true,"target":false})"},
      {"UPDATE jobs SET pay='1.51' WHERE id='a'", R"({"name":"pay","source":1.50,"target":1.51})"},
      {R"(UPDATE jobs SET tags='["x",{"y":"1"}]' WHERE id='a')",
       R"({"name":"tags","source":["x",{"y":1.0}],"target":["x",{"y":"1"}]})"},
      {"UPDATE jobs SET decant_rest=NULL WHERE id='b'",
       R"({"name":"n","source":null},{"name":"tags","source":null})"},
      {R"(UPDATE jobs SET decant_rest='{"fields":{"unknown":[1,3]}}' WHERE id='c')",
       R"({"name":"unknown","source":[1,2],"target":[1,3]})"}};
  for (const auto& [sql, field] : changes) {
    write_source(kJobs);
    std::filesystem::remove(folder_ / "jobs.db");
    load(wanted());
    exec(sql);
    for (const Mode mode : {Mode::join, Mode::sketch}) {
      const VerifyResult result = verified(mode);
      EXPECT_EQ(result.different, 1u) << sql;
      EXPECT_EQ(result.missing + result.extra, 0u) << sql;
      ASSERT_EQ(result.differences.size(), 1u) << sql;
      EXPECT_NE(to_json(result.differences[0]).find("\"fields\":[" + field + "]"),
                std::string::npos)
          << sql << "\n"
          << to_json(result.differences[0]);
    }
  }
}

TEST_F(VerifyStores, ATableThatOthersMadeIsComparedInItsOwnTypes) {
  write_source(
      "{\"id\":1,\"n\":1.0,\"open\":true,\"at\":\"2024-01-31 10:20:30\"}\n"
      "{\"id\":2,\"n\":\"1\",\"open\":false}\n"
      "{\"id\":3,\"n\":3}\n"
      "{\"id\":5,\"n\":5}\n");
  exec(
      "CREATE TABLE jobs (id INTEGER PRIMARY KEY, n INT, open BOOLEAN, at DATETIME,"
      " twice INT AS (n * 2));"
      "INSERT INTO jobs(id,n,open,at) VALUES (1,1,1,'2024-01-31 10:20:30'),(2,1,0,NULL),"
      "(3,4,NULL,NULL),(4,4,NULL,NULL);");
  for (const Mode mode : {Mode::join, Mode::sketch}) {
    const VerifyResult result = verified(mode);
    EXPECT_EQ(result.equal, 1u);
    // "1" does not fit an INT: what the table holds for that record says nothing.
    EXPECT_EQ(result.excluded, 1u);
    EXPECT_EQ(result.different, 1u);  // 3
    EXPECT_EQ(result.extra, 1u);      // 4
    EXPECT_EQ(result.missing, 1u);    // 5
  }
}

TEST_F(VerifyStores, ManyPlantedDifferencesAreAllFoundInTheTable) {
  constexpr int kCount = 30'000;
  std::string text;
  for (int i = 0; i < kCount; ++i) {
    text +=
        "{\"id\":\"" + std::to_string(i) + "\",\"n\":" + std::to_string(i) + ",\"title\":\"t\"}\n";
  }
  write_source(text);
  load(wanted());
  exec("UPDATE jobs SET title='u' WHERE n % 3 = 0");
  exec("DELETE FROM jobs WHERE n % 10 = 1");
  exec("INSERT INTO jobs(id,n) SELECT 'extra' || n, n FROM jobs WHERE n % 100 = 0");
  std::vector<std::string> lines[2];
  for (const Mode mode : {Mode::join, Mode::sketch}) {
    std::map<std::uint64_t, std::string> rows;
    const VerifyResult result = verified(mode, [&](VerifyJob& job) {
      job.differences_max = 1'000'000;
      job.threads = 4;
    });
    EXPECT_EQ(result.different, 9000u);
    EXPECT_EQ(result.missing, 3000u);
    EXPECT_EQ(result.extra, 300u);
    EXPECT_EQ(result.equal, kCount - 12'000u);
    for (const auto& one : result.differences) lines[mode == Mode::join].push_back(to_json(one));
  }
  EXPECT_EQ(lines[0].size(), 12'300u);
  EXPECT_EQ(lines[0], lines[1]);
}

}  // namespace
}  // namespace decant::testing
