#include "json/base64.h"

#include <array>
#include <cstdint>

namespace decant::json {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNoDigit;
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kDigits[i])] = i;
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

char* encode_base64(std::string_view bytes, char* out) {
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const std::uint32_t group =
        byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
    *out++ = kDigits[group >> 18];
    *out++ = kDigits[(group >> 12) & 63];
    *out++ = kDigits[(group >> 6) & 63];
    *out++ = kDigits[group & 63];
  }
  const std::size_t rest = bytes.size() - at;
  if (rest == 0) return out;
  const std::uint32_t group =
      byte_at(bytes, at) << 16 | (rest == 2 ? byte_at(bytes, at + 1) << 8 : 0);
  *out++ = kDigits[group >> 18];
  *out++ = kDigits[(group >> 12) & 63];
  *out++ = rest == 2 ? kDigits[(group >> 6) & 63] : '=';
  *out++ = '=';
  return out;
}

bool decode_base64(std::string_view text, char* out, std::size_t& bytes) {
  bytes = 0;
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t digits = text.size() - padding;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t at = 0; at < digits; ++at) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(text[at])];
    if (value == kNoDigit) return false;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[bytes++] = static_cast<char>(bits >> count & 0xFF);
    }
  }
  // One text for one value: the bits that stand behind the last byte are zero.
  return (bits & ((1u << count) - 1)) == 0;
}

}  // namespace decant::json
