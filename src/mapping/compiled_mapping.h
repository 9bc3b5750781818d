// What a Mapping holds: each collection's rules, compiled as far as they can be without a shape.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mapping/compiled_rule.h"
#include "mapping/mapping.h"

namespace decant::mapping {

struct CompiledKind {
  const Kind* kind = nullptr;
  std::vector<CompiledRule> rules;  // as in kind->map
  bool keeps_notes = false;         // some rule forgets, and the target keeps what it forgets

  // Whether a rule reads, or the plan drops, the source field of this name.
  bool takes(std::string_view field) const;
  bool makes(std::string_view target_field) const;
};

struct CompiledTarget {
  const Rules* rules = nullptr;
  std::vector<CompiledKind> kinds;
};

struct Mapping::State {
  std::vector<Rules> rules;
  std::vector<CompiledTarget> targets;
  std::string run_time;  // ISO
  Arena arena;           // of what compile() made
  bool identity = false;
};

}  // namespace decant::mapping
