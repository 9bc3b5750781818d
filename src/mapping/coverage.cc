#include <algorithm>

#include "mapping/rules.h"

namespace decant::mapping {
namespace {

bool is_taken(const Kind& kind, const std::string& field) {
  const auto names_it = [&](const FieldRule& rule) {
    return std::find(rule.from.begin(), rule.from.end(), field) != rule.from.end();
  };
  return std::any_of(kind.map.begin(), kind.map.end(), names_it) ||
         std::any_of(kind.drop.begin(), kind.drop.end(),
                     [&](const DroppedField& drop) { return drop.field == field; });
}

void cover(const Kind& kind, const Field& field, std::vector<Uncovered>& uncovered) {
  if (field.hidden || is_taken(kind, field.name)) return;
  const bool whole = std::any_of(kind.map.begin(), kind.map.end(),
                                 [](const FieldRule& rule) { return rule.whole; });
  if (kind.rest == Rest::error && !whole) {
    uncovered.push_back(
        {kind.name, field.name, "is not mapped; map it, drop it with a reason, or say `rest`"});
  }
  if (kind.rest != Rest::keep) return;
  for (const FieldRule& rule : kind.map) {
    if (rule.target != field.name) continue;
    uncovered.push_back({kind.name, field.name,
                         "is kept by `rest: keep`, but a rule makes the target field of that name; "
                         "map it to another name, or drop it with a reason"});
  }
}

}  // namespace

std::vector<Uncovered> coverage(const Rules& rules, const std::vector<Field>& source) {
  std::vector<Uncovered> uncovered;
  for (const Kind& kind : rules.kinds) {
    for (const Field& field : source) cover(kind, field, uncovered);
  }
  return uncovered;
}

Status check_coverage(const Rules& rules, const std::vector<Field>& source) {
  const std::vector<Uncovered> uncovered = coverage(rules, source);
  if (uncovered.empty()) return ok_status();
  std::string message = "collection '" + rules.target + "' does not cover its source:";
  for (const Uncovered& one : uncovered) {
    message += "\n  ";
    if (!one.kind.empty()) message += "kind '" + one.kind + "': ";
    message += "field '" + one.field + "' " + one.problem;
  }
  return error_at(rules.document, rules.kinds.front().mark, message);
}

}  // namespace decant::mapping
