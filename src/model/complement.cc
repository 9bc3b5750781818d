#include "model/complement.h"

#include <algorithm>

#include "model/conform.h"

namespace decant {
namespace {

Value list_of(const std::vector<std::string_view>& names, Arena& arena) {
  const std::span<Value> items = arena.allocate_array<Value>(names.size());
  std::transform(names.begin(), names.end(), items.begin(),
                 [](std::string_view name) { return Value::text(name); });
  return Value::items(items);
}

bool is_list_of_names(const Value& value) {
  return value.is(Type::list) && std::all_of(value.as_items().begin(), value.as_items().end(),
                                             [](const Value& item) { return item.is(Type::text); });
}

// Puts the records of one batch back. Keeps the shapes that it has made for the last record, since
// the next one is mostly alike.
class Restorer {
 public:
  Restorer(const Definition& definition, ShapeTable& shapes, Batch& batch)
      : definition_(definition), shapes_(shapes), batch_(batch) {}

  void restore(Record& record) {
    const int hidden = record.shape->find(definition_.complement);
    if (hidden < 0) return;
    const auto at = static_cast<std::size_t>(hidden);
    const Value value = record.values[at];
    if (!value.is_present()) return put(record, at, {});
    Complement complement;
    if (read_complement(value, complement)) put(record, at, complement);
  }

 private:
  void put(Record& record, std::size_t hidden, const Complement& complement) {
    const Shape& old = *record.shape;
    const std::size_t known = old.size() - 1;
    const std::span<Value> values =
        batch_.arena.allocate_array<Value>(known + complement.fields.size());
    std::copy_n(record.values, hidden, values.begin());
    std::copy_n(record.values + hidden + 1, known - hidden,
                values.begin() + static_cast<std::ptrdiff_t>(hidden));
    const auto place = [&](std::string_view name) -> Value* {
      const int index = name == definition_.complement ? -1 : old.find(name);
      if (index < 0) return nullptr;
      const auto i = static_cast<std::size_t>(index);
      return &values[i < hidden ? i : i - 1];
    };
    // A field that holds a value by now was written since, and wins.
    for (const Value& name : complement.nulls) {
      Value* field = place(name.as_text());
      if (field != nullptr && field->is_absent()) *field = Value::null();
    }
    for (const Value& name : complement.absent) {
      Value* field = place(name.as_text());
      if (field != nullptr && field->is_null()) *field = Value::absent();
    }
    added_.clear();
    for (const Member& member : complement.fields) {
      Value* field = place(member.name);
      if (field == nullptr) {
        values[known + added_.size()] = member.value;
        added_.push_back(member.name);
      } else if (!field->is_present()) {
        *field = member.value;
      }
    }
    record.shape = shape_for(old, hidden);
    record.values = values.data();
  }

  const Shape* shape_for(const Shape& old, std::size_t hidden) {
    if (&old == last_old_ && last_added_ == added_) return last_new_;
    std::vector<std::string_view> names(old.names().begin(), old.names().end());
    names.erase(names.begin() + static_cast<std::ptrdiff_t>(hidden));
    names.insert(names.end(), added_.begin(), added_.end());
    last_old_ = &old;
    last_added_ = added_;
    last_new_ = shapes_.get(names, batch_);
    return last_new_;
  }

  const Definition& definition_;
  ShapeTable& shapes_;
  Batch& batch_;
  std::vector<std::string_view> added_;
  const Shape* last_old_ = nullptr;
  const Shape* last_new_ = nullptr;
  std::vector<std::string_view> last_added_;
};

}  // namespace

Value ComplementNotes::build(Arena& arena) const {
  const std::span<Member> members = arena.allocate_array<Member>(3);
  std::size_t count = 0;
  if (!nulls_.empty()) members[count++] = {kComplementNulls, list_of(nulls_, arena)};
  if (!absent_.empty()) members[count++] = {kComplementAbsent, list_of(absent_, arena)};
  if (!fields_.empty()) {
    const std::span<Member> fields = arena.allocate_array<Member>(fields_.size());
    std::copy(fields_.begin(), fields_.end(), fields.begin());
    members[count++] = {kComplementFields, Value::map(fields)};
  }
  return Value::map(members.first(count));
}

bool read_complement(const Value& value, Complement& out) {
  out = Complement{};
  if (!value.is(Type::map)) return false;
  for (const Member& member : value.as_members()) {
    if (member.name == kComplementNulls && is_list_of_names(member.value)) {
      out.nulls = member.value.as_items();
    } else if (member.name == kComplementAbsent && is_list_of_names(member.value)) {
      out.absent = member.value.as_items();
    } else if (member.name == kComplementFields && member.value.is(Type::map)) {
      out.fields = member.value.as_members();
    } else {
      return false;
    }
  }
  return true;
}

void restore_complement(const Definition& definition, ShapeTable& shapes, Batch& batch) {
  if (definition.complement.empty()) return;
  Restorer restorer(definition, shapes, batch);
  for (Record& record : batch.records) restorer.restore(record);
}

}  // namespace decant
