// What one reader thread does to a batch: map, conform, digest. One thread at a time. It outlives
// the slots that it filled, since their records point to its shapes.
#pragma once

#include <memory>
#include <vector>

#include "copy/copy.h"
#include "copy/slot.h"
#include "decant/batch.h"
#include "model/canonical.h"
#include "model/conform.h"

namespace decant::copy {

class Preparer {
 public:
  // Both outlive the preparer.
  Preparer(const CopyJob& job, ShapeTable& target_shapes);
  ~Preparer();

  // Fills all of `slot` that comes from its source.
  void prepare(std::uint32_t collection, Slot& slot);
  // The same for a batch past the limit: all of it is left.
  static void leave(Slot& slot);

 private:
  struct Target;
  void prepare_target(std::uint32_t target, std::span<const Record> mapped, Slot& slot);
  mapping::Mapper& mapper_of(std::uint32_t collection);
  Target& target_of(std::uint32_t target);

  const CopyJob& job_;
  ShapeTable& target_shapes_;
  std::vector<std::unique_ptr<mapping::Mapper>> mappers_;
  std::vector<std::unique_ptr<Target>> targets_;
};

}  // namespace decant::copy
