#include "stores/json/csv_rows.h"

#include <algorithm>
#include <cmath>

#include "json/writer.h"
#include "model/decimal.h"

namespace decant::stores {
namespace {

constexpr std::uint32_t bit(Type type) { return 1u << static_cast<unsigned>(type); }
constexpr std::uint32_t kNumbers = bit(Type::int64) | bit(Type::decimal);
constexpr std::uint32_t kPlain = kNumbers | bit(Type::text);

// The kind of a column that holds one such type alone and is not told by its text.
FieldKind kind_of(Type type) {
  switch (type) {
    case Type::boolean:
      return FieldKind::boolean;
    case Type::real:
      return FieldKind::real;
    case Type::bytes:
      return FieldKind::bytes;
    case Type::timestamp:
      return FieldKind::timestamp;
    case Type::timestamp_local:
      return FieldKind::timestamp_local;
    case Type::date:
      return FieldKind::date;
    case Type::time:
      return FieldKind::time;
    case Type::interval:
      return FieldKind::interval;
    case Type::uuid:
      return FieldKind::uuid;
    case Type::foreign:
      return FieldKind::foreign;
    default:
      return FieldKind::json;
  }
}

bool is_json(FieldKind kind) {
  return kind == FieldKind::json || kind == FieldKind::list || kind == FieldKind::map;
}

void write_field(std::string_view text, bool quoted, json::TextBuffer& out) {
  if (!quoted && text.find_first_of(",\"\r\n") == std::string_view::npos) return out.append(text);
  out.append('"');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t quote = std::min(text.find('"', at), text.size());
    out.append(text.substr(at, quote - at));
    if (quote < text.size()) out.append(std::string_view("\"\""));
    at = quote + 1;
  }
  out.append('"');
}

void write_value(const Value& value, FieldKind kind, json::TextBuffer& scratch,
                 json::TextBuffer& out) {
  if (value.is(Type::text) && !is_json(kind)) {
    const std::string_view text = value.as_text();
    // What would be read as nothing, or as a number, says by its quotes that it is text.
    return write_field(text, text.empty() || is_json_number(text), out);
  }
  scratch.clear();
  json::write_value(value, scratch);
  std::string_view text = scratch.view();
  if (is_json(kind)) return write_field(text, false, out);
  // Moments, bytes and the like: their JSON form without its quotes, which holds no escape; but
  // the text of a foreign type may.
  if (value.is(Type::foreign)) return write_field(value.as_text(), true, out);
  const bool text_form = text.size() >= 2 && text.front() == '"';
  if (text_form) text = text.substr(1, text.size() - 2);
  write_field(text, text_form && (text.empty() || is_json_number(text)), out);
}

}  // namespace

void CsvColumn::decide(std::uint64_t records) {
  if (fixed) return;
  const bool nulls = (types & bit(Type::null)) != 0;
  const bool absents = present < records;
  const std::uint32_t others = types & ~(bit(Type::null) | bit(Type::absent));
  nullable = nulls && !absents;
  kind = FieldKind::any;
  if (nulls && absents) {
    kind = FieldKind::json;  // the text "null" tells one from the other
  } else if ((others & ~kPlain) != 0) {
    const bool one = (others & (others - 1)) == 0;
    kind = FieldKind::json;
    for (unsigned type = 0; one && type < 32; ++type) {
      if (others == 1u << type) kind = kind_of(static_cast<Type>(type));
    }
  }
}

void CsvColumn::declare_in(Definition& definition) const {
  const int index = definition.index_of(name);
  if (index < 0) {
    if (kind == FieldKind::any && !nullable) return;
    Field& field = definition.fields.emplace_back();
    field.name = name;
    field.type.kind = kind;
    field.nullable = nullable;
    return;
  }
  Field& field = definition.fields[static_cast<std::size_t>(index)];
  field.nullable = nullable;
  const FieldKind declared = field.type.kind;
  const bool text_alone = declared == FieldKind::text && (types & kNumbers) == 0;
  const bool same_reading =
      kind == FieldKind::any &&
      (declared == FieldKind::integer || declared == FieldKind::decimal || text_alone);
  if (!same_reading) field.type.kind = kind;
}

void note_fields(const Record& record, std::vector<CsvColumn>& columns) {
  for (std::size_t i = 0; i < record.shape->size(); ++i) {
    const Value& value = record.values[i];
    if (value.is_absent()) continue;
    const std::string_view name = record.shape->name(i);
    // Columns are in the order of their first appearance: mostly the i-th name is the i-th column.
    std::size_t at = i < columns.size() && columns[i].name == name ? i : 0;
    while (at < columns.size() && columns[at].name != name) ++at;
    if (at == columns.size()) columns.emplace_back().name = name;
    ++columns[at].present;
    columns[at].types |= bit(value.type());
  }
}

bool holds(const CsvColumn& column, const Value& value) {
  if (!column.fixed || value.is_absent() || is_json(column.kind)) return true;
  if (value.is_null()) return column.nullable;
  switch (column.kind) {
    case FieldKind::text:
      return value.is(Type::text);
    case FieldKind::boolean:
      return value.is(Type::boolean);
    case FieldKind::any:
    case FieldKind::integer:
    case FieldKind::decimal:
      return (bit(value.type()) & kPlain) != 0;
    case FieldKind::number:
    case FieldKind::real:
      return value.is(Type::real) || (bit(value.type()) & kNumbers) != 0;
    default:
      return kind_of(value.type()) == column.kind;
  }
}

std::vector<CsvColumn> declared_columns(const Definition& definition) {
  std::vector<CsvColumn> columns;
  for (const Field& field : definition.fields) columns.emplace_back().name = field.name;
  return columns;
}

void write_csv_header(std::span<const CsvColumn> columns, json::TextBuffer& out) {
  if (columns.empty()) return;
  bool first = true;
  for (const CsvColumn& column : columns) {
    if (!first) out.append(',');
    first = false;
    write_field(column.name, column.name.empty(), out);
  }
  out.append('\n');
}

void write_csv_row(const Record& record, std::span<const CsvColumn> columns,
                   json::TextBuffer& out) {
  json::TextBuffer scratch;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i != 0) out.append(',');
    const CsvColumn& column = columns[i];
    const bool here = i < record.shape->size() && record.shape->name(i) == column.name;
    const Value value = here ? record.values[i] : record.find(column.name);
    if (value.is_absent() || (value.is_null() && !is_json(column.kind))) continue;
    write_value(value, column.kind, scratch, out);
  }
  out.append('\n');
}

}  // namespace decant::stores
