#include "sql/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

namespace decant::sql {
namespace {

constexpr std::size_t kSqlBytesMax = 1u << 30;

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::read_only:
      return SQLITE_OPEN_READONLY;
    case OpenMode::read_write:
      return SQLITE_OPEN_READWRITE;
    case OpenMode::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case OpenMode::memory:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    case OpenMode::temporary:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

// SQLite reads meaning into some names ("", ":memory:", "file:..."); a path is only a path.
std::string plain_path(const std::string& path) {
  return path.empty() || path.front() == '/' ? path : "./" + path;
}

// The same as a URI, for what only a URI can say.
std::string immutable_uri(const std::string& path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (char character : path) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '%' || character == '?' || character == '#') {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      uri += character;
    }
  }
  return uri + "?immutable=1";
}

ErrorCode error_code(int extended) {
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return ErrorCode::busy;
    case SQLITE_FULL:
      return ErrorCode::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return ErrorCode::refused;
    case SQLITE_INTERRUPT:
      return ErrorCode::interrupted;
    case SQLITE_IOERR:
      return extended == SQLITE_IOERR_CORRUPTFS ? ErrorCode::corrupt : ErrorCode::io;
    case SQLITE_TOOBIG:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
      return ErrorCode::invalid;
    default:
      return ErrorCode::io;
  }
}

std::string_view remedy(ErrorCode code) {
  switch (code) {
    case ErrorCode::busy:
      return "; another program is writing to it: wait until it is done, or close it, and try "
             "again";
    case ErrorCode::disk_full:
      return "; make room on the disk and run the same command again, it goes on where it stopped";
    case ErrorCode::corrupt:
      return "; check that it is an SQLite database (PRAGMA integrity_check) and restore a backup "
             "where it is damaged";
    case ErrorCode::refused:
      return "; check the permissions of the file and of its folder";
    case ErrorCode::io:
      return "; check the disk, then run the same command again";
    default:
      return "";
  }
}

Status check_place(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::memory || mode == OpenMode::temporary) return ok_status();
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT && mode == OpenMode::create) return ok_status();
    if (errno == ENOENT || errno == ENOTDIR) {
      return Error{ErrorCode::not_found, path + ": there is no such file; check the address"};
    }
    return ok_status();  // SQLite will say it better
  }
  if (S_ISDIR(info.st_mode)) {
    return Error{ErrorCode::invalid,
                 path + ": is a folder, not an SQLite file; name the file in it"};
  }
  return ok_status();
}

}  // namespace

// Nobody asks SQLite how much memory it has, and counting costs a lock at each allocation. It must
// be said before SQLite is first used in the process; where somebody used it before, it stays.
void prepare_library() {
  [[maybe_unused]] static const int said = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::bind_int64(int parameter, std::int64_t value) {
  sqlite3_bind_int64(handle_, parameter + 1, value);
}
void Statement::bind_double(int parameter, double value) {
  sqlite3_bind_double(handle_, parameter + 1, value);
}
void Statement::bind_text(int parameter, std::string_view value) {
#if DECANT_MUTANT_EMPTY_TEXT_AS_NULL
  const char* data = value.data();
#else
  const char* data = value.data() == nullptr ? "" : value.data();
#endif
  sqlite3_bind_text64(handle_, parameter + 1, data, value.size(), nullptr, SQLITE_UTF8);
}
void Statement::bind_bytes(int parameter, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_blob64(handle_, parameter + 1, data, value.size(), nullptr);
}

Step Statement::step() {
  int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return Step::row;
  if (code == SQLITE_DONE) return Step::done;
  return (code & 0xff) == SQLITE_CONSTRAINT ? Step::constraint : Step::failed;
}

Result<bool> Statement::next() {
  int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* database = sqlite3_db_handle(handle_);
  int extended = sqlite3_extended_errcode(database);
  const char* file = sqlite3_db_filename(database, "main");
  std::string message = file == nullptr || *file == '\0' ? "SQLite" : file;
  message += ": ";
  message += sqlite3_errmsg(database);
  message += remedy(error_code(extended));
  return Error{error_code(extended), std::move(message)};
}

Status Statement::run() {
  Result<bool> result = next();
  reset();
  if (!result.ok()) return std::move(result).error();
  return ok_status();
}

// The code of reset() repeats that of the last step, which has been told already.
void Statement::reset() { sqlite3_reset(handle_); }

int Statement::columns() const { return sqlite3_column_count(handle_); }

ColumnType Statement::type(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER:
      return ColumnType::integer;
    case SQLITE_FLOAT:
      return ColumnType::real;
    case SQLITE_TEXT:
      return ColumnType::text;
    case SQLITE_BLOB:
      return ColumnType::blob;
    default:
      return ColumnType::null;
  }
}

