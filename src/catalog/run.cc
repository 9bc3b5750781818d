#include "catalog/run.h"

#include <utility>

#include "catalog/row.h"

namespace decant::catalog {
namespace {

enum class Scope : std::int64_t { run = 0, migration = 1 };

class StoredRun final : public Run {
 public:
  StoredRun(CatalogFile& file, MigrationInfo migration, RunInfo info, bool resumed)
      : file_(file), migration_(std::move(migration)), info_(std::move(info)), resumed_(resumed) {}

  const MigrationInfo& migration() const override { return migration_; }
  const RunInfo& info() const override { return info_; }
  bool resumed() const override { return resumed_; }

  Result<std::optional<std::string>> fact(std::string_view name) override {
    return read_fact(Scope::run, info_.id, name);
  }
  Status set_fact(std::string_view name, std::string_view value) override {
    return write_fact(Scope::run, info_.id, name, value);
  }
  Result<std::optional<std::string>> migration_fact(std::string_view name) override {
    return read_fact(Scope::migration, migration_.id, name);
  }
  Status set_migration_fact(std::string_view name, std::string_view value) override {
    return write_fact(Scope::migration, migration_.id, name, value);
  }

  Result<CopyState> copy_state() override;
  Status write_group(const GroupWrite& write) override;
  Status discard_group(std::uint64_t group) override;
  Result<std::vector<FileBooks>> file_books() override;
  Status each_outcome_runs(std::string_view collection, std::string_view partition,
                           std::uint32_t target,
                           const std::function<Status(const OutcomeRuns&)>& visit) override;
  Status each_open_origin(const std::function<void(std::uint64_t)>& visit) override {
    return each_open_quarantine_origin(file_, migration_.id, visit);
  }

  Status quarantine(std::span<const QuarantineEntry> entries) override;
  void add_verification(VerificationRow row) override { verifications_.push_back(std::move(row)); }
  void add_audit(std::string_view line) override { audit_.emplace_back(line); }
  Status end(RunState state, std::string_view outcome, std::string_view report) override;

 private:
  Result<std::optional<std::string>> read_fact(Scope scope, std::int64_t owner,
                                               std::string_view name);
  Status write_fact(Scope scope, std::int64_t owner, std::string_view name, std::string_view value);
  Status put_copy_state(const GroupWrite& write);
  Status put_outcomes(std::span<const OutcomeRuns> outcomes);
  Status put_files(std::span<const FileBooks> files);
  Status put_waiting();
  Status forget_waiting(Status written);
  Status drop_old_outcomes();

