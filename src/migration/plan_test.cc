#include "migration/plan.h"

#include <gtest/gtest.h>

#include "stores/registry.h"

#include "migration/names.h"
#include "migration/overlay.h"

namespace decant::migration {
namespace {

constexpr std::string_view kHead =
    "decant: 1\nmigration: jobs\nsource: ndjson:in.ndjson\n"
    "target: sqlite:out.db#jobs\n";

Plan parsed(std::string_view rest) {
  auto plan = parse_plan(std::string(kHead) + std::string(rest), "plan.yaml");
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().message);
  return plan.ok() ? std::move(*plan) : Plan{};
}

Error refusal(std::string_view rest) {
  auto plan = parse_plan(std::string(kHead) + std::string(rest), "plan.yaml");
  EXPECT_FALSE(plan.ok());
  return plan.ok() ? Error{} : plan.error();
}

TEST(Plan, TakesASingleCollectionFromTheTop) {
  Plan plan = parsed("key: [id]\nrest: keep\n");
  ASSERT_EQ(plan.collections.size(), 1u);
  EXPECT_EQ(plan.collections[0].rules.key, std::vector<std::string>{"id"});
}

TEST(Plan, HasNoCollectionsWhereNoneIsSaid) { EXPECT_TRUE(parsed("").collections.empty()); }

TEST(Plan, PointsAtAnUnknownKeyAndOffersTheNearest) {
  Error error = refusal("colections: {}\n");
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_NE(error.message.find("plan.yaml:5:1"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("'collections'"), std::string::npos) << error.message;
}

TEST(Plan, RefusesKeysOfLaterFormats) {
  auto plan = parse_plan("decant: 2\nmigration: a\nsource: a.json\ntarget: b.db\n", "p.yaml");
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, ErrorCode::refused);
}

TEST(Plan, TakesValuesFromTheEnvironment) {
  setenv("DECANT_PLAN_TEST", "t2", 1);
  EXPECT_EQ(parsed("key: ['${env:DECANT_PLAN_TEST}-x']\nrest: keep\n").collections[0].rules.key[0],
            "t2-x");
  unsetenv("DECANT_PLAN_TEST");
  Error error = refusal("key: ['${env:DECANT_PLAN_TEST}']\nrest: keep\n");
  EXPECT_NE(error.message.find("plan.yaml:5:"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("DECANT_PLAN_TEST"), std::string::npos);
}

TEST(Plan, NamesWhatIsMissing) {
  auto plan = parse_plan("decant: 1\nsource: a.json\ntarget: b.db\n", "p.yaml");
  ASSERT_FALSE(plan.ok());
  EXPECT_NE(plan.error().message.find("'migration' is missing"), std::string::npos);
}

TEST(Plan, RefusesCollectionKeysBesideCollections) {
  Error error = refusal("key: [id]\ncollections: {jobs: {rest: keep}}\n");
  EXPECT_NE(error.message.find("below one of them"), std::string::npos) << error.message;
}

TEST(Plan, ReadsPoliciesAndTheirShares) {
  Plan plan = parsed("policies: {on_conflict: 'newer-than:updated', quarantine_max: 5%}\n");
  EXPECT_EQ(plan.policies.on_conflict, Policy::newer_than);
  EXPECT_EQ(plan.policies.newer_than, "updated");
  ASSERT_TRUE(plan.policies.quarantine_max.has_value());
  EXPECT_DOUBLE_EQ(plan.policies.quarantine_max->share.value_or(-1), 0.05);
}

TEST(Plan, RefusesPoliciesNobodyKnows) {
  refusal("policies: {on_conflict: replace}\n");
  refusal("policies: {duplicates: any}\n");
  refusal("policies: {quarantine_max: many}\n");
  refusal("policies: {quarantine_max: 1e300}\n");
  refusal("policies: {quarantine_max: inf}\n");
  refusal("verify: {mode: half}\n");
  refusal("limits: {threads: 0}\n");
}

TEST(Plan, DigestChangesWithEachKey) {
  Plan a = parsed("key: [id]\nrest: keep\n");
  Plan b = parsed("key: [n]\nrest: keep\n");
  Plan same = parsed("key: [id]   # a comment\nrest: keep\n");
  Plan operational = parsed(
      "key: [id]\nrest: keep\nlimits: {threads: 2}\n"
      "policies: {quarantine_max: 5}\n");
  EXPECT_EQ(a.digest(), operational.digest());
  EXPECT_NE(a.digest(), b.digest());
  EXPECT_EQ(a.digest(), same.digest());
}

// By the matcher of files, whose time does not explode with the number of stars.
TEST(Plan, PatternsOfManyStarsAreMatchedAtOnce) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(matches_any({pattern + "b"}, std::string(200, 'a')));
  EXPECT_TRUE(matches_any({pattern}, std::string(200, 'a')));
}

TEST(Plan, CommandLineOptionsLieOverThePlan) {
  Job job;
  job.source = "ndjson:in.ndjson";
  job.target = "sqlite:out.db#jobs";
  job.options.keys = {{"", {"a", "b"}}};
  job.options.where = {"status: active"};
  auto plan = plan_of(job, stores::Registry::standard());
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  ASSERT_EQ(plan->collections.size(), 1u);
  EXPECT_EQ(plan->collections[0].rules.key.size(), 2u);
  EXPECT_FALSE(plan->collections[0].rules.where.empty());
}

TEST(Plan, TwoAddressesAreOneMigrationWhateverThePolicy) {
  Job job;
  job.source = "ndjson:in.ndjson";
  job.target = "sqlite:out.db#jobs";
  std::string name = plan_of(job, stores::Registry::standard()).value().name;
  job.options.on_conflict = Policy::upsert;
  EXPECT_EQ(plan_of(job, stores::Registry::standard()).value().name, name);
  job.target = "json:folder/";
  EXPECT_TRUE(
      plan_of(job, stores::Registry::standard()).value().target.address.ends_with("/folder/"));
  job.source = "./in.ndjson";
  job.target = "out.db#jobs";
  EXPECT_EQ(plan_of(job, stores::Registry::standard()).value().name, name);
  job.target = "sqlite:other.db#jobs";
  EXPECT_NE(plan_of(job, stores::Registry::standard()).value().name, name);
}

TEST(Names, SnakeCaseKeepsWordsApart) {
  EXPECT_EQ(to_snake_case("InvoiceLine"), "invoice_line");
  EXPECT_EQ(to_snake_case("Order Details"), "order_details");
  EXPECT_EQ(to_snake_case("userID2"), "user_id2");
  EXPECT_EQ(to_snake_case("HTTPServer"), "http_server");
  EXPECT_EQ(to_snake_case("already_snake"), "already_snake");
}

TEST(Overlay, PathsOfAPlanAreRelativeToItsFolder) {
  EXPECT_EQ(address_below("plans", "ndjson:a.ndjson"), "ndjson:plans/a.ndjson");
  EXPECT_EQ(address_below("plans", "a.ndjson"), "plans/a.ndjson");
  EXPECT_EQ(address_below("plans", "sqlite:/abs.db#t"), "sqlite:/abs.db#t");
  EXPECT_EQ(address_below(".", "ndjson:a.ndjson"), "ndjson:a.ndjson");
}

TEST(Overlay, PatternsMatchWholeNames) {
  EXPECT_TRUE(matches_any({"Art*"}, "Artist"));
  EXPECT_TRUE(matches_any({"x", "?lbum"}, "Album"));
  EXPECT_FALSE(matches_any({"Art"}, "Artist"));
}

}  // namespace
}  // namespace decant::migration
