// Carries `names:` and `rename:` over the collections of a plan, and checks that each name that the
// plan writes stands for something.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "migration/resolve.h"

namespace decant::migration {

// Fields of source collections that declare none, where a pass over all of it was made.
using MetFields = std::map<std::string, std::vector<Field>>;

// Gives each collection that keeps the rest a rule for each field that no other rule takes, under
// its new name; fills ResolvedCollection::renamed. An Error where two fields get one name.
Status carry_names(const Plan& plan, const ResolveOptions& options, Resolved& resolved,
                   MetFields& met);

// Every pattern of `only` and `skip` matches something. `all`: the collections of the source.
Status check_patterns(const Plan& plan, const std::vector<Definition>& all);

// Every key of `rename` and `definitions` matches something.
Status check_names(const Plan& plan, const std::vector<Definition>& all, const Resolved& resolved,
                   const MetFields& met);

}  // namespace decant::migration
