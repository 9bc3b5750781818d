#include "stores/sqlite/ddl.h"

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "sql/sqlite.h"
#include "stores/sqlite/ddl_tokens.h"
#include "stores/sqlite/declared_type.h"
#include "stores/sqlite/describe.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ", ";
    list += quote_name(name);
  }
  return list;
}

bool is_row_id(const Definition& definition, const Field& field) {
  return key_is_row_id(definition) && definition.key.front() == field.name;
}

std::string column_sql(const Definition& definition, const Field& field) {
  std::string sql = quote_name(field.name);
  if (!field.type.native.empty()) sql += " " + field.type.native;
  if (is_row_id(definition, field)) {
    sql += " PRIMARY KEY";
    if (definition.key_generated) sql += " AUTOINCREMENT";
  } else if (field.required) {
    sql += " NOT NULL";
  }
  if (field.nullable) sql += " NULL";
  if (!field.collation.empty()) sql += " COLLATE " + quote_name(field.collation);
  if (field.generated) {
    sql += " GENERATED ALWAYS AS " + field.default_sql;
  } else if (!field.default_sql.empty()) {
    sql += " DEFAULT (" + field.default_sql + ")";
  }
  return sql;
}

std::string constraint_name(const std::string& name) {
  return name.empty() ? "" : "CONSTRAINT " + quote_name(name) + " ";
}

std::string foreign_key_sql(const ForeignKey& key) {
  std::string sql = constraint_name(key.name) + "FOREIGN KEY (" + name_list(key.fields) +
                    ") REFERENCES " + quote_name(key.collection);
  if (!key.target_fields.empty()) sql += " (" + name_list(key.target_fields) + ")";
  if (!key.on_delete.empty()) sql += " ON DELETE " + key.on_delete;
  if (!key.on_update.empty()) sql += " ON UPDATE " + key.on_update;
  if (key.deferred) sql += " DEFERRABLE INITIALLY DEFERRED";
  return sql;
}

std::string parts_sql(const Index& index) {
  std::string sql;
  for (const IndexPart& part : index.parts) {
    if (!sql.empty()) sql += ", ";
    sql += part.expression.empty() ? quote_name(part.field) : part.expression;
    if (!part.collation.empty()) sql += " COLLATE " + quote_name(part.collation);
    if (part.descending) sql += " DESC";
  }
  return sql;
}

bool key_is_index(const Definition& definition) {
  return !definition.key.empty() && !definition.without_rowid && !key_is_row_id(definition);
}

Error misnamed(const Definition& definition, const std::string& field, const std::string& why) {
  std::string place = definition.name + (field.empty() ? "" : "." + field);
  return Error{ErrorCode::invalid,
               place + ": " + why + "; write `rename: {" + place + ": ANOTHER_NAME}` in the plan"};
}

Status check_name(const Definition& definition, const std::string& field) {
  const std::string& name = field.empty() ? definition.name : field;
  if (name.empty()) {
    return misnamed(definition, field, "an empty name cannot be a name in SQLite");
  }
  if (name.find('\0') != std::string::npos) {
    return misnamed(definition, field, "SQLite holds no name with a zero byte");
  }
  if (name.size() > name_bytes_max) {
    return misnamed(definition, field,
                    "the name has more than " + std::to_string(name_bytes_max) + " bytes");
  }
  return ok_status();
}

Status check_names(const Definition& definition) {
  DECANT_CHECK(check_name(definition, ""));
  std::string table = lower(definition.name);
  if (table.starts_with("sqlite_") || table.starts_with(kOwnPrefix)) {
    return misnamed(definition, "", "names that begin with sqlite_ or decant_ are reserved");
  }
  if (definition.fields.size() > fields_max) {
    return Error{
        ErrorCode::unsupported,
        definition.name + ": SQLite holds at most " + std::to_string(fields_max) +
            " fields in a table; map the rest into one JSON field (`rest: {into: FIELD}`)"};
  }
  std::map<std::string, const Field*> seen;
  for (const Field& field : definition.fields) {
    if (field.name.empty()) {
      return Error{ErrorCode::invalid, definition.name +
                                           ": a field has an empty name, which SQLite cannot "
                                           "hold; write `rename: {" +
                                           definition.name + ".: ANOTHER_NAME}` in the plan"};
    }
    DECANT_CHECK(check_name(definition, field.name));
    auto [place, fresh] = seen.emplace(lower(field.name), &field);
    if (!fresh) {
      return misnamed(definition, field.name,
                      "the fields \"" + place->second->name + "\" and \"" + field.name +
                          "\" are one name in SQLite, which does not tell letter case apart");
    }
  }
  return ok_status();
}

