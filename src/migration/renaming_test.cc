// `names:`, `rename:`, `only:`, `skip:` and `definitions:` over what the source really holds.
#include "migration/renaming.h"

#include <gtest/gtest.h>

#include "migration/engine_fixture.h"

namespace decant::migration {
namespace {

class RenamingTest : public EngineTest {
 protected:
  // The table's columns in their order.
  std::string columns(const std::string& table = "jobs") {
    return ask("SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info('" + table +
               "') WHERE name <> 'decant_rest' ORDER BY cid)");
  }
  void refused(const std::string& plan, std::initializer_list<std::string_view> words) {
    Error error = refusal(job(plan));
    EXPECT_EQ(error.code, ErrorCode::invalid) << error.message;
    for (std::string_view word : words) {
      EXPECT_NE(error.message.find(word), std::string::npos) << error.message;
    }
    EXPECT_FALSE(path_exists(folder_ / ".decant"));
  }
};

constexpr std::string_view kOrders =
    "{\"OrderId\":1,\"ShipName\":\"x\",\"n\":1}\n{\"OrderId\":2,\"n\":2,\"ShipCity\":\"y\"}\n";

TEST_F(RenamingTest, NamesReachACollectionThatThePlanDescribes) {
  write("in.ndjson", kOrders);
  Report report = run(job("names: snake_case\nkey: [OrderId]\nrest: keep\n"));
  EXPECT_EQ(report.outcome, RunOutcome::clean);
  EXPECT_EQ(report.books.inserted, 2u);
  EXPECT_EQ(columns(), "order_id,ship_name,n,ship_city");
}

TEST_F(RenamingTest, NamesReachACollectionWithAConditionOnTheCommandLine) {
  write("in.ndjson", kOrders);
  Job job = this->job("names: snake_case\nkey: [OrderId]\n");
  job.options.where = {"ShipName: x"};
  EXPECT_EQ(run(job).left, 1u);
  EXPECT_EQ(columns(), "order_id,ship_name,n,ship_city");
}

TEST_F(RenamingTest, ARenamedFieldStaysInItsPlaceAndARuleGoesBefore) {
  write("in.ndjson", kOrders);
  run(job("key: [OrderId]\nrename: {jobs.n: number}\nmap: {name: ShipName}\nrest: keep\n"));
  EXPECT_EQ(columns(), "name,OrderId,number,ShipCity");
}

TEST_F(RenamingTest, TheRemedyForACollisionHelps) {
  write("in.ndjson", "{\"id\":1,\"A\":1,\"a\":2}\n");
  refused("key: [id]\nrest: keep\n", {"rename"});
  EXPECT_EQ(run(job("key: [id]\nrest: keep\nrename: {jobs.a: small}\n")).outcome,
            RunOutcome::clean);
  EXPECT_EQ(columns(), "id,A,small");
}

TEST_F(RenamingTest, TwoFieldsOfOneNewNameAreRefused) {
  write("in.ndjson", "{\"id\":1,\"userId\":1,\"user_id\":2}\n");
  refused("names: snake_case\nkey: [id]\nrest: keep\n", {"'userId'", "'user_id'", "rename: {"});
}

TEST_F(RenamingTest, ANameThatMatchesNothingIsRefusedWithItsPlaceAndTheNearest) {
  write("in.ndjson", kOrders);
  refused("key: [OrderId]\nrest: keep\nrename: {jobs.ShipNam: x}\n",
          {"plan.yaml:7:10", "'jobs.ShipNam'", "'jobs.ShipName'"});
  refused("key: [OrderId]\nrest: keep\nrename: {job: x}\n", {"plan.yaml:7:10", "'jobs'"});
  refused("key: [OrderId]\nrest: keep\nonly: [jbos]\n", {"plan.yaml:7:7", "'jbos'", "'jobs'"});
  refused("key: [OrderId]\nrest: keep\nskip: zzz*\n", {"plan.yaml:7:7", "'zzz*'", "jobs"});
  refused("key: [OrderId]\nrest: keep\ndefinitions: {jbos: {fields: {OrderId: integer}}}\n",
          {"plan.yaml:7:15", "'jbos'", "'jobs'"});
  Job job = this->job("key: [OrderId]\nrest: keep\n");
  job.options.skip = {"jbos"};
  EXPECT_NE(refusal(job).message.find("--skip: 'jbos'"), std::string::npos);
}

TEST_F(RenamingTest, AnExpressionWithAnOldNameIsRefusedWithTheKeyToWrite) {
  change(
      "CREATE TABLE Orders (OrderId INTEGER PRIMARY KEY, UnitPrice REAL CHECK (UnitPrice > 0), "
      "Name TEXT); CREATE INDEX n ON Orders(Name) WHERE Name <> ''");
  Job job = this->job("");
  std::string plan =
      "decant: 1\nmigration: t\nsource: sqlite:out.db#Orders\ntarget: sqlite:new.db\n"
      "names: snake_case\n";
  write("plan.yaml", plan);
  Error error = refusal(job);
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_NE(error.message.find("rename: {Orders.UnitPrice: UnitPrice}"), std::string::npos)
      << error.message;
  EXPECT_FALSE(path_exists(folder_ / "new.db"));
  write("plan.yaml", plan + "rename: {Orders.UnitPrice: UnitPrice}\n");
  EXPECT_EQ(run(job).outcome, RunOutcome::clean);
}

}  // namespace
}  // namespace decant::migration
