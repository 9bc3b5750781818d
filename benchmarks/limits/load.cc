// Limit: an NDJSON file or array into SQLite, one thread, nothing but the work.
//   limit-load tuned|untuned|existing SOURCE TARGET.db
// tuned: a new file, rollback journal, indexes last with a small cache (small sorter runs) and a
// sorter thread. untuned: what one writes first: WAL, a large cache, indexes after. existing: the
// table with its key and secondary indexes stands there, empty; its secondary indexes are dropped
// and made again.
#include "job.h"

int main(int argc, char** argv) {
  if (argc != 4) limit::die("usage: limit-load tuned|untuned|existing SOURCE TARGET");
  const std::string_view mode = argv[1];
  const bool untuned = mode == "untuned", existing = mode == "existing";
  limit::Database database(argv[3]);
  if (untuned) {
    database.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-262144;");
  } else {
    if (!existing) database.run("PRAGMA page_size=16384;");
    database.run(
        "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA threads=2;"
        "PRAGMA locking_mode=EXCLUSIVE;");
    database.run(existing ? "PRAGMA cache_size=-65536;" : "PRAGMA cache_size=-4096;");
  }
  if (!existing) database.run(limit::create_table(false));
  database.run("BEGIN");
  if (existing) database.run(limit::kDropSecondaryIndexes);
  sqlite3_stmt* insert = database.prepare(limit::insert_sql());
  std::uint64_t count = 0;
  limit::for_each_job(argv[2], [&](const limit::Job& job) {
    limit::bind_job(insert, job);
    limit::step_done(database, insert);
    if (++count % limit::kTransactionRecords == 0) database.run("COMMIT; BEGIN");
  });
  sqlite3_finalize(insert);
  if (!untuned) database.run("COMMIT; PRAGMA cache_size=-4096; BEGIN;");
  if (!existing) database.run("CREATE UNIQUE INDEX jobs_key ON jobs(id)");
  database.run(limit::kSecondaryIndexes);
  database.run("COMMIT");
  std::printf("%llu\n", static_cast<unsigned long long>(count));
}
