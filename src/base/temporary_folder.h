// A folder for files of one command: made below $TMPDIR or /tmp, removed with all that is in it.
#pragma once

#include <string>
#include <utility>

#include "decant/result.h"

namespace decant {

class TemporaryFolder {
 public:
  // Mode 0700. An Error names the place that could not be written.
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  ~TemporaryFolder() { remove(); }

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  void remove();
  std::string path_;
};

}  // namespace decant
