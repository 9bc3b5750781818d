// Writes the records of one collection, one statement a record. The transaction is the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/store.h"
#include "sql/sqlite.h"
#include "stores/sqlite/columns.h"

namespace decant::sqlite {

// So many new records one after the other, and the next is inserted without a look before.
inline constexpr std::uint32_t kExpectNewAfter = 8;

class TableWriter {
 public:
  enum class Mode {
    load,   // the table is empty or holds what this migration loaded: no look at what is there
    merge,  // each record is looked up by its key
  };
  struct Options {
    Mode mode = Mode::merge;
    bool want_existing = false;
    std::string insert_into;       // a trial table (dry run); empty: the table itself
    bool write = true;             // false: decide only
    bool expect_new = false;       // the table is empty: insert first, look up where that fails
    const Shape* shape = nullptr;  // of the records of `existing`
  };

  static Result<TableWriter> open(sql::Database& database, const WriteTarget& target,
                                  Options options);

  // Decides on `record` and writes it. `outcomes` of `result` gets one more, and so do
  // `rejections` and `existing` where they have to. busy: the whole call must be done again.
  Status put(const Record& record, std::uint32_t index, StageResult& result);

  const WriteTarget& target() const { return *target_; }
  // Without a unique index over the key, each look is a walk through the table.
  bool key_is_unique() const { return key_is_unique_; }
  // Whether anything was written since the last call of clear_written().
  bool has_written() const { return has_written_; }
  void clear_written() { has_written_ = false; }

 private:
  // A column of a statement and the index of its field in the records' shape.
  struct Slot {
    Column column;
    int field = -1;
  };
  TableWriter(sql::Database& database, const WriteTarget& target, Options options)
      : database_(&database), target_(&target), options_(std::move(options)) {}

  Status prepare();
  void choose_columns();
  Status find_indexed(std::vector<std::string>& names, bool& all);
  Status find_triggers(bool& any);
  Status prepare_look_up();
  Result<sql::Statement> prepare_update(std::size_t first_slot);
  Status prepare_trial_update();
  void map_shape(const Shape* shape);

  Status insert(const Record& record, std::uint32_t index, StageResult& result);
  Status merge(const Record& record, std::uint32_t index, StageResult& result);
  Status settle(const Record& record, std::uint32_t index, StageResult& result);
  Status update(const Record& record, std::uint32_t index, bool indexed, StageResult& result);
  Status try_update(const Record& record, std::uint32_t index, StageResult& result);
  Status remove(const Record& record, std::uint32_t index, StageResult& result);
  // Whether there is a row with the record's key; look_up_ then stands on it.
  Result<bool> find(const Record& record, Misfit& misfit);
  bool holds(std::size_t compared, const Record& record);
  bool is_same(const Record& record, bool& indexed_differs);
  bool has_same_key(const Record& record);
  bool is_newer_record(const Record& record);
  void keep_existing(std::uint32_t index, StageResult& result);

  bool bind(sql::Statement& statement, int first, std::span<const Slot> slots, const Record& record,
            Binder& binder, Misfit& misfit);
  // Steps and resets. What the record's own fault is, becomes a rejection; all else an Error.
  Result<std::optional<Rejection>> execute(sql::Statement& statement, std::uint32_t index);
  Result<Rejection> fault_of(sql::Statement& statement, std::uint32_t index);
  Rejection rejection(std::uint32_t index, std::string_view reason, std::string message) const;
  void reject(Rejection rejection, StageResult& result);
  Value value_of(const Record& record, const Slot& slot) const {
    return slot.field < 0 ? Value::absent() : record.values[slot.field];
  }

  sql::Database* database_;
  const WriteTarget* target_;  // outlives this
  Options options_;

  std::vector<Slot> insert_slots_;
  std::vector<Slot> key_slots_;
  std::vector<Slot> compare_slots_;  // those of indexes first
  std::size_t indexed_slots_ = 0;    // how many of compare_slots_
  std::vector<Slot> newer_slot_;     // none or one
  bool compare_key_ = false;         // a collation takes different keys for equal ones

  sql::Statement insert_;
  sql::Statement look_up_;
  sql::Statement update_all_;
  sql::Statement update_rest_;   // without the columns of indexes
  sql::Statement trial_update_;  // the row as it would stand, into the trial table
  sql::Statement remove_;
  Binder insert_binder_;
  Binder key_binder_;
  Binder update_binder_;
  ColumnReader reader_;

  const Shape* last_shape_ = nullptr;
  std::uint32_t new_in_a_row_ = 0;
  bool key_is_unique_ = false;
  bool counts_changes_ = false;  // a trigger may have swallowed the row
  bool has_written_ = false;
};

}  // namespace decant::sqlite
