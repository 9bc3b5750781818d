#include "stores/sqlite/table_writer.h"

#include <algorithm>
#include <utility>

#include "model/order.h"
#include "stores/sqlite/constraint.h"
#include "stores/sqlite/ddl.h"
#include "stores/sqlite/defaults.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;

// So many new records one after the other, and the next is inserted without a look before.
constexpr std::uint32_t kExpectNewAfter = 8;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string table_sql(const WriteTarget& target) {
  return "main." + quote_name(target.definition.name);
}

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
  sql::Step step = sql::Step::done;
  if (insert_.is_open()) step = insert_.step();
  if (step != sql::Step::done) {
    std::optional<Rejection> refused = rejection_of(*database_, target_->definition.name, index);
    if (!refused) {
      Error error = database_->error();
      insert_.reset();
      return error;
    }
    insert_.reset();
    reject(std::move(*refused), result);
    return ok_status();
  }
  insert_.reset();
  if (counts_changes_ && database_->changes() == 0) {
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
  if (!options_.write) {
    result.outcomes.push_back(Outcome::updated);
    return ok_status();
  }
#if DECANT_MUTANT_REPLACE_FOR_UPSERT
  DECANT_ASSIGN(sql::Statement replace, database_->prepare([&] {
    std::string columns;
    std::string marks;
    for (const Slot& slot : insert_slots_) {
      columns += (columns.empty() ? "" : ", ") + quote_name(slot.column.name);
      marks += marks.empty() ? "?" : ", ?";
    }
    return "INSERT OR REPLACE INTO " + table_sql(*target_) + " (" + columns + ") VALUES (" + marks +
           ")";
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
  std::optional<Rejection> refused;
  if (statement.step() != sql::Step::done) {
    refused = rejection_of(*database_, target_->definition.name, index);
    if (!refused) {
      Error error = database_->error();
      statement.reset();
      return error;
    }
  }
  statement.reset();
  return refused;
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

void TableWriter::choose_columns() {
  const Definition& definition = target_->definition;
  for (const std::string& name : definition.key) {
    const Field* field = definition.find(name);
    if (!field->collation.empty() && !same_name(field->collation, "BINARY")) compare_key_ = true;
    key_slots_.push_back({column_of(definition, *field)});
  }
  for (const Field& field : definition.fields) {
    if (field.generated) continue;
    bool key = contains(definition.key, field.name);
    bool once = contains(target_->once, field.name);
    bool owned = target_->owned.empty() || contains(target_->owned, field.name) ||
                 field.name == definition.complement;
    bool filled = is_filled(*target_, field.name);
    if (!key && !once && !owned && !filled) continue;
    insert_slots_.push_back({column_of(definition, field)});
    if (!key && !once && owned) compare_slots_.push_back({column_of(definition, field)});
  }
  const Field* newer = definition.find(target_->newer_than);
  if (target_->policy == Policy::newer_than && newer != nullptr) {
    newer_slot_.push_back({column_of(definition, *newer)});
  }
}

Status TableWriter::prepare() {
  const Definition& definition = target_->definition;
  if (target_->policy == Policy::newer_than && definition.find(target_->newer_than) == nullptr) {
    return Error{ErrorCode::invalid, definition.name +
                                         ": --on-conflict newer-than names the field "
                                         "\"" +
                                         target_->newer_than + "\", which is not there"};
  }
  choose_columns();
  if (options_.expect_new) new_in_a_row_ = kExpectNewAfter;
  std::string columns;
  std::string values;
  for (std::size_t i = 0; i < insert_slots_.size(); ++i) {
    const Column& column = insert_slots_[i].column;
    std::string mark = "?" + std::to_string(i + 1);
    columns += (columns.empty() ? "" : ", ") + quote_name(column.name);
    values += values.empty() ? "" : ", ";
    values +=
        column.default_sql.empty() ? mark : "coalesce(" + mark + ", (" + column.default_sql + "))";
  }
  if (options_.write || !options_.insert_into.empty()) {
    std::string into = options_.insert_into.empty() ? table_sql(*target_) : options_.insert_into;
    // OR ABORT: a rule of the table may say otherwise (ON CONFLICT REPLACE), and must not here.
    DECANT_ASSIGN(insert_, database_->prepare("INSERT OR ABORT INTO " + into + " (" + columns +
                                              ") VALUES (" + values + ")"));
  }
  if (options_.mode == Mode::load) return ok_status();
  return prepare_look_up();
}

Status TableWriter::prepare_look_up() {
  std::vector<std::string> indexed;
  bool all_indexed = false;
  DECANT_CHECK(find_indexed(indexed, all_indexed));
  DECANT_CHECK(find_triggers(counts_changes_));
  auto is_indexed = [&](const Slot& slot) {
    return !all_indexed && !counts_changes_ && contains(indexed, slot.column.name);
  };
  auto rest = std::stable_partition(compare_slots_.begin(), compare_slots_.end(), is_indexed);
  indexed_slots_ = static_cast<std::size_t>(rest - compare_slots_.begin());

  const Definition& definition = target_->definition;
  std::string select;
  auto add = [&](const std::string& name) {
    select += (select.empty() ? "" : ", ") + quote_name(name);
  };
  for (const Slot& slot : compare_slots_) add(slot.column.name);
  for (const Slot& slot : newer_slot_) add(slot.column.name);
  for (const Slot& slot : key_slots_) add(slot.column.name);
  if (options_.want_existing) {
    for (const Field& field : definition.fields) add(field.name);
  }
  std::string where;
  for (const Slot& slot : key_slots_) {
    where += (where.empty() ? " WHERE " : " AND ") + quote_name(slot.column.name) + " = ?";
  }
  if (where.empty()) {
    return Error{ErrorCode::invalid, definition.name +
                                         ": the table has rows and no key to find them by; name "
                                         "its key with --key"};
  }
  std::string from = " FROM " + table_sql(*target_) + where;
  DECANT_ASSIGN(look_up_, database_->prepare("SELECT " + select + from));
  if (!options_.write) return ok_status();
  DECANT_ASSIGN(remove_, database_->prepare("DELETE" + from));
  if (compare_slots_.empty()) return ok_status();
  DECANT_ASSIGN(update_all_, prepare_update(0));
  if (indexed_slots_ > 0 && indexed_slots_ < compare_slots_.size()) {
    DECANT_ASSIGN(update_rest_, prepare_update(indexed_slots_));
  }
  return ok_status();
}

Result<sql::Statement> TableWriter::prepare_update(std::size_t first_slot) {
  std::string sql = "UPDATE OR ABORT " + table_sql(*target_) + " SET ";
  for (std::size_t i = first_slot; i < compare_slots_.size(); ++i) {
    const Column& column = compare_slots_[i].column;
    std::string name = quote_name(column.name);
    std::string mark = column.default_sql.empty() ? "?" : "coalesce(?, " + name + ")";
    sql += (i == first_slot ? "" : ", ") + name + " = " + mark;
  }
  std::string_view separator = " WHERE ";
  for (const Slot& slot : key_slots_) {
    sql.append(separator).append(quote_name(slot.column.name)).append(" = ?");
    separator = " AND ";
  }
  return database_->prepare(sql);
}

// The fields that stand in an index or a foreign key; `all` where an expression hides which.
Status TableWriter::find_indexed(std::vector<std::string>& names, bool& all) {
  const Definition& definition = target_->definition;
  DECANT_ASSIGN(sql::Statement rows,
                database_->prepare("SELECT l.name, l.\"unique\", l.partial, i.name "
                                   "FROM pragma_index_list(?1, 'main') l, "
                                   "pragma_index_info(l.name, 'main') i ORDER BY l.seq, i.seqno"));
  rows.bind_text(0, definition.name);
  std::string index;
  std::vector<std::string> parts;
  bool unique = false;
  key_is_unique_ = key_is_row_id(definition) || definition.without_rowid;
  auto close_index = [&] {
    bool same = unique && parts.size() == definition.key.size() &&
                std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
                  return contains(definition.key, part);
                });
    key_is_unique_ = key_is_unique_ || same;
  };
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) break;
    if (rows.text(0) != index) {
      close_index();
      index = std::string(rows.text(0));
      parts.clear();
      unique = rows.int64(1) != 0 && rows.int64(2) == 0;
    }
    if (rows.int64(2) != 0 || rows.is_null(3)) all = true;
    parts.emplace_back(rows.text(3));
    names.emplace_back(rows.text(3));
  }
  close_index();
  for (const ForeignKey& key : definition.foreign_keys) {
    names.insert(names.end(), key.fields.begin(), key.fields.end());
  }
  return ok_status();
}

Status TableWriter::find_triggers(bool& any) {
  DECANT_ASSIGN(sql::Statement rows,
                database_->prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' "
                                   "AND tbl_name = ? COLLATE NOCASE"));
  rows.bind_text(0, target_->definition.name);
  DECANT_ASSIGN(any, rows.next());
  return ok_status();
}

}  // namespace decant::sqlite
