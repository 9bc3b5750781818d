#include "mapping/mapping.h"

#include "mapping/mapping_fixture.h"

namespace decant::mapping {
namespace {

TEST(Mapping, CopiesAndRenames) {
  MappingRun run("map: {id: id, full_name: name}\ndrop: {legacy: unused}\n");
  EXPECT_EQ(run.forward(R"({"name": "Ann", "id": 1.50, "legacy": [1]})"),
            R"({"id":1.50,"full_name":"Ann"})");
  EXPECT_EQ(run.forward(R"({"id": {"a": [null, {}]}})"), R"({"id":{"a":[null,{}]}})");
  EXPECT_EQ(run.forward(R"({"id": null})"), R"({"id":null})");  // an absent name stays absent
}

TEST(Mapping, DefaultIsForAbsentFieldsOnly) {
  MappingRun run("map: {role: {from: role, default: user}, n: {default: [], from: n}}");
  EXPECT_EQ(run.forward("{}"), R"({"role":"user","n":[]})");
  EXPECT_EQ(run.forward(R"({"role": null, "n": 0})"), R"({"role":null,"n":0})");
  EXPECT_EQ(run.forward(R"({"role": "", "n": false})"), R"({"role":"","n":false})");
}

TEST(Mapping, RunTimeIsTheRunsNotTheClocks) {
  CompileOptions options;
  options.run.run_time_us = 1'706'697'000'123'456;
  MappingRun run("map: {at: {from: at, default: {run_time: iso}}}", options);
  EXPECT_EQ(run.forward("{}"), R"({"at":"2024-01-31T10:30:00.123456Z"})");
  EXPECT_EQ(run.forward(R"({"at": "x"})"), R"({"at":"x"})");
}

TEST(Mapping, NullIfComesFirst) {
  MappingRun run("map: {a: {from: a, null_if: [NA, '', 0], prefix: 'x', default: d}}");
  EXPECT_EQ(run.forward(R"({"a": "NA"})"), R"({"a":null})");
  EXPECT_EQ(run.forward(R"({"a": ""})"), R"({"a":null})");
  EXPECT_EQ(run.forward(R"({"a": 0.0})"), R"({"a":null})");
  EXPECT_EQ(run.forward(R"({"a": "0"})"), R"({"a":"x0"})");
  EXPECT_EQ(run.forward("{}"), R"({"a":"d"})");  // default comes last: no prefix
}

TEST(Mapping, PrefixAndSuffixStandAroundTextAndDigits) {
  MappingRun run("map: {a: {from: a, prefix: 'JOB#', suffix: '\"!'}}");
  EXPECT_EQ(run.forward(R"({"a": "x"})"), R"({"a":"JOB#x\"!"})");
  EXPECT_EQ(run.forward(R"({"a": 12})"), R"({"a":"JOB#12\"!"})");
  EXPECT_EQ(run.forward(R"({"a": 1.50})"), R"({"a":"JOB#1.50\"!"})");
  EXPECT_EQ(run.forward(R"({"a": null})"), R"({"a":null})");
  EXPECT_EQ(run.forward(R"({"a": true})"), kNotText);
  EXPECT_NE(run.message.find("field 'a' holds true"), std::string::npos) << run.message;
}

TEST(Mapping, StripWantsWhatItTakesOff) {
  MappingRun run("map: {a: {from: PK, strip_prefix: 'JOB#', strip_suffix: ' h'}}");
  EXPECT_EQ(run.forward(R"({"PK": "JOB#7 h"})"), R"({"a":"7"})");
  EXPECT_EQ(run.forward(R"({"PK": "JOB# h"})"), R"({"a":""})");
  EXPECT_EQ(run.forward(R"({"PK": "job#7 h"})"), kPrefixMissing);
  EXPECT_NE(run.message.find("field 'PK' (for 'a') holds 'job#7 h'"), std::string::npos);
  EXPECT_EQ(run.forward(R"({"PK": "JOB#7"})"), kSuffixMissing);
  EXPECT_EQ(run.forward(R"({"PK": 7})"), kNotText);
}

TEST(Mapping, ValueTableIsStrict) {
  MappingRun run(
      "map: {s: {from: s, values: {true: active, 'true': text, 1: one, 0.5: half, A: B}}}");
  EXPECT_EQ(run.forward(R"({"s": true})"), R"({"s":"active"})");
  EXPECT_EQ(run.forward(R"({"s": "true"})"), R"({"s":"text"})");
  EXPECT_EQ(run.forward(R"({"s": 1.0})"), R"({"s":"one"})");
  EXPECT_EQ(run.forward(R"({"s": 5e-1})"), R"({"s":"half"})");
  EXPECT_EQ(run.forward(R"({"s": "A"})"), R"({"s":"B"})");
  EXPECT_EQ(run.forward(R"({"s": "a"})"), kNoValue);
  EXPECT_NE(run.message.find("field 's' holds 'a' (text), which is not in the table"),
            std::string::npos)
      << run.message;
  EXPECT_EQ(run.forward(R"({"s": null})"), R"({"s":null})");
  EXPECT_EQ(run.forward("{}"), "{}");
}

TEST(Mapping, LargeValueTablesAndOtherwise) {
  std::string plan = "map: {s: {from: s, values: {null: none";
  for (int i = 0; i < 100; ++i) plan += ", k" + std::to_string(i) + ": " + std::to_string(i);
  MappingRun run(plan + "}, values_otherwise: -1}}");
  EXPECT_EQ(run.forward(R"({"s": "k99"})"), R"({"s":99})");
  EXPECT_EQ(run.forward(R"({"s": "k100"})"), R"({"s":-1})");
  EXPECT_EQ(run.forward(R"({"s": null})"), R"({"s":"none"})");
}

TEST(Mapping, CastsAreStrict) {
  struct Case {
    const char* cast;
    const char* from;
    const char* to;  // null: refused
  };
  const Case cases[] = {
      {"integer", "1.0", "1"},
      {"integer", "\"12\"", "12"},
      {"integer", "1e3", "1000"},
      {"integer", "1.5", nullptr},
      {"integer", "\"007\"", nullptr},
      {"integer", "\" 7\"", nullptr},
      {"integer", "9223372036854775808", nullptr},
      {"integer", "true", "1"},
      {"integer", "[1]", nullptr},
      {"decimal", "\"1.50\"", "1.50"},
      {"decimal", "\"x\"", nullptr},
      {"number", "\"12\"", "12"},
      {"number", "\"-0\"", "-0"},
      {"number", "true", nullptr},
      {"real", "0.1", "0.1"},
      {"real", "0.1000000000000000055", nullptr},
      {"real", "1e400", nullptr},
      {"text", "12", "\"12\""},
      {"text", "1.50", "\"1.50\""},
      {"text", "true", "\"true\""},
      {"text", "{}", nullptr},
      {"boolean", "\"true\"", "true"},
      {"boolean", "0", "false"},
      {"boolean", "2", nullptr},
      {"boolean", "\"yes\"", nullptr},
      {"timestamp", "\"2024-01-31 10:20:30+02:00\"", "\"2024-01-31T08:20:30Z\""},
      {"timestamp", "\"2024-01-31 10:20:30\"", nullptr},
      {"timestamp", "1706689230", nullptr},
      {"timestamp_local", "\"1962-02-18T00:00:00\"", "\"1962-02-18T00:00:00\""},
      {"timestamp_local", "\"1962-02-30T00:00:00\"", nullptr},
      {"date", "\"2024-02-29\"", "\"2024-02-29\""},
      {"date", "\"2023-02-29\"", nullptr},
      {"json", "\"{\\\"a\\\": [1]}\"", "{\"a\":[1]}"},
      {"json", "\"{a}\"", nullptr},
      {"json", "[1]", "[1]"},
      {"integer", "null", "null"},
  };
  for (const Case& one : cases) {
    MappingRun run("map: {a: {from: a, cast: " + std::string(one.cast) + "}}");
    const std::string expected =
        one.to == nullptr ? std::string(kCast) : "{\"a\":" + std::string(one.to) + "}";
    EXPECT_EQ(run.forward("{\"a\": " + std::string(one.from) + "}"), expected)
        << one.cast << " of " << one.from;
  }
}

TEST(Mapping, PartsApplyInTheirOrder) {
  // from, null_if, text, values, cast, default: each part sees what the one before it made.
  MappingRun run(R"(
map:
  a: {default: 9, cast: integer, values: {xB: '2', xC: '3'}, prefix: x, strip_prefix: p,
      null_if: pN, from: [a, b]}
)");
  EXPECT_EQ(run.forward(R"({"a": "pB"})"), R"({"a":2})");
  EXPECT_EQ(run.forward(R"({"b": "pC"})"), R"({"a":3})");
  EXPECT_EQ(run.forward(R"({"a": "pN", "b": "pC"})"), R"({"a":null})");
  EXPECT_EQ(run.forward(R"({"a": "xB"})"), kPrefixMissing);
  EXPECT_EQ(run.forward(R"({"a": "pD"})"), kNoValue);
  EXPECT_EQ(run.forward("{}"), R"({"a":9})");
}

TEST(Mapping, ATableResultThatDoesNotFitTheCastIsAnErrorOfThePlan) {
  std::vector<Rules> rules;
  rules.push_back(good_rules("map:\n  a: {values: {x: y}, cast: integer}\n"));
  const auto mapping = Mapping::compile(std::move(rules));
  ASSERT_FALSE(mapping.ok());
  EXPECT_NE(mapping.error().message.find("plan.yaml:2:3: field 'a': the table gives 'y'"),
            std::string::npos)
      << mapping.error().message;
}

TEST(Mapping, CoalesceTakesTheFirstThatIsThere) {
  MappingRun run("map: {t: {from: [job_title, Job Title, title], default: none}}");
  EXPECT_EQ(run.forward(R"({"title": "c", "Job Title": "b"})"), R"({"t":"b"})");
  EXPECT_EQ(run.forward(R"({"title": "c"})"), R"({"t":"c"})");
  EXPECT_EQ(run.forward(R"({"title": "c", "job_title": null})"), R"({"t":null})");
  EXPECT_EQ(run.forward("{}"), R"({"t":"none"})");
}

TEST(Mapping, ConstantsAndTheWholeRecord) {
  MappingRun run("map: {kind: {const: JOB}, n: {const: {a: [1]}}, raw: {whole: json}, id: id}");
  EXPECT_EQ(run.forward(R"({"id": 1, "x": {"y": null}})"),
            R"({"kind":"JOB","n":{"a":[1]},"raw":{"id":1,"x":{"y":null}},"id":1})");
  EXPECT_EQ(run.forward("{}"), R"({"kind":"JOB","n":{"a":[1]},"raw":{}})");
}

TEST(Mapping, RestIsKeptDroppedOrGathered) {
  const std::string record = R"({"b": 1, "id": 2, "a": null})";
  EXPECT_EQ(MappingRun("map: {x: id}\nrest: keep").forward(record), R"({"x":2,"b":1,"a":null})");
  EXPECT_EQ(MappingRun("map: {x: id}\nrest: drop").forward(record), R"({"x":2})");
  EXPECT_EQ(MappingRun("map: {x: id}\nrest: {drop: unused}").forward(record), R"({"x":2})");
  EXPECT_EQ(MappingRun("map: {x: id}\nrest: {into: more}").forward(record),
            R"({"x":2,"more":{"b":1,"a":null}})");
  EXPECT_EQ(MappingRun("map: {x: id}\nrest: {into: more}").forward(R"({"id": 1})"), R"({"x":1})");
  EXPECT_EQ(MappingRun("map: {x: id}\ndrop: {b: unused}\nrest: keep").forward(record),
            R"({"x":2,"a":null})");
}

TEST(Mapping, AFieldThatThePlanDoesNotKnowIsQuarantinedNotLost) {
  MappingRun run("map: {x: id}");
  EXPECT_EQ(run.forward(R"({"id": 1, "new": "v"})"), kUnmapped);
  EXPECT_NE(run.message.find("field 'new' holds 'v'"), std::string::npos);
  MappingRun taken("map: {title: id}\nrest: keep");
  EXPECT_EQ(taken.forward(R"({"id": 1, "title": "v"})"), kNameTaken);
  EXPECT_EQ(taken.forward(R"({"id": 1, "other": "v"})"), R"({"title":1,"other":"v"})");
}

TEST(Mapping, KindsAreTriedInTheirOrder) {
  const std::string plan = R"(
kinds:
  job: {when: {PK: {prefix: 'JOB#'}}, map: {id: {from: PK, strip_prefix: 'JOB#'}}, rest: drop}
  user: {when: {PK: {prefix: 'U'}}, map: {user: PK}, rest: keep}
)";
  MappingRun run(plan);
  EXPECT_EQ(run.forward(R"({"PK": "JOB#1", "a": 1})"), R"({"id":"1"})");
  EXPECT_EQ(run.forward(R"({"PK": "U1", "a": 1})"), R"({"user":"U1","a":1})");
  EXPECT_EQ(run.forward(R"({"PK": "X1"})"), kNoKind);
  EXPECT_EQ(run.forward(R"({"a": 1})"), kNoKind);
  MappingRun leave(plan + "otherwise: leave\n");
  EXPECT_EQ(leave.forward(R"({"PK": "X1"})"), "left");
}

TEST(Mapping, WhereLeavesTheOthers) {
  MappingRun run("where: {status: open}\nrest: keep");
  EXPECT_EQ(run.forward(R"({"status": "open"})"), R"({"status":"open"})");
  EXPECT_EQ(run.forward(R"({"status": "closed"})"), "left");
  EXPECT_EQ(run.forward(R"({"a": "open"})"), "left");
}

TEST(Mapping, ARecordThatOneCollectionRefusesGoesToNone) {
  std::vector<Rules> rules;
  rules.push_back(good_rules("rest: keep"));
  rules.push_back(
      good_rules("map: {a: {from: a, cast: integer}}\nwhere: {b: 1}\n"
                 "drop: {b: unused}"));
  MappingRun run(std::move(rules), {});
  run.source.add({R"({"a": 1, "b": 1})", R"({"a": "x", "b": 1})", R"({"a": "x", "b": 2})"});
  run.mapper->apply(run.source.batch, run.out);
  ASSERT_EQ(run.out.targets.size(), 2u);
  ASSERT_EQ(run.out.targets[0].size(), 2u);
  EXPECT_EQ(run.out.targets[0][1].source_index, 2u);
  ASSERT_EQ(run.out.targets[1].size(), 1u);
  EXPECT_EQ(json_of(run.out.targets[1][0]), R"({"a":1})");
  ASSERT_EQ(run.out.rejections.size(), 1u);
  EXPECT_EQ(run.out.rejections[0].source_index, 1u);
  EXPECT_TRUE(run.out.left.empty());
}

TEST(Mapping, IdentityHandsRecordsOnUnchanged) {
  JsonRecords source({R"({"a": 1})", R"({"b": null})"});
  ShapeTable shapes;
  Mapper mapper(Mapping::identity(), shapes);
  MappedBatch out;
  mapper.apply(source.batch, out);
  ASSERT_EQ(out.targets[0].size(), 2u);
  EXPECT_EQ(out.targets[0][1].values, source.batch.records[1].values);  // not even copied
  EXPECT_EQ(out.targets[0][1].source_index, 1u);
  EXPECT_EQ(out.targets[0][1].origin, source.batch.records[1].origin);
  ASSERT_TRUE(mapper.invert(0, source.batch.records, out).ok());
  EXPECT_EQ(json_of(out.targets[0][1]), R"({"b":null})");
}

TEST(Mapping, RecordsOfManyShapesKeepTheirOrderAndOrigin) {
  MappingRun run("map: {id: id}\nrest: keep");
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) {  // past shapes_max
    texts.push_back("{\"id\":" + std::to_string(i) + ",\"f" + std::to_string(i) + "\":true}");
  }
  run.source.add(texts);
  run.mapper->apply(run.source.batch, run.out);
  ASSERT_EQ(run.out.targets[0].size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Record& record = run.out.targets[0][i];
    ASSERT_EQ(json_of(record), texts[i]);
    ASSERT_EQ(record.source_index, i);
    ASSERT_EQ(record.origin.ordinal, i);
  }
}

TEST(Mapping, SteadyStateAllocatesNoNewMemory) {
  MappingRun run("map: {a: {from: a, prefix: 'JOB#'}, n: {from: n, cast: text}}\nrest: keep");
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) {
    texts.push_back("{\"a\":\"x\",\"n\":" + std::to_string(i) + ",\"r\":[1,2]}");
  }
  run.source.add(texts);
  run.mapper->apply(run.source.batch, run.out);
  const std::size_t bytes = run.out.arena.bytes_used();
  const auto* place = run.out.targets[0].data();
  const Value* values = run.out.targets[0][0].values;
  run.mapper->apply(run.source.batch, run.out);
  EXPECT_EQ(run.out.arena.bytes_used(), bytes);
  EXPECT_EQ(run.out.targets[0].data(), place);
  EXPECT_EQ(run.out.targets[0][0].values, values);
}

}  // namespace
}  // namespace decant::mapping
