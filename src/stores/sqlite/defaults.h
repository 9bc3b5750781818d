// What the defaults of a table's columns stand for, told before anything is written.
#pragma once

#include <cstdint>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"

namespace decant::sqlite {

// As Store::defaults(). SQLite evaluates each expression itself, in a database in memory whose
// clock stands at `run_time_us`. Left out is what does not give the same value twice (random(),
// changes(), ...), what needs functions that this program does not have, and NULL.
Result<Batch> default_values(const Definition& definition, std::int64_t run_time_us);

}  // namespace decant::sqlite
