#include "stores/sqlite/table_writer.h"

#include <algorithm>
#include <utility>

#include "model/order.h"
#include "stores/sqlite/constraint.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;

}  // namespace

Result<TableWriter> TableWriter::open(sql::Database& database, const WriteTarget& target,
                                      Options options) {
  TableWriter writer(database, target, std::move(options));
  DECANT_CHECK(writer.prepare());
  return writer;
}

Status TableWriter::put(const Record& record, std::uint32_t index, StageResult& result) {
  if (record.shape != last_shape_) map_shape(record.shape);
  if (record.change == Change::remove) return remove(record, index, result);
  return options_.mode == Mode::load ? insert(record, index, result) : merge(record, index, result);
}

Status TableWriter::insert(const Record& record, std::uint32_t index, StageResult& result) {
  Misfit misfit;
  if (!bind(insert_, 0, insert_slots_, record, insert_binder_, misfit)) {
    reject(rejection(index, misfit.reason, misfit.message), result);
    return ok_status();
  }
  const bool tries = insert_.is_open();  // else there is nothing to be refused by
  if (tries && insert_.step() != sql::Step::done) {
    DECANT_ASSIGN(Rejection refused, fault_of(insert_, index));
    reject(std::move(refused), result);
    return ok_status();
  }
  insert_.reset();
  if (tries && counts_changes_ && database_->changes() == 0) {
    reject(rejection(index, "trigger", "a trigger of the table left the record out"), result);
    return ok_status();
  }
  has_written_ = true;
  result.outcomes.push_back(Outcome::inserted);
  return ok_status();
}

Status TableWriter::merge(const Record& record, std::uint32_t index, StageResult& result) {
  std::size_t rejections = result.rejections.size();
  bool tried = options_.write && key_is_unique_ && new_in_a_row_ >= kExpectNewAfter;
  if (tried) {
    DECANT_CHECK(insert(record, index, result));
    if (result.outcomes.back() == Outcome::inserted) return ok_status();
    new_in_a_row_ = 0;
  }
  Misfit misfit;
  Result<bool> found = find(record, misfit);
  if (!found.ok()) {
    look_up_.reset();
    return std::move(found).error();
  }
  if (!misfit.message.empty()) {
    if (!tried) reject(rejection(index, misfit.reason, misfit.message), result);
    return ok_status();
  }
  if (*found) {
    if (tried) {  // it was refused because it is there
      result.outcomes.pop_back();
      result.rejections.resize(rejections);
    }
    new_in_a_row_ = 0;
    return settle(record, index, result);
  }
  look_up_.reset();
  if (tried) return ok_status();  // refused for another reason
  ++new_in_a_row_;
  return insert(record, index, result);
}

Result<bool> TableWriter::find(const Record& record, Misfit& misfit) {
  if (!bind(look_up_, 0, key_slots_, record, key_binder_, misfit)) return false;
  sql::Step step = look_up_.step();
  if (step == sql::Step::row) return true;
  if (step == sql::Step::done) return false;
  return database_->error("look up");
}

// A row with this key is there, and look_up_ stands on it.
Status TableWriter::settle(const Record& record, std::uint32_t index, StageResult& result) {
  const std::string& table = target_->definition.name;
  if (options_.want_existing) keep_existing(index, result);
  if (compare_key_ && !has_same_key(record)) {
    look_up_.reset();
    reject(rejection(index, "unique",
                     table + ": a row with another spelling of this key is there, and the "
                             "collation of the key takes both for one"),
           result);
    return ok_status();
  }
  bool indexed_differs = false;
  bool same = is_same(record, indexed_differs);
  bool newer = !same && target_->policy == Policy::newer_than && is_newer_record(record);
  bool ambiguous = !key_is_unique_ && !same && look_up_.step() == sql::Step::row;
  look_up_.reset();
  if (same) {
    result.outcomes.push_back(Outcome::unchanged);
    return ok_status();
  }
  switch (target_->policy) {
    case Policy::insert:
      reject(rejection(index, "conflict",
                       table + ": a record with this key is there with other content; choose "
                               "what wins with --on-conflict skip, upsert or newer-than:FIELD"),
             result);
      return ok_status();
    case Policy::skip:
      result.outcomes.push_back(Outcome::superseded);
      return ok_status();
    case Policy::newer_than:
      if (newer) break;
      result.outcomes.push_back(Outcome::superseded);
      return ok_status();
    case Policy::upsert:
      break;
  }
  if (ambiguous) {
    reject(rejection(index, "key_not_unique",
                     table + ": several rows have this key; name a key that is unique (--key)"),
           result);
    return ok_status();
  }
  return update(record, index, indexed_differs, result);
}

