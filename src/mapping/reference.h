// Every key of the mapping language, once: the parser takes its known keys from here, and the
// reference in docs/ is generated from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace decant::mapping {

struct KeyReference {
  enum class Scope : std::uint8_t { collection, kind, field, condition };
  Scope scope;
  std::string_view key;
  std::string_view type;     // "list", "text", "FIELD or list of them"
  std::string_view initial;  // what holds where the key is left out; empty: nothing
  std::string_view meaning;  // one line
  std::string_view example;  // one line of YAML
};

// In the order in which they are explained.
std::span<const KeyReference> rule_keys();

std::vector<std::string_view> known_keys(KeyReference::Scope scope);

std::string_view to_string(KeyReference::Scope scope);

}  // namespace decant::mapping
