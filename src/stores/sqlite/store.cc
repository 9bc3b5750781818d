#include "stores/sqlite/store.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "sql/sqlite.h"
#include "stores/sqlite/checkpoint_table.h"
#include "stores/sqlite/ddl.h"
#include "stores/sqlite/defaults.h"
#include "stores/sqlite/describe.h"
#include "stores/sqlite/dry_writer.h"
#include "stores/sqlite/snapshot.h"
#include "stores/sqlite/view.h"
#include "stores/sqlite/writer.h"

namespace decant::sqlite {
namespace {

// Larger pages than SQLite's own make a file of records of some hundred bytes faster to load.
constexpr std::string_view kNewFilePragmas = "PRAGMA page_size=16384";
// What a new file holds before its first record need not survive a loss of power by itself: the
// first commit of records syncs it with them, and a run that finds no file makes it again.
constexpr std::string_view kFreshFilePragmas = "PRAGMA synchronous=OFF";
// Left free on the disk beside what a write needs: the journal and the sorter's files.
constexpr std::uint64_t kSpareBytes = 16u << 20;

// What stands at the path, as far as capabilities depend on it.
struct Place {
  bool there = false;  // with content; an empty file counts as none
  bool ours = false;   // made by a migration that is not finished
  bool has_empty_table = false;
  bool wal = false;
  bool holds_pages = false;  // in memory until the commit; asked for with `exclusive`
};

bool has_content(const std::string& path) {
  Result<FileStamp> stamp = file_stamp(path);
  return stamp.ok() && (stamp->size > 0 || is_directory(path));
}

class SqliteStore : public Store {
 public:
  SqliteStore(std::string path, std::string collection, StoreOptions options)
      : path_(std::move(path)), collection_(std::move(collection)), options_(std::move(options)) {}

  Status look();
  std::string name() const override {
    return "sqlite:" + path_ + (collection_.empty() ? "" : "#" + collection_);
  }
  std::string identity() const override;
  Capabilities capabilities() const override;
  Result<std::vector<Definition>> describe() override;
  Result<Definition> native(const Definition& wanted) const override {
    return native_definition(wanted);
  }
  Result<Batch> defaults(const Definition& definition, std::int64_t run_time_us) const override {
    return default_values(definition, run_time_us);
  }
  Result<CreateResult> create(const Definition& wanted, const CreateOptions& options) override;
  Result<std::unique_ptr<View>> view() override { return open_view(path_, collection_, shapes_); }
  Result<std::unique_ptr<Writer>> writer(std::vector<WriteTarget> targets,
                                         const WriteOptions& options) override;
  Result<std::unique_ptr<Lock>> lock(std::string_view owner) override;
  Status preflight(const Preflight& wanted) override;

 private:
  Result<bool> check_existing(const Definition& native, CreateResult& result);
  Status create_table(Definition native, CreateResult& result);
  Status create_in(sql::Database& database, Definition& native, bool file_created);

  std::string path_;
  std::string collection_;
  StoreOptions options_;
  Place place_;
  bool fresh_file_ = false;              // made by this object, and no writer was asked for yet
  std::shared_ptr<ShapeTable> shapes_ =  // shared with views, readers and writers
      std::make_shared<ShapeTable>();
};

class TargetLock : public Lock {
 public:
  explicit TargetLock(std::unique_ptr<FileLock> file) : file_(std::move(file)) {}

