#include "stores/sqlite/finish.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "stores/sqlite/columns.h"
#include "stores/sqlite/ddl.h"
#include "stores/sqlite/ddl_reader.h"
#include "stores/sqlite/describe.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;
using sql::quote_text;

constexpr std::string_view kViolators = "temp.decant_violators";

std::string withdrawn_table(const Definition& definition) {
  return "main." + quote_name("decant_withdrawn:" + definition.name);
}

std::string table_of(const Definition& definition) { return "main." + quote_name(definition.name); }

// What tells one row from all others: its id, or its key. `prefix` stands before each name.
std::string row_identity(const Definition& definition, const std::string& prefix = "") {
  const std::string id = row_id_name(definition);
  if (!id.empty()) return prefix + id;
  std::string list;
  for (const std::string& name : definition.key) {
    list += (list.empty() ? "" : ", ") + prefix + quote_name(name);
  }
  return list;
}

// "main" has a table of this name.
Result<bool> has_table(sql::Database& database, std::string_view name) {
  DECANT_ASSIGN(sql::Statement rows, database.prepare("SELECT 1 FROM main.sqlite_schema WHERE "
                                                      "type = 'table' AND lower(name) = lower(?)"));
  rows.bind_text(0, name);
  return rows.next();
}

// Moves the rows that `select` names by their identity. Says how many there were.
Result<std::int64_t> take_out(sql::Database& database, const Definition& definition,
                              const std::string& select, std::string_view reason,
                              const std::string& message) {
  std::string violators(kViolators);
  DECANT_CHECK(database.exec("DROP TABLE IF EXISTS " + violators));
  DECANT_CHECK(database.exec("CREATE TEMP TABLE decant_violators AS " + select));
  DECANT_ASSIGN(std::int64_t rows, database.query_int64("SELECT count(*) FROM " + violators));
  if (rows > 0) {
    std::string table = table_of(definition);
    std::string where =
        " WHERE (" + row_identity(definition) + ") IN (SELECT * FROM " + violators + ")";
    std::string columns;
    for (const Field& field : definition.fields) columns += ", " + quote_name(field.name);
    std::string values = quote_text(reason) + " AS decant_reason, " + quote_text(message) +
                         " AS decant_message" + columns;
    DECANT_CHECK(database.exec("CREATE TABLE IF NOT EXISTS " + withdrawn_table(definition) +
                               " AS SELECT " + values + " FROM " + table + " WHERE 0"));
    DECANT_CHECK(database.exec("INSERT INTO " + withdrawn_table(definition) + " SELECT " + values +
                               " FROM " + table + where + " ORDER BY " + row_identity(definition)));
    DECANT_CHECK(database.exec("DELETE FROM " + table + where));
  }
  DECANT_CHECK(database.exec("DROP TABLE " + violators));
  return rows;
}

std::string part_sql(const IndexPart& part) {
  std::string sql = part.expression.empty() ? quote_name(part.field) : "(" + part.expression + ")";
  if (!part.collation.empty()) sql += " COLLATE " + quote_name(part.collation);
  return sql;
}

// All rows but the first of each set that the unique index takes for one. NULLs never are.
std::string select_repeated(const Definition& definition, const Index& index) {
  std::string parts;
  std::string where = index.where.empty() ? "1" : "(" + index.where + ")";
  for (const IndexPart& part : index.parts) {
    parts += (parts.empty() ? "" : ", ") + part_sql(part);
    where += " AND " + part_sql(part) + " IS NOT NULL";
  }
  std::string identity = row_identity(definition);
  return "SELECT " + identity + " FROM (SELECT " + identity + ", row_number() OVER (PARTITION BY " +
         parts + " ORDER BY " + identity + ") AS decant_number FROM " + table_of(definition) +
         " WHERE " + where + ") WHERE decant_number > 1";
}

// Says how many rows the unique index would have refused.
Result<std::int64_t> take_out_repeated(sql::Database& database, const Definition& definition,
                                       const Index& index) {
  const std::string message = definition.name +
                              ": an earlier row has the same values in the unique index " +
                              index.name + "; mend one of the two records and run again";
  return take_out(database, definition, select_repeated(definition, index), "unique", message);
}

Status build_index(sql::Database& database, const Definition& definition,
                   const std::string& statement) {
  const Index index = read_create_index(statement);
  DECANT_ASSIGN(const std::string journal, database.query_text("PRAGMA main.journal_mode"));
  if (index.unique && journal == "wal") {
    // No statement may fail there after it has written (SqliteWriter::hold_pages).
    DECANT_CHECK(take_out_repeated(database, definition, index));
    return database.exec(statement);
  }
  Status built = database.exec(statement);
  bool repeated =
      !built.ok() && index.unique && (database.extended_code() & 0xff) == SQLITE_CONSTRAINT;
  if (!repeated) return built;
  DECANT_ASSIGN(std::int64_t rows, take_out_repeated(database, definition, index));
  if (rows == 0) return built;
  return database.exec(statement);
}

