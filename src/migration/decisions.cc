#include "migration/decisions.h"

#include "copy/outcome_runs.h"
#include "json/document.h"

namespace decant::migration {
namespace {

class DecisionCursor final : public verify::Dispositions::Cursor {
 public:
  DecisionCursor(copy::OutcomeCursor outcomes, std::unique_ptr<Cursor> unrepaired)
      : outcomes_(std::move(outcomes)), unrepaired_(std::move(unrepaired)) {}

  verify::Disposition at(const Origin& origin) override {
    if (unrepaired_ != nullptr) {
      verify::Disposition since = unrepaired_->at(origin);
      if (since != verify::Disposition::expected) return since;
    }
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
  std::unique_ptr<Cursor> unrepaired_;  // may be null
};

}  // namespace

Status RunDecisions::take(catalog::Run& run, std::string_view collection, std::uint32_t index) {
  DECANT_ASSIGN(auto noted, run.fact(kTargetsFact));
  if (!noted) {
    run_ = &run;
    target_ = index;
    return ok_status();
  }
  DECANT_ASSIGN(json::Document names, json::parse_document(*noted, "the catalog"));
  std::uint32_t place = 0;
  for (const json::Document& name : names.items()) {
    if (name.as_text() == collection) {
      run_ = &run;
      target_ = place;
    }
    ++place;
  }
  return ok_status();
}

Result<std::unique_ptr<verify::Dispositions::Cursor>> RunDecisions::open(
    std::uint32_t source, const Partition& partition) {
  std::unique_ptr<Cursor> unrepaired;
  if (unrepaired_ != nullptr) {
    DECANT_ASSIGN(unrepaired, unrepaired_->open(source, partition));
  }
  copy::OutcomeCursor outcomes({});
  if (run_ != nullptr) {  // a partition names its collection itself
    std::lock_guard lock(mutex_);
    DECANT_ASSIGN(outcomes, copy::OutcomeCursor::open(*run_, partition, target_));
  }
  return std::unique_ptr<Cursor>(
      std::make_unique<DecisionCursor>(std::move(outcomes), std::move(unrepaired)));
}

}  // namespace decant::migration
