#include <algorithm>
#include <tuple>

#include "verify/verify.h"

namespace decant::verify {

// Goes along the sorted exceptions as the origins rise; starts anew where they fall (rows with
// negative numbers come first).
class ExceptionCursor final : public Dispositions::Cursor {
 public:
  ExceptionCursor(const ExceptionList& list, std::uint32_t source)
      : entries_(list.entries_), source_(source) {}

  Disposition at(const Origin& origin) override {
    const std::tuple wanted(source_, origin.file, origin.offset);
    if (wanted < last_ || next_ == SIZE_MAX) {
      next_ = static_cast<std::size_t>(
          std::lower_bound(entries_.begin(), entries_.end(), wanted,
                           [](const auto& entry, const auto& key) { return place(entry) < key; }) -
          entries_.begin());
    }
    last_ = wanted;
    while (next_ < entries_.size() && place(entries_[next_]) < wanted) ++next_;
    if (next_ == entries_.size() || place(entries_[next_]) != wanted) return Disposition::expected;
    return entries_[next_].disposition;
  }

  static std::tuple<std::uint32_t, std::uint32_t, std::uint64_t> place(
      const ExceptionList::Entry& entry) {
    return {entry.source, entry.file, entry.offset};
  }

 private:
  const std::vector<ExceptionList::Entry>& entries_;
  std::uint32_t source_;
  std::size_t next_ = SIZE_MAX;
  std::tuple<std::uint32_t, std::uint32_t, std::uint64_t> last_{};
};

void ExceptionList::add(std::uint32_t source, const Origin& origin, Disposition disposition) {
  entries_.push_back({origin.offset, origin.file, source, disposition});
  sorted_ = false;
}

Result<std::unique_ptr<Dispositions::Cursor>> ExceptionList::open(std::uint32_t source,
                                                                  const Partition& /*partition*/) {
  const std::lock_guard lock(*mutex_);
  if (!sorted_) {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return ExceptionCursor::place(a) < ExceptionCursor::place(b);
    });
    sorted_ = true;
  }
  return std::unique_ptr<Cursor>(std::make_unique<ExceptionCursor>(*this, source));
}

}  // namespace decant::verify
