#include "model/canonical.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "model/canonical_writer.h"
#include "model/decimal.h"

namespace decant {

static_assert(std::endian::native == std::endian::little, "the canonical form is little-endian");

void append_canonical(const Value& value, std::string& out) {
  CanonicalWriter writer;
  writer.append(value);
  out += writer.bytes();
}

bool equal(const Value& a, const Value& b) {
  // The usual cases, without writing anything.
  if (a.type() == b.type()) {
    if (a.is(Type::text) || a.is(Type::bytes)) return a.as_text() == b.as_text();
    if (a.is(Type::int64) || a.is(Type::boolean)) return a.as_int64() == b.as_int64();
    if (!a.is_present()) return true;
    if (a.is(Type::decimal) && a.as_text() == b.as_text()) return true;
    if (a.is(Type::list)) return std::ranges::equal(a.as_items(), b.as_items(), equal);
  }
  thread_local CanonicalWriter left;
  thread_local CanonicalWriter right;
  left.clear();
  right.clear();
  left.append(a);
  right.append(b);
  return left.bytes() == right.bytes();
}

void CanonicalWriter::grow(std::size_t bytes) {
  const std::size_t capacity = std::max<std::size_t>({used_ + bytes, capacity_ * 2, 1024});
  std::unique_ptr<char[]> larger(new char[capacity]);
  if (used_ > 0) std::memcpy(larger.get(), buffer_.get(), used_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

// coefficient * 10^exponent with |coefficient| < 10^18.
void CanonicalWriter::append_small(std::int64_t coefficient, std::int32_t exponent) {
  if (exponent == 0) return append_int64(0x10, coefficient);
  if (exponent > 0 && exponent <= 18) {
    std::int64_t whole = coefficient;
    std::int32_t left = exponent;
    while (left > 0 && !__builtin_mul_overflow(whole, std::int64_t{10}, &whole)) --left;
    if (left == 0) return append_int64(0x10, whole);
  }
  append_int64(0x11, coefficient);
  std::memcpy(room(4), &exponent, 4);
  used_ += 4;
}

void CanonicalWriter::append_decimal(std::string_view text) {
  std::int64_t coefficient = 0;
  std::int32_t exponent = 0;
  if (parse_small_decimal(text, coefficient, exponent)) return append_small(coefficient, exponent);
  Decimal number;
  if (parse_decimal(text, number) != DecimalFault::none) return append_text(0x13, text);
  if (const auto whole = to_int64(number)) return append_int64(0x10, *whole);
  if (number.digit_count <= 18) {
    for (const char c : number.digits) {
      if (c != '.') coefficient = coefficient * 10 + (c - '0');
    }
    append_int64(0x11, number.negative ? -coefficient : coefficient);
    append_u32(static_cast<std::uint32_t>(number.exponent));
    return;
  }
  append_byte(0x12);
  append_byte(number.negative ? 1 : 0);
  append_u32(static_cast<std::uint32_t>(number.exponent));
  append_u32(number.digit_count);
  char* at = room(number.digits.size());
  for (const char c : number.digits) {
    if (c != '.') *at++ = c;
  }
  used_ += number.digit_count;
}

void CanonicalWriter::append_real(double value) {
  std::int64_t coefficient = 0;
  std::int32_t exponent = 0;
  if (small_decimal(value, coefficient, exponent)) return append_small(coefficient, exponent);
  if (std::isnan(value)) return append_byte(0x14);
  if (std::isinf(value)) return append_byte(value > 0 ? 0x15 : 0x16);
  char buffer[kDoubleTextMax];
  append_decimal(shortest_decimal(value, buffer));
}

void CanonicalWriter::append_other(const Value& value) {
  switch (value.type()) {
    case Type::bytes:
      return append_text(0x21, value.as_text());
    case Type::foreign:
      return append_text(0x22, value.as_text());
    case Type::timestamp:
      return append_int64(0x30, value.as_int64());  // UTC; the zone is not part
    case Type::timestamp_local:
      return append_int64(0x31, value.as_int64());
    case Type::date:
      return append_int64(0x32, value.as_int64());
    case Type::time:
      return append_int64(0x33, value.as_int64());
    case Type::interval:
      append_byte(0x34);
      append_u32(static_cast<std::uint32_t>(value.as_interval().months));
      append_u32(static_cast<std::uint32_t>(value.as_interval().days));
      std::memcpy(room(8), &value.as_interval().microseconds, 8);
      used_ += 8;
      return;
    case Type::uuid:
      append_byte(0x35);
      std::memcpy(room(16), value.as_text().data(), 16);
      used_ += 16;
      return;
    case Type::list:
      append_byte(0x40);
      append_u32(static_cast<std::uint32_t>(value.as_items().size()));
      for (const Value& item : value.as_items()) append(item);
      return;
    case Type::map:
      return append_map(value.as_members());
    case Type::text_set:
      return append_set(0x42, value.as_items());
    case Type::number_set:
      return append_set(0x43, value.as_items());
    case Type::bytes_set:
      return append_set(0x44, value.as_items());
    default:
      return append_byte(0x00);  // absent
  }
}

void CanonicalWriter::append_map(std::span<const Member> members) {
  const std::size_t base = order_.size();
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    if (!members[i].value.is_absent()) order_.push_back(i);
  }
  const std::size_t count = order_.size() - base;
#if !DECANT_MUTANT_MAP_ORDER
  std::sort(order_.begin() + static_cast<std::ptrdiff_t>(base), order_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return members[a].name < members[b].name; });
#endif
  append_byte(0x41);
  append_u32(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const Member& member = members[order_[base + i]];
    append_u32(static_cast<std::uint32_t>(member.name.size()));
    char* at = room(member.name.size());
    if (!member.name.empty()) std::memcpy(at, member.name.data(), member.name.size());
    used_ += member.name.size();
    append(member.value);
  }
  order_.resize(base);
}

void CanonicalWriter::append_set(std::uint8_t tag, std::span<const Value> items) {
  std::vector<std::string> forms(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) append_canonical(items[i], forms[i]);
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  append_byte(tag);
  append_u32(static_cast<std::uint32_t>(forms.size()));
  for (const std::string& form : forms) {
    std::memcpy(room(form.size()), form.data(), form.size());
    used_ += form.size();
  }
}

}  // namespace decant
