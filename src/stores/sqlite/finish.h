// The end of a load: indexes are built, and rows that a unique index or a foreign key refuses are
// taken out again.
//
// A row that is taken out goes to the table "decant_withdrawn:TABLE" in the same transaction, and
// stays there until it was reported (Writer::finish), so that a kill in between loses none.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "decant/store.h"
#include "sql/sqlite.h"

namespace decant::sqlite {

// Rows that one call of finish() reports.
inline constexpr std::size_t withdrawn_rows_max = 1000;

// Builds `pending` (CREATE INDEX statements) on a table that was loaded without. Where a unique
// one finds rows with the same values, all but the first of them are taken out.
Status build_indexes(sql::Database& database, const Definition& definition,
                     const std::vector<std::string>& pending);

// Takes out rows of the loaded tables that refer to rows that are not there, until none is left.
// A foreign key to a table that does not exist is only noted.
Status check_foreign_keys(sql::Database& database, const std::vector<WriteTarget>& targets,
                          std::vector<std::string>& notes);

// Rows that were taken out and not yet forgotten, at most withdrawn_rows_max.
Status read_withdrawn(sql::Database& database, const std::vector<WriteTarget>& targets,
                      ShapeTable& shapes, std::vector<Withdrawn>& withdrawn);
// Forgets the first rows, as many as read_withdrawn() gave, and the tables that are empty then.
Status forget_withdrawn(sql::Database& database, const std::vector<WriteTarget>& targets,
                        const std::vector<std::size_t>& rows_by_target);

}  // namespace decant::sqlite
