// Reads the records of one text in a file, in order, batch by batch, and can go on in the middle.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decant/store.h"
#include "stores/json/record_text.h"
#include "stores/json/window.h"

namespace decant::stores {

// Batch::resume of this reader: where it stands, and the hash of all that was read before.
struct ResumePoint {
  std::uint64_t start = 0;    // first byte of the text in the file
  std::uint64_t offset = 0;   // behind the last record
  std::uint64_t ordinal = 0;  // of the next record
  std::uint8_t state = 0;     // of the splitter
  Hash128 hash;               // of the bytes from start to offset

  std::string to_text() const;
  static std::optional<ResumePoint> from_text(std::string_view text);
};

class FileReader : public Reader {
 public:
  // `place.declared` and `shapes` must outlive the reader. refused where options.resume belongs to
  // a file that has changed since.
  static Result<std::unique_ptr<FileReader>> open(const TextPlace& place, ShapeTable& shapes,
                                                  const ReadOptions& options);
  Result<bool> next(Batch& batch) override;

 private:
  FileReader(const TextPlace& place, const ReadOptions& options, TextWindow window);

  Status read_columns();
  Status resume(const ResumePoint& point);
  Status find_pieces();
  bool one_column() const { return columns_.size() == 1; }

  TextPlace place_;
  std::uint32_t batch_records_;
  std::uint32_t batch_bytes_;
  TextWindow window_;
  std::vector<std::string> columns_;
  std::optional<RecordSplitter> splitter_;
  std::optional<PlaceParser> parser_;
  std::vector<json::Piece> pieces_;
  std::uint64_t start_ = 0;
  std::uint64_t ordinal_ = 0;
};

// The records at some places of a few files. Reads what lies before them only where a file is
// compressed.
class FetchReader : public Reader {
 public:
  // `places`: by Origin::file; null: none. All must outlive the reader.
  FetchReader(std::vector<const TextPlace*> places, ShapeTable& shapes,
              std::span<const Origin> origins);
  ~FetchReader() override;
  Result<bool> next(Batch& batch) override;

 private:
  Status enter_file(std::uint32_t file);
  Status go_to(std::uint64_t offset);
  Status fetch(const Origin& origin, Batch& batch);

  std::vector<const TextPlace*> places_;
  ShapeTable& shapes_;
  std::vector<Origin> origins_;  // sorted
  std::size_t next_ = 0;
  const TextPlace* place_ = nullptr;
  std::optional<TextWindow> window_;
  std::optional<PlaceParser> parser_;
  bool one_column_ = false;
};

// The columns of a CSV text: those it was given, or those of its header row, which is consumed.
Result<std::vector<std::string>> columns_of(const TextPlace& place, TextWindow& window);

}  // namespace decant::stores
