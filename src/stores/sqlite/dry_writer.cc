#include "stores/sqlite/dry_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sql/sqlite.h"
#include "stores/sqlite/checkpoint_table.h"
#include "stores/sqlite/ddl.h"
#include "stores/sqlite/describe.h"
#include "stores/sqlite/snapshot.h"
#include "stores/sqlite/table_writer.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;

// A question about one record: its columns are bound, a row is the answer yes.
struct Probe {
  sql::Statement statement;
  std::vector<Column> columns;
  std::string message;
};

struct Table {
  std::optional<TableWriter> writer;
  std::vector<Probe> taken;    // another row has the record's values of a unique index
  std::vector<Probe> parents;  // the row that a foreign key names is there
};

bool has_own_unique_index(const Definition& definition) {
  return std::any_of(definition.indexes.begin(), definition.indexes.end(),
                     [](const Index& index) { return index.unique; });
}

// Whether the table could refuse a conformed record for anything but its key.
bool needs_trial(const WriteTarget& target) {
  const Definition& definition = target.definition;
  bool required =
      std::any_of(definition.fields.begin(), definition.fields.end(),
                  [](const Field& field) { return field.required && field.default_sql.empty(); });
  return (required && !target.owned.empty()) || !definition.checks.empty() || definition.strict ||
         has_own_unique_index(definition) || !definition.foreign_keys.empty();
}

class DryWriter : public Writer {
 public:
  DryWriter(sql::Database database, std::vector<WriteTarget> targets, WriteOptions options,
            WriterSetup setup)
      : database_(std::move(database)),
        targets_(std::move(targets)),
        options_(std::move(options)),
        setup_(std::move(setup)) {}

  Status open();
  Status stage(std::uint32_t target, std::span<const Record> records, StageResult& result) override;
  Result<std::vector<Outcome>> commit(std::string_view) override { return std::vector<Outcome>{}; }
  Result<std::string> checkpoint() override { return checkpoint_; }
  Result<FinishResult> finish() override { return FinishResult{}; }

 private:
  Status look(std::uint32_t target, std::span<const Record> records, StageResult& result);
  Status open_table(const WriteTarget& target, bool there);
  Status make_trial(const WriteTarget& target);
  Status add_unique_probes(const WriteTarget& target, Table& table);
  Status add_parent_probes(const WriteTarget& target, Table& table);
  Result<std::string> find_taken(Table& table, const Record& record);
  Result<bool> ask(Probe& probe, const Record& record, bool& all_present);
  bool is_there(const std::string& name) const;
  bool has_trial(const std::string& name) const;

  sql::Database database_;
  std::vector<WriteTarget> targets_;
  WriteOptions options_;
  WriterSetup setup_;
  std::vector<SchemaEntry> schema_;
  std::vector<std::string> trials_;
  std::vector<Table> tables_;
  Binder binder_;
  std::string checkpoint_;
};

Status DryWriter::open() {
  DECANT_CHECK(database_.exec(look_up_cache));
  DECANT_ASSIGN(schema_, read_schema(database_));
  DECANT_ASSIGN(CheckpointState state, read_checkpoints(database_, schema_));
  auto own = state.checkpoints.find(options_.checkpoint_name);
  if (own != state.checkpoints.end()) checkpoint_ = own->second;
  for (const WriteTarget& target : targets_) {
    bool referred_to = std::any_of(targets_.begin(), targets_.end(), [&](const WriteTarget& other) {
      const auto& keys = other.definition.foreign_keys;
      return std::any_of(keys.begin(), keys.end(), [&](const ForeignKey& key) {
        return same_name(key.collection, target.definition.name);
      });
    });
    if (referred_to || needs_trial(target)) DECANT_CHECK(make_trial(target));
  }
  tables_.reserve(targets_.size());
  for (const WriteTarget& target : targets_) {
    DECANT_CHECK(open_table(target, is_there(target.definition.name)));
  }
  return ok_status();
}

