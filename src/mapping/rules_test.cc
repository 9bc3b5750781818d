#include "mapping/rules.h"

#include <set>

#include "mapping/mapping_fixture.h"
#include "mapping/reference.h"

namespace decant::mapping {
namespace {

TEST(Rules, UnknownKeysNameTheirPlaceAndTheNearestKnownOne) {
  EXPECT_EQ(plan_error("key: [id]\nwher: {a: 1}\n"),
            "plan.yaml:2:1: unknown key 'wher'; did you mean 'where'?");
  EXPECT_EQ(plan_error("map:\n  title: {form: job_title}\nrest: keep\n"),
            "plan.yaml:2:11: unknown key 'form'; did you mean 'from'?");
  EXPECT_EQ(plan_error("kinds:\n  job: {whn: {a: 1}, rest: keep}\n"),
            "plan.yaml:2:9: unknown key 'whn'; did you mean 'when'?");
  EXPECT_EQ(plan_error("rest: {int: extra}\n"),
            "plan.yaml:1:8: unknown key 'int'; did you mean 'into'?");
  EXPECT_EQ(plan_error("policies: {on_conflict: skip}\nrest: keep\n"), "");  // read elsewhere
}

TEST(Rules, KeysOfLaterVersionsAreUnknown) {
  for (const char* key : {"template", "split", "trim", "sequence", "uuid5", "lua", "truncate"}) {
    EXPECT_NE(plan_error("map: {a: {from: a, " + std::string(key) + ": x}}\nrest: keep\n")
                  .find("unknown key '" + std::string(key) + "'"),
              std::string::npos)
        << key;
  }
  for (const char* key : {"each", "collect", "check", "redact"}) {
    EXPECT_NE(plan_error(std::string(key) + ": {}\nrest: keep\n").find("unknown key"),
              std::string::npos)
        << key;
  }
}

TEST(Rules, ReadsShortAndLongForms) {
  const Rules rules = good_rules(R"(
from: [jobs, old_jobs]
key: id
where: {status: active}
map:
  id: job_id
  title: {from: [job_title, Job Title], once: true}
  note: {default: none, loss: nobody reads it}
rest: {into: extra}
drop: [{field: legacy, reason: unused}]
)");
  EXPECT_EQ(rules.from, (std::vector<std::string>{"jobs", "old_jobs"}));
  EXPECT_EQ(rules.key, std::vector<std::string>{"id"});
  ASSERT_EQ(rules.kinds.size(), 1u);
  const Kind& kind = rules.kinds.front();
  EXPECT_EQ(kind.map[0].from, std::vector<std::string>{"job_id"});
  EXPECT_EQ(kind.map[1].from, (std::vector<std::string>{"job_title", "Job Title"}));
  EXPECT_EQ(kind.map[2].from, std::vector<std::string>{"note"});
  EXPECT_EQ(kind.map[2].loss, "nobody reads it");
  EXPECT_EQ(kind.rest, Rest::into);
  EXPECT_EQ(kind.drop[0].reason, "unused");
  EXPECT_EQ(rules.once(), std::vector<std::string>{"title"});
  EXPECT_EQ(rules.owned(), (std::vector<std::string>{"id", "title", "note", "extra"}));
  EXPECT_FALSE(rules.is_identity());
}

TEST(Rules, NothingSaidMeansCopied) {
  EXPECT_TRUE(good_rules("key: [id]").is_identity());
  EXPECT_TRUE(good_rules("").is_identity());
  EXPECT_TRUE(copy_rules("jobs").is_identity());
  EXPECT_FALSE(good_rules("where: {a: 1}").is_identity());
  EXPECT_TRUE(good_rules("rest: keep").owned().empty());
}

TEST(Rules, RefusesWhatContradictsItself) {
  const auto refused = [](const char* yaml, const char* why) {
    EXPECT_NE(plan_error(yaml).find(why), std::string::npos) << yaml << ": " << plan_error(yaml);
  };
  refused("map: {a: {const: 1, from: b}}\nrest: keep", "plan.yaml:1:10: field 'a': `const` stands");
  refused("map: {a: {whole: true, cast: text}}", "`whole` stands alone");
  refused("map: {a: {const: 1, whole: true}}", "`const` and `whole`");
  refused("map: {a: {whole: true}, b: {whole: true}}", "kept in another field already");
  refused("map: {a: {values_otherwise: x}}", "needs `values`");
  refused("map: {a: {values: {1: x, 1.0: y}}}", "names one value twice");
  refused("map: {a: {values: {}}}", "`values` is a map");
  refused("map: {a: {cast: int}}", "`cast` is one of integer");
  refused("map: {a: {prefix: 5}}", "`prefix` is text, not a number");
  refused("map: {a: {prefix: ''}}", "`prefix` is empty");
  refused("map: {a: {default: {run_time: local}}}", "`run_time` is iso");
  refused("map: {a: {once: 1}}", "`once` is true or false");
  refused("map: {a: 5}", "a fixed value is {const: VALUE}");
  refused("map: {a: {from: [b, b]}}", "names 'b' twice");
  refused("map: {a: {from: []}}", "empty list");
  refused("map: {1: a, '1': b}", "mapped twice");
  refused("map: {decant_source: a}", "field of Decant's own");
  refused("map: {a: b}\ndrop: {b: unused}", "plan.yaml:2:8: field 'b' is mapped and dropped");
  refused("drop: {b: ''}\nrest: keep", "needs a reason");
  refused("drop: {b: }\nrest: keep", "needs a reason");
  refused("drop: [{field: b}]\nrest: keep", "needs a reason");
  refused("map: {a: b}\nrest: {into: a}", "names a field that `map` makes");
  refused("rest: all", "`rest` is keep, drop");
  refused("rest: drop", "no field is mapped");
  refused("otherwise: drop", "`otherwise` is quarantine or leave");
  refused("kinds: {a: {rest: keep}, b: {rest: keep}}", "never applies");
  refused("kinds: {a: {rest: keep}}\nrest: keep", "inside of each kind");
  refused("kinds: []", "`kinds` is a map");
  refused("[a]", "described by a map");
}

TEST(Rules, CoverageListsWhatNothingTakes) {
  const std::vector<Field> source = {field("id"), field("title"), field("legacy"), field("note")};
  const Rules open = good_rules("map: {id: id, name: title}\ndrop: {legacy: unused}\n");
  const auto missing = coverage(open, source);
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].field, "note");
  const Status status = check_coverage(open, source);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("field 'note' is not mapped"), std::string::npos);
  for (const char* rest : {"rest: keep", "rest: drop", "rest: {into: more}"}) {
    EXPECT_TRUE(coverage(good_rules("map: {id: id}\n" + std::string(rest)), source).empty());
  }
  EXPECT_TRUE(coverage(good_rules("map: {id: id, raw: {whole: true}}"), source).empty());
}

