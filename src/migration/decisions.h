// What a run decided about each source record, read back from its catalog for verification.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "catalog/catalog.h"
#include "verify/verify.h"

namespace decant::migration {

// Of a run, a fact: the names of its target collections, in the order of the copy's targets.
inline constexpr std::string_view kTargetsFact = "targets";

// For one target collection: quarantined records are `excluded`, superseded ones `kept`; all others
// are expected. Reads the catalog one partition at a time.
class RunDecisions final : public verify::Dispositions {
 public:
  // `unrepaired`: what a repair decided since, by index of the source; null: nothing. It outlives
  // this.
  explicit RunDecisions(verify::ExceptionList* unrepaired) : unrepaired_(unrepaired) {}

  // What `run` decided, which outlives this. A run that did not have the collection decided
  // nothing. `index`: the collection's place, for a run that did not note its targets.
  Status take(catalog::Run& run, std::string_view collection, std::uint32_t index);

  bool any() const { return run_ != nullptr || unrepaired_ != nullptr; }
  bool tells_kept() const override { return run_ != nullptr; }
  Result<std::unique_ptr<Cursor>> open(std::uint32_t source, const Partition& partition) override;

 private:
  std::mutex mutex_;  // one reader of the catalog at a time
  verify::ExceptionList* unrepaired_;
  catalog::Run* run_ = nullptr;
  std::uint32_t target_ = 0;  // index in the run's targets
};

}  // namespace decant::migration
