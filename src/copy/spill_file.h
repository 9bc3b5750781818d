// A file for what does not fit into memory, gone with its owner: it has no name from the moment it
// is made, so that nothing is left behind whatever happens. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "decant/result.h"

namespace decant::copy {

class SpillFile {
 public:
  // Made with the first byte that does not fit into `memory_bytes`. `folder` is made, too; empty:
  // the system's folder for temporary files.
  SpillFile(std::string folder, std::size_t memory_bytes)
      : folder_(std::move(folder)), memory_bytes_(memory_bytes) {}

  Status append(std::string_view bytes);
  // REQUIRES: offset + bytes <= size().
  Status read_at(std::uint64_t offset, char* out, std::size_t bytes);
  std::uint64_t size() const { return written_ + tail_.size(); }
  // Writes what is in memory, and gives the memory back.
  Status settle();
  // Empty again; the room on disk is given back.
  void clear();

 private:
  Status flush();

  std::string folder_;
  std::size_t memory_bytes_;
  File file_;
  std::uint64_t written_ = 0;
  std::string tail_;  // what follows behind the file's end
};

}  // namespace decant::copy
