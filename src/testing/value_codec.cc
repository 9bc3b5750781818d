#include "testing/value_codec.h"

#include <cstring>
#include <new>

#include "base/limits.h"

namespace decant::testing {
namespace {

template <typename T>
void encode_raw(T number, std::string& out) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof bytes);
}

}  // namespace

void encode_u32(std::uint32_t number, std::string& out) { encode_raw(number, out); }

void encode_text(std::string_view text, std::string& out) {
  encode_u32(static_cast<std::uint32_t>(text.size()), out);
  out += text;
}

void encode_value(const Value& value, std::string& out) {
  out += static_cast<char>(value.type());
  switch (value.type()) {
    case Type::absent:
    case Type::null:
      return;
    case Type::boolean:
    case Type::int64:
    case Type::timestamp_local:
    case Type::date:
    case Type::time:
      return encode_raw(value.as_int64(), out);
    case Type::timestamp:
      encode_raw(value.as_int64(), out);
      return encode_raw(std::int64_t{value.zone_minutes()}, out);
    case Type::real:
      return encode_raw(value.as_real(), out);
    case Type::decimal:
    case Type::text:
    case Type::bytes:
    case Type::uuid:
    case Type::foreign:
      return encode_text(value.as_text(), out);
    case Type::interval:
      encode_raw(std::int64_t{value.as_interval().months}, out);
      encode_raw(std::int64_t{value.as_interval().days}, out);
      return encode_raw(value.as_interval().microseconds, out);
    case Type::map:
      encode_u32(static_cast<std::uint32_t>(value.as_members().size()), out);
      for (const Member& member : value.as_members()) {
        encode_text(member.name, out);
        encode_value(member.value, out);
      }
      return;
    case Type::list:
    case Type::text_set:
    case Type::number_set:
    case Type::bytes_set:
      encode_u32(static_cast<std::uint32_t>(value.as_items().size()), out);
      for (const Value& item : value.as_items()) encode_value(item, out);
      return;
  }
}

void encode_record(const std::vector<NamedValue>& fields, std::string& out) {
  std::uint32_t present = 0;
  for (const auto& [name, value] : fields) present += value.is_absent() ? 0 : 1;
  encode_u32(present, out);
  for (const auto& [name, value] : fields) {
    if (value.is_absent()) continue;
    encode_text(name, out);
    encode_value(value, out);
  }
}

std::string_view Decoder::take(std::size_t size) {
  if (size > bytes_.size()) {
    failed_ = true;
    bytes_ = {};
    return {};
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

std::uint8_t Decoder::byte() {
  const std::string_view taken = take(1);
  return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
}

std::uint32_t Decoder::u32() {
  const std::string_view taken = take(4);
  std::uint32_t number = 0;
  if (!taken.empty()) std::memcpy(&number, taken.data(), 4);
  return number;
}

std::int64_t Decoder::int64() {
  const std::string_view taken = take(8);
  std::int64_t number = 0;
  if (!taken.empty()) std::memcpy(&number, taken.data(), 8);
  return number;
}

std::string_view Decoder::text() { return take(u32()); }

Value Decoder::value(int depth) {
  const auto type = static_cast<Type>(byte());
  if (depth > static_cast<int>(nesting_max)) failed_ = true;
  if (failed_) return Value::null();
  switch (type) {
    case Type::absent:
      return Value::absent();
    case Type::null:
      return Value::null();
    case Type::boolean:
      return Value::boolean(int64() != 0);
    case Type::int64:
      return Value::int64(int64());
    case Type::timestamp_local:
      return Value::timestamp_local(int64());
    case Type::date:
      return Value::date(int64());
    case Type::time:
      return Value::time(int64());
    case Type::timestamp: {
      const std::int64_t microseconds = int64();
      return Value::timestamp(microseconds, static_cast<std::int16_t>(int64()));
    }
    case Type::real: {
      const std::int64_t bits = int64();
      double real = 0;
      std::memcpy(&real, &bits, sizeof real);
      return Value::real(real);
    }
    case Type::decimal:
      return Value::decimal(text());
    case Type::text:
      return Value::text(text());
    case Type::bytes:
      return Value::bytes(text());
    case Type::uuid:
      return Value::uuid(text());
    case Type::foreign:
      return Value::foreign(text());
    case Type::interval: {
      auto* interval = new (arena_.allocate(sizeof(Interval))) Interval{};
      interval->months = static_cast<std::int32_t>(int64());
      interval->days = static_cast<std::int32_t>(int64());
      interval->microseconds = int64();
      return Value::interval(interval);
    }
    case Type::map:
    case Type::list:
    case Type::text_set:
    case Type::number_set:
    case Type::bytes_set:
      break;
  }
  const std::uint32_t count = u32();
  if (count > bytes_.size()) failed_ = true;  // an item takes at least a byte
  if (failed_) return Value::null();
  if (type == Type::map) {
    const std::span<Member> members = arena_.allocate_array<Member>(count);
    for (Member& member : members) {
      member.name = text();
      member.value = value(depth + 1);
    }
    return Value::map(members);
  }
  const std::span<Value> items = arena_.allocate_array<Value>(count);
  for (Value& item : items) item = value(depth + 1);
  return Value::items(items, type);
}

std::vector<NamedValue> Decoder::record() {
  const std::uint32_t count = u32();
  std::vector<NamedValue> fields;
  for (std::uint32_t i = 0; i < count && !failed_; ++i) {
    const std::string_view name = text();
    fields.emplace_back(name, value());
  }
  return fields;
}

}  // namespace decant::testing
