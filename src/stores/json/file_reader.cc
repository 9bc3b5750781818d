#include "stores/json/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/limits.h"
#include "stores/json/cursor.h"

namespace decant::stores {
namespace {

constexpr std::size_t kWindowBatches = 4;  // room for so many batches, filled at once
constexpr std::size_t kFetchWindowBytes = 64u << 10;
constexpr std::size_t kFetchRecords = 256;  // in one batch
constexpr int kResumeFormat = 1;

Result<TextWindow> open_window(const TextPlace& place, std::uint64_t offset, std::size_t bytes) {
  DECANT_ASSIGN(auto source, open_source(place.path, place.format.compression, offset, place.stop));
  return TextWindow(std::move(source), offset, bytes);
}

Error no_header(const TextPlace& place) {
  return Error{ErrorCode::corrupt,
               fmt::format("'{}': the file is empty, without a header row; take it out of the "
                           "source, or name the columns (columns: [a, b])",
                           place.label)};
}

// One that stands in a row outside of quotes.
bool has_bare_carriage_return(std::string_view row) {
  bool quoted = false;
  for (const char c : row) {
    if (c == '"') quoted = !quoted;
    if (c == '\r' && !quoted) return true;
  }
  return false;
}

// Only the text's own beginning has a byte order mark.
Status skip_byte_order_mark(TextWindow& window, const TextPlace& place) {
  if (window.offset() != 0) return ok_status();
  return TextCursor(window, place.label).skip_byte_order_mark();
}

}  // namespace

std::string ResumePoint::to_text() const {
  return fmt::format("json:{}:{}:{}:{}:{}:{:016x}{:016x}", kResumeFormat, start, offset, ordinal,
                     state, hash.high, hash.low);
}

std::optional<ResumePoint> ResumePoint::from_text(std::string_view text) {
  ResumePoint point;
  int format = 0;
  unsigned state = 0;
  unsigned long long start = 0, offset = 0, ordinal = 0, high = 0, low = 0;
  int used = 0;
  const std::string copy(text);
  const int count = std::sscanf(copy.c_str(), "json:%d:%llu:%llu:%llu:%u:%16llx%16llx%n", &format,
                                &start, &offset, &ordinal, &state, &high, &low, &used);
  if (count != 7 || format != kResumeFormat || static_cast<std::size_t>(used) != text.size()) {
    return std::nullopt;
  }
  point.start = start;
  point.offset = offset;
  point.ordinal = ordinal;
  point.state = static_cast<std::uint8_t>(state);
  point.hash = {low, high};
  return point;
}

Result<std::vector<std::string>> columns_of(const TextPlace& place, TextWindow& window) {
  if (place.format.format != Format::csv) return std::vector<std::string>{};
  if (!place.columns.empty()) return place.columns;
  CsvSplitter splitter(window.offset(), place.label);
  std::vector<json::Piece> pieces;
  while (pieces.empty()) {
    DECANT_CHECK(window.fill(1));
    DECANT_CHECK(splitter.split(window.view(), window.last(), 1, UINT64_MAX, pieces));
    if (!pieces.empty()) break;
    if (splitter.ended() && !place.may_be_empty) return no_header(place);
    if (splitter.ended()) return std::vector<std::string>{};
    window.consume_to(splitter.wanted());
    DECANT_CHECK(window.grow());
  }
  const json::Piece row = pieces.front();
  if (row.too_long) {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}': the header row is longer than is kept; name "
                             "the columns (columns: [a, b])",
                             place.label)};
  }
  const std::string_view text = window.view().substr(row.offset - window.offset(), row.size);
  if (has_bare_carriage_return(text)) {
    return Error{ErrorCode::corrupt,
                 fmt::format("'{}': its rows end with a carriage return alone, so all of it is one "
                             "row; end them with line feeds",
                             place.label)};
  }
  DECANT_ASSIGN(auto columns, parse_header(text, place.label));
  window.consume_to(splitter.wanted());
  return columns;
}

FileReader::FileReader(const TextPlace& place, const ReadOptions& options, TextWindow window)
    : place_(place),
      batch_records_(std::max(options.batch_records, 1u)),
      batch_bytes_(std::max(options.batch_bytes, 1u)),
      window_(std::move(window)) {}

Result<std::unique_ptr<FileReader>> FileReader::open(const TextPlace& place, ShapeTable& shapes,
                                                     const ReadOptions& options) {
  const std::size_t room =
      std::max<std::size_t>(std::size_t{options.batch_bytes} * kWindowBatches, kFetchWindowBytes);
  DECANT_ASSIGN(TextWindow window, open_window(place, place.section.first_byte, room));
  std::unique_ptr<FileReader> reader(new FileReader(place, options, std::move(window)));
  reader->start_ = reader->window_.offset();
  reader->window_.start_hash();
  DECANT_CHECK(skip_byte_order_mark(reader->window_, place));
  DECANT_ASSIGN(reader->columns_, columns_of(place, reader->window_));
  reader->splitter_.emplace(place, reader->window_.offset(), reader->one_column());
  reader->parser_.emplace(place, shapes, reader->columns_);
  if (!options.resume.empty()) {
    const auto point = ResumePoint::from_text(options.resume);
    if (!point) {
      return Error{ErrorCode::refused,
                   fmt::format("'{}': the checkpoint of this file is not one that this program "
                               "wrote; start again with --restart",
                               place.label)};
    }
    DECANT_CHECK(reader->resume(*point));
  }
  return reader;
}

