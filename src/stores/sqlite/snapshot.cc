#include "stores/sqlite/snapshot.h"

#include <unistd.h>

#include <utility>

#include "base/file.h"

namespace decant::sqlite {
namespace {

// Tries without a lock, before the write lock is taken for the moment of beginning.
constexpr int kBeginTriesMax = 20;

// Byte 18 of the header is 2 for a file in WAL.
bool is_wal_file(const std::string& path) {
  Result<File> file = File::open_read(path);
  if (!file.ok()) return false;
  char header[20] = {};
  Result<std::size_t> bytes = file->read_at(0, header, sizeof header);
  return bytes.ok() && *bytes == sizeof header && header[18] == 2;
}

// SQLite does not roll a journal back, or recover a log, for a connection that may not write.
bool needs_recovery(const Error& error) { return error.code == ErrorCode::refused; }

Result<sql::Database> open_quietly(const std::string& path) {
  DECANT_ASSIGN(sql::Database database, sql::Database::open(path, {sql::OpenMode::read_write}));
  DECANT_CHECK(database.exec("PRAGMA query_only=1"));
  return database;
}

// The mode that open_for_reading() chooses: false is read-only.
Result<bool> chooses_quiet(const std::string& path) {
  bool writable = ::access(path.c_str(), W_OK) == 0 && !is_directory(path);
  if (!writable) return false;
  if (is_wal_file(path) && !path_exists(path + "-wal")) return true;
  Result<sql::Database> database = sql::Database::open(path, {sql::OpenMode::read_only});
  if (database.ok()) return false;
  if (needs_recovery(database.error())) return true;
  return std::move(database).error();
}

Result<sql::Database> open_as(const std::string& path, bool quiet) {
  if (quiet) return open_quietly(path);
  return sql::Database::open(path, {sql::OpenMode::read_only});
}

}  // namespace

Result<sql::Database> open_for_reading(const std::string& path) {
  DECANT_ASSIGN(bool quiet, chooses_quiet(path));
  return open_as(path, quiet);
}

Snapshot::Lease::Lease(std::shared_ptr<Snapshot> owner, sql::Database database)
    : owner_(std::move(owner)), database_(std::move(database)) {}

Snapshot::Lease::~Lease() {
  if (owner_ == nullptr || !database_.is_open()) return;
  std::lock_guard lock(owner_->mutex_);
  owner_->free_.push_back(std::move(database_));
}

Result<std::shared_ptr<Snapshot>> Snapshot::open(const std::string& path) {
  auto snapshot = std::make_shared<Snapshot>();
  // All in the same mode: the last one to be closed clears the side files of WAL away, or leaves
  // them as they were.
  DECANT_ASSIGN(snapshot->quiet_, chooses_quiet(path));
  for (std::size_t i = 0; i < view_readers_max; ++i) {
    DECANT_ASSIGN(sql::Database database, open_as(path, snapshot->quiet_));
    snapshot->free_.push_back(std::move(database));
  }
  DECANT_CHECK(snapshot->begin_all(path));
  return snapshot;
}

// All begin between two looks at data_version on a connection outside of them: where no commit
// lies between the looks, all see the state of that time. A file that is written too often for
// that is locked for the moment instead.
Status Snapshot::begin_all(const std::string& path) {
  DECANT_ASSIGN(sql::Database watch, open_as(path, quiet_));
  for (int i = 0; i < kBeginTriesMax; ++i) {
    DECANT_ASSIGN(std::int64_t before, watch.query_int64("PRAGMA data_version"));
    DECANT_CHECK(begin_each());
    DECANT_ASSIGN(std::int64_t after, watch.query_int64("PRAGMA data_version"));
#if DECANT_MUTANT_READERS_BEGIN_APART
    after = before;
#endif
    if (before == after) return ok_status();
    end_each();
  }
  DECANT_ASSIGN(sql::Database lock, sql::Database::open(path, {sql::OpenMode::read_write}));
  DECANT_CHECK(lock.begin_immediate());
  Status status = begin_each();
  lock.rollback();
  return status;
}

Status Snapshot::begin_each() {
  for (sql::Database& database : free_) {
    DECANT_CHECK(database.begin());
    // The state is fixed by the first read, not by BEGIN.
    DECANT_CHECK(database.query_int64("SELECT count(*) FROM main.sqlite_schema"));
  }
  return ok_status();
}

void Snapshot::end_each() {
  for (sql::Database& database : free_) database.rollback();
}

Result<Snapshot::Lease> Snapshot::take() {
  std::lock_guard lock(mutex_);
  if (free_.empty()) {
    return Error{ErrorCode::unsupported, "SQLite: more than " + std::to_string(view_readers_max) +
                                             " readers at a time of one state; use fewer threads "
                                             "(--threads)"};
  }
  sql::Database database = std::move(free_.back());
  free_.pop_back();
  return Lease(shared_from_this(), std::move(database));
}

}  // namespace decant::sqlite
