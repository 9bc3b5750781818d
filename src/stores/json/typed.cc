#include "stores/json/typed.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "json/base64.h"
#include "model/decimal.h"
#include "model/temporal.h"

namespace decant::stores {
namespace {

bool restore_bytes(Value& value, Arena& arena) {
  if (!value.is(Type::text)) return value.is(Type::bytes);
  const std::string_view text = value.as_text();
  char* memory = arena.allocate(text.size(), 1);
  std::size_t size = 0;
  if (!json::decode_base64(text, memory, size)) return false;
  value = Value::bytes({memory, size});
  return true;
}

bool restore_real(Value& value) {
  switch (value.type()) {
    case Type::real:
      return true;
    case Type::int64: {
      // Past 2^53 not every integer is a double: such a one stays what it says.
      const auto number = static_cast<double>(value.as_int64());
      constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
      if (value.as_int64() <= kExactMax && value.as_int64() >= -kExactMax) {
        value = Value::real(number);
      }
      return true;
    }
    case Type::decimal: {
      const std::optional<double> number = to_double(value.as_text());
      if (number) value = Value::real(*number);
      return true;
    }
    case Type::text: {
      const std::string_view text = value.as_text();
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      if (text == "NaN") {
        value = Value::real(std::numeric_limits<double>::quiet_NaN());
      } else if (text == "Infinity") {
        value = Value::real(kInfinity);
      } else if (text == "-Infinity") {
        value = Value::real(-kInfinity);
      } else {
        return false;
      }
      return true;
    }
    default:
      return false;
  }
}

bool restore_moment(Value& value, FieldKind kind, Arena& arena) {
  if (!value.is(Type::text)) return false;
  const std::string_view text = value.as_text();
  const auto take = [&value](const std::optional<std::int64_t>& read, Value (*make)(std::int64_t)) {
    if (read) value = make(*read);
    return read.has_value();
  };
  switch (kind) {
    case FieldKind::timestamp: {
      const std::optional<Timestamp> read = parse_timestamp(text);
      if (read) value = Value::timestamp(read->microseconds, read->zone_minutes);
      return read.has_value();
    }
    case FieldKind::timestamp_local:
      return take(parse_timestamp_local(text), Value::timestamp_local);
    case FieldKind::date:
      return take(parse_date(text), Value::date);
    case FieldKind::time:
      return take(parse_time(text), Value::time);
    default: {
      const std::optional<Interval> read = parse_interval(text);
      if (!read) return false;
      Interval* kept = arena.allocate_array<Interval>(1).data();
      *kept = *read;
      value = Value::interval(kept);
      return true;
    }
  }
}

bool restore_uuid(Value& value, Arena& arena) {
  char bytes[16];
  if (!value.is(Type::text) || !parse_uuid(value.as_text(), bytes)) return false;
  value = Value::uuid(arena.copy({bytes, sizeof bytes}));
  return true;
}

bool restore_set(Value& value, Type type, Arena& arena) {
  if (!value.is(Type::list)) return value.is(type);
  const std::span<const Value> items = value.as_items();
  const std::span<Value> kept = arena.allocate_array<Value>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Value item = items[i];
    const bool number = item.is(Type::int64) || item.is(Type::decimal) || item.is(Type::real);
    if (type == Type::bytes_set    ? !restore_bytes(item, arena)
        : type == Type::number_set ? !number
                                   : !item.is(Type::text)) {
      return false;
    }
    kept[i] = item;
  }
  value = Value::items(kept, type);
  return true;
}

}  // namespace

bool needs_declaration(FieldKind kind) {
  switch (kind) {
    case FieldKind::any:
    case FieldKind::boolean:
    case FieldKind::integer:
    case FieldKind::decimal:
    case FieldKind::text:
    case FieldKind::json:
    case FieldKind::list:
    case FieldKind::map:
      return false;
    case FieldKind::number:
    case FieldKind::real:
    case FieldKind::bytes:
    case FieldKind::timestamp:
    case FieldKind::timestamp_local:
    case FieldKind::date:
    case FieldKind::time:
    case FieldKind::interval:
    case FieldKind::uuid:
    case FieldKind::text_set:
    case FieldKind::number_set:
    case FieldKind::bytes_set:
    case FieldKind::foreign:
      return true;
  }
  return true;
}

bool restore_type(Value& value, FieldKind kind, Arena& arena) {
  if (!value.is_present() || !needs_declaration(kind)) return true;
  switch (kind) {
    case FieldKind::number:
      // Integers stay; what has a point was a double.
      return value.is(Type::int64) || restore_real(value);
    case FieldKind::real:
      return restore_real(value);
    case FieldKind::bytes:
      return restore_bytes(value, arena);
    case FieldKind::uuid:
      return restore_uuid(value, arena);
    case FieldKind::text_set:
      return restore_set(value, Type::text_set, arena);
    case FieldKind::number_set:
      return restore_set(value, Type::number_set, arena);
    case FieldKind::bytes_set:
      return restore_set(value, Type::bytes_set, arena);
    case FieldKind::foreign:
      if (!value.is(Type::text)) return false;
      value = Value::foreign(value.as_text());
      return true;
    default:
      return restore_moment(value, kind, arena);
  }
}

struct TypedFields::State {
  struct Target {
    std::uint32_t index;
    FieldKind kind;
  };
  const std::vector<Target>& targets_of(const Shape& shape);
  void find_targets(const Shape& shape, std::vector<Target>& targets) const;

  std::vector<std::pair<std::string, FieldKind>> fields;
  std::vector<std::unique_ptr<std::vector<Target>>> by_shape;  // index: Shape::id
  std::vector<Target> batch_owned;
};

TypedFields::TypedFields(const Definition& definition) : state_(std::make_unique<State>()) {
  for (const Field& field : definition.fields) {
    if (needs_declaration(field.type.kind)) {
      state_->fields.emplace_back(field.name, field.type.kind);
    }
  }
}
TypedFields::~TypedFields() = default;
TypedFields::TypedFields(TypedFields&&) noexcept = default;

bool TypedFields::any() const { return !state_->fields.empty(); }

void TypedFields::State::find_targets(const Shape& shape, std::vector<Target>& targets) const {
  targets.clear();
  for (const auto& [name, kind] : fields) {
    const int index = shape.find(name);
    if (index >= 0) targets.push_back({static_cast<std::uint32_t>(index), kind});
  }
}

const std::vector<TypedFields::State::Target>& TypedFields::State::targets_of(const Shape& shape) {
  if (shape.id() == Shape::kOwnedByBatch) {
    find_targets(shape, batch_owned);
    return batch_owned;
  }
  if (shape.id() >= by_shape.size()) by_shape.resize(shape.id() + 1);
  auto& targets = by_shape[shape.id()];
  if (targets == nullptr) {
    targets = std::make_unique<std::vector<Target>>();
    find_targets(shape, *targets);
  }
  return *targets;
}

bool TypedFields::restore(Record& record, Arena& arena, std::string_view& field) {
  const std::vector<State::Target>& targets = state_->targets_of(*record.shape);
  if (targets.empty()) return true;
  const std::span<Value> values = arena.allocate_array<Value>(record.shape->size());
  std::copy_n(record.values, values.size(), values.begin());
  for (const State::Target& target : targets) {
    if (!restore_type(values[target.index], target.kind, arena)) {
      field = record.shape->name(target.index);
      return false;
    }
  }
  record.values = values.data();
  return true;
}

}  // namespace decant::stores
