#include "stores/sqlite/view.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/file.h"
#include "stores/sqlite/checkpoint_table.h"
#include "stores/sqlite/describe.h"
#include "stores/sqlite/reader.h"
#include "stores/sqlite/snapshot.h"

namespace decant::sqlite {
namespace {

constexpr std::string_view kWhole = "all";

// Rounded towards minus infinity, so that spans have the same borders below zero.
std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
  std::int64_t quotient = number / by;
  return quotient * by > number ? quotient - 1 : quotient;
}

std::int64_t span_for(std::int64_t first, std::int64_t last) {
  std::int64_t span = partition_rows;
  while (floor_divide(last, span) - floor_divide(first, span) >= partitions_max) span *= 2;
  return span;
}

Partition whole_table(const Definition& definition) {
  Partition partition;
  partition.collection = definition.name;
  partition.id = std::string(kWhole);
  partition.label = definition.name;
  return partition;
}

// The last row of span `number`; the last span of all ends with the numbers.
std::int64_t end_of_span(std::int64_t number, std::int64_t span) {
  std::int64_t end = 0;
  bool past = __builtin_mul_overflow(number + 1, span, &end);
  return past ? INT64_MAX : end - 1;
}

std::int64_t start_of_span(std::int64_t number, std::int64_t span) {
  std::int64_t start = 0;
  bool past = __builtin_mul_overflow(number, span, &start);
  return past ? INT64_MIN : start;
}

std::optional<RowRange> parse_range(std::string_view id) {
  RowRange range;
  const char* end = id.data() + id.size();
  auto first = std::from_chars(id.data(), end, range.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ' ') return std::nullopt;
  auto last = std::from_chars(first.ptr + 1, end, range.last);
  if (last.ec != std::errc() || last.ptr != end) return std::nullopt;
  return range;
}

void name_what_is_left(const std::vector<SchemaEntry>& schema, std::vector<Definition>& all) {
  if (all.empty()) return;
  for (const SchemaEntry& entry : schema) {
    bool is_virtual = entry.type == "table" && entry.sql.starts_with("CREATE VIRTUAL");
    if (entry.type == "view") all.front().left_behind.push_back("view " + entry.name);
    if (is_virtual) all.front().left_behind.push_back("virtual table " + entry.name);
  }
}

class SqliteView : public View {
 public:
  SqliteView(std::shared_ptr<Snapshot> snapshot, std::vector<Definition> definitions,
             std::string path, FileStamp stamp, std::shared_ptr<ShapeTable> shapes)
      : snapshot_(std::move(snapshot)),
        definitions_(std::move(definitions)),
        path_(std::move(path)),
        stamp_(stamp),
        shapes_(std::move(shapes)) {}

  const std::vector<Definition>& definitions() const override { return definitions_; }
  const std::vector<std::string>& files() const override { return no_files_; }

  Result<std::vector<Partition>> partitions(std::string_view collection) override;

  Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                       const ReadOptions& options) override {
    DECANT_ASSIGN(Selection selection, select(partition.collection, options.fields));
    RowRange range;
    if (partition.id != kWhole) {
      std::optional<RowRange> parsed = parse_range(partition.id);
      if (!parsed) {
        return Error{ErrorCode::invalid, path_ + ": there is no partition \"" + partition.id +
                                             "\" of " + partition.collection};
      }
      range = *parsed;
    }
    DECANT_ASSIGN(Snapshot::Lease lease, snapshot_->take());
    return read_rows(std::move(lease), std::move(selection), range, options);
  }

  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override {
    DECANT_ASSIGN(Selection selection, select(collection, {}));
    DECANT_ASSIGN(Snapshot::Lease lease, snapshot_->take());
    return fetch_rows(std::move(lease), std::move(selection), origins);
  }

  // Writes beside the view are not seen by it; only another file in its place would matter.
  Result<std::vector<std::string>> changes_seen() override {
    Result<FileStamp> now = file_stamp(path_);
    if (!now.ok()) return std::vector<std::string>{path_ + ": it is not there any more"};
    if (now->inode == stamp_.inode && now->device == stamp_.device) {
      return std::vector<std::string>{};
    }
    return std::vector<std::string>{path_ + ": another file was put in its place"};
  }

