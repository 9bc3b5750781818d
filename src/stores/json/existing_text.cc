#include "stores/json/existing_text.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "stores/json/cursor.h"
#include "stores/json/file_reader.h"
#include "stores/json/output_file.h"

namespace decant::stores {
namespace {

constexpr std::size_t kWindowBytes = 4u << 20;
constexpr std::size_t kPiecesMax = 4096;
// Splitter states behind a record of a page (Phase::page_after in json/splitter.cc).
constexpr std::uint8_t kBehindPageRecord = 6;

Error cannot_rewrite(const std::string& path, std::string_view what) {
  return Error{ErrorCode::unsupported,
               fmt::format("'{}' is {}, which is read but not written; write to a new file instead",
                           path, what)};
}

Result<File> plain_text(const DataFile& file) {
  if (file.format.compression == Compression::none) return File::open_read(file.path);
  DECANT_ASSIGN(auto source, open_source(file.path, file.format.compression));
  DECANT_ASSIGN(File text, unnamed_file());
  std::vector<char> buffer(read_buffer_bytes);
  while (true) {
    DECANT_ASSIGN(const std::size_t count, source->read(buffer.data(), buffer.size()));
    if (count == 0) return text;
    DECANT_CHECK(text.write({buffer.data(), count}));
  }
}

}  // namespace

Result<ExistingText> ExistingText::open(const DataFile& file) {
  ExistingText existing;
  existing.path_ = file.path;
  DECANT_ASSIGN(existing.stamp_, file_stamp(file.path));
  DECANT_ASSIGN(existing.text_, plain_text(file));
  TextPlace& place = existing.place_;
  place.path = path_of(existing.text_);
  place.label = file.path;
  place.may_be_empty = true;
  place.format = {file.format.format, Compression::none};
  DECANT_ASSIGN(const std::vector<Definition> beside, read_sidecar(file.path));
  const Definition* declared = find_definition(beside, file.collection);
  if (declared == nullptr && beside.size() == 1) declared = &beside.front();
  if (declared != nullptr) existing.declared_ = std::make_unique<const Definition>(*declared);
  place.declared = existing.declared_.get();
  DECANT_ASSIGN(auto source, open_source(place.path, Compression::none));
  TextWindow window(std::move(source), 0, kWindowBytes);
  if (file.format.format == Format::json) {
    DECANT_ASSIGN(const std::vector<Section> sections, locate_records(window, file.path));
    if (sections.size() != 1 || !sections[0].name.empty()) {
      return cannot_rewrite(file.path, "an object of named lists");
    }
    place.section = sections[0];
    if (place.section.layout == json::Layout::values) {
      return cannot_rewrite(file.path, "a single object");
    }
  } else if (file.format.format == Format::csv) {
    DECANT_CHECK(TextCursor(window, place.label).skip_byte_order_mark());
    DECANT_ASSIGN(existing.names_, columns_of(place, window));
    for (const std::string& name : existing.names_) {
      CsvColumn& column = existing.columns_.emplace_back();
      column.name = name;
      column.fixed = true;
      const Field* field = place.declared == nullptr ? nullptr : place.declared->find(name);
      if (field == nullptr) continue;
      column.kind = field->type.kind;
      column.nullable = field->nullable;
    }
  }
  return existing;
}

Format ExistingText::format() const {
  const bool lines =
      place_.format.format == Format::json && place_.section.layout == json::Layout::lines;
  return lines ? Format::ndjson : place_.format.format;
}

Result<std::unique_ptr<Reader>> ExistingText::read(ShapeTable& shapes) {
  DECANT_ASSIGN(auto reader, FileReader::open(place_, shapes, ReadOptions()));
  return std::unique_ptr<Reader>(std::move(reader));
}

Status ExistingText::check_layout(std::string_view resume) const {
  const auto point = ResumePoint::from_text(resume);
  const bool pages =
      place_.format.format == Format::json && point && point->state == kBehindPageRecord;
  return pages ? Status(cannot_rewrite(path_, "an array of pages")) : ok_status();
}

bool ExistingText::is_pretty() {
  if (format() != Format::json) return false;
  bool pretty = false;
  // Stops behind the first record; what goes wrong here is named when the file is read.
  (void)each_text([&pretty](std::string_view record) -> Status {
    pretty = record.find('\n') != std::string_view::npos;
    return Error{};
  }).ok();
  return pretty;
}

Status ExistingText::read_one(std::uint64_t offset, std::uint32_t size, ShapeTable& shapes,
                              Batch& batch) {
  if (!parser_) parser_.emplace(place_, shapes, names_);
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    DECANT_ASSIGN(const std::size_t count,
                  text_.read_at(offset + filled, text.data() + filled, size - filled));
    if (count == 0) return check_unchanged();
    filled += count;
  }
  const json::Piece piece{offset, size, false};
  parser_->parse(text, offset, {&piece, 1}, 0, batch);
  return ok_status();
}

Status ExistingText::each_text(const std::function<Status(std::string_view)>& take) {
  DECANT_ASSIGN(auto source,
                open_source(place_.path, Compression::none, place_.section.first_byte));
  TextWindow window(std::move(source), place_.section.first_byte, kWindowBytes);
  if (window.offset() == 0) {
    DECANT_CHECK(TextCursor(window, place_.label).skip_byte_order_mark());
  }
  DECANT_ASSIGN(const std::vector<std::string> names, columns_of(place_, window));
  RecordSplitter splitter(place_, window.offset(), names.size() == 1);
  std::vector<json::Piece> pieces;
  while (!splitter.ended()) {
    pieces.clear();
    DECANT_CHECK(window.fill(kWindowBytes / 4));
    const std::string_view view = window.view().substr(splitter.wanted() - window.offset());
    DECANT_CHECK(splitter.split(view, window.last(), kPiecesMax, UINT64_MAX, pieces));
    for (const json::Piece& piece : pieces) {
      if (piece.too_long) {
        return Error{ErrorCode::unsupported,
                     fmt::format("'{}': the record at byte {} is longer than is kept, so the file "
                                 "cannot be rewritten; take it out first",
                                 path_, piece.offset)};
      }
      DECANT_CHECK(take(window.view().substr(piece.offset - window.offset(), piece.size)));
    }
    window.consume_to(std::min(splitter.wanted(), window.offset() + window.view().size()));
    if (pieces.empty() && !splitter.ended()) DECANT_CHECK(window.grow());
  }
  return ok_status();
}

Status ExistingText::check_unchanged() const {
  const Result<FileStamp> now = file_stamp(path_);
  if (now.ok() && *now == stamp_) return ok_status();
  return Error{ErrorCode::refused,
               fmt::format("'{}' was written to while this run was working on it; run the same "
                           "command again",
                           path_)};
}

}  // namespace decant::stores
