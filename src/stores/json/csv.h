// CSV as RFC 4180 has it: fields in quotes may hold commas, line feeds and doubled quotes; rows end
// with LF or CRLF. An unquoted empty field is absent, a quoted one is ''. An unquoted field that
// JSON's grammar calls a number is one (007 is text), unless its column is declared otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"
#include "json/reader.h"
#include "json/splitter.h"

namespace decant::stores {

// Finds where rows begin and end; used as json::Splitter is. A quote that is never closed is an
// Error with the byte at which it stands.
class CsvSplitter {
 public:
  CsvSplitter(std::uint64_t first_byte, std::string path,
              std::uint64_t record_bytes_max = decant::record_bytes_max);

  // Rows without any byte are passed over, unless they say something: in a file of one column such
  // a row is a record whose field is absent.
  void set_empty_rows_kept(bool kept) { empty_rows_kept_ = kept; }
  Status split(std::string_view window, bool last, std::size_t pieces_max, std::uint64_t bytes_max,
               std::vector<json::Piece>& pieces);
  std::uint64_t wanted() const { return wanted_; }
  bool ended() const { return ended_; }
  // Where the row behind the last one begins.
  std::uint64_t row_start() const { return row_start_; }
  void restore(std::uint64_t offset);

 private:
  enum class At : std::uint8_t { field_start, unquoted, quoted, quote_in_quoted };

  bool end_row(std::uint64_t end, bool carriage_return, std::vector<json::Piece>& pieces);
  bool scan_row(std::string_view text, std::size_t& used, bool& carriage_return);

  std::string path_;
  std::uint64_t record_bytes_max_;
  std::uint64_t at_;  // looked at up to here
  std::uint64_t row_start_;
  std::uint64_t wanted_;
  std::uint64_t quote_at_ = 0;
  At state_ = At::field_start;
  char last_byte_ = 0;  // of what was looked at: a carriage return may end a window
  bool passing_over_ = false;
  bool empty_rows_kept_ = false;
  bool ended_ = false;
};

// One field as it stands: `text` without its quotes, doubled quotes still doubled.
struct CsvField {
  std::string_view text;
  bool quoted = false;
  bool doubled = false;  // holds doubled quotes
};

// Takes a row apart. False where its text is bad (a quote in an unquoted field, something behind a
// closing quote).
bool split_row(std::string_view row, std::vector<CsvField>& fields);
// The field's text, with doubled quotes undone in `arena`.
std::string_view field_text(const CsvField& field, Arena& arena);

// The names in a header row; an Error names what is wrong with them.
Result<std::vector<std::string>> parse_header(std::string_view row, const std::string& path);

// Rows into records. Not thread-safe. Reasons beside those of json::Refusal: "field_count".
class CsvParser {
 public:
  // `declared` may be null: every column is inferred.
  CsvParser(ShapeTable& shapes, std::vector<std::string> columns, const Definition* declared);
  ~CsvParser();
  CsvParser(CsvParser&&) noexcept;

  void parse(std::string_view text, std::span<const json::RecordText> rows, Batch& batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::stores
