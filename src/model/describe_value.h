// A value in a message for people.
#pragma once

#include <string>

#include "decant/value.h"

namespace decant {

// Its text, shortened and on one line, and its type: `'abc' (text)`, `1.50 (decimal)`,
// `3 items (list)`. Bytes as hexadecimal digits.
std::string describe(const Value& value);

}  // namespace decant
