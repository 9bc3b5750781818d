#include <fmt/format.h>

#include <algorithm>

#include "json/scalars.h"
#include "json/structure.h"
#include "model/decimal.h"
#include "stores/json/csv.h"
#include "stores/json/typed.h"

namespace decant::stores {

bool split_row(std::string_view row, std::vector<CsvField>& fields) {
  fields.clear();
  std::size_t at = 0;
  while (true) {
    CsvField field;
    if (at < row.size() && row[at] == '"') {
      field.quoted = true;
      const std::size_t start = ++at;
      while (true) {
        at = row.find('"', at);
        if (at == std::string_view::npos) return false;
        if (at + 1 >= row.size() || row[at + 1] != '"') break;
        field.doubled = true;
        at += 2;
      }
      field.text = row.substr(start, at - start);
      ++at;
      if (at < row.size() && row[at] != ',') return false;
    } else {
      const std::size_t end = std::min(row.find(',', at), row.size());
      field.text = row.substr(at, end - at);
      if (field.text.find('"') != std::string_view::npos) return false;
      at = end;
    }
    fields.push_back(field);
    if (at >= row.size()) return true;
    ++at;  // the comma: another field follows, be it empty
  }
}

std::string_view field_text(const CsvField& field, Arena& arena) {
  if (!field.doubled) return field.text;
  char* memory = arena.allocate(field.text.size(), 1);
  char* to = memory;
  for (std::size_t i = 0; i < field.text.size(); ++i) {
    *to++ = field.text[i];
    if (field.text[i] == '"') ++i;
  }
  const auto size = static_cast<std::size_t>(to - memory);
  arena.shrink_last(memory, size);
  return {memory, size};
}

Result<std::vector<std::string>> parse_header(std::string_view row, const std::string& path) {
  const auto wrong = [&path](std::string_view what) {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}': the header row {}; mend it, or name the columns (columns: [a, "
                             "b])",
                             path, what)};
  };
  std::vector<CsvField> fields;
  Arena arena;
  if (!json::is_utf8(row)) return wrong("is not valid UTF-8");
  if (!split_row(row, fields)) return wrong("has a quote in the wrong place");
  if (fields.size() > fields_max) return wrong("has more columns than are kept");
  std::vector<std::string> names;
  for (const CsvField& field : fields) {
    std::string name(field_text(field, arena));
    if (name.size() > name_bytes_max) return wrong("has a name that is longer than is kept");
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return wrong(fmt::format("names the column '{}' twice", name));
    }
    names.push_back(std::move(name));
  }
  return names;
}

struct CsvParser::State {
  struct Column {
    std::string name;
    FieldKind kind = FieldKind::any;
    bool nullable = false;
  };

  void parse_row(std::string_view text, const json::RecordText& place, Batch& batch);
  bool read_value(const Column& column, const CsvField& field, Arena& arena, Value& value);
  void refuse(std::string_view text, const json::RecordText& place, const char* reason,
              const std::string& message, Batch& batch);

  ShapeTable* shapes = nullptr;
  std::vector<Column> columns;
  std::vector<std::string_view> names;
  const Shape* shape = nullptr;
  std::vector<CsvField> fields;
  json::ValueParser values;
  bool all_utf8 = false;
};

CsvParser::CsvParser(ShapeTable& shapes, std::vector<std::string> columns,
                     const Definition* declared)
    : state_(std::make_unique<State>()) {
  state_->shapes = &shapes;
  for (std::string& name : columns) {
    State::Column column;
    if (const Field* field = declared == nullptr ? nullptr : declared->find(name)) {
      column.kind = field->type.kind;
      column.nullable = field->nullable;
    }
    column.name = std::move(name);
    state_->columns.push_back(std::move(column));
  }
  for (const State::Column& column : state_->columns) state_->names.push_back(column.name);
}
CsvParser::~CsvParser() = default;
CsvParser::CsvParser(CsvParser&&) noexcept = default;

void CsvParser::parse(std::string_view text, std::span<const json::RecordText> rows, Batch& batch) {
  if (rows.empty()) return;
  state_->all_utf8 = json::is_utf8(text);
  // Past shapes_max the shape is the batch's own: it is asked for once a batch.
  state_->shape = state_->shapes->get(state_->names, batch);
  for (const json::RecordText& row : rows) {
    state_->parse_row(text.substr(row.offset, row.size), row, batch);
  }
}

void CsvParser::State::refuse(std::string_view text, const json::RecordText& place,
                              const char* reason, const std::string& message, Batch& batch) {
  BadText bad;
  bad.origin = place.origin;
  bad.reason = reason;
  bad.message = batch.arena.copy(fmt::format("{} (row at byte {})", message, place.origin.offset));
  bad.text = text.substr(0, quarantine_text_bytes_max);
  batch.bad.push_back(bad);
}

void CsvParser::State::parse_row(std::string_view text, const json::RecordText& place,
                                 Batch& batch) {
  if (!all_utf8 && !json::is_utf8(text)) {
    return refuse(text, place, "invalid_utf8", "the text is not valid UTF-8", batch);
  }
  if (!split_row(text, fields)) {
    return refuse(text, place, "syntax", "a quote stands in the wrong place", batch);
  }
  if (fields.size() != columns.size()) {
    return refuse(
        text, place, "field_count",
        fmt::format("the row has {} fields, and the header {}", fields.size(), columns.size()),
        batch);
  }
  const std::span<Value> read = batch.arena.allocate_array<Value>(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    read[i] = Value::absent();
    if (!read_value(columns[i], fields[i], batch.arena, read[i])) {
      return refuse(text, place, "type",
                    fmt::format("column '{}' is declared {}, and this is none", columns[i].name,
                                to_string(columns[i].kind)),
                    batch);
    }
  }
  Record record;
  record.shape = shape;
  record.values = read.data();
  record.origin = place.origin;
  record.text_bytes = static_cast<std::uint32_t>(place.size);
  batch.records.push_back(record);
}

bool CsvParser::State::read_value(const Column& column, const CsvField& field, Arena& arena,
                                  Value& value) {
  if (!field.quoted && field.text.empty()) {
    value = column.nullable ? Value::null() : Value::absent();
    return true;
  }
  const std::string_view text = field_text(field, arena);
  switch (column.kind) {
    case FieldKind::json:
    case FieldKind::list:
    case FieldKind::map: {
      json::Refusal refusal;
      return values.parse(text, arena, value, refusal);
    }
    case FieldKind::boolean:
      value = Value::boolean(text == "true");
      return !field.quoted && (text == "true" || text == "false");
    case FieldKind::text:
      value = Value::text(text);
      return true;
    case FieldKind::any:
    case FieldKind::integer:
    case FieldKind::decimal:
    case FieldKind::number:
    case FieldKind::real: {
      json::Fault fault;
      // The grammar first: the reader of numbers may look at the byte behind the text.
      if (field.quoted || !is_json_number(text)) {
        value = Value::text(text);
      } else if (!json::read_number(text.data(), text.data() + text.size(), value, fault)) {
        return false;  // past the limits
      }
      return restore_type(value, column.kind, arena);
    }
    default:
      value = Value::text(text);
      return restore_type(value, column.kind, arena);
  }
}

}  // namespace decant::stores
