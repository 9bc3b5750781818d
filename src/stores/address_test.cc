#include "stores/address.h"

#include <gtest/gtest.h>

namespace decant::stores {
namespace {

const std::vector<std::string> kSchemes = {"json", "ndjson", "csv", "sqlite"};

Address parsed(std::string_view text) {
  auto address = parse_address(text, kSchemes);
  EXPECT_TRUE(address.ok()) << (address.ok() ? "" : address.error().message);
  return address.ok() ? *address : Address{};
}

std::string refusal(std::string_view text) {
  auto address = parse_address(text, kSchemes);
  EXPECT_FALSE(address.ok());
  return address.ok() ? "" : address.error().message;
}

TEST(Address, TakesSchemePlaceAndCollectionApart) {
  Address address = parsed("sqlite:data/jobs.db#job matches");
  EXPECT_EQ(address.scheme, "sqlite");
  EXPECT_EQ(address.place, "data/jobs.db");
  EXPECT_EQ(address.collection, "job matches");
}

TEST(Address, KeepsTheQuestionMarkOfAGlob) {
  EXPECT_EQ(parsed("json:jobs/2025-?.json").place, "jobs/2025-?.json");
}

TEST(Address, ReadsAPointerBehindTheHash) {
  Address address = parsed("json:export.json#/data/items");
  EXPECT_EQ(address.pointer, "/data/items");
  EXPECT_EQ(address.collection, "");
}

TEST(Address, KnowsABarePathByItsEnding) {
  EXPECT_EQ(parsed("a/b.ndjson.zst").scheme, "ndjson");
  EXPECT_EQ(parsed("b.json.gz").scheme, "json");
  EXPECT_EQ(parsed("b.csv").scheme, "csv");
  EXPECT_EQ(parsed("b.sqlite3#t").scheme, "sqlite");
}

TEST(Address, RefusesWhatItCannotTellAndSaysTheRemedy) {
  EXPECT_NE(refusal("jobs.txt").find("json:jobs.txt"), std::string::npos);
  EXPECT_NE(refusal("sqlit:jobs.db").find("did you mean 'sqlite:'"), std::string::npos);
  EXPECT_NE(refusal("json:").find("place is missing"), std::string::npos);
  EXPECT_NE(refusal("sqlite:a.db#").find("nothing follows"), std::string::npos);
}

}  // namespace
}  // namespace decant::stores
