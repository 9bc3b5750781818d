// Values as rows of CSV: the inverse of csv.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "json/text_buffer.h"

namespace decant::stores {

// What was seen in one column: from it follows how the column is written and what must be declared
// beside the file, so that every value comes back as it was.
struct CsvColumn {
  std::string name;
  std::uint64_t present = 0;  // records that have the field
  std::uint32_t types = 0;    // a bit for each Type seen
  FieldKind kind = FieldKind::any;
  bool nullable = false;  // an empty field is null, otherwise absent
  bool fixed = false;     // kind and nullable are those of a file that is there

  // Works out kind and nullable from what was seen in `records` records.
  void decide(std::uint64_t records);
  // Brings a definition's field in line with how the column was written.
  void declare_in(Definition& definition) const;
};

// Notes the fields of a record in `columns`, adding those that are new.
void note_fields(const Record& record, std::vector<CsvColumn>& columns);

// False where the column, as it is fixed, cannot hold the value so that it comes back.
bool holds(const CsvColumn& column, const Value& value);

// The header of a file without records: the fields that are declared.
std::vector<CsvColumn> declared_columns(const Definition& definition);
// Nothing where there are no columns.
void write_csv_header(std::span<const CsvColumn> columns, json::TextBuffer& out);
// One row with its line end. Fields that are no columns are left out.
void write_csv_row(const Record& record, std::span<const CsvColumn> columns, json::TextBuffer& out);

}  // namespace decant::stores
