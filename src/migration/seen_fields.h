// Names of the fields that records hold, for sources that declare none.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "decant/events.h"
#include "decant/store.h"

namespace decant::migration {

// Collects names in order of first appearance. Not thread-safe.
class SeenFields {
 public:
  void add(const Batch& batch);
  // Without types: a few records do not prove one.
  const std::vector<Field>& fields() const { return fields_; }

 private:
  const Shape* last_ = nullptr;
  std::set<std::string, std::less<>> names_;
  std::vector<Field> fields_;
};

// From the first batch of each collection: enough to tell at once that a plan does not cover them.
// What stands further behind is met by the run.
Result<std::vector<Field>> first_fields(const std::vector<std::string>& from, View& view);

// From all of a collection: one pass over the source.
Result<std::vector<Field>> all_fields(const std::string& collection, EventSink* sink,
                                      const std::stop_token& stop, View& view);

}  // namespace decant::migration
