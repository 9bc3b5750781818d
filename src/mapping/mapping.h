// A mapping, compiled: source records in, target records out, and back. Pure: no I/O, no clock.
//
// What the way forward forgets (an absent field that got a default, 'NA' that became null, which
// spelling a value had, the text '1.0' of a number) goes into a field of its own where the target
// keeps it (CompileOptions::keep_notes), so that the way back is exact:
//
//   decant_source: {"fields": {SOURCE_FIELD: value}, "absent": [SOURCE_FIELD, ...]}
//
// It is there only in records that need it. In a table with a complement it is stored in
// `decant_rest`, as every field without a column. Dropped fields are not kept: they are given up.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"
#include "mapping/rules.h"

namespace decant::mapping {

inline constexpr std::string_view kSourceNotes = "decant_source";

// Values from outside of the record. The run time is fixed by the migration's first run.
struct RunValues {
  std::int64_t run_time_us = 0;
};

struct CompileOptions {
  RunValues run;
  bool keep_notes = false;         // make kSourceNotes; see above
  std::vector<Field> source = {};  // known fields of the source: what casts are turned back into
};

// Reasons of SourceRejection, words of the quarantine.
inline constexpr std::string_view kNoKind = "no_kind";    // no `when` holds
inline constexpr std::string_view kNoValue = "no_value";  // not in the value table
inline constexpr std::string_view kCast = "cast";         // does not fit the cast
inline constexpr std::string_view kPrefixMissing = "prefix_missing";
inline constexpr std::string_view kSuffixMissing = "suffix_missing";
inline constexpr std::string_view kNotText = "not_text";      // a text rule on another type
inline constexpr std::string_view kNameTaken = "name_taken";  // two ways to one target field
inline constexpr std::string_view kUnmapped = "unmapped";     // a field that no rule takes

struct SourceRejection {
  std::uint32_t source_index = 0;
  std::string_view reason;  // one of the above
  std::string message;      // names the field, what it holds (shortened) and the remedy
};

// What became of a batch: target records by target collection, each with source_index set and
// origin, position and change of its source record; records left alone; records that no rule can
// map. Each source record is in exactly one of the three.
struct MappedBatch {
  Arena arena;
  std::vector<std::vector<Record>> targets;  // index: target collection of the Mapping
  std::vector<std::uint32_t> left;           // source indexes: where, otherwise: leave
  // By target collection: those that it leaves and another one takes.
  std::vector<std::vector<std::uint32_t>> left_by;
  std::vector<SourceRejection> rejections;
  std::vector<std::unique_ptr<const Shape>> shapes;  // made for this batch alone
  void clear();
};

// Immutable after compile(); shared by threads, each with a Mapper of its own.
class Mapping {
 public:
  // Rules for the target collections that one source collection feeds, in plan order (usually 1).
  static Result<std::shared_ptr<const Mapping>> compile(std::vector<Rules> rules,
                                                        const CompileOptions& options = {});
  // No rules at all: every field is copied as it is (`rest: keep`).
  static std::shared_ptr<const Mapping> identity();
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const std::vector<Rules>& rules() const;  // empty for identity()
  // Records pass as they are: apply() copies the list of records and nothing else.
  bool is_identity() const;

  struct State;
  const State& state() const { return *state_; }  // compiled_mapping.h

 private:
  Mapping();
  std::unique_ptr<State> state_;
};

// Applies a mapping; keeps a program for each shape it has seen. Not thread-safe.
class Mapper {
 public:
  // Both `target_shapes` and the mapping outlive the records that are made.
  Mapper(std::shared_ptr<const Mapping> mapping, ShapeTable& target_shapes);
  ~Mapper();
  Mapper(Mapper&&) noexcept;

  // `out` is cleared and filled. Its views point into `source`, out.arena and the mapping: all must
  // live until the records have been used. Records of out.targets are in the order of `source`.
  void apply(const Batch& source, MappedBatch& out);

  // Backwards: target records of collection `target` to source records (out.targets[0]); one that
  // has no way back (a value outside of the table) is in out.rejections. What was written to the
  // target since wins over notes and `whole`: they count only where they still give what is there.
  Status invert(std::uint32_t target, std::span<const Record> records, MappedBatch& out);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace decant::mapping
