#include "stores/sqlite/describe.h"

#include <algorithm>
#include <map>
#include <utility>

#include "stores/sqlite/ddl_reader.h"
#include "stores/sqlite/declared_type.h"

namespace decant::sqlite {
namespace {

struct KeyPart {
  std::int64_t place;
  std::string name;
};

std::string pragma(std::string_view name, std::string_view argument) {
  return "PRAGMA main." + std::string(name) + "(" + sql::quote_text(argument) + ")";
}

const SchemaEntry* find_relation(const std::vector<SchemaEntry>& schema, std::string_view name) {
  for (const SchemaEntry& entry : schema) {
    if ((entry.type == "table" || entry.type == "view") && entry.name == name) return &entry;
  }
  return nullptr;
}

// Columns: cid, name, type, notnull, dflt_value, pk, hidden (2 virtual, 3 stored).
Status read_columns(sql::Database& database, const TableText& text, Definition& definition,
                    std::vector<KeyPart>& key) {
  DECANT_ASSIGN(sql::Statement rows, database.prepare(pragma("table_xinfo", definition.name)));
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return ok_status();
    Field field;
    field.name = std::string(rows.text(1));
    field.type = field_type_of(rows.text(2), definition.strict);
    field.required = rows.int64(3) != 0;
    if (!rows.is_null(4)) field.default_sql = default_expression(rows.text(4));
    field.generated = rows.int64(6) == 2 || rows.int64(6) == 3;
    if (rows.int64(6) == 1) continue;
    if (rows.int64(5) > 0) key.push_back({rows.int64(5), field.name});
    for (const ColumnText& column : text.columns) {
      if (column.name != field.name) continue;
      field.collation = column.collation;
      field.nullable = column.null_declared;
      if (field.generated) field.default_sql = column.generated;
      if (column.autoincrement) definition.key_generated = true;
    }
    if (field.name == kComplementField && field.type.kind == FieldKind::json) {
      field.hidden = true;
      definition.complement = field.name;
    }
    definition.fields.push_back(std::move(field));
  }
}

// The parts of an index that has no statement of its own: a UNIQUE constraint of the table.
Result<Index> read_constraint_index(sql::Database& database, const std::string& name) {
  Index index;
  index.unique = true;
  DECANT_ASSIGN(sql::Statement rows, database.prepare(pragma("index_xinfo", name)));
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return index;
    if (rows.int64(5) == 0) continue;  // not a key column of the index
    IndexPart part;
    part.field = std::string(rows.text(2));
    part.descending = rows.int64(3) != 0;
    if (rows.text(4) != "BINARY") part.collation = std::string(rows.text(4));
    index.parts.push_back(std::move(part));
  }
}

// A collation that only repeats the column's own says nothing.
void drop_implied_collations(const Definition& definition, Index& index) {
  for (IndexPart& part : index.parts) {
    const Field* field = definition.find(part.field);
    if (field != nullptr && field->collation == part.collation) part.collation.clear();
  }
}

// Whether `index` is the one that Decant makes for a key; its fields become the key.
bool take_key_index(Definition& definition, const Index& index) {
  if (!definition.key.empty() || !index.unique || index.name != key_index_name(definition.name)) {
    return false;
  }
  for (const IndexPart& part : index.parts) definition.key.push_back(part.field);
  return true;
}

Status read_indexes(sql::Database& database, const std::vector<SchemaEntry>& schema,
                    const std::vector<std::string>& pending, Definition& definition,
                    bool& key_has_index) {
  std::vector<Index> indexes;
  std::map<std::string, std::string> origins;
  {
    DECANT_ASSIGN(sql::Statement rows, database.prepare(pragma("index_list", definition.name)));
    while (true) {
      DECANT_ASSIGN(bool row, rows.next());
      if (!row) break;
      origins.emplace(rows.text(1), rows.text(3));
    }
  }
  for (const SchemaEntry& entry : schema) {
    if (entry.type != "index" || entry.table != definition.name) continue;
    std::string origin = origins[entry.name];
    if (origin == "pk") key_has_index = true;
    if (origin == "pk") continue;
    if (origin == "u") {
      DECANT_ASSIGN(Index index, read_constraint_index(database, entry.name));
      indexes.push_back(std::move(index));
    } else {
      indexes.push_back(read_create_index(entry.sql));
    }
  }
  for (const std::string& sql : pending) indexes.push_back(read_create_index(sql));
  for (Index& index : indexes) {
    if (take_key_index(definition, index)) continue;
    drop_implied_collations(definition, index);
    definition.indexes.push_back(std::move(index));
  }
  return ok_status();
}

