#include "stores/sqlite/ddl_reader.h"

#include <span>
#include <utility>

#include "sql/sqlite.h"
#include "stores/sqlite/ddl_tokens.h"

namespace decant::sqlite {
namespace {

using Tokens = std::span<const Token>;

// From the token at `open`, a "(", to behind its ")".
std::size_t behind_parentheses(Tokens tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < tokens.size(); ++at) {
    if (tokens[at].is_symbol('(')) ++depth;
    if (tokens[at].is_symbol(')') && --depth == 0) return at + 1;
  }
  return tokens.size();
}

// The text as written from the first of these tokens to the last.
std::string text_of(Tokens tokens) {
  if (tokens.empty()) return "";
  const char* begin = tokens.front().text.data();
  const char* end = tokens.back().text.data() + tokens.back().text.size();
  return {begin, end};
}

// What stands between the parentheses that begin at `open`.
Tokens inside(Tokens tokens, std::size_t open) {
  std::size_t end = behind_parentheses(tokens, open);
  return end <= open + 2 ? Tokens() : tokens.subspan(open + 1, end - open - 2);
}

// The parts between the commas that stand in no further parentheses.
std::vector<Tokens> split_at_commas(Tokens tokens) {
  std::vector<Tokens> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (tokens[at].is_symbol('(')) ++depth;
    if (tokens[at].is_symbol(')')) --depth;
    if (depth != 0 || !tokens[at].is_symbol(',')) continue;
    parts.push_back(tokens.subspan(begin, at - begin));
    begin = at + 1;
  }
  if (begin < tokens.size()) parts.push_back(tokens.subspan(begin));
  return parts;
}

bool is_at(Tokens tokens, std::size_t at, std::string_view word) {
  return at < tokens.size() && tokens[at].is(word);
}
bool opens_at(Tokens tokens, std::size_t at) {
  return at < tokens.size() && tokens[at].is_symbol('(');
}
std::string name_at(Tokens tokens, std::size_t at) {
  return at < tokens.size() ? unquote(tokens[at].text) : "";
}

std::vector<std::string> names_in(Tokens tokens) {
  std::vector<std::string> names;
  for (Tokens part : split_at_commas(tokens)) names.push_back(name_at(part, 0));
  return names;
}

// ON DELETE / ON UPDATE: the action's words; NO ACTION is the default and stays empty.
std::string read_action(Tokens tokens, std::size_t& at) {
  if (is_at(tokens, at, "SET")) {
    std::string words = is_at(tokens, at + 1, "NULL") ? "SET NULL" : "SET DEFAULT";
    at += 2;
    return words;
  }
  if (is_at(tokens, at, "NO")) {
    at += 2;
    return "";
  }
  std::string word = is_at(tokens, at, "CASCADE") ? "CASCADE" : "RESTRICT";
  ++at;
  return word;
}

// Behind REFERENCES.
void read_references(Tokens tokens, std::size_t& at, ForeignKey& key) {
  key.collection = name_at(tokens, at++);
  if (opens_at(tokens, at)) {
    key.target_fields = names_in(inside(tokens, at));
    at = behind_parentheses(tokens, at);
  }
  while (at < tokens.size()) {
    if (is_at(tokens, at, "ON")) {
      std::string& action = is_at(tokens, at + 1, "DELETE") ? key.on_delete : key.on_update;
      at += 2;
      action = read_action(tokens, at);
    } else if (is_at(tokens, at, "MATCH")) {
      at += 2;
    } else if (is_at(tokens, at, "NOT") && is_at(tokens, at + 1, "DEFERRABLE")) {
      at += is_at(tokens, at + 2, "INITIALLY") ? 4 : 2;
    } else if (is_at(tokens, at, "DEFERRABLE")) {
      key.deferred = is_at(tokens, at + 2, "DEFERRED");
      at += is_at(tokens, at + 1, "INITIALLY") ? 3 : 1;
    } else {
      break;
    }
  }
}

void read_generated(Tokens tokens, std::size_t& at, ColumnText& column) {
  std::size_t open = at + 1;
  std::size_t end = behind_parentheses(tokens, open);
  column.generated = "(" + text_of(inside(tokens, open)) + ")";
  at = end;
  bool stored = is_at(tokens, at, "STORED");
  column.generated += stored ? " STORED" : " VIRTUAL";
  if (stored || is_at(tokens, at, "VIRTUAL")) ++at;
}

