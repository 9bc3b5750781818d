#include <sqlite3.h>

#include <cmath>
#include <optional>

#include "json/writer.h"
#include "model/decimal.h"
#include "model/temporal.h"
#include "stores/sqlite/columns.h"

namespace decant::sqlite {
namespace {

void bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
  sqlite3_bind_text64(statement, parameter + 1, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

bool refuse(Misfit& misfit, std::string_view reason, const Column& column, std::string_view why) {
  misfit.reason = reason;
  misfit.message = "field " + column.name + " (declared " +
                   (column.type.native.empty() ? "without a type" : column.type.native) + ") " +
                   std::string(why);
  return false;
}

bool would_change(Misfit& misfit, const Column& column) {
  return refuse(misfit, "number_would_change", column,
                "would change the number; declare it DECIMAL_TEXT, or cast it");
}

bool wrong_type(Misfit& misfit, const Column& column, const Value& value) {
  return refuse(misfit, "type", column,
                "cannot hold a value of type " + std::string(to_string(value.type())) +
                    " as it is; declare another type, or cast it");
}

bool takes_integers(Affinity affinity) {
  return affinity != Affinity::text && affinity != Affinity::real;
}

bool is_numeric(Affinity affinity) {
  return affinity == Affinity::numeric || affinity == Affinity::integer ||
         affinity == Affinity::real;
}

}  // namespace

Column column_of(const Definition& definition, const Field& field) {
  Column column;
  column.name = field.name;
  column.type = field.type;
  column.affinity = affinity_of(field.type.native, definition.strict);
  column.nullable = field.nullable;
  column.blank_separator = column.affinity != Affinity::text;
  if (field.required && !field.generated) column.default_sql = field.default_sql;
  return column;
}

json::TextBuffer& Binder::buffer(int parameter) {
  auto index = static_cast<std::size_t>(parameter);
  if (buffers_.size() <= index) buffers_.resize(index + 1);
  buffers_[index].clear();
  return buffers_[index];
}

bool Binder::bind(sqlite3_stmt* statement, int parameter, const Column& column, const Value& value,
                  Misfit& misfit) {
  switch (value.type()) {
    case Type::absent:
    case Type::null:
      sqlite3_bind_null(statement, parameter + 1);
      return true;
    case Type::text:
      if (column.type.kind == FieldKind::text) {
        bind_text(statement, parameter, value.as_text());
        return true;
      }
      break;
    case Type::int64:
      if (column.type.kind != FieldKind::json && takes_integers(column.affinity)) {
        sqlite3_bind_int64(statement, parameter + 1, value.as_int64());
        return true;
      }
      break;
    case Type::decimal:
      if (column.type.kind == FieldKind::decimal) {
        bind_text(statement, parameter, value.as_text());
        return true;
      }
      break;
    case Type::boolean:
      if (column.type.kind == FieldKind::boolean) {
        sqlite3_bind_int64(statement, parameter + 1, value.as_boolean() ? 1 : 0);
        return true;
      }
      break;
    default:
      break;
  }
  return bind_rendered(statement, parameter, column, value, misfit);
}

bool Binder::bind_rendered(sqlite3_stmt* statement, int parameter, const Column& column,
                           const Value& value, Misfit& misfit) {
  if (column.type.kind == FieldKind::json) {
    bool number = value.is(Type::int64) || value.is(Type::decimal) || value.is(Type::real);
    if (number && column.affinity != Affinity::text) {
      return bind_number(statement, parameter, column, value, misfit);
    }
    bind_json(statement, parameter, value);
    return true;
  }
  switch (value.type()) {
    case Type::int64:
    case Type::decimal:
    case Type::real:
      return bind_number(statement, parameter, column, value, misfit);
    case Type::text:
    case Type::foreign:
      return bind_own_text(statement, parameter, column, value.as_text(), misfit);
    case Type::bytes:
      sqlite3_bind_blob64(statement, parameter + 1, value.as_text().data(), value.as_text().size(),
                          SQLITE_STATIC);
      return true;
    case Type::timestamp:
    case Type::timestamp_local:
    case Type::date:
    case Type::time:
    case Type::interval:
    case Type::uuid:
      if (bind_temporal(statement, parameter, column, value)) return true;
      break;
    default:
      break;
  }
  return wrong_type(misfit, column, value);
}

bool Binder::bind_number(sqlite3_stmt* statement, int parameter, const Column& column,
                         const Value& value, Misfit& misfit) {
  char digits[kDoubleTextMax];
  if (column.type.kind == FieldKind::decimal) {
    json::TextBuffer& out = buffer(parameter);
    if (value.is(Type::real) && !std::isfinite(value.as_real())) {
      return would_change(misfit, column);
    }
    value.is(Type::real) ? out.append(shortest_decimal(value.as_real(), digits))
                         : json::write_value(value, out);
    bind_text(statement, parameter, out.view());
    return true;
  }
  if (column.affinity == Affinity::text) return wrong_type(misfit, column, value);
  if (value.is(Type::real)) {
    if (std::isnan(value.as_real())) return would_change(misfit, column);  // SQLite: NULL
    sqlite3_bind_double(statement, parameter + 1, value.as_real());
    return true;
  }
  std::string_view text = value.as_text();
  std::string whole;
  if (value.is(Type::int64)) text = whole = std::to_string(value.as_int64());
  Decimal number;
  if (parse_decimal(text, number) != DecimalFault::none) return would_change(misfit, column);
  if (takes_integers(column.affinity)) {
    if (std::optional<std::int64_t> integer = to_int64(number)) {
      sqlite3_bind_int64(statement, parameter + 1, *integer);
      return true;
    }
  }
  std::optional<double> real = to_double(text);
  if (!real) return would_change(misfit, column);
  sqlite3_bind_double(statement, parameter + 1, *real);
  return true;
}

bool Binder::bind_own_text(sqlite3_stmt* statement, int parameter, const Column& column,
                           std::string_view text, Misfit& misfit) {
#if DECANT_MUTANT_AFFINITY_IGNORED
  bool becomes_number = false;
#else
  bool becomes_number = is_numeric(column.affinity) && looks_numeric(text);
#endif
  if (becomes_number) {
    return refuse(misfit, "type", column,
                  "would turn the text into a number; declare it TEXT, or cast the text");
  }
  if (column.type.kind == FieldKind::boolean) {
    return wrong_type(misfit, column, Value::text(text));
  }
  bind_text(statement, parameter, text);
  return true;
}

bool Binder::bind_temporal(sqlite3_stmt* statement, int parameter, const Column& column,
                           const Value& value) {
  FieldKind kind = column.type.kind;
  bool held = (value.is(Type::timestamp) &&
               (kind == FieldKind::timestamp || kind == FieldKind::timestamp_local)) ||
              (value.is(Type::timestamp_local) && kind == FieldKind::timestamp_local) ||
              (value.is(Type::date) && kind == FieldKind::date) ||
              (value.is(Type::time) && kind == FieldKind::time) ||
              (value.is(Type::interval) && kind == FieldKind::interval) ||
              (value.is(Type::uuid) && kind == FieldKind::uuid);
  if (!held) return false;
  TemporalText rendered;
  json::TextBuffer& out = buffer(parameter);
  out.append(value.is(Type::timestamp_local) && column.blank_separator
                 ? print_timestamp_local(value.as_int64(), rendered, ' ')
                 : print_temporal(value, rendered));
  bind_text(statement, parameter, out.view());
  return true;
}

void Binder::bind_json(sqlite3_stmt* statement, int parameter, const Value& value) {
  json::TextBuffer& out = buffer(parameter);
  if (value.is(Type::text) && value.is_plain()) {
    out.append('"');
    out.append(value.as_text());
    out.append('"');
  } else {
    json::write_value(value, out);
  }
  bind_text(statement, parameter, out.view());
}

}  // namespace decant::sqlite
