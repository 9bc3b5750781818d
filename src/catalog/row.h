// Rows with a checksum: the last column of every table, over the table's name and all the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "decant/result.h"
#include "sql/sqlite.h"

namespace decant::catalog {

// Binds the columns of one row in order, the checksum last. Texts must stay until run().
class RowWriter {
 public:
  RowWriter(sql::Statement& statement, std::string_view table);

  RowWriter& number(std::int64_t value);
  RowWriter& number(std::uint64_t value) { return number(static_cast<std::int64_t>(value)); }
  RowWriter& boolean(bool value) { return number(std::int64_t{value ? 1 : 0}); }
  RowWriter& text(std::string_view value);
  RowWriter& blob(std::string_view value);
  Status run();

 private:
  sql::Statement& statement_;
  std::string summed_;
  int parameter_ = 0;
};

// Reads the columns of the current row in order. Nothing that was read may be used before
// check() said that the row is what was written. Views are valid until the next step.
class RowReader {
 public:
  RowReader(const sql::Statement& statement, std::string_view table);

  std::int64_t number();
  std::uint64_t count() { return static_cast<std::uint64_t>(number()); }
  bool boolean() { return number() != 0; }
  std::string_view text();
  std::string_view blob();
  Status check(const std::string& path);
  // Reads whatever columns there are, but the checksum.
  void all();

 private:
  const sql::Statement& statement_;
  std::string table_;
  std::string summed_;
  int column_ = 0;
  bool types_match_ = true;
};

// What the user is told where the catalog cannot be trusted.
Error damaged(const std::string& path, std::string_view what);

}  // namespace decant::catalog
