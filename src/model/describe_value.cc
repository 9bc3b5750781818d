#include "model/describe_value.h"

#include <charconv>

#include "model/temporal.h"

namespace decant {
namespace {

constexpr std::size_t kShownBytes = 60;

// At most kShownBytes, never in the middle of a character; control characters as \xNN.
std::string shortened(std::string_view text) {
  std::size_t end = text.size();
  if (end > kShownBytes) {
    end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown;
  for (const char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      shown += c;
    } else {
      shown += "\\x";
      shown += kHex[byte >> 4];
      shown += kHex[byte & 15];
    }
  }
  if (end < text.size()) shown += "...";
  return shown;
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown;
  for (const char c : bytes.substr(0, kShownBytes / 2)) {
    shown += kHex[static_cast<unsigned char>(c) >> 4];
    shown += kHex[static_cast<unsigned char>(c) & 15];
  }
  if (bytes.size() > kShownBytes / 2) shown += "...";
  return shown;
}

std::string content(const Value& value) {
  switch (value.type()) {
    case Type::absent:
      return "nothing";
    case Type::null:
      return "null";
    case Type::boolean:
      return value.as_boolean() ? "true" : "false";
    case Type::int64:
      return std::to_string(value.as_int64());
    case Type::decimal:
      return shortened(value.as_text());
    case Type::real: {
      char buffer[32];
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, value.as_real()).ptr;
      return std::string(buffer, end);
    }
    case Type::text:
    case Type::foreign:
      return "'" + shortened(value.as_text()) + "'";
    case Type::bytes:
      return hexadecimal(value.as_text());
    case Type::list:
    case Type::text_set:
    case Type::number_set:
    case Type::bytes_set:
      return std::to_string(value.as_items().size()) + " items";
    case Type::map:
      return std::to_string(value.as_members().size()) + " members";
    default: {
      TemporalText buffer;
      return std::string(print_temporal(value, buffer));
    }
  }
}

}  // namespace

std::string describe(const Value& value) {
  if (!value.is_present()) return content(value);
  return content(value) + " (" + std::string(to_string(value.type())) + ")";
}

}  // namespace decant
