#include "mapping/inverse.h"

#include <rapidcheck.h>
#include "mapping/mapping_fixture.h"
#include "mapping/verdict.h"
#include "model/canonical.h"
#include "testing/generators.h"

namespace decant::mapping {
namespace {

CompileOptions with_notes() {
  CompileOptions options;
  options.keep_notes = true;
  return options;
}

TEST(Inverse, UndoesRenamesPrefixesAndTables) {
  MappingRun run(R"(
map:
  PK: {from: id, prefix: 'JOB#', suffix: '!'}
  name: {from: title, strip_prefix: 'T:'}
  state: {from: s, values: {true: active, false: inactive, null: unknown}}
  kind: {const: JOB}
rest: {into: more}
)");
  EXPECT_EQ(run.backward(R"({"PK": "JOB#7!", "name": "x", "state": "inactive", "kind": "JOB",
                             "more": {"z": 1}})"),
            R"({"id":"7","title":"T:x","s":false,"z":1})");
  EXPECT_EQ(run.backward(R"({"state": "unknown"})"), R"({"s":null})");
  EXPECT_EQ(run.backward(R"({"PK": "7!"})"), kPrefixMissing);
  EXPECT_EQ(run.backward(R"({"PK": "JOB#7"})"), kSuffixMissing);
  EXPECT_EQ(run.backward(R"({"state": "paused"})"), kNoValue);
  EXPECT_EQ(run.backward(R"({"more": {"id": 5}, "PK": "JOB#1!"})"), kNameTaken);
}

TEST(Inverse, CastsComeBackToTheSourcesType) {
  CompileOptions options;
  options.source = {field("n", FieldKind::integer), field("t", FieldKind::text),
                    field("b", FieldKind::integer), field("d", FieldKind::text),
                    field("k", FieldKind::integer)};
  MappingRun run(R"(
map:
  n: {from: n, cast: text}
  t: {from: t, cast: integer}
  b: {from: b, cast: boolean}
  d: {from: d, cast: date}
  k: {from: k, prefix: 'K'}
)",
                 options);
  // Rules that forget come back first: the order of fields is no fact.
  const std::string record = R"({"t":"34","d":"2024-01-31","n":12,"b":1,"k":5})";
  EXPECT_EQ(run.forward(record), R"({"n":"12","t":34,"b":true,"d":"2024-01-31","k":"K5"})");
  EXPECT_EQ(run.around(record), record);
}

TEST(Inverse, WhatIsForgottenIsStatedAndWithoutNotesComesBackPlain) {
  MappingRun run(R"(
map:
  role: {from: role, default: user}
  pay: {from: pay, null_if: NA}
  title: {from: [title, Title]}
  s: {from: s, values: {A: 1, B: 1}}
)");
  EXPECT_EQ(run.around("{}"), R"({"role":"user"})");
  EXPECT_EQ(run.around(R"({"role": "x", "pay": "NA"})"), R"({"role":"x","pay":null})");
  EXPECT_EQ(run.around(R"({"role": "x", "Title": "t"})"), R"({"role":"x","title":"t"})");
  EXPECT_EQ(run.around(R"({"role": "x", "s": "B"})"), R"({"role":"x","s":"A"})");
}

TEST(Inverse, NotesBringBackWhatRulesForget) {
  const std::string plan = R"(
map:
  role: {from: role, default: user}
  pay: {from: pay, null_if: NA}
  title: {from: [title, Title], default: none}
  s: {from: s, values: {A: 1, B: 1}, values_otherwise: 1}
  n: {from: n, cast: integer}
)";
  MappingRun run(plan, with_notes());
  for (const char* record : {
           R"({})",
           R"({"role":"user","pay":null,"title":"none","s":"A","n":"5"})",
           R"({"role":"user","pay":"NA","title":"t","s":"B","n":5})",
           R"({"role":"x","pay":1,"Title":"t","s":"C","n":"1.0"})",
           R"({"title":"t","Title":"u","n":null})",
       }) {
    const JsonRecords expected({record});
    std::string back = run.around(record);
    const JsonRecords got({back});
    Digester digester({}, {});
    RecordDigest a, b;
    digester.digest(expected.batch.records[0], a);
    digester.digest(got.batch.records[0], b);
    EXPECT_EQ(a.content, b.content) << record << " came back as " << back;
  }
  EXPECT_EQ(run.forward(R"({"role":"user","pay":1,"title":"t","s":"A","n":"5"})"),
            R"({"role":"user","pay":1,"title":"t","s":1,"n":5})")
      << "a record that needs no notes has none";
  EXPECT_EQ(run.forward(R"({"title":"t","pay":"NA"})"),
            R"({"role":"user","pay":null,"title":"t","decant_source":)"
            R"({"fields":{"pay":"NA"},"absent":["role"]}})");
}

TEST(Inverse, WhatWasWrittenSinceWinsOverNotesAndTheWholeRecord) {
  MappingRun notes("map: {role: {from: role, default: user}}", with_notes());
  EXPECT_EQ(notes.backward(R"({"role": "user", "decant_source": {"absent": ["role"]}})"), "{}");
  EXPECT_EQ(notes.backward(R"({"role": "boss", "decant_source": {"absent": ["role"]}})"),
            R"({"role":"boss"})");
  MappingRun whole("map: {name: {from: title, default: x}, raw: {whole: true}}");
  EXPECT_EQ(whole.around(R"({"title": "t", "other": [1]})"), R"({"title":"t","other":[1]})");
  EXPECT_EQ(whole.around(R"({"other": 1})"), R"({"other":1})");
  EXPECT_EQ(whole.backward(R"({"name": "new", "raw": {"title": "t", "other": 1}})"),
            R"({"title":"new","other":1})");
}

TEST(Inverse, AnExactRuleOfTheSameFieldHasTheLastWord) {
  MappingRun run("map: {raw: posted, day: {from: posted, cast: date}}");
  EXPECT_EQ(run.around(R"({"posted":"2024-01-31"})"), R"({"posted":"2024-01-31"})");
  EXPECT_EQ(run.backward(R"({"raw": "x", "day": "2024-01-31"})"), R"({"posted":"x"})");
}

TEST(Inverse, EachKindComesBackByItsOwnRules) {
  MappingRun run(R"(
kinds:
  job: {when: {PK: {prefix: 'JOB#'}}, map: {id: {from: PK, strip_prefix: 'JOB#'}}, rest: keep}
  user: {when: {PK: {prefix: 'U#'}}, map: {user: {from: PK, strip_prefix: 'U#'}}, rest: keep}
)");
  EXPECT_EQ(run.around(R"({"PK":"JOB#1","a":2})"), R"({"PK":"JOB#1","a":2})");
  EXPECT_EQ(run.around(R"({"PK":"U#1","a":2})"), R"({"PK":"U#1","a":2})");
  EXPECT_EQ(run.backward(R"({"a": 2})"), kNoKind);
}

// The law: what a plan maps comes back as it was, wherever the verdict says lossless, and with
// notes wherever nothing is dropped.
struct Law {
  const char* name;
  const char* plan;
  bool needs_notes;
};

class InverseLaw : public ::testing::TestWithParam<Law> {};

std::string digest_of(const Record& record) {
  Digester digester({}, {});
  RecordDigest digest;
  digester.digest(record, digest);
  return std::to_string(digest.content.low) + ":" + std::to_string(digest.content.high);
}

TEST_P(InverseLaw, HoldsForEveryRecordThatIsTaken) {
  const Law& law = GetParam();
  const Rules rules = good_rules(law.plan);
  for (const FieldVerdict& verdict : verdicts(rules, {}, {})) {
    if (law.needs_notes) continue;
    EXPECT_EQ(verdict.fidelity, Fidelity::lossless) << verdict.text;
  }
  CompileOptions options;
  options.keep_notes = law.needs_notes;
  MappingRun run({rules}, options);
  ShapeTable shapes;
  EXPECT_TRUE(rc::check(law.name, [&] {
    const std::vector<std::string> names = {"a", "b", "c", "A", "x"};
    testing::SpecimenRecord specimen;
    for (const std::string& name : names) {
      const int choice = *rc::gen::inRange(0, 8);
      if (choice == 0) continue;  // absent
      testing::Specimen value;
      if (choice < 6) {
        value.type = Type::text;
        value.text = *rc::gen::element<std::string>("", "NA", "p", "pq", "q", "1", "1.0", "-0",
                                                    "true", "2024-01-31", "null", "[1]", "pA");
      } else {
        value = *testing::json_value();
      }
      specimen.emplace_back(name, value);
    }
    Batch batch;
    testing::add_record(specimen, shapes, batch);
    MappedBatch out, back;
    run.mapper->apply(batch, out);
    RC_ASSERT(out.rejections.size() + out.targets[0].size() + out.left.size() == 1u);
    if (out.targets[0].empty()) RC_DISCARD("not mapped");
    const std::vector<Record> made = out.targets[0];
    RC_ASSERT(run.mapper->invert(0, made, back).ok());
    RC_ASSERT(back.rejections.empty());
    RC_ASSERT(digest_of(back.targets[0][0]) == digest_of(batch.records[0]));
  }));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, InverseLaw,
    ::testing::Values(
        Law{"copy", "rest: keep", false}, Law{"rename", "map: {y: a, z: b}\nrest: keep", false},
        Law{"swap", "map: {a: b, b: a}\nrest: keep", false},
        Law{"strip", "map: {y: {from: a, strip_prefix: p}}\nrest: keep", false},
        Law{"strip and add", "map: {y: {from: a, strip_prefix: p, suffix: '!'}}\nrest: keep",
            false},
        Law{"table", "map: {y: {from: a, values: {NA: 1, p: x, true: [1]}}}\nrest: keep", false},
        Law{"into", "map: {y: a}\nrest: {into: rest}", false},
        Law{"constant", "map: {y: {const: 5}}\nrest: keep", false},
        Law{"whole", "map: {raw: {whole: true}, y: {from: a, default: 5}}", true},
        Law{"prefix", "map: {y: {from: a, prefix: p}}\nrest: keep", true},
        Law{"default", "map: {a: {default: x}, y: {from: b, default: null}}\nrest: keep", true},
        Law{"null_if", "map: {y: {from: a, null_if: [NA, '']}}\nrest: keep", true},
        Law{"coalesce", "map: {y: {from: [a, A, b], default: z}}\nrest: keep", true},
        Law{"table not one-to-one",
            "map: {y: {from: a, values: {NA: 1, p: 1, q: null}, values_otherwise: 2}}\nrest: keep",
            true},
        Law{"cast integer", "map: {y: {from: a, cast: integer}}\nrest: keep", true},
        Law{"cast number", "map: {y: {from: a, cast: number}}\nrest: keep", true},
        Law{"cast text", "map: {y: {from: a, cast: text}}\nrest: keep", true},
        Law{"cast boolean", "map: {y: {from: a, cast: boolean}}\nrest: keep", true},
        Law{"cast date", "map: {y: {from: a, cast: date}}\nrest: keep", true},
        Law{"cast json", "map: {y: {from: a, cast: json}}\nrest: keep", true},
        Law{"one field twice", "map: {y: {from: a, default: 1}, z: a}\nrest: keep", true}),
    [](const ::testing::TestParamInfo<Law>& one) {
      std::string name = one.param.name;
      for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      }
      return name;
    });

}  // namespace
}  // namespace decant::mapping
