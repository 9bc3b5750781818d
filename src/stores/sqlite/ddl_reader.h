// Reads what SQLite's pragmas do not tell out of the CREATE statements that it keeps: CHECK rules,
// collations, explicit NULL, generated columns, foreign keys with names and deferral, the parts of
// indexes. The texts were accepted by SQLite once, so a reader that understands its tokens and
// parentheses is enough; what it does not know it skips.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decant/definition.h"

namespace decant::sqlite {

struct ColumnText {
  std::string name;
  std::string collation;
  std::string generated;  // "(expression) STORED" or "... VIRTUAL"; empty: not generated
  bool null_declared = false;
  bool autoincrement = false;
};

struct TableText {
  std::vector<ColumnText> columns;
  std::vector<CheckRule> checks;
  std::vector<ForeignKey> foreign_keys;
  bool without_rowid = false;
  bool strict = false;
};

TableText read_create_table(std::string_view sql);

// Name, parts, unique and where.
Index read_create_index(std::string_view sql);

// The name of a column or table without its quotes.
std::string unquote(std::string_view token);

// A column default as the pragma gives it, safe to stand in parentheses: a bare or double-quoted
// word, which SQLite took as text there, becomes a text literal.
std::string default_expression(std::string_view written);

}  // namespace decant::sqlite
