#include "mapping/program.h"

#include <algorithm>

#include "model/describe_value.h"

namespace decant::mapping {

SlotCondition::SlotCondition(const Condition& condition, const Shape& shape) {
  for (const FieldTest& test : condition.tests) tests_.push_back({&test, shape.find(test.field)});
  for (const std::vector<Condition>& alternatives : condition.any) {
    std::vector<SlotCondition>& compiled = any_.emplace_back();
    for (const Condition& one : alternatives) compiled.emplace_back(one, shape);
  }
}

bool SlotCondition::holds_slow(const Value* values) const {
  for (const Test& test : tests_) {
    const Value value = test.slot == kNoSlot ? Value::absent() : values[test.slot];
    if (!mapping::holds(*test.test, value)) return false;
  }
  return std::all_of(any_.begin(), any_.end(), [&](const std::vector<SlotCondition>& group) {
    return std::any_of(group.begin(), group.end(),
                       [&](const SlotCondition& one) { return one.holds(values); });
  });
}

KindProgram::KindProgram(const CompiledKind& kind, const Shape& source) : kind_(&kind) {
  for (const CompiledRule& rule : kind.rules) add_rule(rule, source);
  add_rest(source);
  if (kind.keeps_notes) add_forgetful(source);
}

void KindProgram::add_forgetful(const Shape& source) {
  for (std::uint32_t i = 0; i < kind_->rules.size(); ++i) {
    const CompiledRule& rule = kind_->rules[i];
    if (!rule.reads_source() || rule.is_exact()) continue;
    forgetful_.push_back({&rule, i, static_cast<std::uint32_t>(slots_.size())});
    for (const std::string& name : rule.rule().from) slots_.push_back(source.find(name));
    noted_max_ += rule.rule().from.size();
  }
  target_names_.push_back(kSourceNotes);
}

void KindProgram::add_rule(const CompiledRule& rule, const Shape& source) {
  Step step{Op::constant, static_cast<std::uint32_t>(target_names_.size())};
  step.rule = &rule;
  step.value = rule.initial();
  target_names_.push_back(rule.rule().target);
  const auto first = static_cast<std::uint32_t>(slots_.size());
  for (const std::string& name : rule.rule().from) {
    const int slot = source.find(name);
    if (slot >= 0) slots_.push_back(slot);
  }
  const auto count = static_cast<std::uint32_t>(slots_.size()) - first;
  if (rule.rule().whole) {
    step.op = Op::whole;
  } else if (count > 1) {
    step.op = Op::coalesce;
    step.spellings = first;
    step.spelling_count = count;
  } else if (count == 1) {
    step.source = slots_[first];
    slots_.resize(first);
    if (rule.is_copy() && rule.initial().is_absent()) {
      copies_.push_back({step.target, static_cast<std::uint32_t>(step.source)});
      return;
    }
    step.op = rule.is_copy() ? Op::copy_or : Op::rule;
  }
  steps_.push_back(step);
}

void KindProgram::add_rest(const Shape& source) {
  const Kind& kind = *kind_->kind;
  const bool whole = std::any_of(kind.map.begin(), kind.map.end(),
                                 [](const FieldRule& rule) { return rule.whole; });
  for (std::uint32_t i = 0; i < source.size(); ++i) {
    const std::string_view name = source.name(i);
    if (kind_->takes(name)) continue;
    if (kind.rest == Rest::into) {
      rest_.push_back(i);
    } else if (kind.rest == Rest::keep) {
      if (kind_->makes(name) || (kind_->keeps_notes && name == kSourceNotes)) {
        taken_.push_back(i);
        continue;
      }
      copies_.push_back({static_cast<std::uint32_t>(target_names_.size()), i});
      target_names_.push_back(name);
    } else if (kind.rest == Rest::error && !whole) {
      unmapped_.push_back(i);
    }
  }
  if (kind.rest == Rest::into) {
    steps_.push_back({Op::into, static_cast<std::uint32_t>(target_names_.size())});
    target_names_.push_back(kind.rest_into);
  }
}

bool KindProgram::run(const Record& source, Value* target, CastMemory& memory,
                      Failure& failure) const {
#if !DECANT_MUTANT_UNMAPPED_DROPPED
  if ((!taken_.empty() || !unmapped_.empty()) && !check(source, failure)) return false;
#endif
  for (const Copy& copy : copies_) target[copy.target] = source.values[copy.source];
  for (const Step& step : steps_) {
    if (!run_step(step, source, target[step.target], memory, failure)) return false;
  }
  if (kind_->keeps_notes) target[target_names_.size() - 1] = notes(source, target, memory);
  return true;
}

bool KindProgram::run_step(const Step& step, const Record& source, Value& value, CastMemory& memory,
                           Failure& failure) const {
  switch (step.op) {
    case Op::copy_or:
      value = source.values[step.source];
#if DECANT_MUTANT_DEFAULT_FOR_NULL
      if (!value.is_present()) value = step.value;
#else
      if (value.is_absent()) value = step.value;
#endif
      return true;
    case Op::constant:
      value = step.value;
      return true;
    case Op::rule:
      value = source.values[step.source];
      return step.rule->forward(value, memory, failure);
    case Op::coalesce: {
      const std::int32_t* slot = &slots_[step.spellings];
      value = source.values[*slot];
      for (std::uint32_t i = 1; i < step.spelling_count && value.is_absent(); ++i) {
        value = source.values[*++slot];
      }
      return step.rule->forward(value, memory, failure);
    }
    case Op::whole:
    case Op::into:
      value = gather(source, step.op == Op::whole, *memory.arena);
      return true;
  }
  return true;
}

// A record may hold what the plan did not know of when it was checked.
bool KindProgram::check(const Record& source, Failure& failure) const {
  for (const std::uint32_t slot : unmapped_) {
    if (source.values[slot].is_absent()) continue;
    failure.reason = kUnmapped;
    failure.message =
        "field '" + std::string(source.shape->name(slot)) + "' holds " +
        describe(source.values[slot]) +
        ", and the plan does not map it; map it, drop it with a reason, or say `rest`";
    return false;
  }
  for (const std::uint32_t slot : taken_) {
    if (source.values[slot].is_absent()) continue;
    failure.reason = kNameTaken;
    failure.message = "field '" + std::string(source.shape->name(slot)) + "' holds " +
                      describe(source.values[slot]) +
                      ", and `rest: keep` cannot keep it: a rule makes the target field of that "
                      "name; map it to another name, or drop it with a reason";
    return false;
  }
  return true;
}

// The fields that are there, as one map: all of them, or the rest. Without one, the map of the
// whole record is empty, and that of the rest absent.
Value KindProgram::gather(const Record& source, bool whole, Arena& arena) const {
  const std::size_t most = whole ? source.shape->size() : rest_.size();
  const std::span<Member> members = arena.allocate_array<Member>(most);
  std::size_t count = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t slot = whole ? i : rest_[i];
    if (source.values[slot].is_absent()) continue;
    members[count++] = {source.shape->name(slot), source.values[slot]};
  }
  if (count == 0 && !whole) return Value::absent();
  return Value::map(members.first(count));
}

