#include "catalog/catalog.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "catalog/blob.h"
#include "catalog/catalog_file.h"
#include "catalog/row.h"
#include "catalog/run.h"
#include "catalog/schema.h"

namespace decant::catalog {
namespace {

constexpr std::size_t kKeysNamedMax = 8;  // in the message about a changed plan

class StoredCatalog final : public Catalog {
 public:
  explicit StoredCatalog(CatalogFile file) : file_(std::move(file)) {}

  Result<std::unique_ptr<Run>> begin(const BeginOptions& options) override;
  Result<std::vector<MigrationInfo>> migrations() override { return read_migrations(file_); }
  Result<std::optional<MigrationInfo>> find(std::string_view migration) override;
  Result<std::vector<RunInfo>> runs(std::int64_t migration_id) override {
    return read_runs(file_, migration_id);
  }
  Result<std::unique_ptr<Run>> run(std::int64_t run_id) override;
  Result<std::vector<VerificationRow>> verifications(std::int64_t run_id) override;
  Result<std::vector<std::string>> audit(std::int64_t migration_id) override;
  Status each_quarantined(const QuarantineFilter& filter,
                          const std::function<Status(const QuarantineEntry&)>& visit) override;
  Result<std::optional<QuarantineEntry>> quarantined(std::int64_t id) override;
  Status close() override;

 private:
  Result<std::unique_ptr<Run>> resume(const BeginOptions& options, MigrationInfo migration,
                                      RunInfo last);
  Result<std::unique_ptr<Run>> start(const BeginOptions& options,
                                     std::optional<MigrationInfo> migration,
                                     const std::vector<RunInfo>& earlier);

