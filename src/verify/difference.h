// One difference between the mapped source and the target, named field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"

namespace decant::verify {

enum class DifferenceKind : std::uint8_t {
  missing,    // the source has it, the target does not
  extra,      // the target has it, no source record stands for it
  different,  // both have the key, the content differs
};
std::string_view to_string(DifferenceKind kind);

// A field's values as JSON text; empty: the field is absent there.
struct FieldDifference {
  std::string name;
  std::string source;  // as mapped, in the target's declared type
  std::string target;
  // Types by name, only where both texts are the same and the types are not.
  std::string source_type;
  std::string target_type;
};

struct Difference {
  DifferenceKind kind = DifferenceKind::missing;
  std::vector<std::pair<std::string, std::string>> key;  // field, value as JSON text
  std::vector<FieldDifference> fields;                   // only for `different`
  std::string place;  // "jobs.json byte 9000" where that side has files; may be empty
};

// {"key":{...},"difference":"...","fields":[{"name":...,"source":...,"target":...}],"place":"..."};
// members that would be empty are left out, but for `fields`.
std::string to_json(const Difference& difference);

// Such an object with "collection" in front.
std::string with_collection(std::string_view collection, std::string_view difference_json);

// Which fields count, as Digester's arguments of the same names.
struct ComparedFields {
  std::vector<std::string> key;
  std::vector<std::string> compared;  // empty: all
  std::vector<std::string> ignored;
  bool counts(std::string_view field) const;
};

// The fields that differ by SEMANTICS' equality, in order of name.
std::vector<FieldDifference> compare_fields(const Record& source, const Record& target,
                                            const ComparedFields& fields);

// The key of a record as Difference::key has it.
std::vector<std::pair<std::string, std::string>> render_key(const Record& record,
                                                            const std::vector<std::string>& key);

}  // namespace decant::verify
