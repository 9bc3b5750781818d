// Definitions as JSON text: a plan's `definitions:` file, and NAME.decant.json beside a data file.
//
//   {
//     "format": 1,
//     "collections": {
//       "jobs": {
//         "fields": {
//           "id": {"type": "integer", "required": true},
//           "salary": {"type": "decimal", "precision": 12, "scale": 2, "nullable": true},
//           "title": "text"
//         },
//         "key": ["id"],
//         "indexes": [{"name": "by_title", "fields": ["title", {"field": "id", "descending":
//         true}],
//                      "unique": false, "where": "..."}],
//         "foreign_keys": [{"name": "...", "fields": ["team"], "collection": "teams",
//                           "target_fields": ["id"], "on_delete": "CASCADE", "on_update": "",
//                           "deferred": false}],
//         "checks": [{"name": "...", "expression": "..."}],
//         "open": false, "key_generated": false, "is_view": false, "without_rowid": false,
//         "strict": false, "wal": false, "complement": "decant_rest"
//       }
//     }
//   }
//
// A field is a type word (FieldKind), or a map of: type, precision, scale, length_max, native,
// required, nullable, generated, hidden, default, collation. All members but `fields` may be left
// out; unknown ones are errors that name their place. A `format` above 1 is refused.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/definition.h"
#include "decant/result.h"
#include "json/document.h"

namespace decant::json {

inline constexpr std::int64_t kDefinitionFormat = 1;

std::string definitions_to_json(std::span<const Definition> definitions);
// `name` names the text in errors.
Result<std::vector<Definition>> definitions_from_json(std::string_view text, std::string_view name);

// One collection, as it stands under "collections".
Document definition_to_document(const Definition& definition);
Result<Definition> definition_from_document(const Document& document, std::string_view collection,
                                            std::string_view name);

}  // namespace decant::json
