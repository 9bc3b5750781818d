#include "decant/store.h"

namespace decant {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::inserted:
      return "inserted";
    case Outcome::updated:
      return "updated";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::superseded:
      return "superseded";
    case Outcome::duplicate:
      return "duplicate";
    case Outcome::quarantined:
      return "quarantined";
    case Outcome::removed:
      return "removed";
    case Outcome::not_attempted:
      return "not_attempted";
    case Outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

void StageResult::clear() {
  outcomes.clear();
  rejections.clear();
  existing.clear();
}

}  // namespace decant
