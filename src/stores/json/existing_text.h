// The text of a target file that is there: read in order, looked up, and copied.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "decant/store.h"
#include "stores/json/csv_rows.h"
#include "stores/json/data_files.h"
#include "stores/json/record_text.h"

namespace decant::stores {

// A compressed file is decompressed into a file without a name first, so that its records can be
// looked up. One thread.
class ExistingText {
 public:
  // Its types are those that the definition beside it declares. unsupported where the file's
  // records cannot be rewritten one by one (an object of named arrays, pages, a single object).
  static Result<ExistingText> open(const DataFile& file);

  Format format() const;  // json: an array
  const std::vector<CsvColumn>& columns() const { return columns_; }
  Result<std::unique_ptr<Reader>> read(ShapeTable& shapes);
  // unsupported where the records stand in pages; `resume` is that of a batch of read().
  Status check_layout(std::string_view resume) const;
  bool is_pretty();  // its first record stands on several lines
  // Appends the record whose text stands there.
  Status read_one(std::uint64_t offset, std::uint32_t size, ShapeTable& shapes, Batch& batch);
  // Every record's text as it stands, bad ones included, in order.
  Status each_text(const std::function<Status(std::string_view)>& take);
  // refused where the file was written to since open().
  Status check_unchanged() const;

 private:
  std::string path_;
  FileStamp stamp_;
  File text_;
  std::unique_ptr<const Definition> declared_;  // null: none
  TextPlace place_;
  std::vector<CsvColumn> columns_;
  std::vector<std::string> names_;
  std::optional<PlaceParser> parser_;
};

}  // namespace decant::stores
