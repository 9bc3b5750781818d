// Outcomes that verification must know of (superseded, quarantined by the store or by the gate), as
// runs over the offsets of records within one partition and target. Blobs of the catalog; format in
// docs/formats.md, Outcome runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "decant/result.h"
#include "decant/store.h"

namespace decant::copy {

// Records from offset `first` to offset `last`, both included; the records between two runs had no
// outcome that is worth a word.
struct OutcomeRun {
  Outcome outcome = Outcome::superseded;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const OutcomeRun&) const = default;
};

class OutcomeRunsBuilder {
 public:
  // In source order.
  void add(Outcome outcome, std::uint64_t offset);
  // The next record is not the neighbour of the last one: no run spans what lies between them.
  void gap() { broken_ = true; }
  void clear();
  bool empty() const { return runs_.empty(); }
  std::string encode() const;

 private:
  std::vector<OutcomeRun> runs_;
  bool broken_ = true;  // the last record was a plain one
};

// Where rows of one file were withdrawn after the load, their partition is not known any more: they
// stand under this name instead of its id, and are read with each partition of the file.
std::string withdrawn_partition(std::uint32_t file);

// corrupt: not what was written.
Result<std::vector<OutcomeRun>> decode_outcome_runs(std::string_view blob);

// The outcomes of one partition, asked for in source order. Outcome::inserted stands for every
// plain outcome.
class OutcomeCursor {
 public:
  // Of the run's `target` (index in CopyJob::targets), from the catalog.
  static Result<OutcomeCursor> open(catalog::Run& run, const Partition& partition,
                                    std::uint32_t target);
  explicit OutcomeCursor(std::vector<OutcomeRun> runs) : runs_(std::move(runs)) {}
  // Offsets rise from call to call.
  Outcome at(std::uint64_t offset);

 private:
  std::vector<OutcomeRun> runs_;
  std::size_t place_ = 0;
};

}  // namespace decant::copy