// The id of a row never is NULL, whatever the declaration says.
void mark_row_id(Definition& definition, bool key_has_index) {
  if (definition.key.size() != 1 || key_has_index || definition.without_rowid) return;
  for (Field& field : definition.fields) {
    if (field.name == definition.key.front() && field.type.kind == FieldKind::integer &&
        !definition.key_generated) {
      field.required = true;
    }
  }
}

void list_triggers(const std::vector<SchemaEntry>& schema, Definition& definition) {
  for (const SchemaEntry& entry : schema) {
    if (entry.type == "trigger" && entry.table == definition.name) {
      definition.left_behind.push_back("trigger " + entry.name + " of " + definition.name);
    }
  }
}

}  // namespace

Result<std::vector<SchemaEntry>> read_schema(sql::Database& database) {
  std::vector<SchemaEntry> schema;
  DECANT_ASSIGN(sql::Statement rows,
                database.prepare("SELECT type, name, tbl_name, coalesce(sql, '') "
                                 "FROM main.sqlite_schema ORDER BY rowid"));
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return schema;
    schema.push_back({std::string(rows.text(0)), std::string(rows.text(1)),
                      std::string(rows.text(2)), std::string(rows.text(3))});
  }
}

Result<bool> has_triggers_or_references(sql::Database& database) {
  DECANT_ASSIGN(std::int64_t any,
                database.query_int64(
                    "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger') OR "
                    "EXISTS (SELECT 1 FROM main.sqlite_schema s, "
                    "pragma_foreign_key_list(s.name, 'main') WHERE s.type = 'table')"));
  return any != 0;
}

std::vector<std::string> table_names(const std::vector<SchemaEntry>& schema) {
  std::vector<std::string> names;
  std::vector<std::string> shadows;
  for (const SchemaEntry& entry : schema) {
    if (entry.sql.starts_with("CREATE VIRTUAL")) shadows.push_back(entry.name + "_");
  }
  for (const SchemaEntry& entry : schema) {
    if (entry.type != "table" || entry.sql.starts_with("CREATE VIRTUAL")) continue;
    if (entry.name.starts_with("sqlite_") || entry.name.starts_with(kOwnPrefix)) continue;
    bool shadow = std::any_of(shadows.begin(), shadows.end(), [&](const std::string& prefix) {
      return entry.name.starts_with(prefix);
    });
    if (!shadow) names.push_back(entry.name);
  }
  return names;
}

Result<Definition> describe_table(sql::Database& database, const std::vector<SchemaEntry>& schema,
                                  std::string_view name, const std::vector<std::string>& pending) {
  const SchemaEntry* entry = find_relation(schema, name);
  if (entry == nullptr) {
    return Error{ErrorCode::not_found, database.path() + ": there is no table or view \"" +
                                           std::string(name) + "\"; check the name behind #"};
  }
  Definition definition;
  definition.name = entry->name;
  definition.is_view = entry->type == "view";
  TableText text;
  if (!definition.is_view) text = read_create_table(entry->sql);
  definition.without_rowid = text.without_rowid;
  definition.strict = text.strict;
  definition.checks = text.checks;
  definition.foreign_keys = text.foreign_keys;
  std::vector<KeyPart> key;
  DECANT_CHECK(read_columns(database, text, definition, key));
  std::sort(key.begin(), key.end(),
            [](const KeyPart& a, const KeyPart& b) { return a.place < b.place; });
  for (KeyPart& part : key) definition.key.push_back(std::move(part.name));
  if (definition.is_view) return definition;
  bool key_has_index = false;
  bool declared_key = !definition.key.empty();
  DECANT_CHECK(read_indexes(database, schema, pending, definition, key_has_index));
  if (declared_key) mark_row_id(definition, key_has_index);
  list_triggers(schema, definition);
  return definition;
}

std::string key_index_name(std::string_view table) { return std::string(table) + "_key"; }

}  // namespace decant::sqlite
