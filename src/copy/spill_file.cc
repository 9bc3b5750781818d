#include "copy/spill_file.h"

#include <cstring>

namespace decant::copy {
Status SpillFile::append(std::string_view bytes) {
  tail_ += bytes;
  return tail_.size() > memory_bytes_ ? flush() : ok_status();
}

Status SpillFile::flush() {
  if (!file_.is_open()) {
    DECANT_ASSIGN(file_, unnamed_file(folder_));
  }
  DECANT_CHECK(file_.write(tail_));
  written_ += tail_.size();
  tail_.clear();
  return ok_status();
}

Status SpillFile::settle() {
  if (!tail_.empty()) DECANT_CHECK(flush());
  tail_ = std::string();
  return ok_status();
}

Status SpillFile::read_at(std::uint64_t offset, char* out, std::size_t bytes) {
  while (bytes > 0 && offset < written_) {
    const std::uint64_t in_file = written_ - offset;
    const std::size_t wanted = in_file < bytes ? static_cast<std::size_t>(in_file) : bytes;
    DECANT_ASSIGN(std::size_t read, file_.read_at(offset, out, wanted));
    if (read == 0) {
      return Error{ErrorCode::io, file_.path() + ": spilled keys are cut off; run again"};
    }
    offset += read;
    out += read;
    bytes -= read;
  }
  if (bytes > 0) std::memcpy(out, tail_.data() + (offset - written_), bytes);
  return ok_status();
}

void SpillFile::clear() {
  file_.close();
  written_ = 0;
  tail_.clear();
}

}  // namespace decant::copy
