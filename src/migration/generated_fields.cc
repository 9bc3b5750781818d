#include "migration/generated_fields.h"

#include <algorithm>
#include <optional>

namespace decant::migration {
namespace {

const Field* find(const std::vector<Field>& fields, std::string_view name) {
  auto found = std::find_if(fields.begin(), fields.end(),
                            [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// The value is handed on as it is.
bool only_carries(const mapping::FieldRule& rule) {
  bool plain = rule.from.size() == 1 && !rule.constant && !rule.whole;
  bool text = rule.strip_prefix.empty() && rule.strip_suffix.empty() && rule.prefix.empty() &&
              rule.suffix.empty();
  bool value = rule.null_if.empty() && rule.values.empty() && rule.cast == mapping::Cast::none &&
               !rule.default_value && !rule.default_run_time;
  return plain && text && value;
}

bool is_taken(const mapping::Kind& kind, const std::string& name) {
  bool read = std::any_of(kind.map.begin(), kind.map.end(), [&](const mapping::FieldRule& rule) {
    return std::find(rule.from.begin(), rule.from.end(), name) != rule.from.end();
  });
  return read || std::any_of(kind.drop.begin(), kind.drop.end(),
                             [&](const mapping::DroppedField& drop) { return drop.field == name; });
}

// What a kind puts on a target field: the words for it, and the source field where it is carried.
struct Landing {
  std::string what;
  const Field* carried = nullptr;
};

std::optional<Landing> landing_on(const mapping::Kind& kind, const std::string& name,
                                  const std::vector<Field>& source) {
  for (const mapping::FieldRule& rule : kind.map) {
    if (rule.target != name) continue;
    const Field* from = rule.from.empty() ? nullptr : find(source, rule.from.front());
    return Landing{"a rule makes it", only_carries(rule) ? from : nullptr};
  }
  if (kind.rest == mapping::Rest::into && kind.rest_into == name) {
    return Landing{"`rest` goes into it"};
  }
  const Field* same = find(source, name);
  if (kind.rest != mapping::Rest::keep || same == nullptr || is_taken(kind, name)) return {};
  return Landing{"the source has a field of that name", same};
}

}  // namespace

Result<std::vector<std::string>> mirrored_fields(const mapping::Rules& rules,
                                                 const std::vector<Field>& source,
                                                 const Definition& target) {
  std::vector<std::string> mirrored;
  for (const Field& field : target.fields) {
    if (!field.generated) continue;
    bool carried = true;
    for (const mapping::Kind& kind : rules.kinds) {
      std::optional<Landing> landing = landing_on(kind, field.name, source);
      if (!landing) {
        carried = false;
        continue;
      }
      const Field* from = landing->carried;
      if (from != nullptr && from->generated && from->default_sql == field.default_sql) continue;
      return Error{ErrorCode::invalid, "collection '" + target.name +
                                           "': the target computes field '" + field.name +
                                           "' itself, and " + landing->what +
                                           ", which would be lost; drop it with a reason (drop: {" +
                                           field.name + ": REASON}), or map it to another name"};
    }
    if (carried) mirrored.push_back(field.name);
  }
  return mirrored;
}

}  // namespace decant::migration
