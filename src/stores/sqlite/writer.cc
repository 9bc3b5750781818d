#include "stores/sqlite/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/file.h"
#include "sql/sqlite.h"
#include "sql/write_behind.h"
#include "stores/sqlite/checkpoint_table.h"
#include "stores/sqlite/ddl.h"
#include "stores/sqlite/describe.h"
#include "stores/sqlite/finish.h"
#include "stores/sqlite/table_writer.h"

namespace decant::sqlite {
namespace {

// COMMIT waits for readers of a rollback journal file, each time busy_timeout_ms.
constexpr int kCommitTriesMax = 3;
// Rounds over the records whose rows refer to rows that come later in the same call.
constexpr int kForeignKeyRoundsMax = 16;
constexpr int kStepsBetweenStops = 100'000;

int asks_to_stop(void* token) {
  return static_cast<std::stop_token*>(token)->stop_requested() ? 1 : 0;
}

std::vector<std::string> field_names(const Definition& definition) {
  std::vector<std::string> names;
  for (const Field& field : definition.fields) names.push_back(field.name);
  return names;
}

class SqliteWriter : public Writer {
 public:
  SqliteWriter(sql::Database database, std::vector<WriteTarget> targets, WriteOptions options,
               WriterSetup setup)
      : database_(std::move(database)),
        targets_(std::move(targets)),
        options_(std::move(options)),
        setup_(std::move(setup)) {}

  ~SqliteWriter() override {
    tables_.clear();
    database_.rollback();
  }

  Status open();
  Status stage(std::uint32_t target, std::span<const Record> records, StageResult& result) override;
  Result<std::vector<Outcome>> commit(std::string_view checkpoint) override;
  Result<std::string> checkpoint() override { return checkpoint_; }
  Result<FinishResult> finish() override;

 private:
  Status read_state();
  Status configure();
  Status hold_pages();
  Status open_tables();
  Status stop_loading();
  Result<bool> is_empty(const Definition& definition);

  Status stage_all(std::uint32_t target, std::span<const Record> records, StageResult& result);
  Status stage_checked(std::uint32_t target, std::span<const Record> records, StageResult& result);
  Status stage_singly(std::uint32_t target, std::span<const Record> records, StageResult& result);
  Status set_indexes_aside(std::uint32_t target);
  bool has_dangling();
  Status lose(Error error);

  Status commit_transaction();
  Status sync_folder();
  Status finish_load(FinishResult& result);

  sql::Database database_;
  std::vector<WriteTarget> targets_;
  WriteOptions options_;
  WriterSetup setup_;
  CheckpointState state_;
  std::vector<TableWriter> tables_;
  std::string checkpoint_;
  std::optional<Error> lost_;           // staged records were lost: nothing may follow
  std::vector<std::string> set_aside_;  // indexes that come back before this commit
  std::vector<bool> indexes_may_go_;    // by target
  std::vector<bool> may_go_at_begin_;   // as it was before the open transaction
  std::vector<std::size_t> reported_;   // withdrawn rows, by target, that finish() gave last
  bool loads_ = false;                  // all targets are loaded from nothing
  bool checks_foreign_keys_ = false;
  bool has_journal_ = false;  // a rollback journal: a commit is the removal of a file
  bool holds_pages_ = false;  // in memory until the commit
  bool folder_is_synced_ = true;
};

Status SqliteWriter::open() {
  DECANT_CHECK(read_state());
  DECANT_CHECK(configure());
  if (!loads_) DECANT_CHECK(stop_loading());
  return open_tables();
}

Status SqliteWriter::read_state() {
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database_));
  DECANT_ASSIGN(state_, read_checkpoints(database_, schema));
  auto own = state_.checkpoints.find(options_.checkpoint_name);
  if (own != state_.checkpoints.end()) checkpoint_ = own->second;
  loads_ = !targets_.empty();
  for (const WriteTarget& target : targets_) {
    bool loading = target.created && state_.loading.contains(target.definition.name);
    if (loading && checkpoint_.empty()) {
      // Rows without a checkpoint: it cannot be said which records they stand for.
      DECANT_ASSIGN(loading, is_empty(target.definition));
    }
    loads_ = loads_ && loading;
  }
  return ok_status();
}