// kSourceNotes: of each rule that forgets something of this record, its source fields.
Value KindProgram::notes(const Record& source, const Value* target, CastMemory& memory) const {
  std::span<Member> fields;
  std::span<Value> absent;
  std::size_t field_count = 0;
  std::size_t absent_count = 0;
  for (const Forgetful& one : forgetful_) {
    const auto source_at = [&](std::size_t i) {
      const std::int32_t slot = slots_[one.slots + i];
      return slot == kNoSlot ? Value::absent() : source.values[slot];
    };
    if (!forgets(*one.rule, target[one.target], source_at, memory)) continue;
    if (fields.empty()) {
      fields = memory.arena->allocate_array<Member>(noted_max_);
      absent = memory.arena->allocate_array<Value>(noted_max_);
    }
    const std::vector<std::string>& from = one.rule->rule().from;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const Value value = source_at(i);
      const auto same = [&](const Member& member) { return member.name == from[i]; };
      if (value.is_absent()) {
        absent[absent_count++] = Value::text(from[i]);
      } else if (std::none_of(fields.begin(), fields.begin() + field_count, same)) {
        fields[field_count++] = {from[i], value};
      }
    }
  }
  if (fields.empty()) return Value::absent();
  const std::span<Member> parts = memory.arena->allocate_array<Member>(2);
  std::size_t count = 0;
  if (field_count > 0) parts[count++] = {"fields", Value::map(fields.first(field_count))};
  if (absent_count > 0) parts[count++] = {"absent", Value::items(absent.first(absent_count))};
  return Value::map(parts.first(count));
}

}  // namespace decant::mapping