// One column: name, type, constraints.
ColumnText read_column(Tokens tokens, TableText& table) {
  ColumnText column;
  column.name = name_at(tokens, 0);
  std::string constraint;
  for (std::size_t at = 1; at < tokens.size();) {
    if (is_at(tokens, at, "CONSTRAINT")) {
      constraint = name_at(tokens, at + 1);
      at += 2;
      continue;
    }
    if (is_at(tokens, at, "CHECK") && opens_at(tokens, at + 1)) {
      table.checks.push_back({constraint, text_of(inside(tokens, at + 1))});
      at = behind_parentheses(tokens, at + 1);
    } else if (is_at(tokens, at, "REFERENCES")) {
      ForeignKey key;
      key.name = constraint;
      key.fields = {column.name};
      read_references(tokens, ++at, key);
      table.foreign_keys.push_back(std::move(key));
    } else if (is_at(tokens, at, "COLLATE")) {
      column.collation = name_at(tokens, at + 1);
      at += 2;
    } else if (is_at(tokens, at, "NOT") && is_at(tokens, at + 1, "NULL")) {
      at += 2;
    } else if (is_at(tokens, at, "NULL")) {
      column.null_declared = true;
      ++at;
    } else if (is_at(tokens, at, "DEFAULT")) {
      // A signed number is two tokens; NULL is no constraint here.
      std::size_t value = at + 1;
      if (value < tokens.size() && (tokens[value].is_symbol('-') || tokens[value].is_symbol('+'))) {
        ++value;
      }
      at = opens_at(tokens, value) ? behind_parentheses(tokens, value) : value + 1;
    } else if (is_at(tokens, at, "AS") && opens_at(tokens, at + 1)) {
      read_generated(tokens, at, column);
    } else if (is_at(tokens, at, "AUTOINCREMENT")) {
      column.autoincrement = true;
      ++at;
    } else if (opens_at(tokens, at)) {
      at = behind_parentheses(tokens, at);
      continue;
    } else {
      ++at;
      continue;
    }
    constraint.clear();
  }
  return column;
}

bool is_table_constraint(Tokens part) {
  if (part.empty()) return true;
  for (std::string_view word : {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}) {
    if (part[0].is(word)) return true;
  }
  return false;
}

void read_table_constraint(Tokens tokens, TableText& table) {
  std::string name;
  for (std::size_t at = 0; at < tokens.size();) {
    if (is_at(tokens, at, "CONSTRAINT")) {
      name = name_at(tokens, at + 1);
      at += 2;
    } else if (is_at(tokens, at, "CHECK") && opens_at(tokens, at + 1)) {
      table.checks.push_back({std::exchange(name, {}), text_of(inside(tokens, at + 1))});
      at = behind_parentheses(tokens, at + 1);
    } else if (is_at(tokens, at, "FOREIGN")) {
      ForeignKey key;
      key.name = std::exchange(name, {});
      key.fields = names_in(inside(tokens, at + 2));
      at = behind_parentheses(tokens, at + 2) + 1;
      read_references(tokens, at, key);
      table.foreign_keys.push_back(std::move(key));
    } else if (opens_at(tokens, at)) {
      at = behind_parentheses(tokens, at);
    } else {
      ++at;
    }
  }
}

IndexPart read_index_part(Tokens tokens) {
  IndexPart part;
  std::size_t end = tokens.size();
  if (end > 1 && (tokens[end - 1].is("DESC") || tokens[end - 1].is("ASC"))) {
    part.descending = tokens[end - 1].is("DESC");
    --end;
  }
  if (end > 2 && tokens[end - 2].is("COLLATE")) {
    part.collation = name_at(tokens, end - 1);
    end -= 2;
  }
  bool name = end == 1 && tokens[0].kind != Token::Kind::number;
  (name ? part.field : part.expression) =
      name ? name_at(tokens, 0) : text_of(tokens.subspan(0, end));
  return part;
}

}  // namespace

TableText read_create_table(std::string_view sql) {
  TableText table;
  std::vector<Token> all = tokens_of(sql);
  Tokens tokens(all);
  std::size_t open = 0;
  while (open < tokens.size() && !tokens[open].is_symbol('(')) ++open;
  // Constraints may follow a column without a comma between them; SQLite allows it.
  for (Tokens part : split_at_commas(inside(tokens, open))) {
    if (is_table_constraint(part)) {
      read_table_constraint(part, table);
    } else {
      table.columns.push_back(read_column(part, table));
    }
  }
  for (std::size_t at = behind_parentheses(tokens, open); at < tokens.size(); ++at) {
    if (is_at(tokens, at, "WITHOUT")) table.without_rowid = true;
    if (is_at(tokens, at, "STRICT")) table.strict = true;
  }
  return table;
}

Index read_create_index(std::string_view sql) {
  Index index;
  std::vector<Token> all = tokens_of(sql);
  Tokens tokens(all);
  std::size_t at = 0;
  for (; at < tokens.size() && !tokens[at].is_symbol('('); ++at) {
    if (tokens[at].is("UNIQUE")) index.unique = true;
    if (is_at(tokens, at + 1, "ON") && index.name.empty()) index.name = name_at(tokens, at);
  }
  for (Tokens part : split_at_commas(inside(tokens, at))) {
    index.parts.push_back(read_index_part(part));
  }
  at = behind_parentheses(tokens, at);
  if (is_at(tokens, at, "WHERE")) index.where = text_of(tokens.subspan(at + 1));
  return index;
}

std::string unquote(std::string_view token) {
  if (token.size() < 2) return std::string(token);
  char open = token.front();
  if (open == '[') return std::string(token.substr(1, token.size() - 2));
  if (open != '"' && open != '`' && open != '\'') return std::string(token);
  std::string name;
  for (std::size_t at = 1; at + 1 < token.size(); ++at) {
    name += token[at];
    if (token[at] == open) ++at;
  }
  return name;
}

std::string default_expression(std::string_view written) {
  std::vector<Token> tokens = tokens_of(written);
  if (tokens.size() != 1) return std::string(written);
  const Token& only = tokens.front();
  if (only.kind == Token::Kind::quoted) return sql::quote_text(unquote(only.text));
  if (only.kind != Token::Kind::word) return std::string(written);
  for (std::string_view word :
       {"NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"}) {
    if (only.is(word)) return std::string(written);
  }
  return sql::quote_text(only.text);
}

}  // namespace decant::sqlite