Status SqliteWriter::configure() {
  DECANT_CHECK(database_.exec("PRAGMA synchronous=FULL; PRAGMA threads=2;"));
  DECANT_ASSIGN(const std::string journal, database_.query_text("PRAGMA main.journal_mode"));
  has_journal_ = journal != "wal";
  if (loads_) {
    return database_.exec(
        "PRAGMA cache_size=-4096; PRAGMA foreign_keys=0; "
        "PRAGMA secure_delete=0;");
  }
  DECANT_CHECK(database_.exec(look_up_cache));
  DECANT_CHECK(hold_pages());
  DECANT_CHECK(database_.exec("PRAGMA foreign_keys=1"));
  DECANT_ASSIGN(std::int64_t foreign_keys,
                database_.query_int64("SELECT count(*) FROM main.sqlite_schema s, "
                                      "pragma_foreign_key_list(s.name, 'main') "
                                      "WHERE s.type = 'table'"));
  checks_foreign_keys_ = foreign_keys > 0;
  return ok_status();
}

// In a WAL, pages stay in memory until the commit, where a part of the transaction may be undone:
// of a page that was written to the log twice, and then undone, SQLite (3.40.1) forgets that what
// follows in the log needs a checksum. The commit would be gone after a kill.
Status SqliteWriter::hold_pages() {
  if (has_journal_) return ok_status();
  holds_pages_ = true;
  if (setup_.exclusive) {
    DECANT_ASSIGN(holds_pages_, has_triggers_or_references(database_));
  }
#if DECANT_MUTANT_WAL_PAGES_SPILLED
  return ok_status();
#endif
  return holds_pages_ ? database_.exec("PRAGMA cache_spill=OFF") : ok_status();
}

// Tables that were created for a load get their indexes now, since the load goes on by looking up.
Status SqliteWriter::stop_loading() {
  bool any = std::any_of(targets_.begin(), targets_.end(), [&](const WriteTarget& target) {
    return state_.loading.contains(target.definition.name);
  });
  if (!any) return ok_status();
  DECANT_CHECK(database_.begin_immediate());
  for (const WriteTarget& target : targets_) {
    const std::string& name = target.definition.name;
    if (!state_.loading.contains(name)) continue;
    Status built = build_indexes(database_, target.definition, state_.pending_of(name));
    if (built.ok()) built = drop_loading(database_, name);
    if (!built.ok()) {
      database_.rollback();
      return built;
    }
  }
  return database_.commit();
}

Status SqliteWriter::open_tables() {
  tables_.clear();
  indexes_may_go_.clear();
  tables_.reserve(targets_.size());
  for (const WriteTarget& target : targets_) {
    TableWriter::Options options;
    options.mode = loads_ ? TableWriter::Mode::load : TableWriter::Mode::merge;
    options.want_existing = options_.want_existing;
    std::vector<std::string> names = field_names(target.definition);
    std::vector<std::string_view> views(names.begin(), names.end());
    Batch unused;
    options.shape = setup_.shapes->get(views, unused);
    DECANT_ASSIGN(bool empty, is_empty(target.definition));
    options.expect_new = empty;
    DECANT_ASSIGN(TableWriter table, TableWriter::open(database_, target, options));
    tables_.push_back(std::move(table));
    indexes_may_go_.push_back(setup_.exclusive && !holds_pages_ && !loads_ && empty);
  }
  return ok_status();
}

Result<bool> SqliteWriter::is_empty(const Definition& definition) {
  DECANT_ASSIGN(sql::Statement rows,
                database_.prepare("SELECT 1 FROM main." + sql::quote_name(definition.name)));
  DECANT_ASSIGN(bool row, rows.next());
  return !row;
}

