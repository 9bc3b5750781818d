#include "mapping/infer.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/limits.h"
#include "mapping/mapping.h"

namespace decant::mapping {
namespace {

using TypeBits = std::uint32_t;

constexpr TypeBits bit(Type type) { return TypeBits{1} << static_cast<unsigned>(type); }
constexpr TypeBits kUnreal = TypeBits{1} << 31;  // NaN and the infinities
constexpr TypeBits kNothing = bit(Type::absent) | bit(Type::null);
constexpr TypeBits kNumbers = bit(Type::int64) | bit(Type::decimal) | bit(Type::real);
static_assert(static_cast<unsigned>(Type::foreign) < 31);

// Where a field was seen first: the order of the columns.
struct Place {
  std::uint32_t partition = UINT32_MAX;
  std::uint64_t record = 0;
  std::uint32_t slot = 0;
  auto operator<=>(const Place&) const = default;
};

FieldKind kind_of_one(Type type) {
  switch (type) {
    case Type::boolean:
      return FieldKind::boolean;
    case Type::int64:
      return FieldKind::integer;
    case Type::decimal:
      return FieldKind::decimal;
    case Type::real:
      return FieldKind::real;
    case Type::bytes:
      return FieldKind::bytes;
    case Type::timestamp:
      return FieldKind::timestamp;
    case Type::timestamp_local:
      return FieldKind::timestamp_local;
    case Type::date:
      return FieldKind::date;
    case Type::time:
      return FieldKind::time;
    case Type::interval:
      return FieldKind::interval;
    case Type::uuid:
      return FieldKind::uuid;
    case Type::list:
    case Type::map:
      return FieldKind::json;
    case Type::text_set:
      return FieldKind::text_set;
    case Type::number_set:
      return FieldKind::number_set;
    case Type::bytes_set:
      return FieldKind::bytes_set;
    case Type::foreign:
      return FieldKind::foreign;
    default:
      return FieldKind::text;
  }
}

std::string words(TypeBits types) {
  std::string text;
  for (unsigned i = 0; i <= static_cast<unsigned>(Type::foreign); ++i) {
    if ((types & (TypeBits{1} << i)) == 0) continue;
    if (!text.empty()) text += ", ";
    text += to_string(static_cast<Type>(i));
  }
  return text;
}

// The narrowest kind that holds all of the types as they are; `note` says where there is none.
FieldKind union_of(const std::string& name, TypeBits seen, std::string& note) {
  const TypeBits types = seen & ~(kNothing | kUnreal);
  if (types == 0) return FieldKind::text;
  if ((types & (types - 1)) == 0) {
    return kind_of_one(static_cast<Type>(__builtin_ctz(types)));
  }
  if ((types & ~kNumbers) == 0) {
    if ((types & bit(Type::decimal)) == 0) return FieldKind::number;
    if ((seen & kUnreal) == 0) return FieldKind::decimal;
    note = "field '" + name + "' holds exact decimals and infinities: it has no declared type";
    return FieldKind::any;
  }
  if ((types & ~(bit(Type::list) | bit(Type::map))) == 0) return FieldKind::json;
  constexpr TypeBits kInJson = bit(Type::boolean) | bit(Type::int64) | bit(Type::decimal) |
                               bit(Type::text) | bit(Type::list) | bit(Type::map);
  note = "field '" + name + "' holds several types (" + words(types) + "): it becomes JSON";
  if ((types & ~kInJson) != 0) {
    note += ", in which " + words(types & ~kInJson) + " is text, and is read back as such";
  }
  return FieldKind::json;
}

}  // namespace

struct DefinitionBuilder::State {
  struct Seen {
    std::string name;
    Place first;
    std::uint64_t slots = 0;  // records whose shape has the field
  };
  struct ShapeSeen {
    std::vector<std::uint32_t> fields;  // by slot: index in `fields`
    std::uint64_t records = 0;          // not yet in Seen::slots
    std::uint32_t partition = UINT32_MAX;
    bool known = false;
  };

