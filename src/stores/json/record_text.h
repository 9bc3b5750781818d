// Records of one text, JSON or CSV alike: where they end, and what they hold.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decant/batch.h"
#include "decant/result.h"
#include "json/reader.h"
#include "json/splitter.h"
#include "stores/json/csv.h"
#include "stores/json/text_place.h"
#include "stores/json/typed.h"

namespace decant::stores {

// Splits as json::Splitter does, whatever the format.
class RecordSplitter {
 public:
  RecordSplitter(const TextPlace& place, std::uint64_t first_byte, bool one_column);
  // For one record alone, which begins at `first_byte`.
  static RecordSplitter for_record(const TextPlace& place, std::uint64_t first_byte,
                                   bool one_column);

  Status split(std::string_view window, bool last, std::size_t pieces_max, std::uint64_t bytes_max,
               std::vector<json::Piece>& pieces);
  std::uint64_t wanted() const;
  bool ended() const;
  // With state(), where a restored splitter goes on behind `last`, the last piece found.
  std::uint64_t behind(const json::Piece& last) const;
  std::uint8_t state() const;
  void restore(std::uint8_t state, std::uint64_t offset);

 private:
  RecordSplitter() = default;
  std::optional<json::Splitter> json_;
  std::optional<CsvSplitter> csv_;
};

// Parses records of one place, with the declared types restored. One thread.
class PlaceParser {
 public:
  // `columns`: of a CSV text.
  PlaceParser(const TextPlace& place, ShapeTable& shapes, std::vector<std::string> columns);

  // The pieces lie in `text`, whose first byte is `text_offset` of the stream. It is copied into
  // the batch. Origins count on from `first_ordinal`.
  void parse(std::string_view text, std::uint64_t text_offset, std::span<const json::Piece> pieces,
             std::uint64_t first_ordinal, Batch& batch);

 private:
  void add_too_long(const json::Piece& piece, std::uint64_t ordinal, Batch& batch) const;
  void restore_types(std::size_t records_before, std::string_view text, Batch& batch);

  std::uint32_t file_;
  std::optional<json::RecordParser> json_;
  std::optional<CsvParser> csv_;
  std::optional<TypedFields> typed_;
  std::vector<json::RecordText> places_;
};

}  // namespace decant::stores