// The transaction begins as a reader's and becomes a writer's with the first write. Where another
// writer was faster, it begins again, now as a writer's.
Status SqliteWriter::stage(std::uint32_t target, std::span<const Record> records,
                           StageResult& result) {
  if (lost_) return *lost_;
  result.clear();
  if (records.empty()) return ok_status();
  bool fresh = !database_.in_transaction();
  if (fresh) {
    DECANT_CHECK(sync_folder());
    may_go_at_begin_ = indexes_may_go_;
    DECANT_CHECK(loads_ ? database_.begin_immediate() : database_.begin());
  }
  if (checks_foreign_keys_) DECANT_CHECK(database_.exec("PRAGMA defer_foreign_keys=1"));
  bool wrote_before = std::any_of(tables_.begin(), tables_.end(),
                                  [](const TableWriter& table) { return table.has_written(); });
  Status status = stage_checked(target, records, result);
  if (status.ok()) return status;
  bool only_too_late = status.error().code == ErrorCode::busy && !wrote_before;
  if (!only_too_late) return lose(std::move(status).error());
  database_.rollback();
  for (TableWriter& table : tables_) table.clear_written();
  // With the transaction the indexes that it had dropped are there again.
  set_aside_.clear();
  indexes_may_go_ = may_go_at_begin_;
  DECANT_CHECK(database_.begin_immediate());
  if (checks_foreign_keys_) DECANT_CHECK(database_.exec("PRAGMA defer_foreign_keys=1"));
  result.clear();
  status = stage_checked(target, records, result);
  return status.ok() ? std::move(status) : lose(std::move(status).error());
}

// What was staged and not committed is gone with the transaction; a caller that went on would lose
// it silently, so this writer takes nothing more.
Status SqliteWriter::lose(Error error) {
  database_.rollback();
#if DECANT_MUTANT_GOES_ON_AFTER_A_LOST_BATCH
  return error;
#else
  lost_ = std::move(error);
  return *lost_;
#endif
}

// Foreign keys wait for the end of the call, so that rows may come before the ones they refer to.
Status SqliteWriter::stage_checked(std::uint32_t target, std::span<const Record> records,
                                   StageResult& result) {
  if (indexes_may_go_[target]) DECANT_CHECK(set_indexes_aside(target));
  if (!checks_foreign_keys_) return stage_all(target, records, result);
  DECANT_CHECK(database_.exec("SAVEPOINT decant_stage"));
  DECANT_CHECK(stage_all(target, records, result));
  if (has_dangling()) {
    DECANT_CHECK(database_.exec("ROLLBACK TO decant_stage"));
    result.clear();
    DECANT_CHECK(stage_singly(target, records, result));
  }
  return database_.exec("RELEASE decant_stage");
}

Status SqliteWriter::stage_all(std::uint32_t target, std::span<const Record> records,
                               StageResult& result) {
  result.outcomes.reserve(records.size());
  TableWriter& table = tables_[target];
  for (std::size_t i = 0; i < records.size(); ++i) {
    DECANT_CHECK(table.put(records[i], static_cast<std::uint32_t>(i), result));
  }
  return ok_status();
}

bool SqliteWriter::has_dangling() {
  int current = 0;
  int highest = 0;
  sqlite3_db_status(database_.handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0);
  return current != 0;
}

