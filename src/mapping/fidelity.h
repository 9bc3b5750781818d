// What must hold for a rule to be undone from its result alone.
#pragma once

#include <string>
#include <vector>

#include "decant/definition.h"
#include "mapping/rules.h"

namespace decant::mapping {

// One way in which a rule forgets something.
struct RuleCondition {
  std::string holds;        // "every record holds 'role'"
  std::string consequence;  // of a record that breaks it, on the way back: "'user' is written back"
};

// Empty: the rule is lossless for sources of this kind (`any`: not known). `kind` is that of the
// first source field.
std::vector<RuleCondition> rule_conditions(const FieldRule& rule, FieldKind kind);

// The kind of a source field that a rule reads first; any where it is not known.
FieldKind source_kind(const FieldRule& rule, const std::vector<Field>& source);

// The cast that undoes `cast` for a source field of this kind.
Cast undo_cast(Cast cast, FieldKind kind);

}  // namespace decant::mapping
