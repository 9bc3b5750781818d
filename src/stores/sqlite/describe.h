// What stands in an SQLite file, as Definitions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decant/definition.h"
#include "decant/result.h"
#include "sql/sqlite.h"

namespace decant::sqlite {

// Decant's own things in a target begin with this and are never described.
inline constexpr std::string_view kOwnPrefix = "decant_";
// The table of checkpoints and of what a load leaves for its end.
inline constexpr std::string_view kCheckpointTable = "decant_checkpoint";
// The hidden column that keeps what has no column.
inline constexpr std::string_view kComplementField = "decant_rest";

// One table, view, index or trigger of sqlite_schema.
struct SchemaEntry {
  std::string type;
  std::string name;
  std::string table;
  std::string sql;
};
Result<std::vector<SchemaEntry>> read_schema(sql::Database& database);
// Whether "main" has a trigger or a foreign key: a part of a transaction may be undone by it.
Result<bool> has_triggers_or_references(sql::Database& database);

// The names of base tables (and views where asked), without SQLite's and Decant's own, in the order
// in which they were made.
std::vector<std::string> table_names(const std::vector<SchemaEntry>& schema);

// One table or view. `pending`: CREATE INDEX statements that a load makes at its end; they are
// described as if they were there. not_found where there is none of this name.
Result<Definition> describe_table(sql::Database& database, const std::vector<SchemaEntry>& schema,
                                  std::string_view name, const std::vector<std::string>& pending);

// "jobs" -> "jobs_key": the unique index that Decant makes for a key that is not the row's id.
std::string key_index_name(std::string_view table);

}  // namespace decant::sqlite
