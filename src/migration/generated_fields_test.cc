#include "migration/generated_fields.h"

#include <gtest/gtest.h>

namespace decant::migration {
namespace {

Field field(std::string name, std::string computed_by = "") {
  Field made;
  made.name = std::move(name);
  made.generated = !computed_by.empty();
  made.default_sql = std::move(computed_by);
  return made;
}

Definition table() {
  Definition definition;
  definition.name = "t";
  definition.key = {"id"};
  definition.fields = {field("id"), field("b"), field("a", "(b||'!') VIRTUAL")};
  return definition;
}

mapping::FieldRule rule(std::string target, std::string from) {
  mapping::FieldRule made;
  made.target = std::move(target);
  made.from = {std::move(from)};
  return made;
}

// The mirrored fields, or "refused".
std::vector<std::string> outcome(const mapping::Rules& rules, const std::vector<Field>& source) {
  auto mirrored = mirrored_fields(rules, source, table());
  if (mirrored.ok()) return *mirrored;
  EXPECT_EQ(mirrored.error().code, ErrorCode::invalid);
  EXPECT_NE(mirrored.error().message.find("'a'"), std::string::npos) << mirrored.error().message;
  return {"refused"};
}

using Names = std::vector<std::string>;

TEST(GeneratedFields, ASourceFieldOnOneIsRefusedByItsName) {
  const mapping::Rules rules = mapping::copy_rules("t");
  EXPECT_EQ(outcome(rules, {field("id"), field("b")}), Names{});
  EXPECT_EQ(outcome(rules, {field("id"), field("a")}), Names{"refused"});
  EXPECT_EQ(outcome(rules, {field("id"), field("a", "(b||'?') VIRTUAL")}), Names{"refused"});
}

TEST(GeneratedFields, OneThatTheSourceComputesAlikeIsCarried) {
  EXPECT_EQ(outcome(mapping::copy_rules("t"), {field("id"), field("a", "(b||'!') VIRTUAL")}),
            Names{"a"});
}

TEST(GeneratedFields, ARuleThatMakesOneIsRefusedUnlessItOnlyCarriesIt) {
  mapping::Rules rules = mapping::copy_rules("t");
  rules.kinds.front().rest = mapping::Rest::drop;
  rules.kinds.front().map = {rule("id", "id"), rule("a", "a")};
  const std::vector<Field> alike = {field("id"), field("a", "(b||'!') VIRTUAL")};
  EXPECT_EQ(outcome(rules, alike), Names{"a"});
  EXPECT_EQ(outcome(rules, {field("id"), field("a")}), Names{"refused"});
  rules.kinds.front().map.back().prefix = "x";
  EXPECT_EQ(outcome(rules, alike), Names{"refused"});
}

TEST(GeneratedFields, ADroppedOneIsFine) {
  mapping::Rules rules = mapping::copy_rules("t");
  rules.kinds.front().drop.push_back({"a", "the table computes it", {}});
  EXPECT_EQ(outcome(rules, {field("id"), field("a")}), Names{});
}

}  // namespace
}  // namespace decant::migration
