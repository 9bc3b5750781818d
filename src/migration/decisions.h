// What a run decided about each source record, read back from its catalog for verification.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "catalog/catalog.h"
#include "verify/verify.h"

namespace decant::migration {

// Quarantined records are `excluded`, superseded ones `kept`; all others are expected. Reads the
// catalog one partition at a time. `run` outlives it.
class RunDecisions final : public verify::Dispositions {
 public:
  // `target`: index of the collection as the run's copy had it.
  RunDecisions(catalog::Run* run, std::uint32_t target) : run_(run), target_(target) {}

  Result<std::unique_ptr<Cursor>> open(std::uint32_t source, const Partition& partition) override;

 private:
  std::mutex mutex_;  // one reader of the catalog at a time
  catalog::Run* run_;
  std::uint32_t target_;
};

}  // namespace decant::migration
