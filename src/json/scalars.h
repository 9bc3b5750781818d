// Strings and numbers of JSON text, byte by byte.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "decant/batch.h"
#include "decant/value.h"

namespace decant::json {

// A reason word of reader.h's Refusal, and what to say; null reason: no fault.
struct Fault {
  const char* reason = nullptr;
  const char* message = nullptr;
  const char* at = nullptr;  // the byte in the text
};

// The first quote or backslash at or behind `text`.
#if defined(__SSE2__)
inline const char* find_quote_or_backslash(const char* text) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  while (true) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash))));
    if (mask != 0) return text + std::countr_zero(mask);
    text += 16;
  }
}
#else
inline const char* find_quote_or_backslash(const char* text) {
  while (*text != '"' && *text != '\\') ++text;
  return text;
}
#endif

// A string that begins at `start` and has its first backslash at `escape`.
bool read_escaped_string(const char* start, const char* escape, Arena& arena, std::string_view& out,
                         const char*& end, Fault& fault);

// The string whose opening quote stands before `text`. On success `end` is behind the closing
// quote, and the result views into the text (`plain`), or into `arena` where there was an escape.
// REQUIRES: the text holds an unescaped closing quote, is UTF-8 without control characters, and 16
// bytes are readable behind it.
inline bool read_string(const char* text, Arena& arena, std::string_view& out, bool& plain,
                        const char*& end, Fault& fault) {
  const char* stop = find_quote_or_backslash(text);
  plain = *stop == '"';
  if (!plain) return read_escaped_string(text, stop, arena, out, end, fault);
  out = {text, static_cast<std::size_t>(stop - text)};
  end = stop + 1;
  return true;
}

// The number at `text`: int64 or decimal (its digits viewed in place). It must end at `limit`,
// or with white space, a comma, a colon or a bracket before it.
bool read_number(const char* text, const char* limit, Value& out, Fault& fault);

// True where a scalar that ended before `at` really ends there.
bool scalar_ends(const char* at, const char* limit);

}  // namespace decant::json