bool strict_knows(std::string_view native) {
  for (std::string_view word : {"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"}) {
    if (same_name(word, native)) return true;
  }
  return false;
}

// A type of one to some words with numbers in parentheses behind; anything else is not SQL here.
bool is_type_text(const std::string& native) {
  for (const Token& token : tokens_of(native)) {
    bool symbol = token.is_symbol('(') || token.is_symbol(')') || token.is_symbol(',');
    bool known = token.kind == Token::Kind::word || token.kind == Token::Kind::number || symbol;
    if (!known || token.is("AS") || token.is("NULL") || token.is("CHECK")) return false;
  }
  return native.find("--") == std::string::npos && native.find("/*") == std::string::npos;
}

// "(expression) STORED", as describe() tells it; what another store computes becomes a plain field.
bool is_generated_text(const std::string& text) {
  return text.starts_with("(") && (text.ends_with(") STORED") || text.ends_with(") VIRTUAL"));
}

Status settle_field(Definition& definition, Field& field) {
  if (field.generated && !is_generated_text(field.default_sql)) {
    field.generated = false;
    field.default_sql.clear();
  }
  FieldType wanted = field.type;
  if (!is_type_text(wanted.native)) wanted.native.clear();
  field.type.native = declared_type_of(wanted, definition.strict);
  if (definition.strict && !strict_knows(field.type.native)) {
    return Error{ErrorCode::unsupported,
                 definition.name + "." + field.name + ": a STRICT table cannot declare " +
                     field.type.native + "; leave `strict` out of the definition, or declare text"};
  }
  bool key =
      std::find(definition.key.begin(), definition.key.end(), field.name) != definition.key.end();
  if (key) {
    if (definition.key.size() == 1 && !definition.without_rowid &&
        field.type.kind == FieldKind::integer) {
      field.type.native = "INTEGER";
      field.required = !definition.key_generated;
    } else {
      field.required = true;
    }
  }
  if (field.required) field.nullable = false;
  return ok_status();
}

Status settle(Definition& definition) {
  for (const std::string& key : definition.key) {
    if (definition.find(key) == nullptr) {
      return Error{ErrorCode::invalid, definition.name + ": the key names the field \"" + key +
                                           "\", which the definition does not have"};
    }
  }
  if (definition.without_rowid && definition.key.empty()) definition.without_rowid = false;
  for (Field& field : definition.fields) DECANT_CHECK(settle_field(definition, field));
  if (!key_is_row_id(definition)) definition.key_generated = false;
  for (ForeignKey& key : definition.foreign_keys) {
    if (key.target_fields.empty() && key.collection == definition.name) {
      key.target_fields = definition.key;
    }
  }
  definition.open = false;
  definition.is_view = false;
  return ok_status();
}

bool same_index(const Index& a, const Index& b) {
  return a.parts == b.parts && a.unique == b.unique && a.where == b.where;
}

bool same_foreign_key(const ForeignKey& a, const ForeignKey& b) {
  bool targets =
      a.target_fields == b.target_fields || a.target_fields.empty() || b.target_fields.empty();
  return targets && a.fields == b.fields && a.collection == b.collection &&
         a.on_delete == b.on_delete && a.on_update == b.on_update;
}

std::string type_word(const Field& field) {
  return field.type.native.empty() ? "no type" : field.type.native;
}

void compare_fields(const Definition& wanted, const Definition& there,
                    std::vector<std::string>& lines) {
  for (const Field& field : wanted.fields) {
    const Field* other = there.find(field.name);
    if (other == nullptr) {
      lines.push_back("field " + field.name + " is missing");
      continue;
    }
    if (!same_name(field.type.native, other->type.native)) {
      lines.push_back("field " + field.name + " is declared " + type_word(*other) + ", not " +
                      type_word(field));
    }
    if (field.required != other->required) {
      lines.push_back("field " + field.name + (other->required ? " is" : " is not") + " NOT NULL");
    }
    if (field.generated != other->generated) {
      lines.push_back("field " + field.name + (other->generated ? " is" : " is not") +
                      " generated");
    }
  }
  for (const Field& field : there.fields) {
    if (wanted.find(field.name) == nullptr) {
      lines.push_back("field " + field.name + " is there and not in the definition");
    }
  }
}

