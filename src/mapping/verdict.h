// What a mapping does to each field: nothing is lost; nothing is lost where a condition holds; or
// something is lost. And the count of the records that break the conditions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "mapping/mapping.h"
#include "mapping/rules.h"

namespace decant::mapping {

enum class Fidelity : std::uint8_t { lossless, conditional, lossy };
std::string_view to_string(Fidelity fidelity);

struct FieldVerdict {
  enum class Side : std::uint8_t { source, target };
  // What Scan looks at to count the records that break a condition.
  enum class Check : std::uint8_t {
    none,
    undone,    // the rule's inverse gives the source fields back
    type,      // the value fits the target field's declared type
    held,      // the target has a field for it, or the record holds none
    required,  // it is neither absent nor null, for the target field is NOT NULL
    no_null,
    no_absent,
  };
  Side side = Side::target;
  std::string kind;  // of the plan; empty where there are none
  std::string field;
  Fidelity fidelity = Fidelity::lossless;
  // Lossless: how it gets there ("copied", "from 'project_id'"). Conditional: what must hold
  // ("every record holds 'role'"). Lossy: what is lost.
  std::string text;
  std::string reason;       // the plan's own: `loss`, or of a dropped field
  bool declared = false;    // lossy, and the plan says why: run does not refuse it
  bool countable = false;   // conditional: Scan counts the records that break it
  std::string consequence;  // conditional: what becomes of them ("goes to quarantine", "the way
                            // back gives null")
  Check check = Check::none;
  std::uint32_t kind_index = 0;
  std::int32_t rule_index = -1;  // in the kind's `map`; -1: not by a rule
};

struct VerdictOptions {
  bool keeps_notes = false;  // the target keeps kSourceNotes: what is forgotten comes back
  bool nulls = false;        // the target tells null and absent apart (Capabilities::nulls)
  bool types_fit = false;    // the target was inferred from these very records
};

// For each kind: its target fields in order, then its source fields; one each, but one for each
// condition where a target field has several. `source` may be empty (not known yet): then the
// fields that the rules name are judged, and "*" stands for the others.
// `target` may be open or without fields: then types are not judged.
std::vector<FieldVerdict> verdicts(const Rules& rules, const std::vector<Field>& source,
                                   const Definition& target, const VerdictOptions& options = {});

struct ScanExample {
  Origin origin;
  std::string value;  // of the source, shortened
};

// How many records break one conditional verdict.
struct ScanCount {
  std::size_t verdict = 0;  // index into the verdicts
  std::uint64_t records = 0;
  std::vector<ScanExample> examples;  // the first three by origin
};

// Counts the records that break the conditions of verdicts. Fed with source batches of one source
// collection; one a thread, merged at the end: the result does not depend on the split.
class Scan {
 public:
  // `verdicts` as verdicts() gave them for the rules that `mapping` was compiled from at `index`,
  // with the same source fields, and for `target`.
  Scan(std::shared_ptr<const Mapping> mapping, std::uint32_t index,
       std::vector<FieldVerdict> verdicts, const Definition& target);
  ~Scan();
  Scan(Scan&&) noexcept;

  void add(const Batch& source);
  void merge(const Scan& other);

  struct Summary {
    std::uint64_t records = 0;  // seen, without the ones left alone
    std::uint64_t left = 0;
    std::uint64_t quarantined = 0;  // no rule can map them
    std::vector<ScanCount> counts;  // one for each countable verdict
  };
  Summary summary() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::mapping
