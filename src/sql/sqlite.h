// Thin handles for SQLite: a connection and a prepared statement that close themselves, and one
// place where SQLite's codes become Errors. No domain. sqlite3.h is seen by .cc files only.
//
// A Database and its Statements are used by one thread at a time (SQLITE_OPEN_NOMUTEX). Statements
// must be gone before their Database is closed; moving a Database does not disturb them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "decant/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace decant::sql {

enum class OpenMode {
  read_only,   // not_found where there is no file
  read_write,  // not_found where there is no file
  create,      // makes the file where there is none
  memory,      // `path` is not used
  temporary,   // a file without a name that goes with the connection
};

struct OpenOptions {
  OpenMode mode = OpenMode::read_only;
  std::uint32_t busy_ms = busy_timeout_ms;  // how long a call waits for another connection
  // read_only, of a file that nobody writes now: takes no lock and leaves no file beside it.
  bool immutable = false;
  std::string vfs = {};  // SQLite's file layer by its registered name; empty: the system's
};

// What a step came to.
enum class Step : std::uint8_t {
  row,  // columns may be read until the next step or reset
  done,
  constraint,  // the statement took no effect; the transaction goes on. Text: Database::message()
  failed,      // Database::error() says why
};

enum class ColumnType : std::uint8_t { integer, real, text, blob, null };

// A prepared statement. Parameters and columns are counted from 0.
//
// bind_* does not copy: the bytes must stay until the next reset() or bind. A view with a null
// data() is bound as an empty text or blob, never as NULL.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  bool is_open() const { return handle_ != nullptr; }
  sqlite3_stmt* handle() const { return handle_; }

  void bind_int64(int parameter, std::int64_t value);
  void bind_double(int parameter, double value);
  void bind_text(int parameter, std::string_view value);
  void bind_bytes(int parameter, std::string_view value);

  Step step();
  // step() for statements that no constraint can refuse: true where there is a row.
  Result<bool> next();
  // next() and reset() for a statement without rows of interest.
  Status run();
  // Makes the statement ready to step again; bindings stay.
  void reset();

  int columns() const;
  ColumnType type(int column) const;
  bool is_null(int column) const { return type(column) == ColumnType::null; }
  std::int64_t int64(int column) const;
  double real(int column) const;
  // Valid until the next step or reset. Never a null data().
  std::string_view text(int column) const;
  std::string_view bytes(int column) const;

 private:
  sqlite3_stmt* handle_ = nullptr;
};

class Database {
 public:
  Database() = default;
  Database(Database&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}
  Database& operator=(Database&& other) noexcept;
  ~Database();

  // not_found: no such file; corrupt: not a database; refused: no permission, or a directory.
  // Opening reads the header, so that a file that is no database is told here.
  static Result<Database> open(const std::string& path, const OpenOptions& options);

  bool is_open() const { return handle_ != nullptr; }
  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

  // One or more statements without parameters; rows are thrown away.
  Status exec(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row, as an integer or text; an Error where there is no row.
  Result<std::int64_t> query_int64(std::string_view sql);
  Result<std::string> query_text(std::string_view sql);

  Status begin();            // deferred: takes its lock with the first read or write
  Status begin_immediate();  // takes the write lock now
  Status commit();           // after an Error the transaction may still be open: roll back
  void rollback();           // nothing where none is open; never fails
  bool in_transaction() const;

  std::int64_t changes() const;  // rows of the last INSERT, UPDATE or DELETE

  // The last failure, in SQLite's words and as an Error that names the file and what to do.
  std::string message() const;
  int extended_code() const;
  Error error(std::string_view action = {}) const;
  void close();

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  sqlite3* handle_ = nullptr;
  std::string path_;
};

// What has to be said before SQLite is first used in the process; open() says it.
void prepare_library();

// A name as an SQL identifier: "job ""x""".
std::string quote_name(std::string_view name);
// A text as an SQL literal: 'it''s'.
std::string quote_text(std::string_view text);

}  // namespace decant::sql
