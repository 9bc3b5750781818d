#include "stores/sqlite/reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <list>
#include <utility>

#include "base/limits.h"
#include "sql/sqlite.h"
#include "stores/sqlite/ddl.h"

namespace decant::sqlite {
namespace {

using sql::quote_name;

constexpr std::size_t kBytesPerNumber = 8;

std::string column_list(const Selection& selection) {
  std::string list;
  for (const Column& column : selection.columns) {
    if (!list.empty()) list += ", ";
    list += quote_name(column.name);
  }
  return list.empty() ? "NULL" : list;
}

std::string key_list(const Selection& selection) {
  std::string list;
  for (const std::string& name : selection.definition.key) {
    if (!list.empty()) list += ", ";
    list += quote_name(name);
  }
  return list;
}

std::string from_table(const Selection& selection) {
  return " FROM main." + quote_name(selection.definition.name);
}

// Turns rows into records; the first column of a statement is the row id or NULL.
class RowMaker {
 public:
  explicit RowMaker(const Selection& selection) : selection_(selection) {}

  // Appends a record, or a BadText where a text is no UTF-8.
  void append(const sql::Statement& row, const Origin& origin, Batch& batch) {
    std::span<Value> values = batch.arena.allocate_array<Value>(selection_.columns.size());
    std::size_t before = batch.arena.bytes_used();
    for (std::size_t i = 0; i < values.size(); ++i) {
      int index = static_cast<int>(i) + first_;
      if (reader_.read(row.handle(), index, selection_.columns[i], batch.arena, values[i])) {
        continue;
      }
      std::string message = selection_.definition.name + "." + selection_.columns[i].name +
                            ": the text is no UTF-8; mend it, or store it as a BLOB";
      std::string_view text = values[i].as_text().substr(0, quarantine_text_bytes_max);
      batch.bad.push_back({origin, "invalid_utf8", batch.arena.copy(message), text});
      batch.source_bytes += batch.arena.bytes_used() - before;
      return;
    }
    Record record;
    record.shape = selection_.shape;
    record.values = values.data();
    record.origin = origin;
    std::size_t bytes = batch.arena.bytes_used() - before;
    record.text_bytes = static_cast<std::uint32_t>(bytes + values.size() * kBytesPerNumber);
    batch.source_bytes += record.text_bytes;
    batch.records.push_back(record);
  }

