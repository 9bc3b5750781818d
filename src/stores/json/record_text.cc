#include "stores/json/record_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace decant::stores {
namespace {

json::SplitterOptions splitter_options(const TextPlace& place, std::uint64_t first_byte) {
  json::SplitterOptions options;
  options.layout = place.section.layout;
  options.first_byte = first_byte;
  options.path = place.label;
  options.enclosing = place.section.enclosing;
  options.tail_checked = place.section.tail_checked;
  return options;
}

}  // namespace

RecordSplitter::RecordSplitter(const TextPlace& place, std::uint64_t first_byte, bool one_column) {
  if (place.format.format == Format::csv) {
    csv_.emplace(first_byte, place.label);
    csv_->set_empty_rows_kept(one_column);
  } else {
    json_.emplace(splitter_options(place, first_byte));
  }
}

RecordSplitter RecordSplitter::for_record(const TextPlace& place, std::uint64_t first_byte,
                                          bool one_column) {
  if (place.format.format == Format::csv) return RecordSplitter(place, first_byte, one_column);
  json::SplitterOptions options = splitter_options(place, first_byte);
  // A record of an array, by itself, is a value like any other.
  if (options.layout == json::Layout::array) options.layout = json::Layout::values;
  RecordSplitter splitter;
  splitter.json_.emplace(std::move(options));
  return splitter;
}

Status RecordSplitter::split(std::string_view window, bool last, std::size_t pieces_max,
                             std::uint64_t bytes_max, std::vector<json::Piece>& pieces) {
  return csv_ ? csv_->split(window, last, pieces_max, bytes_max, pieces)
              : json_->split(window, last, pieces_max, bytes_max, pieces);
}

std::uint64_t RecordSplitter::wanted() const { return csv_ ? csv_->wanted() : json_->wanted(); }
bool RecordSplitter::ended() const { return csv_ ? csv_->ended() : json_->ended(); }
std::uint8_t RecordSplitter::state() const { return csv_ ? std::uint8_t{0} : json_->state(); }

std::uint64_t RecordSplitter::behind(const json::Piece& last) const {
  return csv_ ? csv_->row_start() : last.offset + last.size;
}

void RecordSplitter::restore(std::uint8_t state, std::uint64_t offset) {
  if (csv_) {
    csv_->restore(offset);
  } else {
    json_->restore(state, offset);
  }
}

PlaceParser::PlaceParser(const TextPlace& place, ShapeTable& shapes,
                         std::vector<std::string> columns)
    : file_(place.file) {
  if (place.format.format == Format::csv) {
    csv_.emplace(shapes, std::move(columns), place.declared);
    return;
  }
  json_.emplace(shapes);
  if (place.declared != nullptr) {
    TypedFields typed(*place.declared);
    if (typed.any()) typed_.emplace(std::move(typed));
  }
}

void PlaceParser::parse(std::string_view text, std::uint64_t text_offset,
                        std::span<const json::Piece> pieces, std::uint64_t first_ordinal,
                        Batch& batch) {
  // From the first to the last record that is kept: what was passed over is not in the text.
  std::uint64_t begin = UINT64_MAX;
  std::uint64_t end = 0;
  for (const json::Piece& piece : pieces) {
    if (piece.too_long) continue;
    begin = std::min(begin, piece.offset);
    end = std::max(end, piece.offset + piece.size);
  }
  places_.clear();
  std::uint64_t ordinal = first_ordinal;
  for (const json::Piece& piece : pieces) {
    if (piece.too_long) {
      add_too_long(piece, ordinal++, batch);
      continue;
    }
    places_.push_back({piece.offset - begin, piece.size, {file_, ordinal++, piece.offset}});
  }
  if (places_.empty()) return;
  const std::size_t size = end - begin;
  char* memory = batch.arena.allocate(size + json::kPaddingBytes, 1);
  std::memcpy(memory, text.data() + (begin - text_offset), size);
  std::memset(memory + size, 0, json::kPaddingBytes);
  const std::size_t before = batch.records.size();
  if (csv_) {
    csv_->parse({memory, size}, places_, batch);
  } else {
    json_->parse({memory, size}, places_, batch);
    if (typed_) restore_types(before, {memory, size}, batch);
  }
}

void PlaceParser::add_too_long(const json::Piece& piece, std::uint64_t ordinal,
                               Batch& batch) const {
  BadText bad;
  bad.origin = {file_, ordinal, piece.offset};
  bad.reason = "record_too_long";
  bad.message =
      batch.arena.copy(fmt::format("the record at byte {} has {} bytes, and at most {} are "
                                   "kept",
                                   piece.offset, piece.size, record_bytes_max));
  batch.bad.push_back(bad);
}

void PlaceParser::restore_types(std::size_t records_before, std::string_view text, Batch& batch) {
  std::size_t kept = records_before;
  std::size_t place = 0;
  for (std::size_t i = records_before; i < batch.records.size(); ++i) {
    Record record = batch.records[i];
    std::string_view field;
    if (typed_->restore(record, batch.arena, field)) {
      batch.records[kept++] = record;
      continue;
    }
    while (places_[place].origin.ordinal != record.origin.ordinal) ++place;
    BadText bad;
    bad.origin = record.origin;
    bad.reason = "type";
    bad.message = batch.arena.copy(
        fmt::format("field '{}' is not what the definition beside the file declares", field));
    bad.text = text.substr(places_[place].offset,
                           std::min<std::uint64_t>(places_[place].size, quarantine_text_bytes_max));
    batch.bad.push_back(bad);
  }
  batch.records.resize(kept);
}

}  // namespace decant::stores
