// An update of a part of a record: what a plan does not own stays as it was.
#pragma once

#include "decant/batch.h"
#include "decant/store.h"

namespace decant::stores {

// `old` with the fields that the plan owns replaced by those of `record`; `once` fields stay as
// they were. Its values are in `scratch`, its shape from `shapes`.
Record merged_record(const Record& record, const Record& old, const WriteTarget& target,
                     ShapeTable& shapes, Batch& scratch);

}  // namespace decant::stores
