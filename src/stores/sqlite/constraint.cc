#include "stores/sqlite/constraint.h"

#include <sqlite3.h>

#include <string_view>

namespace decant::sqlite {
namespace {

struct Words {
  std::string_view reason;
  std::string_view remedy;
};

std::optional<Words> words_for(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_NOTNULL:
      return Words{"not_null", "give the field a value by a rule (default, coalesce)"};
    case SQLITE_CONSTRAINT_CHECK:
      return Words{"check", "map the value to one that the rule allows, or change the rule"};
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Words{"unique", "another row has these values; mend one of the two"};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return Words{"foreign_key", "the row it refers to is missing; copy that collection first"};
    case SQLITE_CONSTRAINT_DATATYPE:
      return Words{"type", "cast the value, or declare another type"};
    case SQLITE_CONSTRAINT_TRIGGER:
      return Words{"trigger", "a trigger of the table refused it"};
    default:
      break;
  }
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      return Words{"constraint", "see the rules of the table"};
    case SQLITE_MISMATCH:
      return Words{"type", "the id of a row is an integer; cast the value"};
    case SQLITE_TOOBIG:
      return Words{"too_large", "SQLite holds at most 1 GB in a value"};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Rejection> rejection_of(const sql::Database& database, const std::string& table,
                                      std::uint32_t index) {
  std::optional<Words> words = words_for(database.extended_code());
  if (!words) return std::nullopt;
  Rejection rejection;
  rejection.index = index;
  rejection.reason = words->reason;
  rejection.message = table + ": " + database.message() + "; " + std::string(words->remedy);
  return rejection;
}

}  // namespace decant::sqlite
