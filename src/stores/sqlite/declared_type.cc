#include "stores/sqlite/declared_type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace decant::sqlite {
namespace {

struct Word {
  std::string_view word;
  FieldKind kind;
};

// The whole word of a declaration, without what stands in parentheses.
constexpr std::array<Word, 25> kWords = {{
    {"BOOLEAN", FieldKind::boolean},
    {"BOOL", FieldKind::boolean},
    {"DECIMAL_TEXT", FieldKind::decimal},
    {"JSON_TEXT", FieldKind::json},
    {"FOREIGN_TEXT", FieldKind::foreign},
    {"JSON", FieldKind::json},
    {"TIMESTAMP_TEXT", FieldKind::timestamp},
    {"TIMESTAMP_LOCAL_TEXT", FieldKind::timestamp_local},
    {"DATE_TEXT", FieldKind::date},
    {"TIME_TEXT", FieldKind::time},
    {"INTERVAL_TEXT", FieldKind::interval},
    {"UUID_TEXT", FieldKind::uuid},
    {"DATETIME", FieldKind::timestamp_local},
    {"TIMESTAMP", FieldKind::timestamp_local},
    {"DATE", FieldKind::date},
    {"TIME", FieldKind::time},
    {"NUMERIC", FieldKind::number},
    {"DECIMAL", FieldKind::number},
    {"NUMBER", FieldKind::number},
    {"MONEY", FieldKind::number},
    {"CURRENCY", FieldKind::number},
    {"DEC", FieldKind::number},
    {"FIXED", FieldKind::number},
    {"NUM", FieldKind::number},
    {"YEAR", FieldKind::number},
}};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// "DECIMAL_TEXT(12,2)" -> 12 and 2.
void read_arguments(std::string_view declared, FieldType& type) {
  std::size_t open = declared.find('(');
  if (open == std::string_view::npos) return;
  const char* end = declared.data() + declared.size();
  auto first = std::from_chars(declared.data() + open + 1, end, type.precision);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') return;
  std::from_chars(first.ptr + 1, end, type.scale);
}

std::string_view base_word(std::string_view declared) {
  std::string_view base = declared.substr(0, declared.find('('));
  while (!base.empty() && base.back() == ' ') base.remove_suffix(1);
  return base;
}

FieldKind kind_of(std::string_view declared, bool strict) {
  std::string word = upper(base_word(declared));
  for (const Word& known : kWords) {
    if (word == known.word) return known.kind;
  }
  if (strict && word == "BLOB") return FieldKind::bytes;
  switch (affinity_of(declared, strict)) {
    case Affinity::integer:
      return FieldKind::integer;
    case Affinity::text:
      return FieldKind::text;
    case Affinity::real:
      return FieldKind::real;
    case Affinity::blob:
      return FieldKind::any;
    // A word that names no number (STRING, UUID): the values say what they are.
    case Affinity::numeric:
      return FieldKind::any;
  }
  return FieldKind::any;
}

std::string own_word(const FieldType& wanted, bool strict) {
  switch (wanted.kind) {
    case FieldKind::any:
      return strict ? "ANY" : "";
    case FieldKind::boolean:
      return "BOOLEAN";
    case FieldKind::integer:
      return "INTEGER";
    case FieldKind::decimal:
      if (wanted.precision == 0) return "DECIMAL_TEXT";
      return "DECIMAL_TEXT(" + std::to_string(wanted.precision) + "," +
             std::to_string(wanted.scale) + ")";
    case FieldKind::number:
      return "NUMERIC";
    case FieldKind::real:
      return "REAL";
    case FieldKind::text:
      return "TEXT";
    case FieldKind::bytes:
      return "BLOB";
    case FieldKind::timestamp:
      return "TIMESTAMP_TEXT";
    case FieldKind::timestamp_local:
      return "TIMESTAMP_LOCAL_TEXT";
    case FieldKind::date:
      return "DATE_TEXT";
    case FieldKind::time:
      return "TIME_TEXT";
    case FieldKind::interval:
      return "INTERVAL_TEXT";
    case FieldKind::uuid:
      return "UUID_TEXT";
    case FieldKind::json:
    case FieldKind::list:
    case FieldKind::map:
    case FieldKind::text_set:
    case FieldKind::number_set:
    case FieldKind::bytes_set:
      return "JSON_TEXT";
    case FieldKind::foreign:
      return "FOREIGN_TEXT";
  }
  return "";
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Affinity affinity_of(std::string_view declared, bool strict) {
  std::string type = upper(declared);
  if (strict && type == "ANY") return Affinity::blob;
  if (contains(type, "INT")) return Affinity::integer;
  if (contains(type, "CHAR") || contains(type, "CLOB") || contains(type, "TEXT")) {
    return Affinity::text;
  }
  if (contains(type, "BLOB") || type.empty()) return Affinity::blob;
  if (contains(type, "REAL") || contains(type, "FLOA") || contains(type, "DOUB")) {
    return Affinity::real;
  }
  return Affinity::numeric;
}

FieldType field_type_of(std::string_view declared, bool strict) {
  FieldType type;
  type.kind = kind_of(declared, strict);
  type.native = std::string(declared);
  if (type.kind == FieldKind::decimal) read_arguments(declared, type);
  return type;
}

std::string declared_type_of(const FieldType& wanted, bool strict) {
  if (!wanted.native.empty() && wanted.kind != FieldKind::foreign) {
    FieldType here = field_type_of(wanted.native, strict);
    if (here.kind == wanted.kind && here.precision == wanted.precision &&
        here.scale == wanted.scale) {
      return wanted.native;
    }
  }
  return own_word(wanted, strict);
}

bool looks_numeric(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  std::size_t digits = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) ++digits;
  if (at < text.size() && text[at] == '.') {
    ++at;
    for (; at < text.size() && is_digit(text[at]); ++at) ++digits;
  }
  if (digits == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  std::size_t exponent_digits = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) ++exponent_digits;
  return exponent_digits > 0 && at == text.size();
}

}  // namespace decant::sqlite
