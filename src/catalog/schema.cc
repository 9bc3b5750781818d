#include "catalog/schema.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "catalog/catalog.h"
#include "catalog/row.h"

namespace decant::catalog {
namespace {

constexpr std::int64_t kApplicationId = 0x44636e74;  // "Dcnt"

struct SchemaPart {
  std::string_view name;
  std::string_view sql;
};

// Every table ends with `sum`; see row.h.
constexpr std::array<SchemaPart, 10> kSchema = {{
    {"migrations",
     "CREATE TABLE migrations (id INTEGER PRIMARY KEY, name TEXT, keys BLOB, run_time INTEGER, "
     "created INTEGER, sum INTEGER)"},
    {"runs",
     "CREATE TABLE runs (id INTEGER PRIMARY KEY, migration INTEGER, number INTEGER, state INTEGER, "
     "command TEXT, outcome TEXT, started INTEGER, ended INTEGER, report TEXT, sum INTEGER)"},
    {"facts",
     "CREATE TABLE facts (scope INTEGER, owner INTEGER, name TEXT, value BLOB, sum INTEGER, "
     "PRIMARY KEY (scope, owner, name)) WITHOUT ROWID"},
    {"copies",
     "CREATE TABLE copies (run INTEGER PRIMARY KEY, confirmed BLOB, pending BLOB, sum INTEGER)"},
    {"outcomes",
     "CREATE TABLE outcomes (run INTEGER, target INTEGER, collection TEXT, partition TEXT, "
     "commit_group INTEGER, runs BLOB, sum INTEGER, "
     "PRIMARY KEY (run, target, collection, partition, commit_group)) WITHOUT ROWID"},
    {"files",
     "CREATE TABLE files (run INTEGER, file INTEGER, path TEXT, read INTEGER, inserted INTEGER, "
     "updated INTEGER, unchanged INTEGER, superseded INTEGER, duplicate INTEGER, quarantined "
     "INTEGER, left_alone INTEGER, complete INTEGER, sum INTEGER, PRIMARY KEY (run, file)) "
     "WITHOUT ROWID"},
    {"quarantine",
     "CREATE TABLE quarantine (id INTEGER PRIMARY KEY, migration INTEGER, origin INTEGER, "
     "collection TEXT, digest BLOB, reason TEXT, first_run INTEGER, last_run INTEGER, "
     "commit_group INTEGER, closed INTEGER, source TEXT, file TEXT, ordinal INTEGER, "
     "place INTEGER, key TEXT, message TEXT, is_text INTEGER, record BLOB, sum INTEGER)"},
    {"quarantine_by_origin",
     "CREATE INDEX quarantine_by_origin ON quarantine (migration, origin, collection)"},
    {"verifications",
     "CREATE TABLE verifications (id INTEGER PRIMARY KEY, run INTEGER, collection TEXT, mode TEXT, "
     "compared INTEGER, missing INTEGER, extra INTEGER, different INTEGER, excluded INTEGER, "
     "kept INTEGER, time INTEGER, sum INTEGER)"},
    {"audit",
     "CREATE TABLE audit (id INTEGER PRIMARY KEY, migration INTEGER, run INTEGER, time INTEGER, "
     "line TEXT, sum INTEGER)"},
}};

Status fill(const std::string& path) {
  DECANT_ASSIGN(sql::Database database,
                sql::Database::open(path, {.mode = sql::OpenMode::read_write}));
  // The file is nobody's yet: no journal. The last write, which turns it to WAL, is synced.
  DECANT_CHECK(database.exec("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN"));
  for (const SchemaPart& part : kSchema) DECANT_CHECK(database.exec(std::string(part.sql)));
  DECANT_CHECK(database.exec("PRAGMA application_id=" + std::to_string(kApplicationId) +
                             "; PRAGMA user_version=" + std::to_string(kCatalogFormat) +
                             "; COMMIT; PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL"));
  return ok_status();
}

Status check_format(sql::Database& database) {
  DECANT_ASSIGN(std::int64_t application, database.query_int64("PRAGMA application_id"));
  DECANT_ASSIGN(std::int64_t format, database.query_int64("PRAGMA user_version"));
  if (application != kApplicationId) {
    return damaged(database.path(), "it does not say that it is a catalog of Decant");
  }
  if (format > kCatalogFormat) {
    return Error{ErrorCode::refused, database.path() + ": the catalog has format " +
                                         std::to_string(format) + ", this program knows " +
                                         std::to_string(kCatalogFormat) +
                                         "; use the newer version of Decant that wrote it"};
  }
  if (format != kCatalogFormat) {
    return damaged(database.path(),
                   "its format is " + std::to_string(format) + ", which never was one");
  }
  return ok_status();
}

Status check_schema(sql::Database& database) {
  DECANT_ASSIGN(sql::Statement rows,
                database.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL "
                                 "ORDER BY rowid"));
  for (const SchemaPart& part : kSchema) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row || rows.text(0) != part.name || rows.text(1) != part.sql) {
      return damaged(database.path(), "its table or index " + std::string(part.name) +
                                          " is not defined as this format has it");
    }
  }
  DECANT_ASSIGN(bool more, rows.next());
  return more ? damaged(database.path(), "it holds tables that no catalog has") : ok_status();
}

// A damaged key would hide its row from every search, so each row is looked at once.
Status check_rows(sql::Database& database) {
  for (const SchemaPart& part : kSchema) {
    if (!part.sql.starts_with("CREATE TABLE")) continue;
    DECANT_ASSIGN(sql::Statement rows, database.prepare("SELECT * FROM " + std::string(part.name)));
    while (true) {
      DECANT_ASSIGN(bool row, rows.next());
      if (!row) break;
      RowReader reader(rows, part.name);
      reader.all();
      DECANT_CHECK(reader.check(database.path()));
    }
  }
  return ok_status();
}

}  // namespace

Status make_catalog_file(const std::string& path) {
  if (path_exists(path)) return ok_status();
  DECANT_CHECK(make_directories(parent_of(path), 0700));
  const std::string fresh = path + ".new-" + std::to_string(::getpid());
  {
    DECANT_ASSIGN(File file, File::create(fresh, 0600));
    file.close();
  }
  Status filled = fill(fresh);
  if (!filled.ok()) {
    Status removed = remove_file(fresh);
    return filled;
  }
  // Another process may have made one in the meantime: then that one stands.
  const bool linked = ::link(fresh.c_str(), path.c_str()) == 0;
  const int linking_error = errno;
  Status placed = ok_status();
  if (!linked && linking_error != EEXIST) placed = rename_file(fresh, path);
  if (path_exists(fresh)) DECANT_CHECK(remove_file(fresh));
  return placed;
}

Status check_catalog(sql::Database& database) {
  DECANT_CHECK(check_format(database));
  DECANT_CHECK(check_schema(database));
  DECANT_ASSIGN(std::string verdict, database.query_text("PRAGMA integrity_check(1)"));
  if (verdict != "ok") return damaged(database.path(), verdict);
  return check_rows(database);
}

}  // namespace decant::catalog
