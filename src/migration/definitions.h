// Keys and definitions of the target collections: the second half of resolving.
#pragma once

#include <string_view>
#include <vector>

#include "migration/resolve.h"

namespace decant::migration {

// Null where there is none of this name.
const Definition* find_definition(const std::vector<Definition>& definitions,
                                  std::string_view name);

// Fills key, definition, origin, exists, source_fields and notes of every resolved collection.
// `existing`: what the target holds. A key is never guessed: without one this is `invalid`, with
// the candidates found in the source. Reads the source once where a definition must be inferred.
Status settle_definitions(const Plan& plan, const std::vector<Definition>& existing,
                          const ResolveOptions& options, Resolved& resolved);

}  // namespace decant::migration
