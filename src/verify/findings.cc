#include "verify/findings.h"

namespace decant::verify {
namespace {

constexpr std::size_t kBufferedBytesMax = 64u << 10;

}  // namespace

Status Findings::open() {
  if (job_.differences_file.empty()) return ok_status();
  DECANT_ASSIGN(file_, File::open_append(job_.differences_file, 0600));
  return ok_status();
}

Status Findings::add(const FoundDifference& found, Difference difference) {
  if (job_.on_difference != nullptr) {
    FoundDifference complete = found;
    complete.difference = &difference;
    DECANT_CHECK(job_.on_difference(complete));
  }
  if (file_.is_open()) {
    buffered_ += with_collection(job_.definition.name, to_json(difference));
    buffered_ += '\n';
    if (buffered_.size() >= kBufferedBytesMax) {
      DECANT_CHECK(file_.write(buffered_));
      buffered_.clear();
    }
  }
  if (result_.differences.size() < job_.differences_max) {
    result_.differences.push_back(std::move(difference));
  }
  return ok_status();
}

Status Findings::finish() {
  if (!file_.is_open()) return ok_status();
  DECANT_CHECK(file_.write(buffered_));
  buffered_.clear();
  // An empty one goes again: nothing of it has to last.
  DECANT_ASSIGN(const FileStamp stamp, file_stamp(job_.differences_file));
  if (stamp.size > 0) DECANT_CHECK(file_.sync());
  file_.close();
  return ok_status();
}

}  // namespace decant::verify
