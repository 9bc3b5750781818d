// Casts of single values, strictly: what does not say exactly the same in the other type does not
// fit. Null and absent are not for here.
#pragma once

#include "decant/batch.h"
#include "decant/definition.h"
#include "json/reader.h"
#include "mapping/rules.h"

namespace decant::mapping {

// What casts and rules need to work: memory for what they make. One a thread.
struct CastMemory {
  Arena* arena = nullptr;
  json::ValueParser parser = {};
};

// False where `value` does not fit; it is unchanged then.
bool cast_value(Value& value, Cast cast, CastMemory& memory);

// The cast that brings a value back to a field of this kind; none where it stays as it is.
Cast cast_to(FieldKind kind);

}  // namespace decant::mapping