Status FileReader::resume(const ResumePoint& point) {
  const auto changed = [this, &point] {
    return Error{ErrorCode::refused,
                 fmt::format("'{}': what was read of it ({} bytes) has changed since; start again "
                             "with --restart",
                             place_.label, point.offset - point.start)};
  };
  if (point.start != start_ || point.offset < window_.offset()) return changed();
  while (window_.offset() < point.offset) {
    DECANT_CHECK(window_.fill(1));
    if (window_.view().empty()) return changed();
    window_.consume_to(std::min(window_.offset() + window_.view().size(), point.offset));
  }
#if !DECANT_MUTANT_RESUME_WITHOUT_HASH
  if (window_.hash_to(point.offset) != point.hash) return changed();
#endif
  splitter_->restore(point.state, point.offset);
  ordinal_ = point.ordinal;
  return ok_status();
}

// Fills pieces_ with the next records; none at the end.
Status FileReader::find_pieces() {
  pieces_.clear();
  while (pieces_.empty() && !splitter_->ended()) {
    DECANT_CHECK(window_.fill(batch_bytes_));
    const std::uint64_t wanted = splitter_->wanted();
    const std::string_view view = window_.view().substr(wanted - window_.offset());
    DECANT_CHECK(splitter_->split(view, window_.last(), batch_records_, batch_bytes_, pieces_));
    if (!pieces_.empty() || splitter_->ended()) break;
    window_.consume_to(splitter_->wanted());
    DECANT_CHECK(window_.grow());
  }
  return ok_status();
}

Result<bool> FileReader::next(Batch& batch) {
  batch.clear();
  DECANT_CHECK(find_pieces());
  if (pieces_.empty()) return false;
  const std::uint64_t begin = window_.offset();
  parser_->parse(window_.view(), begin, pieces_, ordinal_, batch);
  ordinal_ += pieces_.size();
  // Not to where the splitter stands: what it looked at behind the last record is not read yet.
  const std::uint64_t end = splitter_->behind(pieces_.back());
  ResumePoint point{start_, end, ordinal_, splitter_->state(), window_.hash_to(end)};
  batch.resume = point.to_text();
  batch.source_bytes = end - begin;
  window_.consume_to(end);
  return true;
}

FetchReader::FetchReader(std::vector<const TextPlace*> places, ShapeTable& shapes,
                         std::span<const Origin> origins)
    : places_(std::move(places)), shapes_(shapes), origins_(origins.begin(), origins.end()) {
  std::sort(origins_.begin(), origins_.end(), [](const Origin& a, const Origin& b) {
    return a.file != b.file ? a.file < b.file : a.offset < b.offset;
  });
}
FetchReader::~FetchReader() = default;

Status FetchReader::enter_file(std::uint32_t file) {
  place_ = file < places_.size() ? places_[file] : nullptr;
  window_.reset();
  parser_.reset();
  if (place_ == nullptr) return ok_status();
  DECANT_ASSIGN(TextWindow window, open_window(*place_, 0, kFetchWindowBytes));
  std::vector<std::string> columns;
  if (place_->format.format == Format::csv) {
    DECANT_CHECK(skip_byte_order_mark(window, *place_));
    DECANT_ASSIGN(columns, columns_of(*place_, window));
  }
  one_column_ = columns.size() == 1;
  parser_.emplace(*place_, shapes_, std::move(columns));
  window_.emplace(std::move(window));
  return ok_status();
}

Status FetchReader::go_to(std::uint64_t offset) {
  const bool ahead = offset >= window_->offset();
  const bool near = ahead && offset - window_->offset() <= window_->view().size();
  if (!near && (place_->format.compression == Compression::none || !ahead)) {
    DECANT_ASSIGN(TextWindow window, open_window(*place_, offset, kFetchWindowBytes));
    window_.emplace(std::move(window));
    return ok_status();
  }
  while (window_->offset() < offset) {
    DECANT_CHECK(window_->fill(1));
    if (window_->view().empty()) return ok_status();
    window_->consume_to(std::min(window_->offset() + window_->view().size(), offset));
  }
  return ok_status();
}

Status FetchReader::fetch(const Origin& origin, Batch& batch) {
  DECANT_CHECK(go_to(origin.offset));
  RecordSplitter splitter = RecordSplitter::for_record(*place_, origin.offset, one_column_);
  std::vector<json::Piece> pieces;
  while (pieces.empty() && !splitter.ended()) {
    DECANT_CHECK(window_->fill(1));
    DECANT_CHECK(splitter.split(window_->view(), window_->last(), 1, UINT64_MAX, pieces));
    if (!pieces.empty() || splitter.ended()) break;
    window_->consume_to(splitter.wanted());
    DECANT_CHECK(window_->grow());
  }
  if (pieces.empty() || pieces[0].offset != origin.offset) return ok_status();
  parser_->parse(window_->view(), window_->offset(), pieces, origin.ordinal, batch);
  return ok_status();
}

Result<bool> FetchReader::next(Batch& batch) {
  batch.clear();
  while (next_ < origins_.size() && batch.records.size() + batch.bad.size() < kFetchRecords &&
         batch.arena.bytes_used() < batch_bytes_default) {
    const Origin& origin = origins_[next_];
    if (next_ == 0 || origins_[next_ - 1].file != origin.file)
      DECANT_CHECK(enter_file(origin.file));
    ++next_;
    if (place_ == nullptr) continue;
    DECANT_CHECK(fetch(origin, batch));
  }
  return !batch.empty();
}

}  // namespace decant::stores
