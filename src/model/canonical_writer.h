// The bytes of the canonical form, written one value after the other into one buffer.
//
//   absent 00   null 01   false 02   true 03
//   integer of 64 bits      10 int64
//   up to 18 digits         11 int64 coefficient, int32 exponent    (coefficient * 10^exponent)
//   more digits             12 sign byte, int32 exponent, u32 count, the digits as text
//   past every limit        13 u32 length, the text of the number
//   NaN 14   infinity 15   -infinity 16
//   text 20, bytes 21, foreign 22      u32 length, bytes
//   timestamp 30, timestamp_local 31, date 32, time 33     int64
//   interval 34  int32 months, int32 days, int64 microseconds
//   uuid 35      16 bytes
//   list 40      u32 count, items
//   map 41       u32 count of present members, each u32 length, name, value; names sorted bytewise
//   text_set 42, number_set 43, bytes_set 44   u32 count, the items' forms, sorted, without repeats
//
// Integers are little-endian. Of the forms of a number the first that holds it is used. No form is
// the beginning of another one, so that a sequence of values is read in one way only.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "decant/value.h"

namespace decant {

class CanonicalWriter {
 public:
  void clear() { used_ = 0; }
  std::string_view bytes() const { return {buffer_.get(), used_}; }

  // A name made beforehand, as it stands in the bytes, and the value behind it: the hot path, so
  // that the usual types are written with one look at the room that is left.
  // REQUIRES: kPadded bytes are readable behind the name's size.
  static constexpr std::size_t kPadded = 32;
  void append_field(const char* name, std::size_t size, const Value& value) {
    const bool is_text = value.is(Type::text);
    const std::string_view text = is_text ? value.as_text() : std::string_view();
    char* at = room(size + kPadded + 16 + text.size());
    if (size <= kPadded) [[likely]] {
      std::memcpy(at, name, kPadded);  // of a fixed size: two moves instead of a call
    } else {
      std::memcpy(at, name, size);
    }
    at += size;
    if (is_text) {
      at = put_text(at, 0x20, text);
    } else if (value.is(Type::int64)) {
      at = put_int64(at, 0x10, value.as_int64());
    } else if (value.is(Type::boolean)) {
      *at++ = value.as_boolean() ? 0x03 : 0x02;
    } else {
      used_ = static_cast<std::size_t>(at - buffer_.get());
      return append(value);
    }
    used_ = static_cast<std::size_t>(at - buffer_.get());
  }

  void append(const Value& value) {
    switch (value.type()) {
      case Type::text:
        return append_text(0x20, value.as_text());
      case Type::int64:
        return append_int64(0x10, value.as_int64());
      case Type::null:
        return append_byte(0x01);
      case Type::boolean:
        return append_byte(value.as_boolean() ? 0x03 : 0x02);
      case Type::decimal:
        return append_decimal(value.as_text());
      case Type::real:
        return append_real(value.as_real());
      default:
        return append_other(value);
    }
  }
  void append_text(std::uint8_t tag, std::string_view text) {
    put_text(room(text.size() + 5), tag, text);
    used_ += text.size() + 5;
  }

 private:
  // Both give the place behind what they wrote.
  static char* put_text(char* at, std::uint8_t tag, std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    at[0] = static_cast<char>(tag);
    std::memcpy(at + 1, &size, 4);
    copy_bytes(at + 5, text.data(), text.size());
    return at + 5 + text.size();
  }
  static char* put_int64(char* at, std::uint8_t tag, std::int64_t number) {
    at[0] = static_cast<char>(tag);
    std::memcpy(at + 1, &number, 8);
    return at + 9;
  }
  // Short texts without a call of memcpy: two moves that overlap.
  static void copy_bytes(char* to, const char* from, std::size_t size) {
    if (size > 32) {
      std::memcpy(to, from, size);
    } else if (size >= 16) {
      std::memcpy(to, from, 16);
      std::memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
      std::memcpy(to, from, 8);
      std::memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
      std::memcpy(to, from, 4);
      std::memcpy(to + size - 4, from + size - 4, 4);
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
    }
  }
  char* room(std::size_t bytes) {
    if (used_ + bytes > capacity_) grow(bytes);
    return buffer_.get() + used_;
  }
  void append_byte(std::uint8_t byte) {
    *room(1) = static_cast<char>(byte);
    ++used_;
  }
  void append_int64(std::uint8_t tag, std::int64_t number) {
    put_int64(room(9), tag, number);
    used_ += 9;
  }
  void append_u32(std::uint32_t number) {
    std::memcpy(room(4), &number, 4);
    used_ += 4;
  }
  void append_small(std::int64_t coefficient, std::int32_t exponent);
  void append_decimal(std::string_view text);
  void append_real(double value);
  void append_other(const Value& value);
  void append_map(std::span<const Member> members);
  void append_set(std::uint8_t tag, std::span<const Value> items);
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<std::uint32_t> order_;  // a stack: of each open map, its members in order
};

}  // namespace decant
