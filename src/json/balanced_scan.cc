#include "json/balanced_scan.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace decant::json {
namespace {

constexpr std::size_t kBlockBytes = 64;

struct Masks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t brackets = 0;
};

// '[' and ']' differ from '{' and '}' in bit 0x20 alone, and no other byte does.
#if defined(__SSE2__)
Masks masks_of(const char* block) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i open = _mm_set1_epi8('{');
  const __m128i close = _mm_set1_epi8('}');
  const __m128i fold = _mm_set1_epi8(0x20);
  Masks masks;
  for (int part = 0; part < 4; ++part) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * part));  // unaligned is fine
    const __m128i folded = _mm_or_si128(bytes, fold);
    const __m128i bracket =
        _mm_or_si128(_mm_cmpeq_epi8(folded, open), _mm_cmpeq_epi8(folded, close));
    const auto bits = [part](__m128i mask) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(mask)))
             << (16 * part);
    };
    masks.quotes |= bits(_mm_cmpeq_epi8(bytes, quote));
    masks.backslashes |= bits(_mm_cmpeq_epi8(bytes, backslash));
    masks.brackets |= bits(bracket);
  }
  return masks;
}
#else
Masks masks_of(const char* block) {
  Masks masks;
  for (std::size_t i = 0; i < kBlockBytes; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const char folded = static_cast<char>(block[i] | 0x20);
    if (block[i] == '"') masks.quotes |= bit;
    if (block[i] == '\\') masks.backslashes |= bit;
    if (folded == '{' || folded == '}') masks.brackets |= bit;
  }
  return masks;
}
#endif

std::uint64_t prefix_xor(std::uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

// The bytes that an unescaped backslash stands in front of. Backslashes are rare: one by one.
std::uint64_t escaped_bytes(std::uint64_t backslashes, std::uint64_t& escape_next) {
  std::uint64_t escaped = escape_next;
  backslashes &= ~escape_next;
  escape_next = 0;
  while (backslashes != 0) {
    const int at = std::countr_zero(backslashes);
    if (at == 63) {
      escape_next = 1;
      break;
    }
    const std::uint64_t next = std::uint64_t{1} << (at + 1);
    escaped |= next;
    backslashes &= ~((next - 1) | next);
  }
  return escaped;
}

}  // namespace

void BalancedScan::start(std::string_view waiting) {
  open_.assign(waiting.begin(), waiting.end());
  in_string_ = 0;
  escape_next_ = 0;
}

BalancedScan::Result BalancedScan::scan(std::string_view text, std::size_t& used) {
  used = 0;
  while (used < text.size()) {
    const std::size_t rest = text.size() - used;
    const char* block = text.data() + used;
    char padded[kBlockBytes];
    if (rest < kBlockBytes) {
      std::memset(padded, ' ', sizeof padded);
      std::memcpy(padded, block, rest);
      block = padded;
    }
    const Masks masks = masks_of(block);
    const std::uint64_t escaped_before = escape_next_;
    std::size_t used_in_block = kBlockBytes;
    const Result result =
        scan_block(masks.quotes, masks.backslashes, masks.brackets, block, used_in_block);
    if (result != Result::more) {
      used += used_in_block;
      return result;
    }
    if (rest < kBlockBytes) {
      // The filling is not part of the text: an escape may still wait for the next window.
      std::uint64_t carry = escaped_before;
      const std::uint64_t escaped = escaped_bytes(masks.backslashes, carry);
      escape_next_ = (escaped >> rest) & 1;
    }
    used += rest < kBlockBytes ? rest : kBlockBytes;
  }
  return Result::more;
}

BalancedScan::Result BalancedScan::scan_block(std::uint64_t quotes, std::uint64_t backslashes,
                                              std::uint64_t brackets, const char* block,
                                              std::size_t& used) {
  if ((backslashes | escape_next_) != 0) quotes &= ~escaped_bytes(backslashes, escape_next_);
  const std::uint64_t in_string = prefix_xor(quotes) ^ in_string_;
  in_string_ = 0 - (in_string >> 63);
  brackets &= ~in_string;
  while (brackets != 0) {
    const int at = std::countr_zero(brackets);
    brackets &= brackets - 1;
    const char bracket = block[at];
    if (bracket == '{' || bracket == '[') {
      open_.push_back(bracket == '{' ? '}' : ']');
      continue;
    }
    used = static_cast<std::size_t>(at) + 1;
    if (open_.empty() || open_.back() != bracket) return Result::mismatch;
    open_.pop_back();
    if (open_.empty()) return Result::balanced;
  }
  return Result::more;
}

std::size_t find_string_end(std::string_view text, bool& escaped) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (escaped) {
      escaped = false;
    } else if (text[at] == '\\') {
      escaped = true;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace decant::json
