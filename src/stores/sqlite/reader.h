// Reads rows of one table or view into batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/store.h"
#include "stores/sqlite/columns.h"
#include "stores/sqlite/snapshot.h"

namespace decant::sqlite {

// What of a table is read, and how its rows are found again.
struct Selection {
  enum class Place {
    row_id,   // tables with row ids: Origin::offset is the id
    key,      // WITHOUT ROWID: in order of the key; Origin::offset counts the rows
    ordinal,  // views: in the order that SQLite gives; the same
  };
  Definition definition;
  Place place = Place::ordinal;
  std::string row_id;                  // the name that reaches the row id
  std::vector<Column> columns;         // read, in this order
  std::shared_ptr<ShapeTable> shapes;  // shared with the view and the store: owns `shape`
  const Shape* shape = nullptr;        // of the records
};

// `fields`: only these, empty: all.
Result<Selection> select_columns(const Definition& definition, std::span<const std::string> fields,
                                 std::shared_ptr<ShapeTable> shapes);

struct RowRange {
  std::int64_t first = INT64_MIN;
  std::int64_t last = INT64_MAX;
};

// Row by row from `range` (place row_id) or from the start, behind `options.resume`.
Result<std::unique_ptr<Reader>> read_rows(Snapshot::Lease lease, Selection selection,
                                          RowRange range, const ReadOptions& options);

// The rows at these places.
Result<std::unique_ptr<Reader>> fetch_rows(Snapshot::Lease lease, Selection selection,
                                           std::span<const Origin> origins);

}  // namespace decant::sqlite