Status TableWriter::update(const Record& record, std::uint32_t index, bool indexed,
                           StageResult& result) {
  if (!options_.write) return try_update(record, index, result);
#if DECANT_MUTANT_REPLACE_FOR_UPSERT
  DECANT_ASSIGN(sql::Statement replace, database_->prepare([&] {
    std::string columns;
    std::string marks;
    for (const Slot& slot : insert_slots_) {
      columns += (columns.empty() ? "" : ", ") + quote_name(slot.column.name);
      marks += marks.empty() ? "?" : ", ?";
    }
    return "INSERT OR REPLACE INTO main." + quote_name(target_->definition.name) + " (" + columns +
           ") VALUES (" + marks + ")";
  }()));
  Misfit replaced;
  if (bind(replace, 0, insert_slots_, record, update_binder_, replaced)) {
    DECANT_CHECK(replace.run());
    has_written_ = true;
    result.outcomes.push_back(Outcome::updated);
    return ok_status();
  }
#endif
  std::size_t first = indexed ? 0 : indexed_slots_;
  sql::Statement& statement = indexed || indexed_slots_ == 0 ? update_all_ : update_rest_;
  std::span<const Slot> slots = std::span(compare_slots_).subspan(first);
  Misfit misfit;
  if (!bind(statement, 0, slots, record, update_binder_, misfit) ||
      !bind(statement, static_cast<int>(slots.size()), key_slots_, record, update_binder_,
            misfit)) {
    reject(rejection(index, misfit.reason, misfit.message), result);
    return ok_status();
  }
  DECANT_ASSIGN(std::optional<Rejection> refused, execute(statement, index));
  if (refused) {
    reject(std::move(*refused), result);
    return ok_status();
  }
  if (database_->changes() == 0) {
    reject(rejection(index, "trigger", "a trigger of the table left the change out"), result);
    return ok_status();
  }
  has_written_ = true;
  result.outcomes.push_back(Outcome::updated);
  return ok_status();
}

Status TableWriter::try_update(const Record& record, std::uint32_t index, StageResult& result) {
  if (trial_update_.is_open()) {
    const int keys = static_cast<int>(compare_slots_.size());
    Misfit misfit;
    if (!bind(trial_update_, 0, compare_slots_, record, update_binder_, misfit) ||
        !bind(trial_update_, keys, key_slots_, record, update_binder_, misfit)) {
      reject(rejection(index, misfit.reason, misfit.message), result);
      return ok_status();
    }
    DECANT_ASSIGN(std::optional<Rejection> refused, execute(trial_update_, index));
    // An id that the trial table has made up for a new row says nothing.
    const bool made_up =
        refused && refused->reason == "unique" && target_->definition.key_generated;
    if (refused && !made_up) {
      reject(std::move(*refused), result);
      return ok_status();
    }
  }
  result.outcomes.push_back(Outcome::updated);
  return ok_status();
}

Status TableWriter::remove(const Record& record, std::uint32_t index, StageResult& result) {
  Misfit misfit;
  DECANT_ASSIGN(bool found, find(record, misfit));
  if (found && options_.want_existing) keep_existing(index, result);
  look_up_.reset();
  if (!misfit.message.empty()) {
    reject(rejection(index, misfit.reason, misfit.message), result);
    return ok_status();
  }
  if (!found || !options_.write) {
    result.outcomes.push_back(found ? Outcome::removed : Outcome::unchanged);
    return ok_status();
  }
  if (!bind(remove_, 0, key_slots_, record, update_binder_, misfit)) {
    reject(rejection(index, misfit.reason, misfit.message), result);
    return ok_status();
  }
  DECANT_ASSIGN(std::optional<Rejection> refused, execute(remove_, index));
  if (refused) {
    reject(std::move(*refused), result);
    return ok_status();
  }
  has_written_ = true;
  result.outcomes.push_back(Outcome::removed);
  return ok_status();
}

// The columns of indexes are all compared, since the update may leave them out where they are the
// same; of the others the first that differs is enough.
bool TableWriter::is_same(const Record& record, bool& indexed_differs) {
  for (std::size_t i = 0; i < indexed_slots_ && !indexed_differs; ++i) {
    indexed_differs = !holds(i, record);
  }
  if (indexed_differs) return false;
  for (std::size_t i = indexed_slots_; i < compare_slots_.size(); ++i) {
    if (!holds(i, record)) return false;
  }
  return true;
}

