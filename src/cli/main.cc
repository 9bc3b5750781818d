#include "cli/command_line.h"
#include "stores/registry.h"

int main(int argc, char** argv) {
  return decant::cli::run(argc, argv, decant::stores::Registry::standard());
}
