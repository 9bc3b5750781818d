// `decant help`, and the same content as the pages of docs/reference.
#pragma once

#include <string>
#include <vector>

namespace decant::cli {

// Prints the overview or one command's page to standard output; 2 for a command nobody knows.
// `help reference-commands` and `help reference-plan` print the generated pages of docs/reference.
int help(const std::vector<std::string>& words);

}  // namespace decant::cli
