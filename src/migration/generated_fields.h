// Fields that the target computes itself: a source field may not land on one, since what it holds
// would be lost, unless the source computes it by the same definition.
#pragma once

#include <string>
#include <vector>

#include "decant/definition.h"
#include "decant/result.h"
#include "mapping/rules.h"

namespace decant::migration {

// The generated fields of `target` that `source` computes by the same definition and the rules
// carry over as they are. An Error names the first other source field that lands on a generated
// field. `source`: the known or seen fields; those that turn up later go to quarantine.
Result<std::vector<std::string>> mirrored_fields(const mapping::Rules& rules,
                                                 const std::vector<Field>& source,
                                                 const Definition& target);

}  // namespace decant::migration
