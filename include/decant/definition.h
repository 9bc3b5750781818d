// Definition: the shape of a collection, as far as a store declares one. Pure data.
//
// The same structure describes what exists (Store::describe), what is wanted (a plan's
// `definitions:`, or an inferred one) and what a store would make of it (Store::native).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace decant {

// What a field may hold. Comparison brings both sides to this type first (conform.h).
enum class FieldKind : std::uint8_t {
  any,  // no declared type: each value keeps its own
  boolean,
  integer,  // 64 bits
  decimal,  // exact, any digits (within `precision` and `scale` where they are given)
  number,   // int64 or double, as SQLite's NUMERIC affinity stores it; no other decimals
  real,
  text,
  bytes,
  timestamp,
  timestamp_local,
  date,
  time,
  interval,
  uuid,
  json,  // any value, nested ones included, scalars quoted as JSON
  list,
  map,
  text_set,
  number_set,
  bytes_set,
  foreign,  // the store's own text; `native` names its type
};

std::string_view to_string(FieldKind kind);
std::optional<FieldKind> field_kind(std::string_view word);

struct FieldType {
  FieldKind kind = FieldKind::any;
  std::uint32_t precision = 0;  // digits in all, 0 = not limited
  std::uint32_t scale = 0;
  std::uint32_t length_max = 0;  // characters that the store enforces, 0 = not limited
  std::string native = {};  // the type in the store's own words ("NVARCHAR(160)"), may be empty
  bool operator==(const FieldType&) const = default;
};

struct Field {
  std::string name;
  FieldType type;
  bool required = false;    // NOT NULL
  bool nullable = false;    // declared to hold nulls: NULL reads back as null, otherwise as absent
  bool generated = false;   // computed by the store: read, never written
  bool hidden = false;      // Decant's own (the complement); not shown as a field of the record
  std::string default_sql;  // the store's own expression; empty: none
  std::string collation;    // empty: the store's default
  bool operator==(const Field&) const = default;
};

struct IndexPart {
  std::string field;       // a field, or
  std::string expression;  // the store's own expression
  bool descending = false;
  std::string collation;
  bool operator==(const IndexPart&) const = default;
};

struct Index {
  std::string name;
  std::vector<IndexPart> parts;
  bool unique = false;
  std::string where;  // partial index: the store's own condition
  bool operator==(const Index&) const = default;
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> fields;
  std::string collection;
  std::vector<std::string> target_fields;  // empty: the key of `collection`
  std::string on_delete;                   // "" or the store's words, e.g. "CASCADE"
  std::string on_update;
  bool deferred = false;
  bool operator==(const ForeignKey&) const = default;
};

struct CheckRule {
  std::string name;
  std::string expression;  // the store's own
  bool operator==(const CheckRule&) const = default;
};

struct Definition {
  std::string name;
  std::vector<Field> fields;
  std::vector<std::string> key;
  std::vector<Index> indexes;  // without the key's own
  std::vector<ForeignKey> foreign_keys;
  std::vector<CheckRule> checks;
  std::string complement;      // name of the hidden field that keeps what has no field
  bool open = false;           // records may hold fields that are not listed (JSON)
  bool key_generated = false;  // the store makes the key where it is absent
  bool is_view = false;
  bool without_rowid = false;  // SQLite
  bool strict = false;         // SQLite
  bool wal = false;            // SQLite: the file is left in WAL
  std::vector<std::string>
      left_behind;  // views, triggers, ...: what a copy does not move, one line each

  const Field* find(std::string_view field) const;
  int index_of(std::string_view field) const;  // -1: none
  bool operator==(const Definition&) const = default;
};

}  // namespace decant