TEST(Rules, CoverageFindsAKeptFieldWhoseNameIsTaken) {
  const std::vector<Field> source = {field("id"), field("title")};
  const auto missing = coverage(good_rules("map: {title: id}\nrest: keep"), source);
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].field, "title");
  EXPECT_NE(missing[0].problem.find("a rule makes the target field"), std::string::npos);
}

TEST(Rules, EachKindIsCoveredByItself) {
  const Rules rules = good_rules(R"(
kinds:
  a: {when: {k: a}, map: {k: k, x: x}}
  b: {when: {k: b}, map: {k: k}, rest: keep}
)");
  const auto missing = coverage(rules, {field("k"), field("x"), field("y")});
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].kind, "a");
  EXPECT_EQ(missing[0].field, "y");
}

// The reference cannot say more or less than the parser knows: each example is a plan.
TEST(RuleReference, EveryExampleParses) {
  std::set<std::pair<KeyReference::Scope, std::string_view>> seen;
  for (const KeyReference& key : rule_keys()) {
    EXPECT_TRUE(seen.emplace(key.scope, key.key).second) << key.key << " twice";
    EXPECT_NE(key.example.find(key.key), std::string_view::npos) << key.example;
    EXPECT_FALSE(key.meaning.empty());
    std::string plan(key.example);
    switch (key.scope) {
      case KeyReference::Scope::collection:
        break;
      case KeyReference::Scope::kind:
        plan = "kinds: {k: {" + plan + (key.key == "rest" ? "}}" : ", rest: keep}}");
        if (key.key == "when") break;
        plan = std::string(key.example) + (key.key == "rest" ? "" : "\nrest: keep");
        break;
      case KeyReference::Scope::field:
        plan = "map:\n  " + plan + "\nrest: keep";
        break;
      case KeyReference::Scope::condition:
        plan = "where:\n  " + plan;
        break;
    }
    EXPECT_EQ(plan_error(plan), "") << key.key;
  }
}

}  // namespace
}  // namespace decant::mapping
