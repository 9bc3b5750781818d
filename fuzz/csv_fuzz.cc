// CSV: windows of any size give the same rows; rows that are read and written again are read as the
// same records.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "json/writer.h"
#include "stores/json/csv.h"
#include "stores/json/csv_rows.h"

namespace {

using decant::json::Piece;

void require(bool good) {
  if (!good) std::abort();
}

struct Found {
  std::vector<Piece> pieces;
  std::string error;
};

Found split(std::string_view text, std::size_t window_bytes) {
  decant::stores::CsvSplitter splitter(0, "x");
  Found found;
  std::size_t size = window_bytes;
  while (!splitter.ended()) {
    const std::uint64_t from = splitter.wanted();
    require(from <= text.size());
    const std::string_view window = text.substr(from, size);
    const std::size_t before = found.pieces.size();
    const auto status =
        splitter.split(window, from + window.size() == text.size(), 100, UINT64_MAX, found.pieces);
    if (!status.ok()) {
      found.error = status.error().message;
      break;
    }
    const bool moved = splitter.wanted() != from || found.pieces.size() != before;
    size = moved ? window_bytes : size * 2;
  }
  return found;
}

void parse(std::string_view text, const std::vector<Piece>& pieces,
           const std::vector<std::string>& columns, const decant::Definition* declared,
           decant::ShapeTable& shapes, decant::Batch& batch) {
  char* copy = batch.arena.allocate(text.size() + decant::json::kPaddingBytes);
  std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, decant::json::kPaddingBytes);
  std::vector<decant::json::RecordText> rows;
  for (const Piece& piece : pieces) {
    rows.push_back({piece.offset, piece.size, {0, rows.size(), piece.offset}});
  }
  decant::stores::CsvParser(shapes, columns, declared).parse({copy, text.size()}, rows, batch);
}

// One writer for all: it keeps what it knows of each shape.
std::string as_json(const decant::Record& record) {
  static decant::json::RecordWriter writer;
  decant::json::TextBuffer out;
  writer.write(record, out);
  return std::string(out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const Found whole = split(text, text.size() + 1);
  const Found parts = split(text, std::size_t{1} + data[0]);
  require(whole.error == parts.error && whole.pieces.size() == parts.pieces.size());
  for (std::size_t i = 0; i < whole.pieces.size(); ++i) {
    require(whole.pieces[i].offset == parts.pieces[i].offset);
    require(whole.pieces[i].size == parts.pieces[i].size);
  }
  const std::vector<std::string> columns = {"a", "b"};
  static decant::ShapeTable shapes;
  decant::Batch batch;
  parse(text, whole.pieces, columns, nullptr, shapes, batch);
  require(batch.records.size() + batch.bad.size() == whole.pieces.size());
  std::vector<decant::stores::CsvColumn> out_columns(2);
  out_columns[0].name = "a";
  out_columns[1].name = "b";
  decant::json::TextBuffer written;
  for (const decant::Record& record : batch.records) {
    decant::stores::write_csv_row(record, out_columns, written);
  }
  const Found again = split(written.view(), 7);
  require(again.error.empty() && again.pieces.size() == batch.records.size());
  decant::Batch second;
  parse(written.view(), again.pieces, columns, nullptr, shapes, second);
  require(second.records.size() == batch.records.size());
  for (std::size_t i = 0; i < second.records.size(); ++i) {
    require(as_json(second.records[i]) == as_json(batch.records[i]));
  }
  return 0;
}