 private:
  std::unique_ptr<FileLock> file_;
};

Error missing(const std::string& path) {
  return Error{ErrorCode::not_found, path + ": there is no such file; check the address"};
}

// The table or view that has this name but for letter case.
const SchemaEntry* find_relation(const std::vector<SchemaEntry>& schema, std::string_view name) {
  for (const SchemaEntry& entry : schema) {
    bool relation = entry.type == "table" || entry.type == "view";
    if (relation && same_name(entry.name, name)) return &entry;
  }
  return nullptr;
}

// Names of indexes are the file's, not the table's: one that is taken gets the table in front.
void settle_index_names(const std::vector<SchemaEntry>& schema, Definition& definition) {
  auto taken = [&](const std::string& name) {
    return std::any_of(schema.begin(), schema.end(),
                       [&](const SchemaEntry& entry) { return same_name(entry.name, name); });
  };
  for (Index& index : definition.indexes) {
    if (index.name.empty() || !taken(index.name)) continue;
    index.name = definition.name + "_" + index.name;
    while (taken(index.name)) index.name += "_";
  }
}

// A parent that Decant made has its key as a unique index, so its fields must be named.
Status settle_foreign_keys(sql::Database& database, const std::vector<SchemaEntry>& schema,
                           const CheckpointState& state, Definition& definition) {
  for (ForeignKey& key : definition.foreign_keys) {
    const SchemaEntry* parent = find_relation(schema, key.collection);
    if (!key.target_fields.empty() || parent == nullptr) continue;
    DECANT_ASSIGN(Definition described,
                  describe_table(database, schema, parent->name, state.pending_of(parent->name)));
    key.target_fields = described.key;
  }
  return ok_status();
}

}  // namespace

Status SqliteStore::look() {
  place_ = {};
  if (!has_content(path_)) return ok_status();
  DECANT_ASSIGN(sql::Database database, open_for_reading(path_));
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database));
  DECANT_ASSIGN(CheckpointState state, read_checkpoints(database, schema));
  place_.there = true;
  place_.ours = state.file_is_ours;
  DECANT_ASSIGN(std::string journal, database.query_text("PRAGMA journal_mode"));
  place_.wal = journal == "wal";
  if (!options_.exclusive) return ok_status();
  if (place_.wal) {
    DECANT_ASSIGN(place_.holds_pages, has_triggers_or_references(database));
  }
  for (const std::string& table : table_names(schema)) {
    if (!collection_.empty() && table != collection_) continue;
    DECANT_ASSIGN(std::int64_t rows, database.query_int64("SELECT EXISTS (SELECT 1 FROM main." +
                                                          sql::quote_name(table) + ")"));
    if (rows == 0) place_.has_empty_table = true;
  }
  return ok_status();
}

std::string SqliteStore::identity() const {
  std::string identity = "sqlite:" + absolute_path(path_);
  Result<FileStamp> stamp = file_stamp(path_);
  if (stamp.ok()) {
    identity +=
        " (inode " + std::to_string(stamp->device) + ":" + std::to_string(stamp->inode) + ")";
  }
  return identity;
}

Capabilities SqliteStore::capabilities() const {
  Capabilities capabilities;
  capabilities.batch_records_max = load_transaction_records_max;
  capabilities.transaction_records_max = load_transaction_records_max;
  capabilities.record_bytes_max = 1'000'000'000;
  capabilities.folds_names = true;
  capabilities.reads_beside_writes = !place_.there || place_.wal;
  if (!place_.there || place_.ours) return capabilities;
  if (options_.exclusive && !place_.holds_pages) {
    // Indexes that are set aside come back in the transaction that began with an empty table.
    if (place_.has_empty_table) capabilities.transaction_records_max = UINT32_MAX;
    return capabilities;
  }
  capabilities.batch_records_max = shared_transaction_records_max;
  capabilities.transaction_records_max = shared_transaction_records_max;
  capabilities.transaction_ms_max = shared_transaction_ms_max;
  return capabilities;
}

Result<std::vector<Definition>> SqliteStore::describe() {
  if (!has_content(path_)) return missing(path_);
  DECANT_ASSIGN(sql::Database database, open_for_reading(path_));
  DECANT_CHECK(database.begin());
  return describe_all(database, collection_);
}

Result<CreateResult> SqliteStore::create(const Definition& wanted, const CreateOptions& options) {
  DECANT_ASSIGN(Definition native, native_definition(wanted));
  CreateResult result;
  if (has_content(path_)) {
    DECANT_ASSIGN(bool there, check_existing(native, result));
    if (there) return result;
  } else {
    result.file_created = true;
  }
  result.created = true;
  result.definition = native;
  if (options.dry_run) return result;
  DECANT_CHECK(create_table(std::move(native), result));
  return result;
}

// True where the table is there, with `result` filled.
Result<bool> SqliteStore::check_existing(const Definition& native, CreateResult& result) {
  DECANT_ASSIGN(sql::Database database, open_for_reading(path_));
  DECANT_CHECK(database.begin());
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database));
  const SchemaEntry* entry = find_relation(schema, native.name);
  if (entry == nullptr) return false;
  if (entry->type == "view" || entry->name != native.name) {
    std::string what = entry->type == "view" ? "a view" : "a table";
    return Error{ErrorCode::invalid,
                 path_ + ": " + what + " named \"" + entry->name + "\" is there, and SQLite does " +
                     "not tell letter case apart; " +
                     (entry->type == "view" ? std::string()
                                            : "name it as it is (#" + entry->name + "), or ") +
                     "write `rename: {" + native.name + ": ANOTHER_NAME}` in the plan"};
  }
  DECANT_ASSIGN(std::vector<Definition> there, describe_all(database, native.name));
  result.definition = std::move(there.front());
  result.differences = differences(native, result.definition);
  return true;
}