  explicit State(Options chosen) : options(std::move(chosen)) {}

  ShapeSeen& shape_of(const Shape& shape);
  std::uint32_t field_of(std::string_view name);
  void place(const Shape& shape, ShapeSeen& seen);
  void settle();
  bool is_sometimes_absent(std::size_t field) const;
  Field make_field(std::size_t index, std::vector<std::string>& notes) const;

  Options options;
  std::uint64_t records = 0;
  std::uint64_t record_in_partition = 0;
  std::uint32_t partition = 0;
  bool too_many = false;
  std::vector<Seen> fields;
  std::vector<TypeBits> types;  // by field; apart from Seen, for it is what every value touches
  std::unordered_map<std::string_view, std::uint32_t> by_name;  // views into unique_names
  std::vector<std::unique_ptr<const std::string>> unique_names;
  std::vector<ShapeSeen> shapes;  // by id
  ShapeSeen own_shape;            // of a shape that its batch owns
};

DefinitionBuilder::DefinitionBuilder(Options options)
    : state_(std::make_unique<State>(std::move(options))) {}
DefinitionBuilder::~DefinitionBuilder() = default;
DefinitionBuilder::DefinitionBuilder(DefinitionBuilder&&) noexcept = default;

void DefinitionBuilder::start_partition(std::uint32_t partition) {
  state_->partition = partition;
  state_->record_in_partition = 0;
}

void DefinitionBuilder::add(std::span<const Record> records) {
  State& state = *state_;
  for (const Record& record : records) {
    State::ShapeSeen& seen = state.shape_of(*record.shape);
    if (seen.partition != state.partition) state.place(*record.shape, seen);
    ++seen.records;
    ++state.record_in_partition;
    TypeBits* types = state.types.data();
    const std::uint32_t* fields = seen.fields.data();
    const std::size_t count = seen.fields.size();
    for (std::size_t i = 0; i < count; ++i) {
      const Value& value = record.values[i];
      TypeBits bits = bit(value.type());
      if (value.is(Type::real) && value.as_real() - value.as_real() != 0) bits |= kUnreal;
      types[fields[i]] |= bits;
    }
    if (record.shape->id() == Shape::kOwnedByBatch) state.settle();
  }
  state.records += records.size();
}

DefinitionBuilder::State::ShapeSeen& DefinitionBuilder::State::shape_of(const Shape& shape) {
  ShapeSeen* seen = &own_shape;
  if (shape.id() == Shape::kOwnedByBatch) {
    own_shape = ShapeSeen{};
  } else {
    if (shape.id() >= shapes.size()) shapes.resize(shape.id() + 1);
    seen = &shapes[shape.id()];
  }
  if (!seen->known) {
    seen->known = true;
    for (const std::string_view name : shape.names()) seen->fields.push_back(field_of(name));
  }
  return *seen;
}

// Past fields_max all further fields share the last place: finish() refuses anyway.
std::uint32_t DefinitionBuilder::State::field_of(std::string_view name) {
  const auto found = by_name.find(name);
  if (found != by_name.end()) return found->second;
  if (fields.size() == fields_max) {
    too_many = true;
    return static_cast<std::uint32_t>(fields_max - 1);
  }
  unique_names.push_back(std::make_unique<const std::string>(name));
  const auto index = static_cast<std::uint32_t>(fields.size());
  by_name.emplace(*unique_names.back(), index);
  fields.push_back({std::string(name), {}, 0});
  types.push_back(0);
  return index;
}

// The first record of a shape in this partition may be where its fields appear first.
void DefinitionBuilder::State::place(const Shape& shape, ShapeSeen& seen) {
  seen.partition = partition;
  for (std::uint32_t i = 0; i < shape.size(); ++i) {
    Place& first = fields[seen.fields[i]].first;
    first = std::min(first, Place{partition, record_in_partition, i});
  }
}

// Counts by shape become counts by field.
void DefinitionBuilder::State::settle() {
  const auto settle_one = [&](ShapeSeen& seen) {
    if (seen.records == 0) return;
    for (const std::uint32_t field : seen.fields) fields[field].slots += seen.records;
    seen.records = 0;
  };
  for (ShapeSeen& seen : shapes) settle_one(seen);
  settle_one(own_shape);
}

void DefinitionBuilder::merge(const DefinitionBuilder& other) {
  State& mine = *state_;
  State& theirs = *other.state_;
  mine.settle();
  theirs.settle();
  for (std::size_t i = 0; i < theirs.fields.size(); ++i) {
    const std::uint32_t field = mine.field_of(theirs.fields[i].name);
    mine.fields[field].first = std::min(mine.fields[field].first, theirs.fields[i].first);
    mine.fields[field].slots += theirs.fields[i].slots;
    mine.types[field] |= theirs.types[i];
  }
  mine.records += theirs.records;
  mine.too_many = mine.too_many || theirs.too_many;
}

bool DefinitionBuilder::State::is_sometimes_absent(std::size_t field) const {
#if DECANT_MUTANT_INFERRED_NULLS_UNSEEN
  return false;
#endif
  return (types[field] & bit(Type::absent)) != 0 || fields[field].slots < records;
}

Field DefinitionBuilder::State::make_field(std::size_t index,
                                           std::vector<std::string>& notes) const {
  Field field;
  const std::string& name = fields[index].name;
  const auto known = std::find_if(options.known.begin(), options.known.end(),
                                  [&](const Field& one) { return one.name == name; });
  if (known != options.known.end()) field = *known;
  field.name = name;
  if (field.type.kind == FieldKind::any) {
    std::string note;
    field.type.kind = union_of(name, types[index], note);
    if (!note.empty()) notes.push_back(std::move(note));
  }
  const bool key = std::find(options.key.begin(), options.key.end(), name) != options.key.end();
  field.required = key;
  const bool null = (types[index] & bit(Type::null)) != 0;
  if (null && !is_sometimes_absent(index) && !key) field.nullable = true;
  return field;
}

Result<Inferred> DefinitionBuilder::finish() const {
  State& state = *state_;
  state.settle();
  if (state.too_many) {
    return Error{ErrorCode::invalid, "collection '" + state.options.name + "' has more than " +
                                         std::to_string(fields_max) +
                                         " fields; gather some of them with `rest: {into: FIELD}`"};
  }
  Inferred inferred;
  inferred.records = state.records;
  Definition& definition = inferred.definition;
  definition.name = state.options.name;
  definition.key = state.options.key;
  std::vector<std::size_t> order(state.fields.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(state.fields[a].first, state.fields[a].name) <
           std::tie(state.fields[b].first, state.fields[b].name);
  });
  bool complement = false;
  for (const std::size_t i : order) {
    const std::string& name = state.fields[i].name;
    if (name == state.options.complement || name == kSourceNotes) {
      complement = true;  // it has no column: it travels in the complement
      continue;
    }
    const TypeBits types = state.types[i];
    const bool null = (types & bit(Type::null)) != 0;
    complement = complement || (null && state.is_sometimes_absent(i));
    definition.fields.push_back(state.make_field(i, inferred.notes));
  }
  for (const std::string& key : state.options.key) {
    const auto found = state.by_name.find(key);
    if (found != state.by_name.end() && (state.types[found->second] & ~kNothing) != 0) continue;
    if (state.records > 0) {
      return Error{ErrorCode::invalid, "no record of '" + state.options.name +
                                           "' holds the key field '" + key + "'; name another key"};
    }
    Field field;
    field.name = key;
    field.type.kind = FieldKind::text;
    field.required = true;
    definition.fields.push_back(std::move(field));
  }
  if (complement) {
    Field field;
    field.name = state.options.complement;
    field.type.kind = FieldKind::json;
    field.hidden = true;
    definition.complement = field.name;
    definition.fields.push_back(std::move(field));
  }
  return inferred;
}

}  // namespace decant::mapping
