#include "catalog/catalog_file.h"

#include <utility>

#include "catalog/blob.h"
#include "catalog/row.h"

namespace decant::catalog {

Status CatalogFile::transact(Durability durability, const std::function<Status()>& work) {
  if (read_only) {
    return Error{ErrorCode::refused, path + ": the catalog was opened for reading only"};
  }
  DECANT_CHECK(database.exec(durability == Durability::durable ? "PRAGMA synchronous=FULL"
                                                               : "PRAGMA synchronous=NORMAL"));
  DECANT_CHECK(database.begin_immediate());
  Status status = work();
  if (status.ok()) status = database.commit();
  if (!status.ok()) database.rollback();
  return status;
}

Result<std::int64_t> CatalogFile::next_id(std::string_view table) {
  return database.query_int64("SELECT coalesce(max(id), 0) + 1 FROM " + std::string(table));
}

std::string encode_keys(const std::vector<PlanKey>& keys) {
  BlobWriter writer;
  writer.number(keys.size());
  for (const PlanKey& key : keys) {
    writer.text(key.key);
    writer.text(key.value);
  }
  return writer.finish();
}

namespace {

Result<std::vector<PlanKey>> decode_keys(std::string_view blob, const std::string& path) {
  BlobReader reader(blob);
  std::vector<PlanKey> keys;
  const std::uint64_t count = reader.count();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    PlanKey& key = keys.emplace_back();
    key.key = std::string(reader.text());
    key.value = std::string(reader.text());
  }
  if (!reader.at_end()) return damaged(path, "the keys of a plan cannot be read");
  return keys;
}

}  // namespace

Result<std::vector<MigrationInfo>> read_migrations(CatalogFile& file) {
  DECANT_ASSIGN(sql::Statement rows, file.database.prepare("SELECT * FROM migrations ORDER BY id"));
  std::vector<MigrationInfo> found;
  while (true) {
    DECANT_ASSIGN(bool more, rows.next());
    if (!more) return found;
    RowReader reader(rows, "migrations");
    MigrationInfo migration;
    migration.id = reader.number();
    migration.name = std::string(reader.text());
    std::string keys(reader.blob());
    migration.run_time_us = reader.number();
    migration.created_us = reader.number();
    DECANT_CHECK(reader.check(file.path));
    DECANT_ASSIGN(migration.keys, decode_keys(keys, file.path));
    found.push_back(std::move(migration));
  }
}

Status write_migration(CatalogFile& file, const MigrationInfo& migration) {
  DECANT_ASSIGN(sql::Statement statement,
                file.database.prepare("INSERT OR REPLACE INTO migrations VALUES (?,?,?,?,?,?)"));
  const std::string keys = encode_keys(migration.keys);
  RowWriter writer(statement, "migrations");
  writer.number(migration.id).text(migration.name).blob(keys);
  writer.number(migration.run_time_us).number(migration.created_us);
  return writer.run();
}

Result<std::vector<RunInfo>> read_runs(CatalogFile& file, std::int64_t migration_id) {
  DECANT_ASSIGN(sql::Statement rows,
                file.database.prepare("SELECT * FROM runs WHERE migration = ?1 ORDER BY id"));
  rows.bind_int64(0, migration_id);
  std::vector<RunInfo> found;
  while (true) {
    DECANT_ASSIGN(bool more, rows.next());
    if (!more) return found;
    RowReader reader(rows, "runs");
    RunInfo run;
    run.id = reader.number();
    reader.number();
    run.number = reader.number();
    const std::int64_t state = reader.number();
    run.command = std::string(reader.text());
    run.outcome = std::string(reader.text());
    run.started_us = reader.number();
    run.ended_us = reader.number();
    run.report = std::string(reader.text());
    DECANT_CHECK(reader.check(file.path));
    run.state = static_cast<RunState>(state);
    found.push_back(std::move(run));
  }
}

Status write_run(CatalogFile& file, std::int64_t migration_id, const RunInfo& run) {
  DECANT_ASSIGN(sql::Statement statement,
                file.database.prepare("INSERT OR REPLACE INTO runs VALUES (?,?,?,?,?,?,?,?,?,?)"));
  RowWriter writer(statement, "runs");
  writer.number(run.id).number(migration_id).number(run.number);
  writer.number(static_cast<std::int64_t>(run.state)).text(run.command).text(run.outcome);
  writer.number(run.started_us).number(run.ended_us).text(run.report);
  return writer.run();
}

}  // namespace decant::catalog