// Whether the row has the record's value of a compared column. Where the record has none and the
// store fills the column in, any value is as it should be.
bool TableWriter::holds(std::size_t compared, const Record& record) {
  const Slot& slot = compare_slots_[compared];
  Value value = value_of(record, slot);
  if (!value.is_present() && !slot.column.default_sql.empty()) return true;
  return reader_.equals(look_up_.handle(), static_cast<int>(compared), slot.column, value);
}

bool TableWriter::is_newer_record(const Record& record) {
  int index = static_cast<int>(compare_slots_.size());
  Arena scratch;
  Value there;
  reader_.read(look_up_.handle(), index, newer_slot_.front().column, scratch, there);
  Value value = value_of(record, newer_slot_.front());
  // Anything is newer than nothing; what has no common order is not.
  if (!there.is_present()) return value.is_present();
  return order(value, there) == std::partial_ordering::greater;
}

bool TableWriter::has_same_key(const Record& record) {
  int first = static_cast<int>(compare_slots_.size() + newer_slot_.size());
  for (std::size_t i = 0; i < key_slots_.size(); ++i) {
    if (!reader_.equals(look_up_.handle(), first + static_cast<int>(i), key_slots_[i].column,
                        value_of(record, key_slots_[i]))) {
      return false;
    }
  }
  return true;
}

void TableWriter::keep_existing(std::uint32_t index, StageResult& result) {
  const Definition& definition = target_->definition;
  int first = static_cast<int>(compare_slots_.size() + newer_slot_.size() + key_slots_.size());
  std::span<Value> values = result.existing.arena.allocate_array<Value>(definition.fields.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    reader_.read(look_up_.handle(), first + static_cast<int>(i),
                 column_of(definition, definition.fields[i]), result.existing.arena, values[i]);
  }
  Record record;
  record.shape = options_.shape;
  record.values = values.data();
  record.source_index = index;
  result.existing.records.push_back(record);
}

bool TableWriter::bind(sql::Statement& statement, int first, std::span<const Slot> slots,
                       const Record& record, Binder& binder, Misfit& misfit) {
  if (!statement.is_open()) return true;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!binder.bind(statement.handle(), first + static_cast<int>(i), slots[i].column,
                     value_of(record, slots[i]), misfit)) {
      return false;
    }
  }
  return true;
}

Result<std::optional<Rejection>> TableWriter::execute(sql::Statement& statement,
                                                      std::uint32_t index) {
  if (statement.step() != sql::Step::done) {
    DECANT_ASSIGN(Rejection refused, fault_of(statement, index));
    return std::optional<Rejection>(std::move(refused));
  }
  statement.reset();
  return std::optional<Rejection>();
}

// The record's own fault for which `statement` failed; resets it.
Result<Rejection> TableWriter::fault_of(sql::Statement& statement, std::uint32_t index) {
  const std::string& table = target_->definition.name;
  std::optional<Rejection> refused = rejection_of(*database_, table, index);
  Error error = refused ? Error{} : database_->error();
  statement.reset();
  if (!refused) return error;
#if !DECANT_MUTANT_GOES_ON_AFTER_A_LOST_BATCH
  if (options_.write && !database_->in_transaction()) {
    return Error{ErrorCode::io, refused->message +
                                    ". The trigger ends the whole transaction, RAISE(ROLLBACK), so "
                                    "that all records since the last commit were undone with this "
                                    "one: let it say RAISE(ABORT), or mend the record"};
  }
#endif
  return std::move(*refused);
}

Rejection TableWriter::rejection(std::uint32_t index, std::string_view reason,
                                 std::string message) const {
  return {index, std::string(reason), std::move(message)};
}

void TableWriter::reject(Rejection rejection, StageResult& result) {
  result.outcomes.push_back(Outcome::quarantined);
  result.rejections.push_back(std::move(rejection));
}

void TableWriter::map_shape(const Shape* shape) {
  for (std::vector<Slot>* slots : {&insert_slots_, &key_slots_, &compare_slots_, &newer_slot_}) {
    for (Slot& slot : *slots) slot.field = shape->find(slot.column.name);
  }
  last_shape_ = shape;
}

}  // namespace decant::sqlite
