// A text file being written, plain or compressed, that can be cut back to where it was durable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "decant/result.h"
#include "stores/json/source.h"

namespace decant::stores {

// Writes go through a buffer. One thread. The destructor closes without writing what is buffered.
class OutputFile {
 public:
  static Result<OutputFile> create(const std::string& path, Compression compression);
  // Goes on behind the first `bytes` of the file; what follows them is cut off. corrupt where the
  // file is shorter.
  static Result<OutputFile> reopen(const std::string& path, Compression compression,
                                   std::uint64_t bytes);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;
  ~OutputFile();

  Status write(std::string_view text);
  // Ends the gzip member or zstd frame in work, so that the file is whole, and makes it durable.
  // Returns the file's size: reopen() there goes on as if nothing had followed.
  Result<std::uint64_t> sync();
  File& file();

 private:
  struct State;
  explicit OutputFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// `merged` gets the owner and the permissions of the file at `path`, whose place it takes. A note
// where the owner cannot be kept.
Status keep_owner(const std::string& path, const File& merged, std::vector<std::string>& notes);

// Where the open file can be opened again.
std::string path_of(const File& file);

}  // namespace decant::stores
