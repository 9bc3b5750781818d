#include "migration/seen_fields.h"

#include "migration/read_all.h"

namespace decant::migration {

void SeenFields::add(const Batch& batch) {
  for (const Record& record : batch.records) {
    if (record.shape == last_) continue;
    last_ = record.shape->id() == Shape::kOwnedByBatch ? nullptr : record.shape;
    for (std::string_view name : record.shape->names()) {
      if (!names_.insert(std::string(name)).second) continue;
      fields_.emplace_back().name = std::string(name);
    }
  }
}

Result<std::vector<Field>> first_fields(const std::vector<std::string>& from, View& view) {
  SeenFields seen;
  Batch batch;
  for (const std::string& name : from) {
    DECANT_ASSIGN(std::vector<Partition> partitions, view.partitions(name));
    if (partitions.empty()) continue;
    DECANT_ASSIGN(auto reader, view.read(partitions.front(), {}));
    DECANT_ASSIGN(bool any, reader->next(batch));
    if (any) seen.add(batch);
  }
  return seen.fields();
}

Result<std::vector<Field>> all_fields(const std::string& collection, EventSink* sink,
                                      const std::stop_token& stop, View& view) {
  SeenFields seen;
  auto take = [&](std::uint32_t, const Batch& batch) { seen.add(batch); };
  DECANT_CHECK(read_all(collection, sink, stop, view, take));
  return seen.fields();
}

}  // namespace decant::migration
