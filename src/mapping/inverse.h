// The way back: one target record of one kind to the source record that it was made from.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "decant/batch.h"
#include "mapping/compiled_mapping.h"

namespace decant::mapping {

// A record under construction: fields in order, none twice, none absent.
class FieldList {
 public:
  void clear() { fields_.clear(); }
  void set(std::string_view name, const Value& value);  // absent takes the field away
  void add(std::string_view name, const Value& value) { fields_.push_back({name, value}); }
  Value find(std::string_view name) const;
  bool has(std::string_view name) const { return !find(name).is_absent(); }
  const std::vector<Member>& fields() const { return fields_; }

 private:
  std::vector<Member> fields_;
};

// Fills `source`. False with `failure` where the record has no way back. What the notes or the
// whole record say counts only where it still gives what the target holds: a value that was
// written there since wins.
bool invert_record(const CompiledKind& kind, const Record& target, FieldList& source,
                   CastMemory& memory, Failure& failure);

}  // namespace decant::mapping
