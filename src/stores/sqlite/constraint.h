// What SQLite says when a row breaks a rule of its table, in Decant's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "decant/store.h"
#include "sql/sqlite.h"

namespace decant::sqlite {

// The rejection of record `index` for the last failure of `database`; nothing where that was no
// fault of the record.
std::optional<Rejection> rejection_of(const sql::Database& database, const std::string& table,
                                      std::uint32_t index);

}  // namespace decant::sqlite
