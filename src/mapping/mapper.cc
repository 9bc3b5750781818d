#include <algorithm>
#include <utility>

#include "mapping/inverse.h"
#include "mapping/mapping.h"
#include "mapping/program.h"

namespace decant::mapping {
namespace {

// The way of records of one source shape to one target collection.
struct TargetProgram {
  struct OneKind {
    SlotCondition when;
    KindProgram program;
    const Shape* shape = nullptr;
  };
  SlotCondition where;
  std::vector<OneKind> kinds;
};

using ShapeProgram = std::vector<TargetProgram>;  // by target collection

}  // namespace

struct Mapper::State {
  enum class Fate { taken, left, rejected };

  State(std::shared_ptr<const Mapping> rules, ShapeTable& table)
      : mapping(std::move(rules)), shapes(table) {}

  const ShapeProgram& program_for(const Shape& source, MappedBatch& out);
  ShapeProgram compile(const Shape& source, MappedBatch& out);
  const Shape* shape_of(const std::vector<std::string_view>& names, bool for_batch,
                        MappedBatch& out);
  Fate map(const Record& source, std::uint32_t index, MappedBatch& out);
  Fate map_to(std::size_t target, const TargetProgram& program, const Record& source,
              std::uint32_t index, MappedBatch& out);
  static void forget_left(std::uint32_t index, MappedBatch& out);
  void pass(const Batch& source, MappedBatch& out) const;
  bool invert(std::uint32_t target, const Record& record, FieldList& fields, MappedBatch& out);
  bool is_of_kind(const CompiledTarget& target, const CompiledKind& kind, const FieldList& fields,
                  MappedBatch& out);

  // Shared with the other threads' mappers, which only read it.
  std::shared_ptr<const Mapping> mapping;
  ShapeTable& shapes;
  std::vector<std::unique_ptr<ShapeProgram>> programs;  // by id of the source shape
  ShapeProgram own_program;                             // of a shape that its batch owns
  const Shape* last_shape = nullptr;
  const ShapeProgram* last_program = nullptr;
  Batch kept;     // target shapes past shapes_max, of programs that stay
  Batch scratch;  // those of invert(), until they are copied
  CastMemory memory;
  Failure failure;
};

Mapper::Mapper(std::shared_ptr<const Mapping> mapping, ShapeTable& target_shapes)
    : state_(std::make_unique<State>(std::move(mapping), target_shapes)) {}
Mapper::~Mapper() = default;
Mapper::Mapper(Mapper&&) noexcept = default;

void Mapper::apply(const Batch& source, MappedBatch& out) {
  out.clear();
  const Mapping::State& mapping = state_->mapping->state();
  out.targets.resize(std::max<std::size_t>(1, mapping.targets.size()));
  out.left_by.resize(out.targets.size());
  for (std::vector<Record>& records : out.targets) records.reserve(source.records.size());
  if (mapping.identity) return state_->pass(source, out);
  state_->memory.arena = &out.arena;
  state_->last_shape = nullptr;  // an address may be another shape's by now
  for (std::uint32_t i = 0; i < source.records.size(); ++i) {
    const State::Fate fate = state_->map(source.records[i], i, out);
    if (fate == State::Fate::left) out.left.push_back(i);
    if (fate == State::Fate::rejected) {
      out.rejections.push_back(
          {i, state_->failure.reason, std::exchange(state_->failure.message, {})});
    }
  }
}

void Mapper::State::pass(const Batch& source, MappedBatch& out) const {
  std::vector<Record>& records = out.targets.front();
  records.assign(source.records.begin(), source.records.end());
  for (std::uint32_t i = 0; i < records.size(); ++i) records[i].source_index = i;
}

Mapper::State::Fate Mapper::State::map(const Record& source, std::uint32_t index,
                                       MappedBatch& out) {
  const ShapeProgram& program = program_for(*source.shape, out);
  Fate fate = Fate::left;
  for (std::size_t target = 0; target < program.size(); ++target) {
    const Fate one = map_to(target, program[target], source, index, out);
    if (one == Fate::rejected) {
      // Quarantined as a whole: what it gave to other collections is taken back.
      for (std::size_t earlier = 0; earlier < target; ++earlier) {
        std::vector<Record>& records = out.targets[earlier];
        if (!records.empty() && records.back().source_index == index) records.pop_back();
      }
      forget_left(index, out);
      return one;
    }
    if (one == Fate::taken) fate = one;
    if (one == Fate::left && program.size() > 1) out.left_by[target].push_back(index);
  }
  if (fate == Fate::left) forget_left(index, out);
  return fate;
}

// left_by is for records that some collection takes.
void Mapper::State::forget_left(std::uint32_t index, MappedBatch& out) {
  for (std::vector<std::uint32_t>& indexes : out.left_by) {
    if (!indexes.empty() && indexes.back() == index) indexes.pop_back();
  }
}

Mapper::State::Fate Mapper::State::map_to(std::size_t target, const TargetProgram& program,
                                          const Record& source, std::uint32_t index,
                                          MappedBatch& out) {
  if (!program.where.holds(source.values)) return Fate::left;
  const auto kind = std::find_if(
      program.kinds.begin(), program.kinds.end(),
      [&](const TargetProgram::OneKind& one) { return one.when.holds(source.values); });
  if (kind == program.kinds.end()) {
    const Rules& rules = *mapping->state().targets[target].rules;
#if DECANT_MUTANT_UNKNOWN_KIND_LEFT
    return Fate::left;
#endif
    if (rules.otherwise == Otherwise::leave) return Fate::left;
    failure.reason = kNoKind;
    failure.message =
        "the record is of no kind of '" + rules.target + "'; add one, or say `otherwise: leave`";
    return Fate::rejected;
  }
  const std::span<Value> values = out.arena.allocate_array<Value>(kind->shape->size());
  if (!kind->program.run(source, values.data(), memory, failure)) return Fate::rejected;
  Record& record = out.targets[target].emplace_back(source);
  record.shape = kind->shape;
  record.values = values.data();
  record.source_index = index;
  return Fate::taken;
}

const ShapeProgram& Mapper::State::program_for(const Shape& source, MappedBatch& out) {
  if (&source == last_shape) return *last_program;
  last_shape = &source;
  if (source.id() == Shape::kOwnedByBatch) {
    own_program = compile(source, out);
    last_program = &own_program;
    return own_program;
  }
  if (source.id() >= programs.size()) programs.resize(source.id() + 1);
  std::unique_ptr<ShapeProgram>& program = programs[source.id()];
  if (program == nullptr) program = std::make_unique<ShapeProgram>(compile(source, out));
  last_program = program.get();
  return *program;
}

ShapeProgram Mapper::State::compile(const Shape& source, MappedBatch& out) {
  const bool for_batch = source.id() == Shape::kOwnedByBatch;
  ShapeProgram program;
  for (const CompiledTarget& target : mapping->state().targets) {
    TargetProgram& compiled = program.emplace_back();
    compiled.where = SlotCondition(target.rules->where, source);
    for (const CompiledKind& kind : target.kinds) {
      TargetProgram::OneKind one{SlotCondition(kind.kind->when, source), KindProgram(kind, source)};
      one.shape = shape_of(one.program.target_names(), for_batch, out);
      compiled.kinds.push_back(std::move(one));
    }
  }
  return program;
}

const Shape* Mapper::State::shape_of(const std::vector<std::string_view>& names, bool for_batch,
                                     MappedBatch& out) {
  if (!for_batch) return shapes.get(names, kept);
  // A shape as short-lived as that of the source: its names are the source's and the mapping's.
  out.shapes.push_back(std::make_unique<const Shape>(Shape::kOwnedByBatch, names));
  return out.shapes.back().get();
}

Status Mapper::invert(std::uint32_t target, std::span<const Record> records, MappedBatch& out) {
  out.clear();
  out.targets.resize(1);
  State& state = *state_;
  state.memory.arena = &out.arena;
  FieldList fields;
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    if (!state.invert(target, records[i], fields, out)) {
      out.rejections.push_back({i, state.failure.reason, std::exchange(state.failure.message, {})});
      continue;
    }
    const std::span<Value> values = out.arena.allocate_array<Value>(fields.fields().size());
    names.clear();
    for (const Member& member : fields.fields()) {
      values[names.size()] = member.value;
      names.push_back(member.name);
    }
    Record& record = out.targets.front().emplace_back(records[i]);
    state.scratch.clear();
    record.shape = state.shapes.get(names, state.scratch);
    if (record.shape->id() == Shape::kOwnedByBatch) {
      for (std::string_view& name : names) name = out.arena.copy(name);
      record.shape = state.shape_of(names, true, out);
    }
    record.values = values.data();
    record.source_index = i;
  }
  return ok_status();
}

