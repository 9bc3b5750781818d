// The open catalog file, shared by the Catalog and its Runs (the Catalog owns it).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "sql/sqlite.h"

namespace decant::catalog {

// A kill loses nothing of either; a power cut may take the last transactions that are `kept`.
// Whatever is durable makes durable all that came before it.
enum class Durability : std::uint8_t { kept, durable };

struct CatalogFile {
  sql::Database database;
  std::string path;
  const Clock* clock = nullptr;
  bool read_only = false;

  // Runs `work` in one transaction; on an Error nothing of it stays.
  Status transact(Durability durability, const std::function<Status()>& work);
  Result<std::int64_t> next_id(std::string_view table);
};

std::string encode_keys(const std::vector<PlanKey>& keys);

Result<std::vector<MigrationInfo>> read_migrations(CatalogFile& file);
Status write_migration(CatalogFile& file, const MigrationInfo& migration);
Result<std::vector<RunInfo>> read_runs(CatalogFile& file, std::int64_t migration_id);
Status write_run(CatalogFile& file, std::int64_t migration_id, const RunInfo& run);

// --- quarantine
// Adds entries that a run found in `group`, or refreshes those that are there; entries of the same
// origin and collection that the run did not find again are closed.
Status put_quarantined(CatalogFile& file, std::int64_t migration_id, std::int64_t run_id,
                       std::uint64_t group, std::span<const QuarantineEntry> entries);
// Closes the entries of these origins that earlier runs found.
Status close_quarantined(CatalogFile& file, std::int64_t migration_id, std::int64_t run_id,
                         std::span<const std::uint64_t> origins);
Status discard_quarantined(CatalogFile& file, std::int64_t run_id, std::uint64_t group);
Status each_open_quarantine_origin(CatalogFile& file, std::int64_t migration_id,
                                   const std::function<void(std::uint64_t)>& visit);
// migration_id 0: of all. Entries in order of id, until `visit` says false.
Status read_quarantined(CatalogFile& file, std::int64_t migration_id,
                        const std::function<Result<bool>(const QuarantineEntry&)>& visit);
Result<std::optional<QuarantineEntry>> find_quarantined(CatalogFile& file, std::int64_t id);

}  // namespace decant::catalog
