#include "mapping/verdict.h"

#include <map>

#include "mapping/mapping_fixture.h"

namespace decant::mapping {
namespace {

using Side = FieldVerdict::Side;

// The one verdict of a field; fails where there are none or several.
FieldVerdict verdict_of(const std::vector<FieldVerdict>& all, Side side, std::string_view name) {
  FieldVerdict found;
  int count = 0;
  for (const FieldVerdict& verdict : all) {
    if (verdict.side != side || verdict.field != name) continue;
    found = verdict;
    ++count;
  }
  EXPECT_EQ(count, 1) << name;
  return found;
}

std::vector<FieldVerdict> judged(std::string_view plan, const std::vector<Field>& source = {},
                                 const Definition& target = {},
                                 const VerdictOptions& options = {}) {
  return verdicts(good_rules(plan), source, target, options);
}

TEST(Verdict, LosslessRulesSaySo) {
  const auto all = judged(R"(
map:
  id: {from: PK, strip_prefix: 'JOB#'}
  name: title
  state: {from: s, values: {true: active, false: inactive}}
  kind: {const: JOB}
rest: keep
)");
  for (const FieldVerdict& verdict : all) {
    EXPECT_EQ(verdict.fidelity, Fidelity::lossless) << verdict.field;
  }
  EXPECT_EQ(verdict_of(all, Side::target, "name").text, "from 'title'");
  EXPECT_EQ(verdict_of(all, Side::target, "kind").text, "always 'JOB' (text)");
  EXPECT_EQ(verdict_of(all, Side::source, "PK").text, "to 'id'");
}

TEST(Verdict, ConditionsAreStated) {
  const auto all = judged(R"(
map:
  role: {from: role, default: user}
  pay: {from: pay, null_if: [NA, '']}
  title: {from: [title, Title]}
  s: {from: s, values: {A: 1, B: 1}}
  n: {from: n, cast: integer, loss: the text form does not matter}
)");
  const FieldVerdict role = verdict_of(all, Side::target, "role");
  EXPECT_EQ(role.fidelity, Fidelity::conditional);
  EXPECT_TRUE(role.countable);
  EXPECT_EQ(role.text, "every record holds 'role'");
  EXPECT_EQ(role.consequence, "the way back writes 'user' (text) where nothing was");
  EXPECT_EQ(verdict_of(all, Side::target, "pay").text,
            "no record holds 'NA' (text) or '' (text) in 'pay'");
  EXPECT_EQ(verdict_of(all, Side::target, "title").text,
            "no record spells 'title' otherwise, or twice");
  EXPECT_EQ(verdict_of(all, Side::source, "Title").fidelity, Fidelity::conditional);
  EXPECT_EQ(verdict_of(all, Side::target, "s").text, "no record holds 'B' (text) in 's'");
  EXPECT_TRUE(verdict_of(all, Side::target, "n").declared);
  EXPECT_EQ(verdict_of(all, Side::target, "n").reason, "the text form does not matter");
}

TEST(Verdict, NotesAndKnownTypesTakeConditionsAway) {
  const char* plan = "map: {role: {from: role, default: user}, n: {from: n, cast: text}}";
  VerdictOptions notes;
  notes.keeps_notes = true;
  for (const FieldVerdict& verdict : judged(plan, {}, {}, notes)) {
    EXPECT_EQ(verdict.fidelity, Fidelity::lossless) << verdict.field;
  }
  const auto known = judged(plan, {field("role"), field("n", FieldKind::integer)});
  EXPECT_EQ(verdict_of(known, Side::target, "n").fidelity, Fidelity::lossless);
  EXPECT_EQ(verdict_of(known, Side::target, "role").fidelity, Fidelity::conditional);
}

TEST(Verdict, DroppedFieldsAreLossyAndDeclaredOnlyWithAReason) {
  const auto all = judged("map: {a: a}\ndrop: {b: nobody reads it}\nrest: drop",
                          {field("a"), field("b"), field("c")});
  const FieldVerdict b = verdict_of(all, Side::source, "b");
  EXPECT_EQ(b.fidelity, Fidelity::lossy);
  EXPECT_TRUE(b.declared);
  EXPECT_EQ(b.reason, "nobody reads it");
  const FieldVerdict c = verdict_of(all, Side::source, "c");
  EXPECT_EQ(c.fidelity, Fidelity::lossy);
  EXPECT_FALSE(c.declared);
  const auto reasoned = judged("map: {a: a}\nrest: {drop: a cache}", {field("a"), field("c")});
  EXPECT_TRUE(verdict_of(reasoned, Side::source, "c").declared);
  EXPECT_FALSE(verdict_of(judged("map: {a: a}\nrest: drop"), Side::source, "*").declared);
}

TEST(Verdict, ASourceFieldIsLosslessWhereOneOfItsWaysIs) {
  const auto all = judged("map: {raw: posted, day: {from: posted, cast: date}}");
  EXPECT_EQ(verdict_of(all, Side::source, "posted").fidelity, Fidelity::lossless);
  EXPECT_EQ(verdict_of(all, Side::target, "day").fidelity, Fidelity::conditional);
  const auto whole = judged("map: {all: {whole: true}, x: {from: x, default: 1}}");
  EXPECT_EQ(verdict_of(whole, Side::source, "x").text, "in 'all'");
}

Definition table() {
  Definition target;
  target.fields = {field("id", FieldKind::integer), field("name", FieldKind::text),
                   field("note", FieldKind::json)};
  target.fields[0].required = true;
  target.fields[1].nullable = true;
  target.key = {"id"};
  return target;
}

TEST(Verdict, ATablesTypesAndNullsAreConditions) {
  const auto all = judged("map: {id: id, name: name, note: note}", {}, table());
  std::map<std::string, std::vector<FieldVerdict::Check>> checks;
  for (const FieldVerdict& verdict : all) {
    if (verdict.side == Side::target) checks[verdict.field].push_back(verdict.check);
  }
  using Check = FieldVerdict::Check;
  EXPECT_EQ(checks["id"], (std::vector<Check>{Check::type, Check::required}));
  EXPECT_EQ(checks["name"], (std::vector<Check>{Check::type, Check::no_absent}));
  EXPECT_EQ(checks["note"], std::vector<Check>{Check::no_null});

  Field id = field("id", FieldKind::integer);
  id.required = true;
  const auto known = judged("map: {id: id, name: {const: x}, more: m}", {id}, table());
  EXPECT_EQ(verdict_of(known, Side::target, "id").fidelity, Fidelity::lossless);
  EXPECT_EQ(verdict_of(known, Side::target, "name").fidelity, Fidelity::lossless);
  EXPECT_EQ(verdict_of(known, Side::target, "more").check, Check::held);

  Definition with_complement = table();
  with_complement.complement = "decant_rest";
  const auto kept = judged("map: {note: note, more: m}", {}, with_complement);
  EXPECT_EQ(verdict_of(kept, Side::target, "note").fidelity, Fidelity::lossless);
  EXPECT_EQ(verdict_of(kept, Side::target, "more").fidelity, Fidelity::lossless);

  VerdictOptions inferred;
  inferred.types_fit = true;
  for (const FieldVerdict& verdict : judged("map: {id: id}", {}, table(), inferred)) {
    EXPECT_EQ(verdict.fidelity, Fidelity::lossless);
  }
}

struct Scanned {
  Scanned(std::string_view plan, const Definition& target) {
    std::vector<Rules> rules;
    rules.push_back(good_rules(plan));
    all = verdicts(rules.front(), {}, target, {});
    mapping = Mapping::compile(std::move(rules)).value();
    definition = target;
  }
  Scan scan() const { return Scan(mapping, 0, all, definition); }
  const ScanCount* count(const Scan::Summary& summary, FieldVerdict::Check check,
                         std::string_view name) const {
    for (const ScanCount& one : summary.counts) {
      const FieldVerdict& verdict = all[one.verdict];
      if (verdict.check == check && verdict.field == name && verdict.side == Side::target) {
        return &one;
      }
    }
    ADD_FAILURE() << "no such verdict: " << name;
    return nullptr;
  }

