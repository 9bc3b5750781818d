#include <sqlite3.h>

#include <algorithm>
#include <new>
#include <optional>

#include "json/reader.h"
#include "json/writer.h"
#include "model/canonical.h"
#include "model/decimal.h"
#include "model/temporal.h"
#include "stores/sqlite/columns.h"
#include "stores/sqlite/utf8.h"

namespace decant::sqlite {
namespace {

// A column's value is asked for once, then looked into: each sqlite3_column_ call finds it anew.
// It belongs to this thread alone, as does its connection.
std::string_view text_of(sqlite3_value* stored) {
  const unsigned char* data = sqlite3_value_text(stored);
  if (data == nullptr) return "";
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_value_bytes(stored))};
}

std::string_view blob_of(sqlite3_value* stored) {
  const void* data = sqlite3_value_blob(stored);
  if (data == nullptr) return "";
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(stored))};
}

// Text in a column whose kind is a moment, a length of time or a uuid; nothing where it is none.
std::optional<Value> parse_as(std::string_view text, FieldKind kind, Arena& arena) {
  switch (kind) {
    case FieldKind::timestamp:
    case FieldKind::timestamp_local:
      if (auto moment = parse_timestamp(text)) {
        return Value::timestamp(moment->microseconds, moment->zone_minutes);
      }
      if (auto local = parse_timestamp_local(text)) return Value::timestamp_local(*local);
      break;
    case FieldKind::date:
      if (auto days = parse_date(text)) return Value::date(*days);
      break;
    case FieldKind::time:
      if (auto time = parse_time(text)) return Value::time(*time);
      break;
    case FieldKind::interval:
      if (auto interval = parse_interval(text)) {
        return Value::interval(new (arena.allocate(sizeof(Interval), alignof(Interval)))
                                   Interval(*interval));
      }
      break;
    case FieldKind::uuid: {
      char bytes[16];
      if (parse_uuid(text, bytes)) return Value::uuid(arena.copy({bytes, sizeof bytes}));
      break;
    }
    default:
      break;
  }
  return std::nullopt;
}

// A list of what JSON has itself: its JSON text says all of it.
bool is_plain_list(const Value& value) {
  if (!value.is(Type::list)) return false;
  const auto items = value.as_items();
  return std::all_of(items.begin(), items.end(), [](const Value& item) {
    return item.is(Type::text) || item.is(Type::int64) || item.is(Type::boolean) ||
           item.is(Type::decimal) || item.is_null();
  });
}

}  // namespace

struct ColumnReader::State {
  json::ValueParser parser;
  Arena scratch;
  json::TextBuffer rendered;
};

ColumnReader::ColumnReader() : state_(std::make_unique<State>()) {}
ColumnReader::~ColumnReader() = default;
ColumnReader::ColumnReader(ColumnReader&&) noexcept = default;

bool ColumnReader::read(sqlite3_stmt* statement, int index, const Column& column, Arena& arena,
                        Value& value) {
  sqlite3_value* stored = sqlite3_column_value(statement, index);
  switch (sqlite3_value_type(stored)) {
    case SQLITE_INTEGER: {
      std::int64_t number = sqlite3_value_int64(stored);
      bool boolean = column.type.kind == FieldKind::boolean && (number == 0 || number == 1);
      value = boolean ? Value::boolean(number == 1) : Value::int64(number);
      return true;
    }
    case SQLITE_FLOAT:
      value = Value::real(sqlite3_value_double(stored));
      return true;
    case SQLITE_TEXT:
      return read_text(text_of(stored), column, arena, value);
    case SQLITE_BLOB:
      value = Value::bytes(arena.copy(blob_of(stored)));
      return true;
    default:
      value = column.nullable ? Value::null() : Value::absent();
      return true;
  }
}

bool ColumnReader::read_text(std::string_view text, const Column& column, Arena& arena,
                             Value& value) {
  FieldKind kind = column.type.kind;
  if (kind == FieldKind::json) {
    json::Refusal refusal;
    if (state_->parser.parse(text, arena, value, refusal)) return true;
  } else if (kind != FieldKind::text && kind != FieldKind::decimal) {
    if (std::optional<Value> parsed = parse_as(text, kind, arena)) {
      value = *parsed;
      return true;
    }
  }
  char* to = arena.allocate(text.size(), 1);
  TextForm form = copy_text(text, to);
  std::string_view copy(to, text.size());
  if (kind == FieldKind::decimal) {
    if (is_kept_json_number(copy)) {
      value = Value::decimal(copy);
      return true;
    }
  }
  value = kind == FieldKind::foreign ? Value::foreign(copy) : Value::text(copy, form.plain);
  return form.valid;
}

bool ColumnReader::equals(sqlite3_stmt* statement, int index, const Column& column,
                          const Value& value) {
  sqlite3_value* stored = sqlite3_column_value(statement, index);
  int type = sqlite3_value_type(stored);
  if (type == SQLITE_NULL || !value.is_present()) {
    return type == SQLITE_NULL && !value.is_present();
  }
  if (type == SQLITE_INTEGER && value.is(Type::int64)) {
    return sqlite3_value_int64(stored) == value.as_int64();
  }
  if (type == SQLITE_INTEGER && value.is(Type::boolean)) {
    return column.type.kind == FieldKind::boolean &&
           sqlite3_value_int64(stored) == (value.as_boolean() ? 1 : 0);
  }
  bool text = value.is(Type::text) && column.type.kind == FieldKind::text;
  bool decimal = value.is(Type::decimal) && column.type.kind == FieldKind::decimal;
  if (type == SQLITE_TEXT && (text || decimal)) {
    bool same = text_of(stored) == value.as_text();
    if (same || text) return same;
  }
  if (type == SQLITE_TEXT && column.type.kind == FieldKind::json && is_plain_list(value)) {
    state_->rendered.clear();
    json::write_value(value, state_->rendered);
    if (state_->rendered.view() == text_of(stored)) return true;
  }
  state_->scratch.clear();
  Value there;
  if (!read(statement, index, column, state_->scratch, there)) return false;
  return equal(there, value);
}

}  // namespace decant::sqlite
