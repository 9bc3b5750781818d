// The declared types of SQLite columns: what a column's type word says of its values, and which
// word Decant writes for a wanted type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decant/definition.h"

namespace decant::sqlite {

// SQLite's column affinity: what it does to a value before it stores it.
enum class Affinity : std::uint8_t {
  blob,     // nothing
  text,     // numbers become text
  numeric,  // text that looks like a number becomes one; 1.0 becomes 1
  integer,  // as numeric
  real,     // as numeric, and integers become doubles
};

// By the rules of sqlite.org/datatype3.html, 3.1. STRICT tables know `ANY`, which is blob.
Affinity affinity_of(std::string_view declared, bool strict);

// What a column with this declaration holds; `native` keeps the declaration as it was written.
FieldType field_type_of(std::string_view declared, bool strict);

// The declaration for a wanted type. Its own `native` stays where that means the same kind here.
std::string declared_type_of(const FieldType& wanted, bool strict);

// Whether SQLite would turn this text into a number in a column of numeric affinity.
bool looks_numeric(std::string_view text);

}  // namespace decant::sqlite
