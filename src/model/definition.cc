#include "decant/definition.h"

#include <array>

namespace decant {
namespace {

constexpr std::array<std::string_view, 21> kKindWords = {
    "any",       "boolean",         "integer",    "decimal",   "number",   "real", "text", "bytes",
    "timestamp", "timestamp_local", "date",       "time",      "interval", "uuid", "json", "list",
    "map",       "text_set",        "number_set", "bytes_set", "foreign"};
static_assert(kKindWords.size() == static_cast<std::size_t>(FieldKind::foreign) + 1);

}  // namespace

std::string_view to_string(FieldKind kind) { return kKindWords[static_cast<std::size_t>(kind)]; }

std::optional<FieldKind> field_kind(std::string_view word) {
  for (std::size_t i = 0; i < kKindWords.size(); ++i) {
    if (kKindWords[i] == word) return static_cast<FieldKind>(i);
  }
  return std::nullopt;
}

const Field* Definition::find(std::string_view field) const {
  const int index = index_of(field);
  return index < 0 ? nullptr : &fields[static_cast<std::size_t>(index)];
}

int Definition::index_of(std::string_view field) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace decant
