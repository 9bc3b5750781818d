#include "cli/command_line.h"

int main(int argc, char** argv) { return decant::cli::run(argc, argv); }
