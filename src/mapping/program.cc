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
  if (kind.keeps_notes) {
    steps_.push_back({Op::notes, static_cast<std::uint32_t>(target_names_.size())});
    target_names_.push_back(kSourceNotes);
  }
}

void KindProgram::add_rule(const CompiledRule& rule, const Shape& source) {
  Step step{Op::constant, static_cast<std::uint32_t>(target_names_.size())};
  step.rule = &rule;
  step.value = rule.initial();
  target_names_.push_back(rule.rule().target);
  const auto first = static_cast<std::uint32_t>(spellings_.size());
  for (const std::string& name : rule.rule().from) {
    const int slot = source.find(name);
    if (slot >= 0) spellings_.push_back(slot);
  }
  const auto count = static_cast<std::uint32_t>(spellings_.size()) - first;
  if (rule.rule().whole) {
    step.op = Op::whole;
  } else if (count > 1) {
    step.op = Op::coalesce;
    step.spellings = first;
    step.spelling_count = count;
  } else if (count == 1) {
    step.source = spellings_[first];
    spellings_.resize(first);
    step.op = !rule.is_copy() ? Op::rule : rule.initial().is_absent() ? Op::copy : Op::copy_or;
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
      Step step{Op::copy, static_cast<std::uint32_t>(target_names_.size())};
      step.source = static_cast<std::int32_t>(i);
      steps_.push_back(step);
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
  for (const Step& step : steps_) {
    Value& value = target[step.target];
    switch (step.op) {
      case Op::copy:
        value = source.values[step.source];
        break;
      case Op::copy_or:
        value = source.values[step.source];
#if DECANT_MUTANT_DEFAULT_FOR_NULL
        if (!value.is_present()) value = step.value;
#else
        if (value.is_absent()) value = step.value;
#endif
        break;
      case Op::constant:
        value = step.value;
        break;
      case Op::rule:
        value = source.values[step.source];
        if (!step.rule->forward(value, memory, failure)) return false;
        break;
      case Op::coalesce: {
        const std::int32_t* slot = &spellings_[step.spellings];
        value = source.values[*slot];
        for (std::uint32_t i = 1; i < step.spelling_count && value.is_absent(); ++i) {
          value = source.values[*++slot];
        }
        if (!step.rule->forward(value, memory, failure)) return false;
        break;
      }
      case Op::whole:
        value = gather(source, true, *memory.arena);
        break;
      case Op::into:
        value = gather(source, false, *memory.arena);
        break;
      case Op::notes:
        value = notes(source, target, memory);
        break;
    }
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
  std::vector<Member> fields;  // the few records that need it pay for it
  std::vector<Value> absent;
  const auto field_of = [&](const std::string& name) { return source.find(name); };
  for (std::size_t i = 0; i < kind_->rules.size(); ++i) {
    const CompiledRule& rule = kind_->rules[i];
    if (!rule.reads_source() || rule.is_exact()) continue;
    if (!forgets(rule, target[i], field_of, memory)) continue;
    for (const std::string& name : rule.rule().from) {
      const Value value = source.find(name);
      const auto same = [&](const Member& member) { return member.name == name; };
      if (value.is_absent()) {
        absent.push_back(Value::text(name));
      } else if (std::none_of(fields.begin(), fields.end(), same)) {
        fields.push_back({name, value});
      }
    }
  }
  if (fields.empty() && absent.empty()) return Value::absent();
  const std::span<Member> kept = memory.arena->allocate_array<Member>(fields.size());
  std::copy(fields.begin(), fields.end(), kept.begin());
  const std::span<Value> missing = memory.arena->allocate_array<Value>(absent.size());
  std::copy(absent.begin(), absent.end(), missing.begin());
  const std::span<Member> parts = memory.arena->allocate_array<Member>(2);
  std::size_t count = 0;
  if (!kept.empty()) parts[count++] = {"fields", Value::map(kept)};
  if (!missing.empty()) parts[count++] = {"absent", Value::items(missing)};
  return Value::map(parts.first(count));
}

}  // namespace decant::mapping