 private:
  static constexpr int first_ = 1;
  const Selection& selection_;
  ColumnReader reader_;
};

bool is_full(const Batch& batch, const ReadOptions& options) {
  return batch.records.size() + batch.bad.size() >= options.batch_records ||
         batch.source_bytes >= options.batch_bytes;
}

template <typename T>
bool parse_number(std::string_view& text, T& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

Error bad_resume(const Selection& selection) {
  return Error{ErrorCode::corrupt, selection.definition.name +
                                       ": the place to resume from cannot be read; start the run "
                                       "again with --restart"};
}

class RowIdReader : public Reader {
 public:
  RowIdReader(Snapshot::Lease lease, Selection selection, const ReadOptions& options)
      : lease_(std::move(lease)),
        selection_(std::move(selection)),
        maker_(selection_),
        options_(options) {}

  Status start(RowRange range) {
    if (!options_.resume.empty()) {
      std::int64_t last = 0;
      std::string_view resume = options_.resume;
      if (!parse_number(resume, last) || !resume.empty()) return bad_resume(selection_);
      if (last >= range.first) range.first = last == INT64_MAX ? last : last + 1;
      at_end_ = last == INT64_MAX;
    }
    options_.resume = {};
    const std::string& id = selection_.row_id;
    DECANT_ASSIGN(statement_,
                  lease_.database().prepare("SELECT " + id + ", " + column_list(selection_) +
                                            from_table(selection_) + " WHERE " + id +
                                            " BETWEEN ? AND ?" + " ORDER BY " + id));
    statement_.bind_int64(0, range.first);
    statement_.bind_int64(1, range.last);
    return ok_status();
  }

  Result<bool> next(Batch& batch) override {
    batch.clear();
    std::int64_t last = 0;
    while (!at_end_ && !is_full(batch, options_)) {
      sql::Step step = statement_.step();
      if (step != sql::Step::row) {
        if (step != sql::Step::done) return lease_.database().error("read");
        at_end_ = true;
        break;
      }
      last = statement_.int64(0);
      auto place = static_cast<std::uint64_t>(last);
      maker_.append(statement_, {0, place, place}, batch);
    }
    if (!batch.empty()) batch.resume = std::to_string(last);
    return !batch.empty();
  }

 private:
  Snapshot::Lease lease_;
  Selection selection_;
  RowMaker maker_;
  ReadOptions options_;
  sql::Statement statement_;
  bool at_end_ = false;
};

// Resume: "COUNT" for views; "COUNT KIND VALUE ..." with the key of the last row for tables in key
// order (i integer, r the bits of a double, t text and b bytes with their length).
class OrdinalReader : public Reader {
 public:
  OrdinalReader(Snapshot::Lease lease, Selection selection, const ReadOptions& options)
      : lease_(std::move(lease)),
        selection_(std::move(selection)),
        maker_(selection_),
        options_(options) {}

  Status start() {
    std::string resume(options_.resume);
    options_.resume = {};
    std::string_view left = resume;
    if (!left.empty() && !parse_number(left, ordinal_)) return bad_resume(selection_);
    std::string sql = "SELECT NULL, " + column_list(selection_);
    bool by_key = selection_.place == Selection::Place::key;
    if (by_key) sql += ", " + key_list(selection_);
    sql += from_table(selection_);
    if (by_key && !resume.empty()) {
      std::string marks = "?";
      for (std::size_t i = 1; i < selection_.definition.key.size(); ++i) marks += ", ?";
      sql += " WHERE (" + key_list(selection_) + ") > (" + marks + ")";
    }
    if (by_key) sql += " ORDER BY " + key_list(selection_);
    if (!by_key && ordinal_ > 0) sql += " LIMIT -1 OFFSET " + std::to_string(ordinal_);
    DECANT_ASSIGN(statement_, lease_.database().prepare(sql));
    if (by_key && !resume.empty() && !bind_key(left)) return bad_resume(selection_);
    return ok_status();
  }

  Result<bool> next(Batch& batch) override {
    batch.clear();
    while (!at_end_ && !is_full(batch, options_)) {
      sql::Step step = statement_.step();
      if (step != sql::Step::row) {
        if (step != sql::Step::done) return lease_.database().error("read");
        at_end_ = true;
        break;
      }
      maker_.append(statement_, {0, ordinal_, ordinal_}, batch);
      ++ordinal_;
      note_resume();
    }
    if (!batch.empty()) batch.resume = last_resume_;
    return !batch.empty();
  }

 private:
  void note_resume() {
    last_resume_ = std::to_string(ordinal_);
    if (selection_.place != Selection::Place::key) return;
    int first = static_cast<int>(selection_.columns.size()) + 1;
    for (std::size_t i = 0; i < selection_.definition.key.size(); ++i) {
      append_key(first + static_cast<int>(i), last_resume_);
    }
  }

  void append_key(int index, std::string& out) {
    switch (statement_.type(index)) {
      case sql::ColumnType::integer:
        out += " i" + std::to_string(statement_.int64(index));
        return;
      case sql::ColumnType::real: {
        double real = statement_.real(index);
        std::uint64_t bits = 0;
        static_assert(sizeof bits == sizeof real);
        std::memcpy(&bits, &real, sizeof bits);
        out += " r" + std::to_string(bits);
        return;
      }
      default: {
        std::string_view bytes = statement_.bytes(index);
        out += statement_.type(index) == sql::ColumnType::text ? " t" : " b";
        out += std::to_string(bytes.size()) + ":";
        out += bytes;
      }
    }
  }

  bool bind_key(std::string_view left) {
    for (std::size_t i = 0; i < selection_.definition.key.size(); ++i) {
      int parameter = static_cast<int>(i);
      if (left.size() < 3 || left[0] != ' ') return false;
      char kind = left[1];
      left.remove_prefix(2);
      if (kind == 'i') {
        std::int64_t number = 0;
        if (!parse_number(left, number)) return false;
        statement_.bind_int64(parameter, number);
      } else if (kind == 'r') {
        std::uint64_t bits = 0;
        double real = 0;
        if (!parse_number(left, bits)) return false;
        std::memcpy(&real, &bits, sizeof bits);
        statement_.bind_double(parameter, real);
      } else {
        std::size_t size = 0;
        if (!parse_number(left, size) || left.size() < size + 1) return false;
        resume_keys_.emplace_back(left.substr(1, size));
        left.remove_prefix(size + 1);
      }
      if (kind == 't') statement_.bind_text(parameter, resume_keys_.back());
      if (kind == 'b') statement_.bind_bytes(parameter, resume_keys_.back());
    }
    return left.empty();
  }

  Snapshot::Lease lease_;
  Selection selection_;
  RowMaker maker_;
  ReadOptions options_;
  std::list<std::string> resume_keys_;
  sql::Statement statement_;
  std::string last_resume_;
  std::uint64_t ordinal_ = 0;
  bool at_end_ = false;
};

// Looks each row id up, or walks through all rows once where there are none.
class FetchReader : public Reader {
 public:
  FetchReader(Snapshot::Lease lease, Selection selection, std::span<const Origin> origins)
      : lease_(std::move(lease)),
        selection_(std::move(selection)),
        maker_(selection_),
        origins_(origins.begin(), origins.end()) {}

  Status start() {
    bool by_id = selection_.place == Selection::Place::row_id;
    std::sort(origins_.begin(), origins_.end(),
              [](const Origin& a, const Origin& b) { return a.offset < b.offset; });
    std::string sql = "SELECT NULL, " + column_list(selection_) + from_table(selection_);
    if (by_id) sql += " WHERE " + selection_.row_id + " = ?";
    if (selection_.place == Selection::Place::key) sql += " ORDER BY " + key_list(selection_);
    DECANT_ASSIGN(statement_, lease_.database().prepare(sql));
    return ok_status();
  }

  Result<bool> next(Batch& batch) override {
    batch.clear();
    while (at_ < origins_.size() && !is_full(batch, options_)) {
      const Origin& origin = origins_[at_];
      DECANT_ASSIGN(bool found, seek(origin.offset));
      if (found) maker_.append(statement_, origin, batch);
      ++at_;
    }
    return !batch.empty();
  }

 private:
  Result<bool> seek(std::uint64_t place) {
    if (selection_.place == Selection::Place::row_id) {
      statement_.reset();
      statement_.bind_int64(0, static_cast<std::int64_t>(place));
      return statement_.next();
    }
    while (!at_end_ && (!on_row_ || ordinal_ < place)) {
      DECANT_ASSIGN(bool row, statement_.next());
      ordinal_ += on_row_ ? 1 : 0;
      on_row_ = true;
      at_end_ = !row;
    }
    return !at_end_ && ordinal_ == place;
  }

  Snapshot::Lease lease_;
  Selection selection_;
  RowMaker maker_;
  ReadOptions options_;
  std::vector<Origin> origins_;
  sql::Statement statement_;
  std::size_t at_ = 0;
  std::uint64_t ordinal_ = 0;
  bool on_row_ = false;
  bool at_end_ = false;
};

}  // namespace

Result<Selection> select_columns(const Definition& definition, std::span<const std::string> fields,
                                 std::shared_ptr<ShapeTable> shapes) {
  Selection selection;
  selection.definition = definition;
  for (const std::string& name : fields) {
    if (definition.find(name) != nullptr) continue;
    return Error{ErrorCode::invalid, definition.name + ": there is no field \"" + name + "\""};
  }
  std::vector<std::string_view> names;
  for (const Field& field : definition.fields) {
    if (!fields.empty() && std::find(fields.begin(), fields.end(), field.name) == fields.end()) {
      continue;
    }
    selection.columns.push_back(column_of(definition, field));
    names.push_back(field.name);
  }
  Batch unused;
  selection.shapes = std::move(shapes);
  selection.shape = selection.shapes->get(names, unused);
  selection.row_id = row_id_name(definition);
  if (definition.without_rowid) {
    selection.place = Selection::Place::key;
  } else if (!selection.row_id.empty()) {
    selection.place = Selection::Place::row_id;
  }
  return selection;
}

Result<std::unique_ptr<Reader>> read_rows(Snapshot::Lease lease, Selection selection,
                                          RowRange range, const ReadOptions& options) {
  if (selection.place == Selection::Place::row_id) {
    auto reader = std::make_unique<RowIdReader>(std::move(lease), std::move(selection), options);
    DECANT_CHECK(reader->start(range));
    return std::unique_ptr<Reader>(std::move(reader));
  }
  auto reader = std::make_unique<OrdinalReader>(std::move(lease), std::move(selection), options);
  DECANT_CHECK(reader->start());
  return std::unique_ptr<Reader>(std::move(reader));
}

Result<std::unique_ptr<Reader>> fetch_rows(Snapshot::Lease lease, Selection selection,
                                           std::span<const Origin> origins) {
  auto reader = std::make_unique<FetchReader>(std::move(lease), std::move(selection), origins);
  DECANT_CHECK(reader->start());
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace decant::sqlite
