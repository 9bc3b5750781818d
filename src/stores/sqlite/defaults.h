// What the defaults of a table's columns stand for, told before anything is written.
#pragma once

#include <cstdint>
#include <string_view>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"
#include "decant/store.h"

namespace decant::sqlite {

// As Store::defaults(). SQLite evaluates each expression itself, in a database in memory whose
// clock stands at `run_time_us`. Left out is what does not give the same value twice (random(),
// changes(), ...), what needs functions that this program does not have, and NULL.
Result<Batch> default_values(const Definition& definition, std::int64_t run_time_us);

// Whether the field is one of those. Decant writes it itself on insert, also where the plan does
// not own it: so a default that reads the clock is the same in every run.
bool is_filled(const WriteTarget& target, std::string_view field);

}  // namespace decant::sqlite