bool Mapper::State::invert(std::uint32_t target, const Record& record, FieldList& fields,
                           MappedBatch& out) {
  if (mapping->state().targets.empty()) {
    fields.clear();
    for (std::size_t i = 0; i < record.shape->size(); ++i) {
      if (!record.values[i].is_absent()) fields.add(record.shape->name(i), record.values[i]);
    }
    return true;
  }
  const CompiledTarget& rules = mapping->state().targets[target];
  if (rules.kinds.size() == 1) {
    return invert_record(rules.kinds.front(), record, fields, memory, failure);
  }
  for (const CompiledKind& kind : rules.kinds) {
    if (invert_record(kind, record, fields, memory, failure) &&
        is_of_kind(rules, kind, fields, out)) {
      return true;
    }
  }
  failure.reason = kNoKind;
  failure.message = "no kind of '" + rules.rules->target + "' gives this record on the way back";
  return false;
}

// Whether the source record would have come the way that it was brought back.
bool Mapper::State::is_of_kind(const CompiledTarget& target, const CompiledKind& kind,
                               const FieldList& fields, MappedBatch& out) {
  std::vector<std::string_view> names;
  const std::span<Value> values = out.arena.allocate_array<Value>(fields.fields().size());
  for (const Member& member : fields.fields()) {
    values[names.size()] = member.value;
    names.push_back(member.name);
  }
  const Shape shape(Shape::kOwnedByBatch, std::move(names));
  Record record;
  record.shape = &shape;
  record.values = values.data();
  for (const CompiledKind& one : target.kinds) {
    if (holds(one.kind->when, record)) return &one == &kind;
  }
  return false;
}

}  // namespace decant::mapping
