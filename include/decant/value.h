// Value: one typed value of a record.
//
// A Value is a small, trivially copyable view. What it points to (text, list items, map members)
// belongs to the Batch it was made in, or to whoever the maker names; it is valid as long as that
// owner is. Any number of threads may read a Value; nobody changes what it points to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace decant {

enum class Type : std::uint8_t {
  absent,  // the record has no such field
  null,    // the field is there and says nothing
  boolean,
  int64,
  decimal,  // exact; the digits as text: -12.50, 1e400, a 60-digit number
  real,     // IEEE 754 double, kept apart from decimal; may be infinite or NaN
  text,     // UTF-8, checked at the border
  bytes,
  timestamp,        // microseconds since 1970-01-01T00:00:00Z, with the zone it was written in
  timestamp_local,  // the same without a zone: another type, never equal to a timestamp
  date,             // days since 1970-01-01
  time,             // microseconds since midnight
  interval,         // months, days, microseconds
  uuid,             // 16 bytes
  list,
  map,  // order kept
  text_set,
  number_set,
  bytes_set,
  foreign,  // the store's own text for a type that is not here; its type is in the definition
};

// The word for a type, as plans, reports and definitions write it ("int64", "text", ...).
std::string_view to_string(Type type);

struct Member;

struct Interval {
  std::int32_t months;
  std::int32_t days;
  std::int64_t microseconds;
  bool operator==(const Interval&) const = default;
};

// Timestamps and dates that SQL calls infinity and -infinity.
inline constexpr std::int64_t kForever = INT64_MAX;
inline constexpr std::int64_t kForeverAgo = INT64_MIN;

class Value {
 public:
  constexpr Value() : Value(Type::absent) {}

  static constexpr Value absent() { return Value(Type::absent); }
  static constexpr Value null() { return Value(Type::null); }
  static constexpr Value boolean(bool v) { return Value(Type::boolean, v ? 1 : 0); }
  static constexpr Value int64(std::int64_t v) { return Value(Type::int64, v); }
  static constexpr Value real(double v) {
    Value value(Type::real);
    value.real_ = v;
    return value;
  }
  // `digits` is a JSON number or a SQL numeric without blanks: -?d+(.d+)?([eE][+-]?d+)?
  static constexpr Value decimal(std::string_view digits) { return Value(Type::decimal, digits); }
  // `plain`: no byte of it needs an escape in JSON (none below 0x20, no quote, no backslash).
  static constexpr Value text(std::string_view v, bool plain = false) {
    Value value(Type::text, v);
    value.plain_ = plain;
    return value;
  }
  static constexpr Value bytes(std::string_view v) { return Value(Type::bytes, v); }
  static constexpr Value foreign(std::string_view v) { return Value(Type::foreign, v); }
  static constexpr Value timestamp(std::int64_t microseconds, std::int16_t zone_minutes = 0) {
    Value value(Type::timestamp, microseconds);
    value.zone_minutes_ = zone_minutes;
    return value;
  }
  static constexpr Value timestamp_local(std::int64_t us) {
    return Value(Type::timestamp_local, us);
  }
  static constexpr Value date(std::int64_t days) { return Value(Type::date, days); }
  static constexpr Value time(std::int64_t us) { return Value(Type::time, us); }
  static constexpr Value interval(const Interval* v) {
    Value value(Type::interval);
    value.interval_ = v;
    return value;
  }
  // REQUIRES: 16 bytes.
  static constexpr Value uuid(std::string_view v) { return Value(Type::uuid, v); }
  // `type` is list or one of the sets.
  static constexpr Value items(std::span<const Value> v, Type type = Type::list) {
    Value value(type);
    value.size_ = static_cast<std::uint32_t>(v.size());
    value.items_ = v.data();
    return value;
  }
  static constexpr Value map(std::span<const Member> members);

  constexpr Type type() const { return type_; }
  constexpr bool is(Type type) const { return type_ == type; }
  constexpr bool is_absent() const { return type_ == Type::absent; }
  constexpr bool is_null() const { return type_ == Type::null; }
  constexpr bool is_present() const { return type_ > Type::null; }
  constexpr bool is_plain() const { return plain_; }

  constexpr bool as_boolean() const { return integer_ != 0; }
  // int64; timestamp, timestamp_local, time (microseconds); date (days).
  constexpr std::int64_t as_int64() const { return integer_; }
  constexpr std::int16_t zone_minutes() const { return zone_minutes_; }
  constexpr double as_real() const { return real_; }
  // text, bytes, decimal, foreign, uuid. Never a null data() pointer.
  constexpr std::string_view as_text() const { return {text_ == nullptr ? "" : text_, size_}; }
  constexpr const Interval& as_interval() const { return *interval_; }
  constexpr std::span<const Value> as_items() const { return {items_, size_}; }
  constexpr std::span<const Member> as_members() const;

 private:
  constexpr explicit Value(Type type) : type_(type), integer_(0) {}
  constexpr Value(Type type, std::int64_t integer) : type_(type), integer_(integer) {}
  constexpr Value(Type type, std::string_view text)
      : type_(type), size_(static_cast<std::uint32_t>(text.size())), text_(text.data()) {}

  Type type_;
  bool plain_ = false;
  std::int16_t zone_minutes_ = 0;
  std::uint32_t size_ = 0;
  union {
    std::int64_t integer_;
    double real_;
    const char* text_;
    const Value* items_;
    const Member* members_;
    const Interval* interval_;
  };
};

struct Member {
  std::string_view name;
  Value value;
};

constexpr Value Value::map(std::span<const Member> members) {
  Value value(Type::map);
  value.size_ = static_cast<std::uint32_t>(members.size());
  value.members_ = members.data();
  return value;
}
constexpr std::span<const Member> Value::as_members() const { return {members_, size_}; }

static_assert(sizeof(Value) == 16);
static_assert(std::is_trivially_copyable_v<Value>);

}  // namespace decant
