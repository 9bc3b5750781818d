#include "stores/sqlite/utf8.h"

#include <cstdint>
#include <cstring>

#include "json/structure.h"

namespace decant::sqlite {
namespace {

// Sixteen bytes, in a register where the processor has such. A shorter text fills the rest with
// bytes that need nothing.
using Block = unsigned char __attribute__((vector_size(16)));

// What was seen of a text: in each place the largest byte, and all bits where one needs an escape.
struct Seen {
  Block high{};
  Block escape{};
};

inline void look_at(const Block& block, Seen& seen) {
  seen.high |= block;
  seen.escape |= reinterpret_cast<Block>(block < 0x20) | reinterpret_cast<Block>(block == '"') |
                 reinterpret_cast<Block>(block == '\\');
}

inline void copy_block(const char* from, char* to, Seen& seen) {
  Block block;
  std::memcpy(&block, from, sizeof block);
  std::memcpy(to, &block, sizeof block);
  look_at(block, seen);
}

// Less than sixteen bytes: two words that may overlap, or one byte after the other.
inline void copy_short(const char* from, char* to, std::size_t size, Seen& seen) {
  Block block = Block{} + static_cast<unsigned char>('a');
  char* in = reinterpret_cast<char*>(&block);
  if (size >= 8) {
    std::memcpy(in, from, 8);
    std::memcpy(in + 8, from + size - 8, 8);
    std::memcpy(to, in, 8);
    std::memcpy(to + size - 8, in + 8, 8);
  } else if (size >= 4) {
    std::memcpy(in, from, 4);
    std::memcpy(in + 4, from + size - 4, 4);
    std::memcpy(to, in, 4);
    std::memcpy(to + size - 4, in + 4, 4);
  } else {
    for (std::size_t at = 0; at < size; ++at) to[at] = in[at] = from[at];
  }
  look_at(block, seen);
}

bool any_bit(const Block& block) {
  std::uint64_t words[2];
  std::memcpy(words, &block, sizeof words);
  return (words[0] | words[1]) != 0;
}

}  // namespace

// The last block is laid over the one before, so that no length needs a loop over bytes.
TextForm copy_text(std::string_view text, char* to) {
  const char* from = text.data();
  std::size_t size = text.size();
  Seen seen;
  if (size >= sizeof(Block)) {
    std::size_t last = size - sizeof(Block);
    for (std::size_t at = 0; at < last; at += sizeof(Block)) copy_block(from + at, to + at, seen);
    copy_block(from + last, to + last, seen);
  } else {
    copy_short(from, to, size, seen);
  }
  TextForm form;
  form.plain = !any_bit(seen.escape);
  if (any_bit(seen.high & (Block{} + static_cast<unsigned char>(0x80)))) {
    form.valid = json::is_utf8(text);
  }
  return form;
}

}  // namespace decant::sqlite
