#include <algorithm>
#include <cstring>
#include <mutex>

#include "verify/fingerprint.h"

namespace decant::verify {
namespace {

// Places kept in memory before they go to the file, or at all where there is no disk.
constexpr std::size_t kWideBuffered = 4096;
constexpr std::size_t kWideWithoutDiskMax = 1u << 20;

}  // namespace

struct PlaceBook::Wide {
  struct Entry {
    std::uint64_t ordinal;
    std::uint64_t offset;
    std::uint32_t source;
    std::uint32_t file;
  };

  explicit Wide(std::string spill_path) : path(std::move(spill_path)) {}
  ~Wide() {
    if (written.is_open()) (void)remove_file(path).ok();
  }
  Status flush();

  std::string path;
  std::mutex mutex;
  std::vector<Entry> buffered;
  std::uint64_t flushed = 0;  // entries in the file; `buffered` follows them
  File written;
  File read_back;
};

PlaceBook::PlaceBook(std::vector<std::uint32_t> files, std::string spill_path)
    : wide_(std::make_unique<Wide>(std::move(spill_path))) {
  std::uint64_t first = 0;
  for (const std::uint32_t count : files) {
    first_file_.push_back(first);
    first += std::max<std::uint32_t>(count, 1);
  }
  first_file_.push_back(first);
}
PlaceBook::~PlaceBook() = default;

Result<std::uint64_t> PlaceBook::pack_wide(const Place& place) {
  const std::lock_guard lock(wide_->mutex);
  const std::uint64_t index = wide_->flushed + wide_->buffered.size();
  wide_->buffered.push_back(
      {place.origin.ordinal, place.origin.offset, place.source, place.origin.file});
  if (wide_->path.empty()) {
    if (wide_->buffered.size() > kWideWithoutDiskMax) {
      return Error{ErrorCode::unsupported,
                   "more than " + std::to_string(kWideWithoutDiskMax) +
                       " records lie at places that need the disk to be remembered; verify by the "
                       "exact join, without `--sketch`"};
    }
  } else if (wide_->buffered.size() >= kWideBuffered) {
    DECANT_CHECK(wide_->flush());
  }
  return place_code::kWide | std::uint64_t{place.disposition} << place_code::kDispositionShift |
         index;
}

Status PlaceBook::Wide::flush() {
  if (!written.is_open()) {
    DECANT_ASSIGN(written, File::create(path, 0600));
    DECANT_ASSIGN(read_back, File::open_read(path));
  }
  DECANT_CHECK(written.write(
      {reinterpret_cast<const char*>(buffered.data()), buffered.size() * sizeof(Entry)}));
  flushed += buffered.size();
  buffered.clear();
  return ok_status();
}

Result<Place> PlaceBook::unpack(std::uint64_t code) const {
  Place place;
  place.disposition = place_code::disposition(code);
  if ((code & place_code::kWide) == 0) {
    const std::uint64_t file = code >> place_code::kFileShift & place_code::kFileMask;
    const auto after = std::upper_bound(first_file_.begin(), first_file_.end(), file);
    place.source = static_cast<std::uint32_t>(after - first_file_.begin() - 1);
    place.origin.file = static_cast<std::uint32_t>(file - first_file_[place.source]);
    place.origin.offset = code & place_code::kOffsetMask;
    return place;
  }
  const std::uint64_t index = code & place_code::kIndexMask;
  const std::lock_guard lock(wide_->mutex);
  Wide::Entry entry{};
  if (index >= wide_->flushed) {
    const std::uint64_t at = index - wide_->flushed;
    if (at >= wide_->buffered.size()) {
      return Error{ErrorCode::corrupt, "a fingerprint names a place that was never written down"};
    }
    entry = wide_->buffered[at];
  } else {
    char* to = reinterpret_cast<char*>(&entry);
    std::size_t got = 0;
    while (got < sizeof entry) {
      DECANT_ASSIGN(
          const std::size_t bytes,
          wide_->read_back.read_at(index * sizeof entry + got, to + got, sizeof entry - got));
      if (bytes == 0) return Error{ErrorCode::corrupt, wide_->path + ": the file is cut off"};
      got += bytes;
    }
  }
  place.source = entry.source;
  place.origin = {entry.file, entry.ordinal, entry.offset};
  return place;
}

}  // namespace decant::verify