std::int64_t Statement::int64(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_, column);
  if (data == nullptr) return "";
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return "";
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = std::exchange(other.handle_, nullptr);
    path_ = std::move(other.path_);
  }
  return *this;
}

Database::~Database() { close(); }

void Database::close() {
  sqlite3_close_v2(handle_);
  handle_ = nullptr;
}

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
  prepare_library();
  DECANT_CHECK(check_place(path, options.mode));
  std::string name = plain_path(path);
  if (options.mode == OpenMode::memory) name = ":memory:";
  if (options.mode == OpenMode::temporary) name.clear();
  sqlite3* handle = nullptr;
  int flags = open_flags(options.mode) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (options.immutable) {
    name = immutable_uri(name);
    flags |= SQLITE_OPEN_URI;
  }
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  int code = sqlite3_open_v2(name.c_str(), &handle, flags, vfs);
  if (handle == nullptr) {
    return Error{ErrorCode::io, path + ": no memory to open it; close other programs"};
  }
  Database database(handle, path);
  if (code != SQLITE_OK) return database.error("open");
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_ms));
  DECANT_CHECK(database.query_int64("PRAGMA schema_version"));
  return database;
}

Status Database::exec(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return ok_status();
}

Result<Statement> Database::prepare(std::string_view sql) {
  if (sql.size() > kSqlBytesMax) {
    return Error{ErrorCode::invalid, path_ + ": a statement is longer than 1 GiB"};
  }
  sqlite3_stmt* handle = nullptr;
  int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return error();
  return Statement(handle);
}

Result<std::int64_t> Database::query_int64(std::string_view sql) {
  DECANT_ASSIGN(Statement statement, prepare(sql));
  DECANT_ASSIGN(bool row, statement.next());
  if (!row) return Error{ErrorCode::not_found, path_ + ": no row for " + std::string(sql)};
  return statement.int64(0);
}

Result<std::string> Database::query_text(std::string_view sql) {
  DECANT_ASSIGN(Statement statement, prepare(sql));
  DECANT_ASSIGN(bool row, statement.next());
  if (!row) return Error{ErrorCode::not_found, path_ + ": no row for " + std::string(sql)};
  return std::string(statement.text(0));
}

Status Database::begin() { return exec("BEGIN"); }
Status Database::begin_immediate() { return exec("BEGIN IMMEDIATE"); }
Status Database::commit() { return exec("COMMIT"); }

void Database::rollback() {
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Database::in_transaction() const {
  return handle_ != nullptr && sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::string Database::message() const { return sqlite3_errmsg(handle_); }
int Database::extended_code() const { return sqlite3_extended_errcode(handle_); }

Error Database::error(std::string_view action) const {
  ErrorCode code = error_code(extended_code());
  std::string text = path_.empty() ? "SQLite" : path_;
  text += ": ";
  if (!action.empty()) text.append(action).append(": ");
  text += message();
  text += remedy(code);
  return Error{code, std::move(text)};
}

std::string quote_name(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

std::string quote_text(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  quoted += '\'';
  return quoted;
}

}  // namespace decant::sql
