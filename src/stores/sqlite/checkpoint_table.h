// decant_checkpoint: what Decant keeps in a target while a migration into it is unfinished.
//
//   CREATE TABLE decant_checkpoint (kind TEXT, name TEXT, place INTEGER, value,
//                                   PRIMARY KEY (kind, name, place)) WITHOUT ROWID
//   kind        name            value
//   format                      1; a newer one is refused
//   file                        1: Decant made the file, so it may be loaded as a whole
//   wal                         1: the file is to be left in WAL
//   loading     a table         1: it holds only what the migration loaded, and may lack indexes
//   checkpoint  the migration   its last checkpoint
//   index       a table         a CREATE INDEX statement that waits for finish(), by place
// It is written in the transactions of the data and dropped by the last finish().
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "decant/result.h"
#include "sql/sqlite.h"
#include "stores/sqlite/describe.h"

namespace decant::sqlite {

inline constexpr std::int64_t kCheckpointFormat = 1;

struct CheckpointState {
  bool exists = false;
  bool file_is_ours = false;
  bool wal_wanted = false;
  std::set<std::string> loading;
  std::map<std::string, std::string> checkpoints;           // by migration
  std::map<std::string, std::vector<std::string>> pending;  // CREATE INDEX by table

  const std::vector<std::string>& pending_of(const std::string& table) const;
};

// refused where the format is newer than this program.
Result<CheckpointState> read_checkpoints(sql::Database& database,
                                         const std::vector<SchemaEntry>& schema);

// The following need a transaction of the caller's.
Status make_checkpoint_table(sql::Database& database);  // nothing where it is there
Status note_own_file(sql::Database& database, bool wal_wanted);
// The table is loaded from nothing, and these statements wait for the end.
Status note_loading(sql::Database& database, std::string_view table,
                    const std::vector<std::string>& pending);
// Its indexes are built.
Status drop_loading(sql::Database& database, std::string_view table);
Status write_checkpoint(sql::Database& database, std::string_view migration,
                        std::string_view checkpoint);
// Drops the migration's checkpoint, and the table unless another migration still needs it.
Status drop_checkpoint(sql::Database& database, std::string_view migration);

}  // namespace decant::sqlite