// One at a time, again and again while it helps: what still leaves a reference dangling is at
// fault.
Status SqliteWriter::stage_singly(std::uint32_t target, std::span<const Record> records,
                                  StageResult& result) {
  result.outcomes.assign(records.size(), Outcome::quarantined);
  std::vector<std::uint32_t> waiting(records.size());
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i] = static_cast<std::uint32_t>(i);
  for (int round = 0; round < kForeignKeyRoundsMax && !waiting.empty(); ++round) {
    std::vector<std::uint32_t> left;
    for (std::uint32_t index : waiting) {
      StageResult one;
      DECANT_CHECK(database_.exec("SAVEPOINT decant_record"));
      DECANT_CHECK(tables_[target].put(records[index], index, one));
      if (has_dangling()) {
        DECANT_CHECK(database_.exec("ROLLBACK TO decant_record"));
        left.push_back(index);
      } else {
        result.outcomes[index] = one.outcomes.front();
        for (Rejection& rejection : one.rejections) {
          result.rejections.push_back(std::move(rejection));
        }
      }
      DECANT_CHECK(database_.exec("RELEASE decant_record"));
    }
    bool helped = left.size() < waiting.size();
    waiting = std::move(left);
    if (!helped) break;
  }
  for (std::uint32_t index : waiting) {
    Rejection rejection;
    rejection.index = index;
    rejection.reason = "foreign_key";
    rejection.message = targets_[target].definition.name +
                        ": FOREIGN KEY constraint failed; a row it refers to is missing, or rows "
                        "that refer to it are left; copy that collection first, or run the same "
                        "command again where that row came later in the source";
    result.rejections.push_back(std::move(rejection));
  }
  std::sort(result.rejections.begin(), result.rejections.end(),
            [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
  return ok_status();
}

// An empty table that nobody else uses: its indexes are made again before the commit, in the same
// transaction. Unique ones stay, since they decide on outcomes.
Status SqliteWriter::set_indexes_aside(std::uint32_t target) {
  indexes_may_go_[target] = false;
  DECANT_ASSIGN(sql::Statement rows,
                database_.prepare("SELECT s.name, s.sql FROM pragma_index_list(?1, 'main') l, "
                                  "main.sqlite_schema s WHERE s.type = 'index' AND s.name = l.name "
                                  "AND l.origin = 'c' AND l.\"unique\" = 0 ORDER BY s.rowid"));
  rows.bind_text(0, targets_[target].definition.name);
  std::vector<std::string> names;
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) break;
    names.emplace_back(rows.text(0));
    set_aside_.emplace_back(rows.text(1));
  }
  rows.reset();
  if (!names.empty()) DECANT_CHECK(database_.exec(set_aside_cache));
  for (const std::string& name : names) {
    DECANT_CHECK(database_.exec("DROP INDEX main." + sql::quote_name(name)));
  }
  return ok_status();
}

Result<std::vector<Outcome>> SqliteWriter::commit(std::string_view checkpoint) {
  if (lost_) return *lost_;
  // Where nothing was written in this run, nothing is: not even a checkpoint.
  bool wrote = !set_aside_.empty() || state_.exists;
  for (TableWriter& table : tables_) {
    if (table.has_written() && !database_.in_transaction()) {
      Status lost = lose({ErrorCode::corrupt, database_.path() +
                                                  ": the transaction with what was staged is gone; "
                                                  "run the same command again"});
      return std::move(lost).error();
    }
    wrote = wrote || table.has_written();
    table.clear_written();
  }
  if (!wrote) {
    database_.rollback();  // ends the reading
    return std::vector<Outcome>{};
  }
  if (!database_.in_transaction()) DECANT_CHECK(database_.begin_immediate());
  Status status = make_checkpoint_table(database_);
  if (status.ok()) {
    status = write_checkpoint(database_, options_.checkpoint_name, checkpoint);
  }
  if (status.ok() && !set_aside_.empty()) status = database_.exec("PRAGMA cache_size=-4096");
  for (const std::string& index : set_aside_) {
    if (status.ok()) status = database_.exec(index);
  }
  if (status.ok()) status = commit_transaction();
  if (!status.ok()) {
    Status lost = lose(std::move(status).error());
    return std::move(lost).error();
  }
  if (!set_aside_.empty()) DECANT_CHECK(database_.exec(look_up_cache));
  set_aside_.clear();
  state_.exists = true;
  checkpoint_ = std::string(checkpoint);
  return std::vector<Outcome>{};
}

