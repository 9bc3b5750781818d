#include <algorithm>

#include "model/complement.h"
#include "model/conform.h"
#include "model/describe_value.h"

namespace decant {
namespace {

constexpr std::int32_t kMissing = -1;

// The type that a field of this kind takes as it is; absent where each value has to be looked at.
Type type_as_is(const FieldType& type) {
  switch (type.kind) {
    case FieldKind::boolean:
      return Type::boolean;
    case FieldKind::integer:
      return Type::int64;
    case FieldKind::number:
      return Type::int64;
    case FieldKind::real:
      return Type::real;
    case FieldKind::text:
      return type.length_max == 0 ? Type::text : Type::absent;
    case FieldKind::timestamp:
      return Type::timestamp;
    case FieldKind::timestamp_local:
      return Type::timestamp_local;
    case FieldKind::date:
      return Type::date;
    case FieldKind::uuid:
      return Type::uuid;
    default:
      return Type::absent;
  }
}

}  // namespace

struct Conformer::State {
  struct Slot {
    const Field* field;
    Type as_is;
    bool takes_all;  // json
    bool owned;
    bool required;  // and nothing else fills it
    Value filled;   // what the field is where a record lacks it; absent: nothing
  };
  // Where the slots and the rest of a source shape come from.
  struct Program {
    std::vector<std::int32_t> sources;   // by slot: index in the record, or kMissing
    std::vector<std::uint32_t> unknown;  // indexes in the record
  };

  State(const Definition& wanted, const Capabilities& capabilities,
        std::span<const std::string> owned, const Batch* defaults,
        std::span<const std::string> mirrored);
  const Program& program_for(const Shape& source);
  void compile(const Shape& source, Program& program) const;
  bool fill(Record& record, Arena& arena, Misfit& misfit);
  bool take(const Slot& slot, Value& value, Arena& arena, Misfit& misfit);
  bool check_unknown(const Record& record, const Program& program, Misfit& misfit);
  bool conform_open(Record& record, Arena& arena) const;

  Definition definition;
  bool nulls;
  int complement_slot = -1;
  std::vector<Slot> slots;
  std::unique_ptr<Shape> shape;
  std::vector<std::unique_ptr<Program>> programs;  // by id of the source shape
  Program own_shape;                               // of a shape that its batch owns
  ComplementNotes notes;
};

Conformer::Conformer(const Definition& definition, const Capabilities& capabilities,
                     std::span<const std::string> owned, const Batch* defaults,
                     std::span<const std::string> mirrored)
    : state_(std::make_unique<State>(definition, capabilities, owned, defaults, mirrored)) {}
Conformer::~Conformer() = default;
Conformer::Conformer(Conformer&&) noexcept = default;

const Shape* Conformer::shape() const { return state_->shape.get(); }

bool Conformer::conform(Record& record, Arena& arena, Misfit& misfit) {
  if (state_->shape == nullptr) return state_->conform_open(record, arena);
  return state_->fill(record, arena, misfit);
}

Conformer::State::State(const Definition& wanted, const Capabilities& capabilities,
                        std::span<const std::string> owned, const Batch* defaults,
                        std::span<const std::string> mirrored)
    : definition(wanted), nulls(capabilities.nulls) {
  if (definition.open) return;
  const auto listed = [](std::span<const std::string> names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<std::string_view> names;
  for (const Field& field : definition.fields) {
    if (field.generated && !listed(mirrored, field.name)) continue;
    if (!definition.complement.empty() && field.name == definition.complement) {
      complement_slot = static_cast<int>(slots.size());
    }
    const bool is_key = listed(definition.key, field.name);
    Slot slot{};
    slot.field = &field;
    slot.as_is = type_as_is(field.type);
    slot.takes_all = field.type.kind == FieldKind::json;
    slot.owned = owned.empty() || listed(owned, field.name);
    slot.required = field.required && slot.owned && field.default_sql.empty() &&
                    !(is_key && definition.key_generated);
    const bool has_defaults = defaults != nullptr && !defaults->records.empty() && !is_key;
    if (has_defaults && (field.required || !slot.owned)) {
      slot.filled = defaults->records.front().find(field.name);
    }
    slots.push_back(slot);
    names.push_back(field.name);
  }
  shape = std::make_unique<Shape>(Shape::next_id(), std::move(names));
}

bool Conformer::State::fill(Record& record, Arena& arena, Misfit& misfit) {
  const Program& program = program_for(*record.shape);
  Value* values = arena.allocate_array<Value>(slots.size()).data();
  notes.clear();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::int32_t source = program.sources[i];
    const Slot& slot = slots[i];
    Value value = source == kMissing ? Value::absent() : record.values[source];
    if (value.type() != slot.as_is || value.is_absent()) {
      if (!take(slot, value, arena, misfit)) return false;
    }
    values[i] = value;
  }
  if (!program.unknown.empty() && !check_unknown(record, program, misfit)) return false;
  if (complement_slot >= 0 && !notes.empty()) {
    values[complement_slot] = notes.build(arena);
  }
  record.shape = shape.get();
  record.values = values;
  return true;
}

// A value that cannot be handed on unseen.
bool Conformer::State::take(const Slot& slot, Value& value, Arena& arena, Misfit& misfit) {
  const Field& field = *slot.field;
  if (!value.is_present()) {
    if (slot.filled.is_present()) {
      value = slot.filled;
      return true;
    }
    if (slot.required) {
      misfit.reason = kMisfitNotNull;
      misfit.message = "field '" + field.name + "' is " + std::string(to_string(value.type())) +
                       ", but it is NOT NULL; give it a `default`";
      return false;
    }
    if (nulls || !slot.owned || field.name == definition.complement) return true;
    if (field.nullable && value.is_absent()) {
      value = Value::null();
      notes.absent(field.name);
#if DECANT_MUTANT_NULL_IS_ABSENT
    } else if (value.is_null()) {
      value = Value::absent();
    }
#else
    } else if (!field.nullable && value.is_null()) {
      value = Value::absent();
      notes.null(field.name);
    }
#endif
    return true;
  }
  if (slot.takes_all || decant::conform(value, field.type, arena, misfit)) return true;
  misfit.message = "field '" + field.name + "' " + misfit.message;
  return false;
}

