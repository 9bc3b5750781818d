// Strings and numbers of JSON text, byte by byte.
#pragma once

#include <cstdint>
#include <string_view>

#include "decant/batch.h"
#include "decant/value.h"

namespace decant::json {

// A reason word of reader.h's Refusal, and what to say; null reason: no fault.
struct Fault {
  const char* reason = nullptr;
  const char* message = nullptr;
  const char* at = nullptr;  // the byte in the text
};

// The string whose opening quote stands before `text`. On success `end` is behind the closing
// quote, and the result views into the text (`plain`), or into `arena` where there was an escape.
// REQUIRES: the text holds an unescaped closing quote, is UTF-8 without control characters, and 16
// bytes are readable behind it.
bool read_string(const char* text, Arena& arena, std::string_view& out, bool& plain,
                 const char*& end, Fault& fault);

// The number at `text`: int64 or decimal (its digits viewed in place). It must end at `limit`,
// or with white space, a comma, a colon or a bracket before it.
bool read_number(const char* text, const char* limit, Value& out, Fault& fault);

// True where a scalar that ended before `at` really ends there.
bool scalar_ends(const char* at, const char* limit);

}  // namespace decant::json
