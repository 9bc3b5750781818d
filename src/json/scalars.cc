#include "json/scalars.h"

#include <cstring>

#include "base/limits.h"

namespace decant::json {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Four hexadecimal digits; -1 where they are not.
int read_unit(const char* text) {
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

char* write_utf8(std::uint32_t code, char* out) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xC0 | (code >> 6));
    *out++ = static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xE0 | (code >> 12));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (code & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | (code >> 18));
    *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (code & 0x3F));
  }
  return out;
}

// `text` stands behind "\u". Moves both behind what was read and written.
bool read_unicode_escape(const char*& text, char*& out, Fault& fault) {
  const char* escape = text - 2;
  const int first = read_unit(text);
  if (first < 0) {
    fault = {"syntax", "\\u must be followed by four hexadecimal digits", escape};
    return false;
  }
  auto code = static_cast<std::uint32_t>(first);
  text += 4;
  if (code >= 0xD800 && code < 0xE000) {
    const int second =
        code < 0xDC00 && text[0] == '\\' && text[1] == 'u' ? read_unit(text + 2) : -1;
#if DECANT_MUTANT_LONE_SURROGATE_ACCEPTED
    if (second < 0xDC00 || second > 0xDFFF) {
      out = write_utf8(0xFFFD, out);
      return true;
    }
#else
    if (second < 0xDC00 || second > 0xDFFF) {
      fault = {"lone_surrogate", "one half of a surrogate pair stands alone", escape};
      return false;
    }
#endif
    code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(second) - 0xDC00);
    text += 6;
  }
  out = write_utf8(code, out);
  return true;
}

char simple_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

const char* find_closing_quote(const char* text) {
  while (true) {
    text = find_quote_or_backslash(text);
    if (*text == '"') return text;
    text += 2;
  }
}

}  // namespace

bool read_escaped_string(const char* start, const char* escape, Arena& arena, std::string_view& out,
                         const char*& end, Fault& fault) {
  const char* close = find_closing_quote(escape);
  // An escape is never shorter than what it stands for.
  char* const memory = arena.allocate(static_cast<std::size_t>(close - start), 1);
  char* to = memory;
  const char* from = start;
  while (true) {
    const auto plain = static_cast<std::size_t>(escape - from);
    std::memcpy(to, from, plain);
    to += plain;
    from = escape;
    if (from == close) break;
    if (from[1] == 'u') {
      from += 2;
      if (!read_unicode_escape(from, to, fault)) return false;
    } else {
      const char character = simple_escape(from[1]);
      if (character == 0) {
        fault = {"syntax", "a backslash is followed by no escape that JSON knows", from};
        return false;
      }
      *to++ = character;
      from += 2;
    }
    escape = find_quote_or_backslash(from);
  }
  arena.shrink_last(memory, static_cast<std::size_t>(to - memory));
  out = {memory, static_cast<std::size_t>(to - memory)};
  end = close + 1;
  return true;
}

bool scalar_ends(const char* at, const char* limit) {
  if (at >= limit) return true;
  switch (*at) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ',':
    case ':':
    case ']':
    case '}':
    case '[':
    case '{':
      return true;
    default:
      return false;
  }
}

namespace {

// The exponent behind 'e'. False where it is no number; `large` where it is past the limit.
bool read_exponent(const char*& text, bool& large) {
  if (*text == '+' || *text == '-') ++text;
  if (!is_digit(*text)) return false;
  std::uint64_t exponent = 0;
  for (; is_digit(*text); ++text) {
    if (exponent <= decimal_exponent_max)
      exponent = exponent * 10 + static_cast<unsigned>(*text - '0');
  }
  large = exponent > decimal_exponent_max;
  return true;
}

// 19 digits fit 64 bits without a sign, so up to there `magnitude` has not wrapped.
bool fits_int64(std::uint64_t magnitude, std::size_t digits, bool negative) {
  if (digits != 19) return digits < 19;
  return magnitude <= static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
}

}  // namespace

bool read_number(const char* text, const char* limit, Value& out, Fault& fault) {
  const char* at = text;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* first = at;
  std::uint64_t magnitude = 0;
  while (is_digit(*at)) magnitude = magnitude * 10 + static_cast<unsigned>(*at++ - '0');
  std::size_t digits = static_cast<std::size_t>(at - first);
  bool good = digits != 0 && !(digits > 1 && *first == '0');
  bool integer = true;
  bool large_exponent = false;
  if (good && *at == '.') {
    integer = false;
    const char* fraction = ++at;
    while (is_digit(*at)) ++at;
    good = at != fraction;
    digits += static_cast<std::size_t>(at - fraction);
  }
  if (good && (*at == 'e' || *at == 'E')) {
    integer = false;
    good = read_exponent(++at, large_exponent);
  }
  if (!good || !scalar_ends(at, limit)) {
    fault = {"syntax", "this is no number as JSON writes it", text};
    return false;
  }
  if (digits > decimal_digits_max || large_exponent) {
    fault = {"number_too_long", "the number has more digits, or a larger exponent, than is kept",
             text};
    return false;
  }
  const bool minus_zero = negative && magnitude == 0;
  if (integer && !minus_zero && fits_int64(magnitude, digits, negative)) {
    out = Value::int64(negative ? static_cast<std::int64_t>(0 - magnitude)
                                : static_cast<std::int64_t>(magnitude));
  } else {
    out = Value::decimal({text, static_cast<std::size_t>(at - text)});
  }
  return true;
}

}  // namespace decant::json
