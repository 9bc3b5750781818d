// The tokens of SQLite's SQL, as far as CREATE statements need them.
#pragma once

#include <string_view>
#include <vector>

namespace decant::sqlite {

struct Token {
  enum class Kind { word, quoted, text, number, symbol };
  Kind kind = Kind::symbol;
  std::string_view text;  // as written, quotes included

  // A bare keyword, in any letter case. `word` is in capitals.
  bool is(std::string_view word) const;
  bool is_symbol(char c) const {
    return kind == Kind::symbol && text.size() == 1 && text.front() == c;
  }
};

// Blanks and comments are left out. The views point into `sql`.
std::vector<Token> tokens_of(std::string_view sql);

}  // namespace decant::sqlite
