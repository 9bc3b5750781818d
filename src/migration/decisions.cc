#include "migration/decisions.h"

#include "copy/outcome_runs.h"

namespace decant::migration {
namespace {

class DecisionCursor final : public verify::Dispositions::Cursor {
 public:
  explicit DecisionCursor(copy::OutcomeCursor outcomes) : outcomes_(std::move(outcomes)) {}

  verify::Disposition at(const Origin& origin) override {
    switch (outcomes_.at(origin.offset)) {
      case Outcome::quarantined:
        return verify::Disposition::excluded;
      case Outcome::superseded:
        return verify::Disposition::kept;
      default:
        return verify::Disposition::expected;
    }
  }

 private:
  copy::OutcomeCursor outcomes_;
};

}  // namespace

Result<std::unique_ptr<verify::Dispositions::Cursor>> RunDecisions::open(
    std::uint32_t source, const Partition& partition) {
  static_cast<void>(source);  // a partition names its collection itself
  std::lock_guard lock(mutex_);
  DECANT_ASSIGN(copy::OutcomeCursor outcomes, copy::OutcomeCursor::open(*run_, partition, target_));
  return std::unique_ptr<Cursor>(std::make_unique<DecisionCursor>(std::move(outcomes)));
}

}  // namespace decant::migration