  CatalogFile file_;
};

std::string difference_of(const std::vector<PlanKey>& before, const std::vector<PlanKey>& now) {
  std::vector<std::string> differing;
  auto value_in = [](const std::vector<PlanKey>& keys, const std::string& key) {
    auto place = std::find_if(keys.begin(), keys.end(),
                              [&](const PlanKey& entry) { return entry.key == key; });
    if (place == keys.end()) return std::string("not there");
    // Text of a plan has quotes already.
    return place->value.starts_with('\'') ? place->value : "'" + place->value + "'";
  };
  auto add = [&](const std::string& key) {
    const std::string was = value_in(before, key);
    const std::string is = value_in(now, key);
    const std::string line = key + " (was " + was + ", is " + is + ")";
    if (was != is && std::find(differing.begin(), differing.end(), line) == differing.end()) {
      differing.push_back(line);
    }
  };
  for (const PlanKey& entry : before) add(entry.key);
  for (const PlanKey& entry : now) add(entry.key);
  std::string text;
  for (std::size_t i = 0; i < differing.size() && i < kKeysNamedMax; ++i) {
    text += (i == 0 ? "" : ", ") + differing[i];
  }
  if (differing.size() > kKeysNamedMax) {
    text += " and " + std::to_string(differing.size() - kKeysNamedMax) + " more";
  }
  return text.empty() ? "the order of its keys" : text;
}

Result<std::unique_ptr<Run>> StoredCatalog::begin(const BeginOptions& options) {
  DECANT_ASSIGN(std::optional<MigrationInfo> migration, find(options.migration));
  std::vector<RunInfo> earlier;
  if (migration) {
    DECANT_ASSIGN(earlier, read_runs(file_, migration->id));
  }
  auto last = std::find_if(earlier.rbegin(), earlier.rend(),
                           [](const RunInfo& run) { return run.command != "repair"; });
  const bool unfinished = last != earlier.rend() && last->state != RunState::finished;
  if (unfinished && !options.restart && options.command != "repair") {
    return resume(options, *migration, *last);
  }
  return start(options, std::move(migration), earlier);
}

Result<std::unique_ptr<Run>> StoredCatalog::resume(const BeginOptions& options,
                                                   MigrationInfo migration, RunInfo last) {
  const std::string place = "migration " + migration.name + ": run " + std::to_string(last.number);
#if !DECANT_MUTANT_RESUME_CHANGED_PLAN
  if (migration.keys != options.keys) {
    return Error{ErrorCode::refused,
                 place + " is not finished, and the plan was changed since: " +
                     difference_of(migration.keys, options.keys) +
                     "; let it end with the plan as it was, or begin anew with --restart"};
  }
#endif
  if (options.run_time_us && *options.run_time_us != migration.run_time_us) {
    return Error{ErrorCode::refused,
                 place +
                     " is not finished, and it has another run time; leave --run-time out, or "
                     "begin anew with --restart"};
  }
  last.state = RunState::running;
  DECANT_CHECK(
      file_.transact(Durability::kept, [&] { return write_run(file_, migration.id, last); }));
  return make_run(file_, std::move(migration), std::move(last), true);
}

Result<std::unique_ptr<Run>> StoredCatalog::start(const BeginOptions& options,
                                                  std::optional<MigrationInfo> migration,
                                                  const std::vector<RunInfo>& earlier) {
  const std::int64_t now = file_.clock->now_us();
  if (!migration) {
    migration.emplace();
    migration->name = options.migration;
    migration->created_us = now;
    migration->run_time_us = now;
  }
  migration->run_time_us = options.run_time_us.value_or(migration->run_time_us);
  if (options.command != "repair") migration->keys = options.keys;
  RunInfo run;
  run.number = earlier.empty() ? 1 : earlier.back().number + 1;
  run.command = options.command;
  run.started_us = now;
  Status written = file_.transact(Durability::kept, [&]() -> Status {
    if (migration->id == 0) {
      DECANT_ASSIGN(migration->id, file_.next_id("migrations"));
    }
    DECANT_CHECK(write_migration(file_, *migration));
    for (RunInfo old : earlier) {
      if (old.state == RunState::finished) continue;
      old.state = RunState::finished;  // --restart gives it up
      if (old.outcome.empty()) old.outcome = "abandoned";
      DECANT_CHECK(write_run(file_, migration->id, old));
    }
    DECANT_ASSIGN(run.id, file_.next_id("runs"));
    return write_run(file_, migration->id, run);
  });
  if (!written.ok()) return std::move(written).error();
  return make_run(file_, std::move(*migration), std::move(run), false);
}

Result<std::optional<MigrationInfo>> StoredCatalog::find(std::string_view name) {
  DECANT_ASSIGN(std::vector<MigrationInfo> all, read_migrations(file_));
  for (MigrationInfo& migration : all) {
    if (migration.name == name) return std::optional<MigrationInfo>(std::move(migration));
  }
  return std::optional<MigrationInfo>();
}

Result<std::unique_ptr<Run>> StoredCatalog::run(std::int64_t run_id) {
  DECANT_ASSIGN(std::vector<MigrationInfo> all, read_migrations(file_));
  for (MigrationInfo& migration : all) {
    DECANT_ASSIGN(std::vector<RunInfo> of_migration, read_runs(file_, migration.id));
    for (RunInfo& info : of_migration) {
      if (info.id == run_id) return make_run(file_, std::move(migration), std::move(info), false);
    }
  }
  return Error{ErrorCode::not_found, file_.path + ": there is no run " + std::to_string(run_id) +
                                         "; `decant status` lists them"};
}

Result<std::vector<VerificationRow>> StoredCatalog::verifications(std::int64_t run_id) {
  DECANT_ASSIGN(sql::Statement rows,
                file_.database.prepare("SELECT * FROM verifications WHERE run = ?1 ORDER BY id"));
  rows.bind_int64(0, run_id);
  std::vector<VerificationRow> found;
  while (true) {
    DECANT_ASSIGN(bool more, rows.next());
    if (!more) return found;
    RowReader reader(rows, "verifications");
    VerificationRow row;
    reader.number();
    reader.number();
    row.collection = std::string(reader.text());
    row.mode = std::string(reader.text());
    row.compared = reader.count();
    row.missing = reader.count();
    row.extra = reader.count();
    row.different = reader.count();
    row.excluded = reader.count();
    row.kept = reader.count();
    row.time_us = reader.number();
    DECANT_CHECK(reader.check(file_.path));
    found.push_back(std::move(row));
  }
}

Result<std::vector<std::string>> StoredCatalog::audit(std::int64_t migration_id) {
  DECANT_ASSIGN(sql::Statement rows,
                file_.database.prepare("SELECT * FROM audit WHERE migration = ?1 ORDER BY id"));
  rows.bind_int64(0, migration_id);
  std::vector<std::string> lines;
  while (true) {
    DECANT_ASSIGN(bool more, rows.next());
    if (!more) return lines;
    RowReader reader(rows, "audit");
    reader.number();
    reader.number();
    reader.number();
    reader.number();
    std::string line(reader.text());
    DECANT_CHECK(reader.check(file_.path));
    lines.push_back(std::move(line));
  }
}

Status StoredCatalog::each_quarantined(const QuarantineFilter& filter,
                                       const std::function<Status(const QuarantineEntry&)>& visit) {
  std::int64_t migration_id = 0;
  if (!filter.migration.empty()) {
    DECANT_ASSIGN(std::optional<MigrationInfo> migration, find(filter.migration));
    if (!migration) {
      return Error{ErrorCode::not_found, file_.path + ": there is no migration " +
                                             filter.migration + "; `decant status` lists them"};
    }
    migration_id = migration->id;
  }
  std::uint64_t visited = 0;
  return read_quarantined(file_, migration_id, [&](const QuarantineEntry& entry) -> Result<bool> {
    const bool wanted = (!entry.closed || filter.closed_too) &&
                        (filter.collection.empty() || entry.collection == filter.collection) &&
                        (filter.reason.empty() || entry.reason == filter.reason) &&
                        (filter.run == 0 || entry.last_run == filter.run);
    if (!wanted) return true;
    DECANT_CHECK(visit(entry));
    return ++visited != filter.limit;
  });
}

Result<std::optional<QuarantineEntry>> StoredCatalog::quarantined(std::int64_t id) {
  return find_quarantined(file_, id);
}

Status StoredCatalog::close() {
  if (!file_.database.is_open()) return ok_status();
  Status folded = ok_status();
  if (!file_.read_only) {
    Result<std::int64_t> busy = file_.database.query_int64("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!busy.ok()) folded = std::move(busy).error();
  }
  file_.database.close();
  return folded;
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& path, CatalogMode mode,
                                               const Clock& clock) {
  CatalogFile file;
  file.path = path;
  file.clock = &clock;
  file.read_only = mode == CatalogMode::read_only;
  if (!file.read_only) DECANT_CHECK(make_catalog_file(path));
  sql::OpenOptions options;
  options.mode = file.read_only ? sql::OpenMode::read_only : sql::OpenMode::read_write;
  // Without a write-ahead log nobody writes it now; opened as any other file, reading would make
  // one.
  options.immutable = file.read_only && !path_exists(path + "-wal");
  DECANT_ASSIGN(file.database, sql::Database::open(path, options));
  Status checked = check_catalog(file.database);
  // A run that began meanwhile is writing: what was read may be half of two states.
  if (options.immutable && (!checked.ok() || path_exists(path + "-wal"))) {
    options.immutable = false;
    DECANT_ASSIGN(file.database, sql::Database::open(path, options));
    checked = check_catalog(file.database);
  }
  DECANT_CHECK(std::move(checked));
  return std::unique_ptr<Catalog>(std::make_unique<StoredCatalog>(std::move(file)));
}

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::finished:
      return "finished";
    case RunState::failed:
      return "failed";
    case RunState::interrupted:
      return "interrupted";
  }
  return "running";
}

}  // namespace decant::catalog