bool DryWriter::is_there(const std::string& name) const {
  return std::any_of(schema_.begin(), schema_.end(), [&](const SchemaEntry& entry) {
    return entry.type == "table" && same_name(entry.name, name);
  });
}

bool DryWriter::has_trial(const std::string& name) const {
  return std::any_of(trials_.begin(), trials_.end(),
                     [&](const std::string& trial) { return same_name(trial, name); });
}

Status DryWriter::make_trial(const WriteTarget& target) {
  const Definition& definition = target.definition;
  // Temporary tables are written; open_for_reading() may have switched that off with all the rest.
  DECANT_CHECK(database_.exec("PRAGMA query_only=0"));
  DECANT_CHECK(database_.exec(create_table_sql(definition, true)));
  constexpr std::string_view kUnique = "CREATE UNIQUE INDEX ";
  for (std::string statement : create_index_sql(definition)) {
    if (!statement.starts_with(kUnique)) continue;
    statement.insert(kUnique.size(), "temp.");
    DECANT_CHECK(database_.exec(statement));
  }
  trials_.push_back(definition.name);
  return ok_status();
}

Status DryWriter::open_table(const WriteTarget& target, bool there) {
  Table& table = tables_.emplace_back();
  TableWriter::Options options;
  options.mode = there ? TableWriter::Mode::merge : TableWriter::Mode::load;
  options.want_existing = options_.want_existing;
  options.write = false;
  if (has_trial(target.definition.name)) {
    options.insert_into = "temp." + quote_name(target.definition.name);
  }
  std::vector<std::string_view> names;
  for (const Field& field : target.definition.fields) names.push_back(field.name);
  Batch unused;
  options.shape = setup_.shapes->get(names, unused);
  DECANT_ASSIGN(TableWriter writer, TableWriter::open(database_, target, options));
  table.writer.emplace(std::move(writer));
  if (there) DECANT_CHECK(add_unique_probes(target, table));
  return add_parent_probes(target, table);
}

// For unique indexes over plain fields; of the others only the trial table knows.
Status DryWriter::add_unique_probes(const WriteTarget& target, Table& table) {
  const Definition& definition = target.definition;
  for (const Index& index : definition.indexes) {
    bool plain = index.where.empty() &&
                 std::all_of(index.parts.begin(), index.parts.end(),
                             [](const IndexPart& part) { return part.expression.empty(); });
    if (!index.unique || !plain) continue;
    Probe probe;
    std::string where;
    auto add = [&](const std::string& name) {
      probe.columns.push_back(column_of(definition, *definition.find(name)));
      return quote_name(name) + " = ?";
    };
    for (const IndexPart& part : index.parts) {
      where += (where.empty() ? "" : " AND ") + add(part.field);
      if (!part.collation.empty()) where += " COLLATE " + quote_name(part.collation);
    }
    std::string same;
    for (const std::string& name : definition.key)
      same += (same.empty() ? "" : " AND ") + add(name);
    if (!same.empty()) where += " AND NOT (" + same + ")";
    probe.message = "UNIQUE constraint failed: another row has the record's values of " +
                    (index.name.empty() ? "a unique rule" : "the index " + index.name);
    DECANT_ASSIGN(
        probe.statement,
        database_.prepare("SELECT 1 FROM main." + quote_name(definition.name) + " WHERE " + where));
    table.taken.push_back(std::move(probe));
  }
  return ok_status();
}

