#include "stores/sqlite/utf8.h"

#include <cstdint>
#include <cstring>

namespace decant::sqlite {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// What was seen of a text: `high` has a high bit where a byte was past ASCII, `escape` is not zero
// where one needs an escape.
struct Seen {
  std::uint64_t high = 0;
  std::uint64_t escape = 0;
};

std::uint64_t has_zero(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

// Eight bytes at once. A borrow may mark a byte beside the one meant, never leave one out.
void look_at(std::uint64_t word, Seen& seen) {
  seen.high |= word;
  seen.escape |= ((word - kOnes * 0x20) & ~word & kHighs) | has_zero(word ^ (kOnes * '"')) |
                 has_zero(word ^ (kOnes * '\\'));
}

template <typename Word>
void copy_word(const char* from, char* to, Seen& seen) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  std::memcpy(to, &word, sizeof word);
  // The upper bytes of a shorter word are made harmless.
  std::uint64_t wide = word;
  if (sizeof word < 8) wide |= (kOnes * 'a') << (8 * (sizeof word % 8));
  look_at(wide, seen);
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

// Words of eight bytes, the last one laid over the one before, so that no length needs a loop over
// bytes.
TextForm copy_text(std::string_view text, char* to) {
  const char* from = text.data();
  std::size_t size = text.size();
  Seen seen;
  if (size >= 8) {
    std::size_t last = size - 8;
    for (std::size_t at = 0; at < last; at += 8) {
      copy_word<std::uint64_t>(from + at, to + at, seen);
    }
    copy_word<std::uint64_t>(from + last, to + last, seen);
  } else if (size >= 4) {
    copy_word<std::uint32_t>(from, to, seen);
    copy_word<std::uint32_t>(from + size - 4, to + size - 4, seen);
  } else {
    for (std::size_t at = 0; at < size; ++at) {
      copy_word<std::uint8_t>(from + at, to + at, seen);
    }
  }
  TextForm form;
  form.plain = seen.escape == 0;
  if ((seen.high & kHighs) != 0) form.valid = is_utf8(text);
  return form;
}

}  // namespace decant::sqlite
