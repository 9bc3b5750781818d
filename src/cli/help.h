// `decant help`, and the same content as the pages of docs/reference.
#pragma once

#include <string>
#include <vector>

#include "decant/result.h"

namespace decant::cli {

// The overview or one command's page; invalid for a command nobody knows. `help reference-commands`
// and `help reference-plan` are the generated pages of docs/reference.
Result<std::string> help(const std::vector<std::string>& words);

}  // namespace decant::cli