Status DryWriter::add_parent_probes(const WriteTarget& target, Table& table) {
  const Definition& definition = target.definition;
  for (const ForeignKey& key : definition.foreign_keys) {
    if (key.target_fields.size() != key.fields.size()) continue;
    Probe probe;
    std::string where;
    for (std::size_t i = 0; i < key.fields.size(); ++i) {
      probe.columns.push_back(column_of(definition, *definition.find(key.fields[i])));
      where += (i == 0 ? " WHERE " : " AND ") + quote_name(key.target_fields[i]) + " = ?" +
               std::to_string(i + 1);
    }
    std::string select;
    std::string parent = "." + quote_name(key.collection) + where;
    if (is_there(key.collection)) select = "SELECT 1 FROM main" + parent;
    if (has_trial(key.collection)) {
      select += (select.empty() ? "" : " UNION ALL ") + ("SELECT 1 FROM temp" + parent);
    }
    if (select.empty()) continue;
    probe.message = "FOREIGN KEY constraint failed: the row of " + key.collection +
                    " that it refers to is missing";
    DECANT_ASSIGN(probe.statement, database_.prepare(select));
    table.parents.push_back(std::move(probe));
  }
  return ok_status();
}

Result<bool> DryWriter::ask(Probe& probe, const Record& record, bool& all_present) {
  all_present = true;
  Misfit misfit;
  for (std::size_t i = 0; i < probe.columns.size(); ++i) {
    Value value = record.find(probe.columns[i].name);
    all_present = all_present && value.is_present();
    if (!binder_.bind(probe.statement.handle(), static_cast<int>(i), probe.columns[i], value,
                      misfit)) {
      return false;
    }
  }
  Result<bool> row = probe.statement.next();
  probe.statement.reset();
  return row;
}

Result<std::string> DryWriter::find_taken(Table& table, const Record& record) {
  for (Probe& probe : table.taken) {
    bool all_present = true;
    DECANT_ASSIGN(bool taken, ask(probe, record, all_present));
    if (taken) return probe.message;
  }
  return std::string();
}

// One read transaction for all: a lock for each record costs more than looking it up, and one for
// the whole run would keep an application from writing.
Status DryWriter::stage(std::uint32_t target, std::span<const Record> records,
                        StageResult& result) {
  result.clear();
  DECANT_CHECK(database_.begin());
  Status looked = look(target, records, result);
  // A conflict clause of the table may have ended it.
  if (database_.in_transaction()) DECANT_CHECK(database_.commit());
  return looked;
}

Status DryWriter::look(std::uint32_t target, std::span<const Record> records, StageResult& result) {
  Table& table = tables_[target];
  const std::string& name = targets_[target].definition.name;
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    DECANT_CHECK(table.writer->put(records[i], i, result));
    Outcome outcome = result.outcomes.back();
    if (outcome != Outcome::inserted && outcome != Outcome::updated) continue;
    DECANT_ASSIGN(std::string taken, find_taken(table, records[i]));
    if (taken.empty()) continue;
    result.outcomes.back() = Outcome::quarantined;
    result.rejections.push_back({i, "unique", name + ": " + taken + "; mend one of the two"});
  }
  // After all of them, since rows may come before the ones they refer to.
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    Outcome& outcome = result.outcomes[i];
    if (outcome != Outcome::inserted && outcome != Outcome::updated) continue;
    for (Probe& probe : table.parents) {
      bool all_present = true;
      DECANT_ASSIGN(bool found, ask(probe, records[i], all_present));
      if (found || !all_present) continue;
      outcome = Outcome::quarantined;
      result.rejections.push_back(
          {i, "foreign_key",
           name + ": " + probe.message +
               "; copy that collection first, or run the same command again where "
               "that row came later in the source"});
      break;
    }
  }
  std::sort(result.rejections.begin(), result.rejections.end(),
            [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
  return ok_status();
}

}  // namespace

Result<std::unique_ptr<Writer>> open_dry_writer(const WriterSetup& setup, bool there,
                                                std::vector<WriteTarget> targets,
                                                const WriteOptions& options) {
  sql::Database database;
  if (there) {
    DECANT_ASSIGN(database, open_for_reading(setup.path));
  } else {
    DECANT_ASSIGN(database, sql::Database::open("", {sql::OpenMode::temporary}));
  }
  auto writer =
      std::make_unique<DryWriter>(std::move(database), std::move(targets), options, setup);
  DECANT_CHECK(writer->open());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace decant::sqlite
