// Values in SQLite's columns: how a value of a field is bound, read and compared.
//
// SQLite stores five kinds of values, and a column's affinity may change what it is given. What a
// column would change is refused here by name (the last line of defence: conform.h should have
// refused it before), and what SQLite does not have is kept as text that reads back as what it was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "json/text_buffer.h"
#include "model/conform.h"
#include "stores/sqlite/declared_type.h"

struct sqlite3_stmt;

namespace decant::sqlite {

struct Column {
  std::string name;
  FieldType type;
  Affinity affinity = Affinity::blob;
  bool nullable = false;
  bool blank_separator = false;  // a DATETIME of the file's own: 'YYYY-MM-DD HH:MM:SS'
  std::string default_sql;       // filled in where a required field is absent
};

Column column_of(const Definition& definition, const Field& field);

// Binds values without copying them. What has to be rendered is kept here until the next record.
// Not thread-safe.
class Binder {
 public:
  // `parameter` from 0. False where the column cannot hold the value; `misfit` says why. What is
  // bound must stay in place until the statement is reset or bound again.
  bool bind(sqlite3_stmt* statement, int parameter, const Column& column, const Value& value,
            Misfit& misfit);

 private:
  bool bind_rendered(sqlite3_stmt* statement, int parameter, const Column& column,
                     const Value& value, Misfit& misfit);
  bool bind_number(sqlite3_stmt* statement, int parameter, const Column& column, const Value& value,
                   Misfit& misfit);
  bool bind_temporal(sqlite3_stmt* statement, int parameter, const Column& column,
                     const Value& value);
  void bind_json(sqlite3_stmt* statement, int parameter, const Value& value);
  bool bind_own_text(sqlite3_stmt* statement, int parameter, const Column& column,
                     std::string_view text, Misfit& misfit);
  json::TextBuffer& buffer(int parameter);

  // One for each parameter, so that a longer text of one never moves another's.
  std::vector<json::TextBuffer> buffers_;
};

// Reads columns into values. Not thread-safe.
class ColumnReader {
 public:
  ColumnReader();
  ~ColumnReader();
  ColumnReader(ColumnReader&&) noexcept;

  // The value in column `index` of the current row; its bytes are copied to `arena`. Text that is
  // no UTF-8 gives false.
  bool read(sqlite3_stmt* statement, int index, const Column& column, Arena& arena, Value& value);

  // Whether the column holds `value`: equal as SEMANTICS.md says. SQL's NULL equals both absent
  // and null; which of the two it is, the complement tells.
  bool equals(sqlite3_stmt* statement, int index, const Column& column, const Value& value);

 private:
  bool read_text(std::string_view text, const Column& column, Arena& arena, Value& value);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::sqlite
