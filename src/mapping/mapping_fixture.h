// For the tests of this folder: plans as YAML and records as JSON, in and out.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "json/reader.h"
#include "json/writer.h"
#include "mapping/mapping.h"
#include "mapping/node.h"
#include "mapping/rules.h"

namespace decant::mapping {

inline Field field(std::string_view name, FieldKind kind = FieldKind::any) {
  Field made;
  made.name = name;
  made.type.kind = kind;
  return made;
}

inline Result<Rules> rules_of(std::string_view yaml) {
  DECANT_ASSIGN(Node node, parse_yaml(yaml, "plan.yaml"));
  return parse_rules(node, "jobs", "plan.yaml", {"policies"});
}

// "" where the plan is good.
inline std::string plan_error(std::string_view yaml) {
  const Result<Rules> rules = rules_of(yaml);
  return rules.ok() ? "" : rules.error().message;
}

inline Rules good_rules(std::string_view yaml) {
  Result<Rules> rules = rules_of(yaml);
  EXPECT_TRUE(rules.ok()) << (rules.ok() ? "" : rules.error().message);
  return rules.ok() ? std::move(rules).value() : copy_rules("jobs");
}

inline std::string json_of(const Record& record) {
  json::TextBuffer text;
  json::RecordWriter().write(record, text);
  return std::string(text.view());
}

// Records from JSON texts; record i has the ordinal i.
struct JsonRecords {
  explicit JsonRecords(const std::vector<std::string>& texts) { add(texts); }
  JsonRecords() = default;

  void add(const std::vector<std::string>& texts) {
    for (const std::string& one : texts) {
      std::string& text = memory.emplace_back(one + std::string(json::kPaddingBytes, ' '));
      json::RecordText place{0, one.size(), {0, next_ordinal++, 0}};
      parser.parse(text, {&place, 1}, batch);
    }
    EXPECT_TRUE(batch.bad.empty()) << batch.bad.front().message;
  }

  ShapeTable shapes;
  json::RecordParser parser{shapes};
  std::deque<std::string> memory;
  std::uint64_t next_ordinal = 0;
  Batch batch;
};

// A mapping at work over JSON records.
struct MappingRun {
  explicit MappingRun(std::string_view yaml, CompileOptions options = {}) {
    std::vector<Rules> rules;
    rules.push_back(good_rules(yaml));
    compile(std::move(rules), options);
  }
  MappingRun(std::vector<Rules> rules, const CompileOptions& options) {
    compile(std::move(rules), options);
  }
  void compile(std::vector<Rules> rules, const CompileOptions& options) {
    auto compiled = Mapping::compile(std::move(rules), options);
    EXPECT_TRUE(compiled.ok()) << compiled.error().message;
    mapping = compiled.ok() ? compiled.value() : Mapping::identity();
    mapper = std::make_unique<Mapper>(mapping, target_shapes);
  }

  // The target record as JSON; "left"; or the reason of its rejection.
  std::string forward(const std::string& json) {
    source.batch.clear();
    source.add({json});
    mapper->apply(source.batch, out);
    if (!out.left.empty()) return "left";
    if (!out.rejections.empty()) {
      message = out.rejections.front().message;
      return std::string(out.rejections.front().reason);
    }
    return json_of(out.targets.front().front());
  }

  // From a target record to the source record, as JSON; or the reason of its rejection.
  std::string backward(const std::string& json) {
    target.batch.clear();
    target.add({json});
    EXPECT_TRUE(mapper->invert(0, target.batch.records, back).ok());
    return backward_result();
  }
  // There, and back from what was made of it.
  std::string around(const std::string& json) {
    const std::string made = forward(json);
    if (out.targets.front().empty()) return made;
    const std::vector<Record> records = out.targets.front();
    EXPECT_TRUE(mapper->invert(0, records, back).ok());
    return backward_result();
  }
  std::string backward_result() {
    if (!back.rejections.empty()) {
      message = back.rejections.front().message;
      return std::string(back.rejections.front().reason);
    }
    return json_of(back.targets.front().front());
  }

  ShapeTable target_shapes;
  std::shared_ptr<const Mapping> mapping;
  std::unique_ptr<Mapper> mapper;
  JsonRecords source;
  JsonRecords target;
  MappedBatch out;
  MappedBatch back;
  std::string message;
};

}  // namespace decant::mapping
