// Definitions as SQLite's statements, and what keeps a wanted one from standing in a file.
#pragma once

#include <string>
#include <vector>

#include "decant/definition.h"
#include "decant/result.h"

namespace decant::sqlite {

// The key is the row's id: one INTEGER field of a table with row ids.
bool key_is_row_id(const Definition& definition);

// The name by which a row's id can be asked for, one that no column hides; empty where there is
// none.
std::string row_id_name(const Definition& definition);

// CREATE TABLE with all but the indexes of create_index_sql().
std::string create_table_sql(const Definition& definition, bool temporary = false);

// The unique index that is the key, where the table has it so, then the named indexes in order.
std::vector<std::string> create_index_sql(const Definition& definition);

// `wanted` as describe() would tell it once it was created here. Tried out in memory, so that what
// SQLite would refuse is refused now. invalid, naming the field and the `rename:` key to write.
Result<Definition> native_definition(const Definition& wanted);

// Where a table that is there differs from the one wanted (both as native), one line each.
std::vector<std::string> differences(const Definition& wanted, const Definition& there);

// Equal as SQLite's names are: letters of ASCII in either case.
bool same_name(std::string_view a, std::string_view b);

}  // namespace decant::sqlite