template <typename T, typename Same>
bool has(const std::vector<T>& list, const T& item, Same same) {
  return std::any_of(list.begin(), list.end(), [&](const T& other) { return same(item, other); });
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out.empty() ? "none" : out;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

bool key_is_row_id(const Definition& definition) {
  if (definition.without_rowid || definition.key.size() != 1) return false;
  const Field* field = definition.find(definition.key.front());
  return field != nullptr && same_name(field->type.native, "INTEGER");
}

std::string row_id_name(const Definition& definition) {
  if (definition.without_rowid || definition.is_view) return "";
  for (std::string_view name : {"rowid", "_rowid_", "oid"}) {
    bool hidden = std::any_of(definition.fields.begin(), definition.fields.end(),
                              [&](const Field& field) { return same_name(field.name, name); });
    if (!hidden) return std::string(name);
  }
  return key_is_row_id(definition) ? quote_name(definition.key.front()) : "";
}

std::string create_table_sql(const Definition& definition, bool temporary) {
  std::string sql = temporary ? "CREATE TEMP TABLE " : "CREATE TABLE ";
  sql += quote_name(definition.name) + " (";
  std::string_view separator = "\n  ";
  auto add = [&](const std::string& line) {
    sql.append(separator).append(line);
    separator = ",\n  ";
  };
  for (const Field& field : definition.fields) add(column_sql(definition, field));
  if (definition.without_rowid) add("PRIMARY KEY (" + name_list(definition.key) + ")");
  for (const Index& index : definition.indexes) {
    if (index.name.empty()) add("UNIQUE (" + parts_sql(index) + ")");
  }
  for (const CheckRule& check : definition.checks) {
    add(constraint_name(check.name) + "CHECK (" + check.expression + ")");
  }
  if (!temporary) {
    for (const ForeignKey& key : definition.foreign_keys) add(foreign_key_sql(key));
  }
  sql += "\n)";
  if (definition.without_rowid) sql += " WITHOUT ROWID";
  if (definition.strict) sql += definition.without_rowid ? ", STRICT" : " STRICT";
  return sql;
}

std::vector<std::string> create_index_sql(const Definition& definition) {
  std::vector<std::string> statements;
  if (key_is_index(definition)) {
    statements.push_back("CREATE UNIQUE INDEX " + quote_name(key_index_name(definition.name)) +
                         " ON " + quote_name(definition.name) + " (" + name_list(definition.key) +
                         ")");
  }
  for (const Index& index : definition.indexes) {
    if (index.name.empty()) continue;
    std::string sql = index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
    sql += quote_name(index.name) + " ON " + quote_name(definition.name) + " (" + parts_sql(index) +
           ")";
    if (!index.where.empty()) sql += " WHERE " + index.where;
    statements.push_back(std::move(sql));
  }
  return statements;
}

Result<Definition> native_definition(const Definition& wanted) {
  DECANT_CHECK(check_names(wanted));
  Definition definition = wanted;
  DECANT_CHECK(settle(definition));
  DECANT_ASSIGN(sql::Database memory, sql::Database::open("", {sql::OpenMode::memory}));
  std::vector<std::string> statements = create_index_sql(definition);
  statements.insert(statements.begin(), create_table_sql(definition));
  for (const std::string& statement : statements) {
    if (memory.exec(statement).ok()) continue;
    return Error{ErrorCode::invalid, wanted.name + ": SQLite refuses its definition: " +
                                         memory.message() + "; the statement was: " + statement};
  }
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(memory));
  DECANT_ASSIGN(Definition native, describe_table(memory, schema, definition.name, {}));
  native.wal = wanted.wal;
  native.left_behind = wanted.left_behind;
  return native;
}

std::vector<std::string> differences(const Definition& wanted, const Definition& there) {
  std::vector<std::string> lines;
  compare_fields(wanted, there, lines);
  if (wanted.key != there.key) {
    lines.push_back("the key is " + joined(there.key) + ", not " + joined(wanted.key));
  }
  for (const Index& index : wanted.indexes) {
    if (!has(there.indexes, index, same_index))
      lines.push_back("index " + index.name + " is missing");
  }
  for (const ForeignKey& key : wanted.foreign_keys) {
    if (!has(there.foreign_keys, key, same_foreign_key)) {
      lines.push_back("the foreign key of " + joined(key.fields) + " to " + key.collection +
                      " is missing");
    }
  }
  for (const CheckRule& check : wanted.checks) {
    auto same = [](const CheckRule& a, const CheckRule& b) { return a.expression == b.expression; };
    if (!has(there.checks, check, same)) {
      lines.push_back("the rule CHECK (" + check.expression + ") is missing");
    }
  }
  if (wanted.without_rowid != there.without_rowid) {
    lines.push_back(there.without_rowid ? "it is WITHOUT ROWID" : "it is not WITHOUT ROWID");
  }
  if (wanted.strict != there.strict) {
    lines.push_back(there.strict ? "it is STRICT" : "it is not STRICT");
  }
  return lines;
}

}  // namespace decant::sqlite
