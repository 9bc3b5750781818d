// A mapping, compiled: source records in, target records out, and back. Pure: no I/O, no clock.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"
#include "mapping/node.h"

namespace decant::mapping {

// The mapping part of one collection of a plan (`from`, `key`, `where`, `kinds`, `otherwise`,
// `map`, `rest`, `drop`), parsed and checked, without data.
class Rules;

// Values from outside of the record. The run time is fixed by the migration's first run.
struct RunValues {
  std::int64_t run_time_us = 0;
};

struct SourceRejection {
  std::uint32_t source_index = 0;
  std::string reason;
  std::string message;
};

// What became of a batch: target records by target collection, each with source_index set; records
// left alone; records that no rule can map.
struct MappedBatch {
  Arena arena;
  std::vector<std::vector<Record>> targets;  // index: target collection of the Mapping
  std::vector<std::uint32_t> left;           // source indexes: where, otherwise: leave
  std::vector<SourceRejection> rejections;
  std::vector<std::unique_ptr<const Shape>> shapes;
  void clear();
};

// Immutable after compile(); shared by threads, each with a Mapper of its own.
class Mapping {
 public:
  // Rules for the target collections that one source collection feeds, in plan order (usually 1).
  static Result<std::shared_ptr<const Mapping>> compile(std::vector<Rules> rules,
                                                        const RunValues& values);
  // No rules at all: every field is copied as it is (`rest: keep`).
  static std::shared_ptr<const Mapping> identity();
  ~Mapping();

 private:
  friend class Mapper;
  struct State;
  std::unique_ptr<State> state_;
};

// Applies a mapping; keeps a program for each shape it has seen. Not thread-safe.
class Mapper {
 public:
  Mapper(std::shared_ptr<const Mapping> mapping, ShapeTable& target_shapes);
  ~Mapper();

  // `out` is cleared and filled. Its views point into `source` and into out.arena: both must live
  // until the records have been used.
  void apply(const Batch& source, MappedBatch& out);

  // Backwards: target records of collection `target` to source records (out.targets[0]).
  // unsupported where a rule has no inverse; the plan's verdict said so.
  Status invert(std::uint32_t target, std::span<const Record> records, MappedBatch& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::mapping