 private:
  Result<Selection> select(std::string_view collection, std::span<const std::string> fields) {
    for (const Definition& definition : definitions_) {
      if (definition.name == collection) return select_columns(definition, fields, shapes_);
    }
    return Error{ErrorCode::not_found,
                 path_ + ": there is no table \"" + std::string(collection) + "\""};
  }

  std::shared_ptr<Snapshot> snapshot_;  // shared with the readers
  std::vector<Definition> definitions_;
  std::vector<std::string> no_files_;
  std::string path_;
  FileStamp stamp_;
  std::shared_ptr<ShapeTable> shapes_;  // shared with the store and the readers
};

Result<std::vector<Partition>> SqliteView::partitions(std::string_view collection) {
  DECANT_ASSIGN(Selection selection, select(collection, {}));
  if (selection.place != Selection::Place::row_id) {
    return std::vector<Partition>{whole_table(selection.definition)};
  }
  DECANT_ASSIGN(Snapshot::Lease lease, snapshot_->take());
  std::string table = " FROM main." + sql::quote_name(collection);
  std::vector<Partition> partitions;
  // Two statements: SQLite answers each with one step to an end of the table.
  DECANT_ASSIGN(sql::Statement least,
                lease.database().prepare("SELECT min(" + selection.row_id + ")" + table));
  DECANT_ASSIGN(sql::Statement greatest,
                lease.database().prepare("SELECT max(" + selection.row_id + ")" + table));
  DECANT_ASSIGN(bool has_least, least.next());
  DECANT_ASSIGN(bool has_greatest, greatest.next());
  if (!has_least || !has_greatest || least.is_null(0)) return partitions;
  std::int64_t first = least.int64(0);
  std::int64_t last = greatest.int64(0);
  std::int64_t span = span_for(first, last);
  for (std::int64_t at = floor_divide(first, span); at <= floor_divide(last, span); ++at) {
    Partition partition = whole_table(selection.definition);
    std::int64_t begin = start_of_span(at, span);
    std::int64_t end = end_of_span(at, span);
    partition.id = std::to_string(begin) + " " + std::to_string(end);
    partition.label += " rows " + std::to_string(begin) + " to " + std::to_string(end);
    partition.records = static_cast<std::uint64_t>(std::min(end, last)) -
                        static_cast<std::uint64_t>(std::max(begin, first)) + 1;
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

}  // namespace

Result<std::vector<Definition>> describe_all(sql::Database& database,
                                             const std::string& collection) {
  DECANT_ASSIGN(std::vector<SchemaEntry> schema, read_schema(database));
  DECANT_ASSIGN(CheckpointState state, read_checkpoints(database, schema));
  DECANT_ASSIGN(std::string journal, database.query_text("PRAGMA main.journal_mode"));
  std::vector<std::string> names = table_names(schema);
  if (!collection.empty()) names = {collection};
  std::vector<Definition> all;
  for (const std::string& name : names) {
    DECANT_ASSIGN(Definition definition,
                  describe_table(database, schema, name, state.pending_of(name)));
    definition.wal = journal == "wal" || state.wal_wanted;
    all.push_back(std::move(definition));
  }
  if (collection.empty()) name_what_is_left(schema, all);
  return all;
}

Result<std::unique_ptr<View>> open_view(const std::string& path, const std::string& collection,
                                        std::shared_ptr<ShapeTable> shapes) {
  DECANT_ASSIGN(FileStamp stamp, file_stamp(path));
  DECANT_ASSIGN(std::shared_ptr<Snapshot> snapshot, Snapshot::open(path));
  DECANT_ASSIGN(Snapshot::Lease lease, snapshot->take());
  DECANT_ASSIGN(std::vector<Definition> definitions, describe_all(lease.database(), collection));
  return std::unique_ptr<View>(std::make_unique<SqliteView>(
      std::move(snapshot), std::move(definitions), path, stamp, std::move(shapes)));
}

}  // namespace decant::sqlite
