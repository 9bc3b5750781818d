#include "stores/sqlite/checkpoint_table.h"

#include <algorithm>

namespace decant::sqlite {
namespace {

constexpr std::string_view kInsert =
    "INSERT OR REPLACE INTO main.decant_checkpoint VALUES (?, ?, ?, ?)";

Status put(sql::Database& database, std::string_view kind, std::string_view name,
           std::int64_t place, std::string_view value) {
  DECANT_ASSIGN(sql::Statement statement, database.prepare(kInsert));
  statement.bind_text(0, kind);
  statement.bind_text(1, name);
  statement.bind_int64(2, place);
  statement.bind_bytes(3, value);
  return statement.run();
}

Status put_number(sql::Database& database, std::string_view kind, std::int64_t value,
                  std::string_view name = "") {
  DECANT_ASSIGN(sql::Statement statement, database.prepare(kInsert));
  statement.bind_text(0, kind);
  statement.bind_text(1, name);
  statement.bind_int64(2, 0);
  statement.bind_int64(3, value);
  return statement.run();
}

}  // namespace

const std::vector<std::string>& CheckpointState::pending_of(const std::string& table) const {
  static const std::vector<std::string> kNone;
  auto place = pending.find(table);
  return place == pending.end() ? kNone : place->second;
}

Result<CheckpointState> read_checkpoints(sql::Database& database,
                                         const std::vector<SchemaEntry>& schema) {
  CheckpointState state;
  state.exists = std::any_of(schema.begin(), schema.end(), [](const SchemaEntry& entry) {
    return entry.type == "table" && entry.name == kCheckpointTable;
  });
  if (!state.exists) return state;
  DECANT_ASSIGN(sql::Statement rows,
                database.prepare("SELECT kind, name, value FROM main.decant_checkpoint "
                                 "ORDER BY kind = 'format' DESC, kind, name, place"));
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return state;
    std::string_view kind = rows.text(0);
    std::string name(rows.text(1));
    if (kind == "format" && rows.int64(2) > kCheckpointFormat) {
      return Error{ErrorCode::refused,
                   database.path() + ": its table decant_checkpoint has format " +
                       std::to_string(rows.int64(2)) + ", this program knows " +
                       std::to_string(kCheckpointFormat) +
                       "; finish the migration with the newer version that began it"};
    }
    if (kind == "file") state.file_is_ours = true;
    if (kind == "wal") state.wal_wanted = true;
    if (kind == "loading") state.loading.insert(name);
    if (kind == "checkpoint") state.checkpoints[name] = std::string(rows.bytes(2));
    if (kind == "index") state.pending[name].emplace_back(rows.bytes(2));
  }
}

Status make_checkpoint_table(sql::Database& database) {
  DECANT_CHECK(database.exec(
      "CREATE TABLE IF NOT EXISTS main.decant_checkpoint (kind TEXT, name TEXT, place INTEGER, "
      "value, PRIMARY KEY (kind, name, place)) WITHOUT ROWID"));
  return put_number(database, "format", kCheckpointFormat);
}

Status note_own_file(sql::Database& database, bool wal_wanted) {
  DECANT_CHECK(put_number(database, "file", 1));
  return wal_wanted ? put_number(database, "wal", 1) : ok_status();
}

Status note_loading(sql::Database& database, std::string_view table,
                    const std::vector<std::string>& pending) {
  DECANT_CHECK(put_number(database, "loading", 1, table));
  std::int64_t place = 0;
  for (const std::string& statement : pending) {
    DECANT_CHECK(put(database, "index", table, ++place, statement));
  }
  return ok_status();
}

Status drop_loading(sql::Database& database, std::string_view table) {
  DECANT_ASSIGN(sql::Statement statement,
                database.prepare("DELETE FROM main.decant_checkpoint "
                                 "WHERE kind IN ('index', 'loading') AND name = ?"));
  statement.bind_text(0, table);
  return statement.run();
}

Status write_checkpoint(sql::Database& database, std::string_view migration,
                        std::string_view checkpoint) {
  return put(database, "checkpoint", migration, 0, checkpoint);
}

Status drop_checkpoint(sql::Database& database, std::string_view migration) {
  DECANT_ASSIGN(sql::Statement others,
                database.prepare("SELECT 1 FROM main.decant_checkpoint WHERE kind = 'loading' OR "
                                 "(kind = 'checkpoint' AND name <> ?)"));
  others.bind_text(0, migration);
  DECANT_ASSIGN(const bool needed, others.next());
  others.reset();
  if (!needed) return database.exec("DROP TABLE main.decant_checkpoint");
  DECANT_ASSIGN(sql::Statement own, database.prepare("DELETE FROM main.decant_checkpoint "
                                                     "WHERE kind = 'checkpoint' AND name = ?"));
  own.bind_text(0, migration);
  return own.run();
}

}  // namespace decant::sqlite