  std::shared_ptr<const Mapping> mapping;
  std::vector<FieldVerdict> all;
  Definition definition;
};

constexpr const char* kScanPlan = R"(
where: {left: {present: false}}
map:
  id: id
  name: {from: [name, Name], default: nobody}
  pay: {from: pay, null_if: NA}
  n: {from: n, cast: integer}
rest: keep
)";

TEST(Scan, CountsExactlyTheRecordsThatBreakACondition) {
  Definition target;
  target.fields = {field("id", FieldKind::integer), field("name", FieldKind::text),
                   field("pay", FieldKind::decimal), field("n", FieldKind::integer)};
  target.fields[0].required = true;
  const Scanned plan(kScanPlan, target);
  Scan scan = plan.scan();
  JsonRecords records({
      R"({"id": 1, "name": "a", "pay": 1.5, "n": "1"})",  // breaks nothing
      R"({"id": 2, "Name": "b", "pay": "NA", "n": "2"})",
      R"({"id": "3", "pay": "high", "n": 3})",
      R"({"name": "d", "Name": "d", "n": "x"})",  // quarantined by the cast
      R"({"id": 5, "name": "e", "left": true})",
      R"({"id": null, "name": 6, "pay": null, "n": null})",
  });
  scan.add(records.batch);
  const Scan::Summary summary = scan.summary();
  EXPECT_EQ(summary.records, 5u);
  EXPECT_EQ(summary.left, 1u);
  EXPECT_EQ(summary.quarantined, 1u);
  using Check = FieldVerdict::Check;
  const auto expect = [&](Check check, const char* name, std::uint64_t records_broken,
                          const std::vector<std::string>& examples) {
    const ScanCount* count = plan.count(summary, check, name);
    if (count == nullptr) return;
    EXPECT_EQ(count->records, records_broken) << name;
    std::vector<std::string> values;
    for (const ScanExample& example : count->examples) values.push_back(example.value);
    EXPECT_EQ(values, examples) << name;
  };
  expect(Check::undone, "name", 2, {"'b' (text)", "nothing"});
  expect(Check::undone, "pay", 1, {"'NA' (text)"});
  expect(Check::undone, "n", 1, {"3 (int64)"});
  expect(Check::type, "id", 1, {"'3' (text)"});
  expect(Check::required, "id", 1, {"null"});
  expect(Check::type, "name", 1, {"6 (int64)"});
  expect(Check::type, "pay", 1, {"'high' (text)"});
}

TEST(Scan, MergesToTheSameCountsAndExamplesHoweverItIsSplit) {
  const Scanned plan("map: {a: {from: a, default: 0}}", {});
  Scan whole = plan.scan();
  std::vector<Scan> parts;
  for (int i = 0; i < 4; ++i) parts.push_back(plan.scan());
  JsonRecords all;
  std::vector<JsonRecords> splits(4);
  for (int i = 0; i < 40; ++i) {
    const std::string text = i % 3 == 0 ? R"({"a": 1})" : "{}";
    all.add({text});
    JsonRecords& split = splits[static_cast<std::size_t>(3 - i % 4)];
    split.next_ordinal = static_cast<std::uint64_t>(i);
    split.add({text});
  }
  whole.add(all.batch);
  for (std::size_t i = 0; i < 4; ++i) parts[i].add(splits[i].batch);
  for (std::size_t i = 1; i < 4; ++i) parts[0].merge(parts[i]);
  const Scan::Summary a = whole.summary();
  const Scan::Summary b = parts[0].summary();
  ASSERT_EQ(a.counts.size(), b.counts.size());
  EXPECT_EQ(a.counts[0].records, 26u);
  EXPECT_EQ(b.counts[0].records, 26u);
  ASSERT_EQ(b.counts[0].examples.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a.counts[0].examples[i].origin, b.counts[0].examples[i].origin);
  }
  EXPECT_EQ(b.counts[0].examples[2].origin.ordinal, 4u);
}

TEST(Scan, EachKindCountsItsOwn) {
  const Scanned plan(R"(
kinds:
  a: {when: {k: a}, map: {x: {from: x, default: 1}}, rest: keep}
  b: {when: {k: b}, map: {x: {from: x, default: 2}}, rest: keep}
)",
                     {});
  Scan scan = plan.scan();
  JsonRecords records({R"({"k": "a"})", R"({"k": "b"})", R"({"k": "b"})", R"({"k": "b", "x": 1})"});
  scan.add(records.batch);
  for (const ScanCount& count : scan.summary().counts) {
    EXPECT_EQ(count.records, plan.all[count.verdict].kind == "a" ? 1u : 2u);
  }
}

}  // namespace
}  // namespace decant::mapping
