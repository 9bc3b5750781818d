#include "base/temporary_folder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/file.h"

namespace decant {

Result<TemporaryFolder> TemporaryFolder::make() {
  const char* place = std::getenv("TMPDIR");
  std::string path = place != nullptr && *place != '\0' ? place : "/tmp";
  path += "/decant-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return errno_error("make a temporary folder", path);
  return TemporaryFolder(std::move(path));
}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, "");
  }
  return *this;
}

void TemporaryFolder::remove() {
  std::error_code ignored;  // nobody is left to be told; the folder is a temporary one
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  path_.clear();
}

}  // namespace decant