  CatalogFile& file_;
  MigrationInfo migration_;
  RunInfo info_;
  bool resumed_;
  std::vector<VerificationRow> verifications_;
  std::vector<std::string> audit_;
};

Result<std::optional<std::string>> StoredRun::read_fact(Scope scope, std::int64_t owner,
                                                        std::string_view name) {
  DECANT_ASSIGN(sql::Statement row,
                file_.database.prepare("SELECT scope, owner, name, value, sum FROM facts "
                                       "WHERE scope = ?1 AND owner = ?2 AND name = ?3"));
  row.bind_int64(0, static_cast<std::int64_t>(scope));
  row.bind_int64(1, owner);
  row.bind_text(2, name);
  DECANT_ASSIGN(bool found, row.next());
  if (!found) return std::optional<std::string>();
  RowReader reader(row, "facts");
  reader.number();
  reader.number();
  reader.text();
  std::string value(reader.blob());
  DECANT_CHECK(reader.check(file_.path));
  return std::optional<std::string>(std::move(value));
}

Status StoredRun::write_fact(Scope scope, std::int64_t owner, std::string_view name,
                             std::string_view value) {
  return file_.transact(Durability::kept, [&]() -> Status {
    DECANT_ASSIGN(sql::Statement statement,
                  file_.database.prepare("INSERT OR REPLACE INTO facts VALUES (?,?,?,?,?)"));
    RowWriter writer(statement, "facts");
    writer.number(static_cast<std::int64_t>(scope)).number(owner).text(name).blob(value);
    return writer.run();
  });
}

Result<CopyState> StoredRun::copy_state() {
  DECANT_ASSIGN(sql::Statement row,
                file_.database.prepare("SELECT run, confirmed, pending, sum FROM copies "
                                       "WHERE run = ?1"));
  row.bind_int64(0, info_.id);
  DECANT_ASSIGN(bool found, row.next());
  CopyState state;
  if (!found) return state;
  RowReader reader(row, "copies");
  reader.number();
  state.confirmed = std::string(reader.blob());
  state.pending = std::string(reader.blob());
  DECANT_CHECK(reader.check(file_.path));
  return state;
}

Status StoredRun::write_group(const GroupWrite& write) {
  const Durability durability = write.durable ? Durability::durable : Durability::kept;
  Status written = file_.transact(durability, [&]() -> Status {
    DECANT_CHECK(put_copy_state(write));
    DECANT_CHECK(close_quarantined(file_, migration_.id, info_.id, write.closed));
    DECANT_CHECK(put_quarantined(file_, migration_.id, info_.id, write.group, write.quarantine));
    DECANT_CHECK(put_outcomes(write.outcomes));
    DECANT_CHECK(put_files(write.files));
    return put_waiting();
  });
  return forget_waiting(std::move(written));
}

Status StoredRun::put_copy_state(const GroupWrite& write) {
  DECANT_ASSIGN(sql::Statement statement,
                file_.database.prepare("INSERT OR REPLACE INTO copies VALUES (?,?,?,?)"));
  RowWriter writer(statement, "copies");
  writer.number(info_.id).blob(write.confirmed).blob(write.pending);
  return writer.run();
}

Status StoredRun::put_outcomes(std::span<const OutcomeRuns> outcomes) {
  if (outcomes.empty()) return ok_status();
  DECANT_ASSIGN(sql::Statement statement,
                file_.database.prepare("INSERT OR REPLACE INTO outcomes VALUES (?,?,?,?,?,?,?)"));
  for (const OutcomeRuns& runs : outcomes) {
    RowWriter writer(statement, "outcomes");
    writer.number(info_.id).number(std::uint64_t{runs.target}).text(runs.collection);
    writer.text(runs.partition).number(runs.group).blob(runs.blob);
    DECANT_CHECK(writer.run());
  }
  return ok_status();
}

Status StoredRun::put_files(std::span<const FileBooks> files) {
  if (files.empty()) return ok_status();
  DECANT_ASSIGN(sql::Statement statement,
                file_.database.prepare("INSERT OR REPLACE INTO files VALUES "
                                       "(?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  for (const FileBooks& file : files) {
    const Books& books = file.books;
    RowWriter writer(statement, "files");
    writer.number(info_.id).number(std::uint64_t{file.file}).text(file.path);
    writer.number(books.read).number(books.inserted).number(books.updated);
    writer.number(books.unchanged).number(books.superseded).number(books.duplicate);
    writer.number(books.quarantined).number(file.left).boolean(file.complete);
    DECANT_CHECK(writer.run());
  }
  return ok_status();
}

Result<std::vector<FileBooks>> StoredRun::file_books() {
  DECANT_ASSIGN(sql::Statement rows,
                file_.database.prepare("SELECT * FROM files WHERE run = ?1 ORDER BY file"));
  rows.bind_int64(0, info_.id);
  std::vector<FileBooks> files;
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return files;
    RowReader reader(rows, "files");
    FileBooks file;
    reader.number();
    file.file = static_cast<std::uint32_t>(reader.count());
    file.path = std::string(reader.text());
    Books& books = file.books;
    books.read = reader.count();
    books.inserted = reader.count();
    books.updated = reader.count();
    books.unchanged = reader.count();
    books.superseded = reader.count();
    books.duplicate = reader.count();
    books.quarantined = reader.count();
    file.left = reader.count();
    file.complete = reader.boolean();
    DECANT_CHECK(reader.check(file_.path));
    files.push_back(std::move(file));
  }
}

Status StoredRun::discard_group(std::uint64_t group) {
  return file_.transact(Durability::kept, [&]() -> Status {
    DECANT_CHECK(discard_quarantined(file_, info_.id, group));
    DECANT_ASSIGN(sql::Statement statement,
                  file_.database.prepare("DELETE FROM outcomes WHERE run = ?1 AND "
                                         "commit_group = ?2"));
    statement.bind_int64(0, info_.id);
    statement.bind_int64(1, static_cast<std::int64_t>(group));
    return statement.run();
  });
}

Status StoredRun::each_outcome_runs(std::string_view collection, std::string_view partition,
                                    std::uint32_t target,
                                    const std::function<Status(const OutcomeRuns&)>& visit) {
  DECANT_ASSIGN(sql::Statement rows,
                file_.database.prepare("SELECT * FROM outcomes WHERE run = ?1 AND target = ?2 AND "
                                       "collection = ?3 AND (?4 = '' OR partition = ?4) "
                                       "ORDER BY commit_group"));
  rows.bind_int64(0, info_.id);
  rows.bind_int64(1, target);
  rows.bind_text(2, collection);
  rows.bind_text(3, partition);
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return ok_status();
    RowReader reader(rows, "outcomes");
    OutcomeRuns runs;
    reader.number();
    runs.target = static_cast<std::uint32_t>(reader.count());
    runs.collection = std::string(reader.text());
    runs.partition = std::string(reader.text());
    runs.group = reader.count();
    runs.blob = std::string(reader.blob());
    DECANT_CHECK(reader.check(file_.path));
    DECANT_CHECK(visit(runs));
  }
}

Status StoredRun::quarantine(std::span<const QuarantineEntry> entries) {
  Status written = file_.transact(Durability::durable, [&]() -> Status {
    DECANT_CHECK(put_quarantined(file_, migration_.id, info_.id, 0, entries));
    return put_waiting();
  });
  return forget_waiting(std::move(written));
}

Status StoredRun::put_waiting() {
  const std::int64_t now = file_.clock->now_us();
  if (!verifications_.empty()) {
    DECANT_ASSIGN(std::int64_t id, file_.next_id("verifications"));
    DECANT_ASSIGN(sql::Statement statement,
                  file_.database.prepare("INSERT INTO verifications VALUES "
                                         "(?,?,?,?,?,?,?,?,?,?,?,?)"));
    for (const VerificationRow& row : verifications_) {
      RowWriter writer(statement, "verifications");
      writer.number(id++).number(info_.id).text(row.collection).text(row.mode);
      writer.number(row.compared).number(row.missing).number(row.extra).number(row.different);
      writer.number(row.excluded).number(row.kept).number(now);
      DECANT_CHECK(writer.run());
    }
  }
  if (!audit_.empty()) {
    DECANT_ASSIGN(std::int64_t id, file_.next_id("audit"));
    DECANT_ASSIGN(sql::Statement statement,
                  file_.database.prepare("INSERT INTO audit VALUES (?,?,?,?,?,?)"));
    for (const std::string& line : audit_) {
      RowWriter writer(statement, "audit");
      writer.number(id++).number(migration_.id).number(info_.id).number(now).text(line);
      DECANT_CHECK(writer.run());
    }
    DECANT_CHECK(
        file_.database.exec("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - " +
                            std::to_string(audit_lines_max)));
  }
  return ok_status();
}

// Behind the transaction: what was rolled back waits for the next one.
Status StoredRun::forget_waiting(Status written) {
  if (!written.ok()) return written;
  verifications_.clear();
  audit_.clear();
  return ok_status();
}

Status StoredRun::end(RunState state, std::string_view outcome, std::string_view report) {
  RunInfo ended = info_;
  ended.state = state;
  ended.outcome = std::string(outcome);
  ended.report = std::string(report);
  ended.ended_us = file_.clock->now_us();
  Status written = file_.transact(Durability::durable, [&]() -> Status {
    DECANT_CHECK(write_run(file_, migration_.id, ended));
    // A repair decides on the damaged records alone: the run's decisions on the others still hold.
    bool replaces = state == RunState::finished && info_.command != "repair";
    if (replaces) DECANT_CHECK(drop_old_outcomes());
    return put_waiting();
  });
  DECANT_CHECK(forget_waiting(std::move(written)));
  info_ = std::move(ended);
  return ok_status();
}

// Verification and repair look at the last run that was no repair.
Status StoredRun::drop_old_outcomes() {
  DECANT_ASSIGN(sql::Statement statement,
                file_.database.prepare("DELETE FROM outcomes WHERE run < ?1 AND run IN "
                                       "(SELECT id FROM runs WHERE migration = ?2)"));
  statement.bind_int64(0, info_.id);
  statement.bind_int64(1, migration_.id);
  return statement.run();
}

}  // namespace

std::unique_ptr<Run> make_run(CatalogFile& file, MigrationInfo migration, RunInfo info,
                              bool resumed) {
  return std::make_unique<StoredRun>(file, std::move(migration), std::move(info), resumed);
}

}  // namespace decant::catalog
