#include "cli/command_line.h"

#include <cstdio>
#include <string_view>

namespace decant::cli {

int run(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts("decant " DECANT_VERSION);
    return 0;
  }
  return 2;
}

}  // namespace decant::cli
