#include "stores/json/merged_record.h"

#include <algorithm>

namespace decant::stores {

Record merged_record(const Record& record, const Record& old, const WriteTarget& target,
                     ShapeTable& shapes, Batch& scratch) {
  const auto listed = [](const std::vector<std::string>& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  const auto replaced = [&](std::string_view name) {
    return (target.owned.empty() || listed(target.owned, name)) && !listed(target.once, name);
  };
  std::vector<std::string_view> names;
  std::vector<Value> values;
  for (std::size_t i = 0; i < old.shape->size(); ++i) {
    const std::string_view name = old.shape->name(i);
    names.push_back(name);
    values.push_back(replaced(name) ? record.find(name) : old.values[i]);
  }
  for (std::size_t i = 0; i < record.shape->size(); ++i) {
    const std::string_view name = record.shape->name(i);
    if (old.shape->find(name) >= 0 || !replaced(name)) continue;
    names.push_back(name);
    values.push_back(record.values[i]);
  }
  Record out = record;
  out.shape = shapes.get(names, scratch);
  const std::span<Value> kept = scratch.arena.allocate_array<Value>(values.size());
  std::copy(values.begin(), values.end(), kept.begin());
  out.values = kept.data();
  return out;
}

}  // namespace decant::stores