bool Conformer::State::check_unknown(const Record& record, const Program& program, Misfit& misfit) {
  for (const std::uint32_t index : program.unknown) {
    const Value& value = record.values[index];
    if (value.is_absent()) continue;
    const std::string_view name = record.shape->name(index);
    if (const Field* field = definition.find(name); field != nullptr && field->generated) {
      misfit.reason = kMisfitGenerated;
      misfit.message = "field '" + field->name + "' holds " + describe(value) +
                       ", but the target computes that field and would not keep it; drop it with a "
                       "reason, or map it to another name";
      return false;
    }
    if (complement_slot < 0) {
      misfit.reason = kMisfitUnknownField;
      misfit.message = "field '" + std::string(name) + "' holds " + describe(value) +
                       ", but collection '" + definition.name +
                       "' has no such field; map it, or say `rest: drop` or `rest: {into: FIELD}`";
      return false;
    }
    notes.field(name, value);
  }
  return true;
}

// Records of open collections keep their shape; null is told apart from absent only where it can
// be.
bool Conformer::State::conform_open(Record& record, Arena& arena) const {
  if (nulls) return true;
  const std::span<const Value> values(record.values, record.shape->size());
  const auto is_null = [](const Value& value) { return value.is_null(); };
  if (std::none_of(values.begin(), values.end(), is_null)) return true;
  const std::span<Value> copies = arena.allocate_array<Value>(values.size());
  std::replace_copy_if(values.begin(), values.end(), copies.begin(), is_null, Value::absent());
  record.values = copies.data();
  return true;
}

const Conformer::State::Program& Conformer::State::program_for(const Shape& source) {
  if (source.id() == Shape::kOwnedByBatch) {
    compile(source, own_shape);
    return own_shape;
  }
  if (source.id() >= programs.size()) programs.resize(source.id() + 1);
  std::unique_ptr<Program>& program = programs[source.id()];
  if (program == nullptr) {
    program = std::make_unique<Program>();
    compile(source, *program);
  }
  return *program;
}

void Conformer::State::compile(const Shape& source, Program& program) const {
  program.sources.assign(slots.size(), kMissing);
  program.unknown.clear();
  for (std::uint32_t i = 0; i < source.size(); ++i) {
    const std::string_view name = source.name(i);
    const int slot = shape->find(name);
    if (slot >= 0 && slot != complement_slot) {
      program.sources[static_cast<std::size_t>(slot)] = static_cast<std::int32_t>(i);
    } else if (slot >= 0 && source.id() == shape->id()) {
      // Conformed before: its complement stands.
      program.sources[static_cast<std::size_t>(slot)] = static_cast<std::int32_t>(i);
    } else {
      // Also a source's own field that happens to have the complement's name.
      program.unknown.push_back(i);
    }
  }
}

}  // namespace decant
