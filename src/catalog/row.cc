#include "catalog/row.h"

namespace decant::catalog {
namespace {

constexpr std::uint64_t kSumSeed = 0x726f77;  // "row"

void sum_number(std::int64_t value, std::string& out) {
  out += 'i';
  const auto bits = static_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i) out += static_cast<char>((bits >> (8 * i)) & 0xff);
}

void sum_bytes(char tag, std::string_view value, std::string& out) {
  out += tag;
  sum_number(static_cast<std::int64_t>(value.size()), out);
  out += value;
}

std::int64_t sum_of(std::string_view bytes) {
  return static_cast<std::int64_t>(hash128(bytes, kSumSeed).low);
}

}  // namespace

RowWriter::RowWriter(sql::Statement& statement, std::string_view table) : statement_(statement) {
  sum_bytes('n', table, summed_);
}

RowWriter& RowWriter::number(std::int64_t value) {
  statement_.bind_int64(parameter_++, value);
  sum_number(value, summed_);
  return *this;
}

RowWriter& RowWriter::text(std::string_view value) {
  statement_.bind_text(parameter_++, value);
  sum_bytes('t', value, summed_);
  return *this;
}

RowWriter& RowWriter::blob(std::string_view value) {
  statement_.bind_bytes(parameter_++, value);
  sum_bytes('b', value, summed_);
  return *this;
}

Status RowWriter::run() {
  statement_.bind_int64(parameter_, sum_of(summed_));
  return statement_.run();
}

RowReader::RowReader(const sql::Statement& statement, std::string_view table)
    : statement_(statement), table_(table) {
  sum_bytes('n', table, summed_);
}

std::int64_t RowReader::number() {
  types_match_ = types_match_ && statement_.type(column_) == sql::ColumnType::integer;
  const std::int64_t value = statement_.int64(column_++);
  sum_number(value, summed_);
  return value;
}

std::string_view RowReader::text() {
  types_match_ = types_match_ && statement_.type(column_) == sql::ColumnType::text;
  std::string_view value = statement_.text(column_++);
  sum_bytes('t', value, summed_);
  return value;
}

std::string_view RowReader::blob() {
  types_match_ = types_match_ && statement_.type(column_) == sql::ColumnType::blob;
  std::string_view value = statement_.bytes(column_++);
  sum_bytes('b', value, summed_);
  return value;
}

void RowReader::all() {
  while (column_ + 1 < statement_.columns()) {
    switch (statement_.type(column_)) {
      case sql::ColumnType::text:
        text();
        break;
      case sql::ColumnType::blob:
        blob();
        break;
      default:
        number();
    }
  }
}

Status RowReader::check(const std::string& path) {
#if DECANT_MUTANT_TRUST_CATALOG_ROWS
  return ok_status();
#else
  if (types_match_ && statement_.type(column_) == sql::ColumnType::integer &&
      statement_.int64(column_) == sum_of(summed_)) {
    return ok_status();
  }
  return damaged(path, "a row of its table " + table_ + " is not what was written");
#endif
}

Error damaged(const std::string& path, std::string_view what) {
  return Error{ErrorCode::corrupt,
               path + ": the catalog is damaged: " + std::string(what) +
                   "; put a copy of it back, or move it away and begin the run anew (the target "
                   "is compared record by record, so nothing is written twice)"};
}

}  // namespace decant::catalog
