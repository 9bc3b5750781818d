// Parsing of one rule of `map`.
#pragma once

#include <string_view>

#include "decant/result.h"
#include "mapping/node.h"
#include "mapping/rules.h"

namespace decant::mapping {

// `target` is the key of the rule in `map`, `node` its value: a source field's name or a map.
Result<FieldRule> parse_field_rule(const Node& target, const Node& node, std::string_view document);

// One name, or a list of different ones: `from`, `key`. `what` is the key, for messages.
Result<std::vector<std::string>> parse_names(const Node& node, std::string_view what,
                                             std::string_view document);

}  // namespace decant::mapping
