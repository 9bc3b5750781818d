// How a table's statements are made: which columns are written, compared and looked up by.
#include <algorithm>

#include "stores/sqlite/ddl.h"
#include "stores/sqlite/defaults.h"
#include "stores/sqlite/table_writer.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string table_sql(const WriteTarget& target) {
  return "main." + quote_name(target.definition.name);
}

// What a column gets in an update: where the record has no value and the store fills the column in,
// it stays as it is.
std::string update_mark(const Column& column, const std::string& mark) {
  if (column.default_sql.empty()) return mark;
  return "coalesce(" + mark + ", " + quote_name(column.name) + ")";
}

}  // namespace

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
  if (!options_.write) return options_.insert_into.empty() ? ok_status() : prepare_trial_update();
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
    sql +=
        (i == first_slot ? "" : ", ") + quote_name(column.name) + " = " + update_mark(column, "?");
  }
  std::string_view separator = " WHERE ";
  for (const Slot& slot : key_slots_) {
    sql.append(separator).append(quote_name(slot.column.name)).append(" = ?");
    separator = " AND ";
  }
  return database_->prepare(sql);
}

Status TableWriter::prepare_trial_update() {
  std::string columns;
  std::string values;
  for (const Field& field : target_->definition.fields) {
    if (field.generated) continue;
    const std::string name = quote_name(field.name);
    const auto slot =
        std::find_if(compare_slots_.begin(), compare_slots_.end(),
                     [&](const Slot& each) { return each.column.name == field.name; });
    const bool changes = slot != compare_slots_.end();
    columns += (columns.empty() ? "" : ", ") + name;
    values += values.empty() ? "" : ", ";
    const std::string mark = "?" + std::to_string(slot - compare_slots_.begin() + 1);
    values += changes ? update_mark(slot->column, mark) : name;
  }
  std::string where;
  std::size_t parameter = compare_slots_.size();
  for (const Slot& slot : key_slots_) {
    where += (where.empty() ? " WHERE " : " AND ") + quote_name(slot.column.name) + " = ?" +
             std::to_string(++parameter);
  }
  DECANT_ASSIGN(trial_update_,
                database_->prepare("INSERT OR ABORT INTO " + options_.insert_into + " (" + columns +
                                   ") SELECT " + values + " FROM " + table_sql(*target_) + where));
  return ok_status();
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
