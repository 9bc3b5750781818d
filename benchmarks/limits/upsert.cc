// Limit: records into a table with rows and indexes. Looks each one up by its key, compares, and
// writes it with ON CONFLICT DO UPDATE where it is new or differs.
//   limit-upsert SOURCE TARGET.db            prints inserted, updated, unchanged
//   limit-upsert --compare SOURCE TARGET.db  only looks up and compares
#include "job.h"

namespace {

bool equal(sqlite3_stmt* row, const limit::Job& job) {
  for (int i = 0; i < limit::kFields; ++i) {
    const int type = sqlite3_column_type(row, i);
    if (!job.present[i]) {
      if (type != SQLITE_NULL) return false;
    } else if (type == SQLITE_NULL) {
      return false;
    } else if (type == SQLITE_INTEGER) {
      if (sqlite3_column_int64(row, i) != job.number[i]) return false;
    } else {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, i));
      if (std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(row, i))) !=
          job.text[i]) {
        return false;
      }
    }
  }
  return true;
}

std::string upsert_sql() {
  std::string sql = limit::insert_sql() + " ON CONFLICT(id) DO UPDATE SET ";
  for (int i = 1; i < limit::kFields; ++i) {
    const std::string name = "\"" + std::string(limit::kNames[i]) + "\"";
    sql += (i > 1 ? "," : "") + name + "=excluded." + name;
  }
  return sql;
}

}  // namespace

int main(int argc, char** argv) {
  const bool compare = argc == 4 && std::string_view(argv[1]) == "--compare";
  if (argc != (compare ? 4 : 3)) limit::die("usage: limit-upsert [--compare] SOURCE TARGET");
  limit::Database database(argv[argc - 1], compare ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  if (!compare) database.run("PRAGMA synchronous=FULL; PRAGMA journal_mode=TRUNCATE;");
  database.run("PRAGMA cache_size=-65536; PRAGMA mmap_size=0; BEGIN");
  sqlite3_stmt* find =
      database.prepare("SELECT " + limit::column_list() + " FROM jobs WHERE id=?1");
  sqlite3_stmt* upsert = compare ? nullptr : database.prepare(upsert_sql());
  std::uint64_t inserted = 0, updated = 0, unchanged = 0;
  limit::for_each_job(argv[argc - 2], [&](const limit::Job& job) {
    const std::string_view key = job.text[limit::kId];
    sqlite3_bind_text(find, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    const bool there = sqlite3_step(find) == SQLITE_ROW;
    const bool same = there && equal(find, job);
    sqlite3_reset(find);
    ++(same ? unchanged : there ? updated : inserted);
    if (same || compare) return;
    limit::bind_job(upsert, job);
    limit::step_done(database, upsert);
    if ((inserted + updated) % limit::kTransactionRecords == 0) database.run("COMMIT; BEGIN");
  });
  sqlite3_finalize(find);
  sqlite3_finalize(upsert);
  database.run("COMMIT");
  std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(inserted),
              static_cast<unsigned long long>(updated), static_cast<unsigned long long>(unchanged));
}
