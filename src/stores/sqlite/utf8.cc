#include "stores/sqlite/utf8.h"

#include <cstdint>
#include <cstring>

namespace decant::sqlite {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// High bits where a byte of `word` equals the byte that `pattern` repeats, or (rarely) behind one
// that does: never missed, so "none" is exact.
std::uint64_t has_zero(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

// Non-zero where one of the eight bytes is below 0x20, a quote or a backslash.
std::uint64_t needs_escape(std::uint64_t word) {
  std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
  return control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'));
}

// The length of the well-formed sequence at `at` (Unicode 15, table 3-7); 0 where there is none.
std::size_t sequence(const unsigned char* at, std::size_t left) {
  unsigned char first = at[0];
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (at[1] < low || at[1] > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = sequence(at + i, text.size() - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace

TextForm copy_text(std::string_view text, char* to) {
  std::uint64_t seen = 0;
  std::uint64_t escapes = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    std::memcpy(to + at, &word, 8);
    seen |= word;
    escapes |= needs_escape(word);
  }
  if (at < text.size()) {
    std::uint64_t word = kOnes * 'a';
    std::memcpy(&word, text.data() + at, text.size() - at);
    std::memcpy(to + at, &word, text.size() - at);
    seen |= word;
    escapes |= needs_escape(word);
  }
  TextForm form;
  form.plain = escapes == 0;
  if ((seen & kHighs) != 0) form.valid = is_utf8(text);
  return form;
}

}  // namespace decant::sqlite