Status SqliteStore::create_table(Definition native, CreateResult& result) {
  DECANT_ASSIGN(sql::Database database, sql::Database::open(path_, {sql::OpenMode::create}));
  if (result.file_created) DECANT_CHECK(database.exec(std::string(kNewFilePragmas)));
  fresh_file_ = fresh_file_ || result.file_created;
  if (fresh_file_) DECANT_CHECK(database.exec(std::string(kFreshFilePragmas)));
  DECANT_CHECK(database.begin_immediate());
  Status status = create_in(database, native, result.file_created);
  if (status.ok()) status = database.commit();
  if (!status.ok()) {
    database.rollback();
    return status;
  }
  result.definition = std::move(native);
  place_.there = true;
  place_.ours = place_.ours || result.file_created;
  return ok_status();
}

Status SqliteStore::create_in(sql::Database& database, Definition& native, bool file_created) {
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database));
  DECANT_ASSIGN(CheckpointState state, read_checkpoints(database, schema));
  settle_index_names(schema, native);
  DECANT_CHECK(settle_foreign_keys(database, schema, state, native));
  DECANT_CHECK(database.exec(create_table_sql(native)));
  std::vector<std::string> indexes = create_index_sql(native);
  bool load = file_created || state.file_is_ours || options_.exclusive;
  if (!load) {
    for (const std::string& statement : indexes) DECANT_CHECK(database.exec(statement));
    return ok_status();
  }
  DECANT_CHECK(make_checkpoint_table(database));
  if (file_created) DECANT_CHECK(note_own_file(database, native.wal));
  return note_loading(database, native.name, indexes);
}

Result<std::unique_ptr<Writer>> SqliteStore::writer(std::vector<WriteTarget> targets,
                                                    const WriteOptions& options) {
  WriterSetup setup{path_, options_.exclusive || options.exclusive, shapes_};
  fresh_file_ = false;
  if (options.dry_run) {
    return open_dry_writer(setup, has_content(path_), std::move(targets), options);
  }
  return open_writer(setup, std::move(targets), options);
}

Result<std::unique_ptr<Lock>> SqliteStore::lock(std::string_view owner) {
  DECANT_ASSIGN(std::unique_ptr<FileLock> file,
                FileLock::acquire(absolute_path(path_) + ".decant-lock", owner));
  return std::unique_ptr<Lock>(std::make_unique<TargetLock>(std::move(file)));
}

Status SqliteStore::preflight(const Preflight& wanted) {
  std::string folder = parent_of(absolute_path(path_));
  if (is_directory(path_)) {
    return Error{ErrorCode::invalid,
                 path_ + ": is a folder, not an SQLite file; name the file in it"};
  }
  if (!is_directory(folder)) {
    return Error{ErrorCode::not_found, folder + ": there is no such folder; make it first"};
  }
  bool file_writable = !path_exists(path_) || ::access(path_.c_str(), W_OK) == 0;
  if (!file_writable || ::access(folder.c_str(), W_OK) != 0) {
    return Error{ErrorCode::refused, (file_writable ? folder : path_) +
                                         ": no permission to write; SQLite needs it for the file "
                                         "and for its folder"};
  }
  if (has_content(path_)) {
    DECANT_ASSIGN(sql::Database database, sql::Database::open(path_, {sql::OpenMode::read_write}));
    DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database));
    DECANT_ASSIGN(CheckpointState state, read_checkpoints(database, schema));
  }
  DECANT_ASSIGN(std::uint64_t free, free_bytes(folder));
  if (free >= wanted.bytes_needed + kSpareBytes) return ok_status();
  const auto mib = [](std::uint64_t bytes) {
    return std::to_string((bytes + (1u << 20) - 1) >> 20);
  };
  std::string needed = wanted.bytes_needed == 0
                           ? "how much is needed cannot be told beforehand"
                           : "about " + mib(wanted.bytes_needed) + " MiB are needed";
  return Error{ErrorCode::disk_full,
               folder + ": " + needed + ", " + mib(kSpareBytes) + " MiB are kept in reserve, and " +
                   std::to_string(free >> 20) + " MiB are free; make room first"};
}

Result<std::unique_ptr<Store>> open_store(const std::string& path, const std::string& collection,
                                          const StoreOptions& options) {
  if (path.empty()) {
    return Error{ErrorCode::invalid, "sqlite: the address names no file; write sqlite:FILE#TABLE"};
  }
  if (!path_exists(path) && !options.for_write) return missing(path);
  auto store = std::make_unique<SqliteStore>(path, collection, options);
  DECANT_CHECK(store->look());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace decant::sqlite
