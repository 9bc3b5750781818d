// Connections that all see one state of a file.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "decant/result.h"
#include "sql/sqlite.h"

namespace decant::sqlite {

// Readers of one view at a time. They are opened and begun up front: a connection that begins later
// would see a later state.
inline constexpr std::size_t view_readers_max = 16;

// Opens a file that is only read. A journal that a killed program left is rolled back first, as any
// program that opens the file would do. A file in WAL that nobody has open is opened so that its
// side files are gone again when it is closed.
Result<sql::Database> open_for_reading(const std::string& path);

// Thread-safe. Readers share it (shared_ptr) with their View, so that the state lives as long as
// the last of them.
class Snapshot : public std::enable_shared_from_this<Snapshot> {
 public:
  // A connection of the snapshot, given back by the destructor.
  class Lease {
   public:
    Lease(std::shared_ptr<Snapshot> owner, sql::Database database);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    sql::Database& database() { return database_; }

   private:
    std::shared_ptr<Snapshot> owner_;
    sql::Database database_;
  };

  static Result<std::shared_ptr<Snapshot>> open(const std::string& path);

  // unsupported where view_readers_max are in use.
  Result<Lease> take();

 private:
  Status begin_all(const std::string& path);
  Status begin_each();
  void end_each();

  std::mutex mutex_;
  std::vector<sql::Database> free_;
  bool quiet_ = false;
};

}  // namespace decant::sqlite
