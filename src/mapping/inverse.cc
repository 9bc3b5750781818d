#include "mapping/inverse.h"

#include <algorithm>

#include "model/describe_value.h"

namespace decant::mapping {
namespace {

// What is known of the source record beyond the target's mapped fields.
class Memories {
 public:
  Memories(const CompiledKind& kind, const Record& target) {
    for (const CompiledRule& rule : kind.rules) {
      if (rule.rule().whole) whole_ = members_of(target.find(rule.rule().target));
    }
    if (!kind.keeps_notes) return;
    for (const Member& part : members_of(target.find(kSourceNotes))) {
      if (part.name == "fields") fields_ = members_of(part.value);
      if (part.name == "absent" && part.value.is(Type::list)) absent_ = part.value.as_items();
    }
  }

  bool any() const { return !whole_.empty() || !fields_.empty() || !absent_.empty(); }
  std::span<const Member> whole() const { return whole_; }

  // Notes go before the whole record: they are what the rule itself kept.
  Value find(std::string_view name) const {
    for (const Member& member : fields_) {
      if (member.name == name) return member.value;
    }
    for (const Value& one : absent_) {
      if (one.is(Type::text) && one.as_text() == name) return Value::absent();
    }
    for (const Member& member : whole_) {
      if (member.name == name) return member.value;
    }
    return Value::absent();
  }

 private:
  static std::span<const Member> members_of(const Value& value) {
    return value.is(Type::map) ? value.as_members() : std::span<const Member>();
  }

  std::span<const Member> whole_;
  std::span<const Member> fields_;
  std::span<const Value> absent_;
};

// Whether the remembered source fields give what the target holds now.
bool still_gives(const CompiledRule& rule, const Memories& memories, const Value& held,
                 CastMemory& memory) {
  Value value;
  for (const std::string& name : rule.rule().from) {
    value = memories.find(name);
    if (!value.is_absent()) break;
  }
  Failure ignored;
  return rule.forward(value, memory, ignored) && is_literal(value, held);
}

bool invert_rule(const CompiledRule& rule, const Record& target, const Memories& memories,
                 FieldList& source, CastMemory& memory, Failure& failure) {
  Value value = target.find(rule.rule().target);
  const std::vector<std::string>& from = rule.rule().from;
  if (memories.any() && still_gives(rule, memories, value, memory)) {
    for (const std::string& name : from) source.set(name, memories.find(name));
    return true;
  }
  if (!rule.backward(value, memory, failure)) return false;
  source.set(from.front(), value);
  for (std::size_t i = 1; i < from.size(); ++i) source.set(from[i], Value::absent());
  return true;
}

bool put_rest(std::string_view name, const Value& value, FieldList& source, Failure& failure) {
  if (value.is_absent()) return true;
  if (source.has(name)) {
    failure.reason = kNameTaken;
    failure.message = "field '" + std::string(name) + "' holds " + describe(value) +
                      ", and the way back of a rule makes the source field of that name";
    return false;
  }
  source.add(name, value);
  return true;
}

bool invert_rest(const CompiledKind& kind, const Record& target, FieldList& source,
                 Failure& failure) {
  if (kind.kind->rest == Rest::into) {
    const Value rest = target.find(kind.kind->rest_into);
    if (!rest.is(Type::map)) return true;
    for (const Member& member : rest.as_members()) {
      if (!put_rest(member.name, member.value, source, failure)) return false;
    }
    return true;
  }
  if (kind.kind->rest != Rest::keep) return true;
  for (std::size_t i = 0; i < target.shape->size(); ++i) {
    const std::string_view name = target.shape->name(i);
    if (kind.makes(name) || (kind.keeps_notes && name == kSourceNotes)) continue;
    if (!put_rest(name, target.values[i], source, failure)) return false;
  }
  return true;
}

}  // namespace

void FieldList::set(std::string_view name, const Value& value) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Member& member) { return member.name == name; });
  if (value.is_absent()) {
    if (found != fields_.end()) fields_.erase(found);
  } else if (found != fields_.end()) {
    found->value = value;
  } else {
    fields_.push_back({name, value});
  }
}

Value FieldList::find(std::string_view name) const {
  for (const Member& member : fields_) {
    if (member.name == name) return member.value;
  }
  return Value::absent();
}

bool invert_record(const CompiledKind& kind, const Record& target, FieldList& source,
                   CastMemory& memory, Failure& failure) {
  source.clear();
  const Memories memories(kind, target);
  for (const Member& member : memories.whole()) source.set(member.name, member.value);
  // Rules that forget go first, so that a rule that carries the same field exactly has the last
  // word.
  for (const bool exact : {false, true}) {
    for (const CompiledRule& rule : kind.rules) {
      if (!rule.reads_source() || rule.is_exact() != exact) continue;
      if (!invert_rule(rule, target, memories, source, memory, failure)) return false;
    }
  }
  return invert_rest(kind, target, source, failure);
}

}  // namespace decant::mapping
