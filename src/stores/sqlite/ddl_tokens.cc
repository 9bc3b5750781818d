#include "stores/sqlite/ddl_tokens.h"

#include <algorithm>

namespace decant::sqlite {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

std::size_t skip_blanks(std::string_view sql, std::size_t at) {
  while (at < sql.size()) {
    if (is_blank(sql[at])) {
      ++at;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      std::size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else {
      break;
    }
  }
  return at;
}

// The end of a quoted token that begins at `at`; a doubled closing quote stays inside.
std::size_t end_of_quoted(std::string_view sql, std::size_t at, char close) {
  for (++at; at < sql.size(); ++at) {
    if (sql[at] != close) continue;
    if (close != ']' && at + 1 < sql.size() && sql[at + 1] == close) {
      ++at;
    } else {
      return at + 1;
    }
  }
  return sql.size();
}

std::size_t end_of_number(std::string_view sql, std::size_t at) {
  while (at < sql.size() && (is_word(sql[at]) || sql[at] == '.')) {
    bool exponent = (sql[at] == 'e' || sql[at] == 'E') && at + 1 < sql.size() &&
                    (sql[at + 1] == '-' || sql[at + 1] == '+');
    at += exponent ? 2 : 1;
  }
  return at;
}

Token::Kind kind_at(std::string_view sql, std::size_t at) {
  char c = sql[at];
  if (c == '"' || c == '`' || c == '[') return Token::Kind::quoted;
  if (c == '\'') return Token::Kind::text;
  bool point = c == '.' && at + 1 < sql.size() && is_digit(sql[at + 1]);
  if (is_digit(c) || point) return Token::Kind::number;
  return is_word(c) ? Token::Kind::word : Token::Kind::symbol;
}

std::size_t end_of(std::string_view sql, std::size_t at, Token::Kind kind) {
  switch (kind) {
    case Token::Kind::quoted:
      return end_of_quoted(sql, at, sql[at] == '[' ? ']' : sql[at]);
    case Token::Kind::text:
      return end_of_quoted(sql, at, '\'');
    case Token::Kind::number:
      return end_of_number(sql, at);
    case Token::Kind::word:
      while (at < sql.size() && is_word(sql[at])) ++at;
      return at;
    case Token::Kind::symbol:
      return at + 1;
  }
  return at + 1;
}

}  // namespace

bool Token::is(std::string_view word) const {
  return kind == Kind::word &&
         std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
         });
}

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> tokens;
  for (std::size_t at = skip_blanks(sql, 0); at < sql.size(); at = skip_blanks(sql, at)) {
    Token::Kind kind = kind_at(sql, at);
    std::size_t end = end_of(sql, at, kind);
    tokens.push_back({kind, sql.substr(at, end - at)});
    at = end;
  }
  return tokens;
}

}  // namespace decant::sqlite
