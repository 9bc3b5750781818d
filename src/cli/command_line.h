// The command line of Decant, as a function: parses, calls one engine function, renders.
#pragma once

namespace decant::stores {
class Registry;
}

namespace decant::cli {

// Runs one command; returns the documented exit status (0, 1, 2, 3, 4 or 130).
int run(int argc, const char* const* argv, const stores::Registry& registry);

}  // namespace decant::cli