// The rows of `definition` whose fields of `key` name a row that is not there; where it refers to
// itself, also those that name one of these, and so on, so that a chain costs one statement.
std::string select_dangling(const Definition& definition, const ForeignKey& key,
                            const std::vector<std::string>& target_fields) {
  std::string where;
  std::string match;
  for (std::size_t i = 0; i < key.fields.size(); ++i) {
    std::string field = "child." + quote_name(key.fields[i]);
    where += field + " IS NOT NULL AND ";
    match += (i == 0 ? "" : " AND ") + ("parent." + quote_name(target_fields[i])) + " = " + field;
  }
  const std::string identity = row_identity(definition, "child.");
  const std::string table = table_of(definition);
  std::string dangling = "SELECT " + identity + " FROM " + table + " AS child WHERE " + where +
                         "NOT EXISTS (SELECT 1 FROM main." + quote_name(key.collection) +
                         " AS parent WHERE " + match + ")";
  if (!same_name(key.collection, definition.name)) return dangling;
  std::string columns;
  const std::size_t parts = row_id_name(definition).empty() ? definition.key.size() : 1;
  for (std::size_t i = 0; i < parts; ++i) columns += (i == 0 ? "d" : ", d") + std::to_string(i);
  return "WITH RECURSIVE gone(" + columns + ") AS (" + dangling + " UNION SELECT " + identity +
         " FROM gone JOIN " + table + " AS parent ON (" + row_identity(definition, "parent.") +
         ") = (" + columns + ") JOIN " + table + " AS child ON " + match + ") SELECT * FROM gone";
}

// The fields that a foreign key points to; empty where it cannot be told.
Result<std::vector<std::string>> target_fields_of(sql::Database& database, const ForeignKey& key) {
  if (!key.target_fields.empty()) return key.target_fields;
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database));
  DECANT_ASSIGN(Definition parent, describe_table(database, schema, key.collection, {}));
  return parent.key;
}

// Rows taken out because of this foreign key.
Result<std::int64_t> check_foreign_key(sql::Database& database, const Definition& definition,
                                       const ForeignKey& key, std::vector<std::string>& notes) {
  DECANT_ASSIGN(bool parent_exists, has_table(database, key.collection));
  std::vector<std::string> target_fields;
  if (parent_exists) {
    DECANT_ASSIGN(target_fields, target_fields_of(database, key));
  }
  if (target_fields.size() != key.fields.size()) {
    std::string note = definition.name + ": the foreign key to " + key.collection +
                       " was not checked, since " +
                       (parent_exists ? "that table has no such key" : "there is no such table");
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    return std::int64_t{0};
  }
  std::string message = definition.name + ": the row of " + key.collection +
                        " that it refers to is missing; copy that row first, or mend the reference";
  return take_out(database, definition, select_dangling(definition, key, target_fields),
                  "foreign_key", message);
}

// One row as a batch of one record.
void make_record(const sql::Statement& row, const Definition& definition, ColumnReader& reader,
                 const Shape* shape, Batch& batch) {
  std::span<Value> values = batch.arena.allocate_array<Value>(definition.fields.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    reader.read(row.handle(), static_cast<int>(i) + 2, column_of(definition, definition.fields[i]),
                batch.arena, values[i]);
  }
  Record record;
  record.shape = shape;
  record.values = values.data();
  batch.records.push_back(record);
}

}  // namespace

Status build_indexes(sql::Database& database, const Definition& definition,
                     const std::vector<std::string>& pending) {
  for (const std::string& statement : pending) {
    DECANT_CHECK(build_index(database, definition, statement));
  }
  return ok_status();
}

Status check_foreign_keys(sql::Database& database, const std::vector<WriteTarget>& targets,
                          std::vector<std::string>& notes) {
  // A row that is taken out may have been the one that others refer to.
  bool again = true;
  while (again) {
    again = false;
    for (const WriteTarget& target : targets) {
      for (const ForeignKey& key : target.definition.foreign_keys) {
        DECANT_ASSIGN(std::int64_t rows,
                      check_foreign_key(database, target.definition, key, notes));
        again = again || rows > 0;
      }
    }
  }
  return ok_status();
}

Status read_withdrawn(sql::Database& database, const std::vector<WriteTarget>& targets,
                      ShapeTable& shapes, std::vector<Withdrawn>& withdrawn) {
  ColumnReader reader;
  for (std::uint32_t target = 0; target < targets.size(); ++target) {
    const Definition& definition = targets[target].definition;
    DECANT_ASSIGN(bool exists, has_table(database, "decant_withdrawn:" + definition.name));
    if (!exists) continue;
    DECANT_ASSIGN(
        sql::Statement rows,
        database.prepare("SELECT * FROM " + withdrawn_table(definition) + " ORDER BY rowid"));
    std::vector<std::string_view> names;
    for (const Field& field : definition.fields) names.push_back(field.name);
    while (withdrawn.size() < withdrawn_rows_max) {
      DECANT_ASSIGN(bool row, rows.next());
      if (!row) break;
      Withdrawn& out = withdrawn.emplace_back();
      out.target = target;
      out.reason = std::string(rows.text(0));
      out.message = std::string(rows.text(1));
      make_record(rows, definition, reader, shapes.get(names, out.record), out.record);
    }
  }
  return ok_status();
}

Status forget_withdrawn(sql::Database& database, const std::vector<WriteTarget>& targets,
                        const std::vector<std::size_t>& rows_by_target) {
  for (std::size_t target = 0; target < targets.size(); ++target) {
    const Definition& definition = targets[target].definition;
    DECANT_ASSIGN(bool exists, has_table(database, "decant_withdrawn:" + definition.name));
    if (!exists) continue;
    std::string table = withdrawn_table(definition);
    std::string forget = "DELETE FROM " + table;
    forget += " WHERE rowid IN (SELECT rowid FROM " + table;
    forget += " ORDER BY rowid LIMIT " + std::to_string(rows_by_target[target]) + ")";
    DECANT_CHECK(database.exec(forget));
    DECANT_ASSIGN(std::int64_t left, database.query_int64("SELECT count(*) FROM " + table));
    if (left == 0) DECANT_CHECK(database.exec("DROP TABLE " + table));
  }
  return ok_status();
}

}  // namespace decant::sqlite
