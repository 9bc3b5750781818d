#include <fmt/format.h>

#include "stores/json/csv.h"

namespace decant::stores {

CsvSplitter::CsvSplitter(std::uint64_t first_byte, std::string path, std::uint64_t record_bytes_max)
    : path_(std::move(path)),
      record_bytes_max_(record_bytes_max),
      at_(first_byte),
      row_start_(first_byte),
      wanted_(first_byte) {}

void CsvSplitter::restore(std::uint64_t offset) { at_ = row_start_ = wanted_ = offset; }

Status CsvSplitter::split(std::string_view window, bool last, std::size_t pieces_max,
                          std::uint64_t bytes_max, std::vector<json::Piece>& pieces) {
  const std::uint64_t begin = wanted_;
  const std::size_t before = pieces.size();
  std::uint64_t bytes = 0;
  while (!ended_ && pieces.size() - before < pieces_max && bytes < bytes_max) {
    if (at_ - begin > window.size()) break;  // shorter than what was looked at already
    std::size_t used = 0;
    bool carriage_return = false;
    const bool row_ends = scan_row(window.substr(at_ - begin), used, carriage_return);
    at_ += used;
    if (row_ends) {
      if (end_row(at_ - 1, carriage_return, pieces)) bytes += pieces.back().size;
      continue;
    }
    if (!last) {
      if (at_ - row_start_ > record_bytes_max_) passing_over_ = true;
      break;
    }
    if (state_ == At::quoted) {
      if (pieces.size() != before) break;  // what was found is handed on first
      return Error{
          ErrorCode::corrupt,
          fmt::format("'{}': the quote at byte {} is never closed: the file is cut off, or "
                      "a quote is missing; mend it there",
                      path_, quote_at_)};
    }
    // The last row needs no line end, but something in it.
    if (at_ != row_start_) end_row(at_, last_byte_ == '\r', pieces);
    ended_ = true;
  }
  wanted_ = passing_over_ ? at_ : row_start_;
  return ok_status();
}

// Up to and with the line feed that ends the row. False where it does not end in `text`.
bool CsvSplitter::scan_row(std::string_view text, std::size_t& used, bool& carriage_return) {
  for (used = 0; used < text.size();) {
    const char c = text[used++];
    const char before = last_byte_;
    last_byte_ = c;
    switch (state_) {
      case At::field_start:
        if (c == '"') {
          state_ = At::quoted;
          quote_at_ = at_ + used - 1;
          continue;
        }
        state_ = At::unquoted;
        break;
      case At::quoted:
        if (c == '"') state_ = At::quote_in_quoted;
        continue;
      case At::quote_in_quoted:
        if (c == '"') {
          state_ = At::quoted;
          continue;
        }
        state_ = At::unquoted;
        break;
      case At::unquoted:
        break;
    }
    if (c == ',') {
      state_ = At::field_start;
    } else if (c == '\n') {
      state_ = At::field_start;
      carriage_return = before == '\r';
      return true;
    }
  }
  return false;
}

// `end`: of the row's text, with a carriage return. False where nothing is made of it.
bool CsvSplitter::end_row(std::uint64_t end, bool carriage_return,
                          std::vector<json::Piece>& pieces) {
  const std::uint64_t start = row_start_;
  const std::uint64_t text_end = carriage_return && end > start ? end - 1 : end;
  const bool too_long = passing_over_ || text_end - start > record_bytes_max_;
  passing_over_ = false;
  row_start_ = at_;
  last_byte_ = 0;
  if (text_end == start && !empty_rows_kept_) return false;
  pieces.push_back({start, text_end - start, too_long});
  return true;
}

}  // namespace decant::stores