Status SqliteWriter::commit_transaction() {
  Status status = database_.commit();
  for (int i = 1; i < kCommitTriesMax && !status.ok(); ++i) {
    if (status.error().code != ErrorCode::busy) break;
    status = database_.commit();
  }
  if (status.ok()) folder_is_synced_ = !has_journal_;
  return status;
}

// The removal of a rollback journal, which SQLite leaves to the file system with synchronous=FULL:
// after a power cut a journal that is there again would take back a transaction that the catalog
// knows as confirmed. Done before the next group is noted there, and at the end, instead of by
// synchronous=EXTRA with every commit: the last group's goes with the journal that finish() makes.
Status SqliteWriter::sync_folder() {
  if (std::exchange(folder_is_synced_, true)) return ok_status();
  return sync_directory_of(database_.path());
}

Result<FinishResult> SqliteWriter::finish() {
  if (lost_) return *lost_;
  FinishResult result;
  if (database_.in_transaction()) database_.rollback();
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database_));
  DECANT_ASSIGN(state_, read_checkpoints(database_, schema));
  if (!state_.exists) return result;
  sqlite3_progress_handler(database_.handle(), kStepsBetweenStops, asks_to_stop, &options_.stop);
  tables_.clear();
  Status status = finish_load(result);
  sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr);
  if (!status.ok()) {
    database_.rollback();
    return std::move(status).error();
  }
  DECANT_CHECK(open_tables());
  for (const TableWriter& table : tables_) {
    if (loads_ || table.key_is_unique()) continue;
    result.notes.push_back(table.target().definition.name +
                           ": no unique index over the key, so each record was looked up by "
                           "reading the table; make one for speed");
  }
  return result;
}

// One transaction: what was reported is forgotten, indexes and foreign keys are built and checked,
// and where nothing is left to report, Decant's traces go. WAL comes before the last of the traces,
// so that a kill in between is made good by the next finish().
Status SqliteWriter::finish_load(FinishResult& result) {
  DECANT_CHECK(database_.begin_immediate());
  if (!reported_.empty()) DECANT_CHECK(forget_withdrawn(database_, targets_, reported_));
  bool loaded = false;
  for (const WriteTarget& target : targets_) {
    const std::string& name = target.definition.name;
    if (!state_.loading.contains(name)) continue;
    loaded = true;
    DECANT_CHECK(build_indexes(database_, target.definition, state_.pending_of(name)));
    DECANT_CHECK(drop_loading(database_, name));
  }
#if !DECANT_MUTANT_DANGLING_REFERENCES_STAY
  if (loaded) DECANT_CHECK(check_foreign_keys(database_, targets_, result.notes));
#endif
  DECANT_CHECK(read_withdrawn(database_, targets_, *setup_.shapes, result.withdrawn));
  reported_.assign(targets_.size(), 0);
  for (const Withdrawn& row : result.withdrawn) ++reported_[row.target];
  bool wal = state_.file_is_ours && state_.wal_wanted;
  if (result.withdrawn.empty() && wal) {
    DECANT_CHECK(commit_transaction());
    DECANT_CHECK(database_.exec("PRAGMA journal_mode=WAL"));
    DECANT_CHECK(database_.begin_immediate());
  }
  if (result.withdrawn.empty()) {
    DECANT_CHECK(drop_checkpoint(database_, options_.checkpoint_name));
  }
  DECANT_CHECK(commit_transaction());
  return sync_folder();
}

}  // namespace

Result<std::unique_ptr<Writer>> open_writer(const WriterSetup& setup,
                                            std::vector<WriteTarget> targets,
                                            const WriteOptions& options) {
  DECANT_ASSIGN(sql::Database database,
                sql::Database::open(setup.path, {.mode = sql::OpenMode::read_write,
                                                 .vfs = sql::write_behind_vfs()}));
  auto writer =
      std::make_unique<SqliteWriter>(std::move(database), std::move(targets), options, setup);
  DECANT_CHECK(writer->open());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace decant::sqlite
