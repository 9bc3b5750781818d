#include "copy/last_of_key.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "copy/spill_file.h"

namespace decant::copy {
namespace {

constexpr std::size_t kReadEntries = 1024;
constexpr std::size_t kRunsMerged = 8;

struct Keyed {
  Hash128 key;
  std::uint64_t number = 0;
  auto operator<=>(const Keyed&) const = default;
};

// Sorts entries of a fixed size: runs on disk, merged while they are read.
template <typename Entry>
class Sorter {
 public:
  Sorter(std::string folder, std::size_t entries_max)
      : folder_(std::move(folder)), entries_max_(entries_max) {}

  Status add(const Entry& entry) {
    buffer_.push_back(entry);
    return buffer_.size() < entries_max_ ? ok_status() : spill();
  }

  Status sort() {
    std::sort(buffer_.begin(), buffer_.end());
    if (levels_.empty()) return ok_status();
    if (!buffer_.empty()) DECANT_CHECK(spill());
    for (std::vector<Run>& level : levels_) {
      for (Run& run : level) DECANT_CHECK(open(run, heap_));
    }
    return ok_status();
  }

  // In order; false at the end.
  Result<bool> next(Entry& entry) {
    if (!levels_.empty()) return next_of(heap_, entry);
    if (place_ == buffer_.size()) return false;
    entry = buffer_[place_++];
    return true;
  }

 private:
  struct Run {
    explicit Run(std::string folder) : file(std::move(folder), 1u << 16) {}
    bool at_end() const { return place == read.size(); }
    const Entry& entry() const { return read[place]; }
    Status load() {
      const std::uint64_t left = (file.size() - done) / sizeof(Entry);
      read.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kReadEntries)));
      place = 0;
      const std::uint64_t offset = std::exchange(done, done + read.size() * sizeof(Entry));
      return file.read_at(offset, reinterpret_cast<char*>(read.data()),
                          read.size() * sizeof(Entry));
    }
    Status advance() { return ++place < read.size() ? ok_status() : load(); }

    SpillFile file;
    std::uint64_t done = 0;
    std::vector<Entry> read;
    std::size_t place = 0;
  };

  // The run whose next entry is the least stands in front.
  using Heap = std::vector<Run*>;
  static bool is_behind(const Run* a, const Run* b) { return b->entry() < a->entry(); }

  static Status open(Run& run, Heap& heap) {
    DECANT_CHECK(run.load());
    if (run.at_end()) return ok_status();
    heap.push_back(&run);
    std::push_heap(heap.begin(), heap.end(), is_behind);
    return ok_status();
  }

  static Result<bool> next_of(Heap& heap, Entry& entry) {
    if (heap.empty()) return false;
    std::pop_heap(heap.begin(), heap.end(), is_behind);
    Run& least = *heap.back();
    entry = least.entry();
    DECANT_CHECK(least.advance());
    if (least.at_end()) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), is_behind);
    }
    return true;
  }

  static Status append(Run& run, const Entry& entry) {
    return run.file.append({reinterpret_cast<const char*>(&entry), sizeof entry});
  }

  Status spill() {
    std::sort(buffer_.begin(), buffer_.end());
    Run run(folder_);
    for (const Entry& entry : buffer_) DECANT_CHECK(append(run, entry));
    buffer_.clear();
    return keep(std::move(run), 0);
  }

  // Runs of one size are merged, so that their number, and with it the files that are open and the
  // memory, grows by a logarithm only.
  Status keep(Run run, std::size_t level) {
    if (levels_.size() == level) levels_.emplace_back();
    levels_[level].push_back(std::move(run));
    if (levels_[level].size() < kRunsMerged) return ok_status();
    Run merged(folder_);
    Heap heap;
    for (Run& each : levels_[level]) DECANT_CHECK(open(each, heap));
    Entry entry;
    while (true) {
      DECANT_ASSIGN(const bool more, next_of(heap, entry));
      if (!more) break;
      DECANT_CHECK(append(merged, entry));
    }
    levels_[level].clear();
    return keep(std::move(merged), level + 1);
  }

  std::string folder_;
  std::size_t entries_max_;
  std::vector<Entry> buffer_;
  std::size_t place_ = 0;
  std::vector<std::vector<Run>> levels_;  // runs by how often they were merged
  Heap heap_;
};

}  // namespace

struct LastOfKey::State {
  State(const std::string& folder, std::size_t entries_max)
      : by_key(folder, entries_max), repeated(folder, entries_max) {}

  Sorter<Keyed> by_key;
  Sorter<std::uint64_t> repeated;  // numbers of records that are not the last of their key
  std::uint64_t number = 0;
  std::uint64_t next_repeated = 0;
  bool any = false;
};

LastOfKey::LastOfKey(std::string folder, std::size_t entries_in_memory_max)
    : state_(std::make_unique<State>(folder, entries_in_memory_max)) {}
LastOfKey::~LastOfKey() = default;

Status LastOfKey::add(const Hash128& key) { return state_->by_key.add({key, state_->number++}); }

Status LastOfKey::sort() {
  State& state = *state_;
  DECANT_CHECK(state.by_key.sort());
  Keyed before;
  Keyed entry;
  DECANT_ASSIGN(bool more, state.by_key.next(before));
  while (more) {
    DECANT_ASSIGN(more, state.by_key.next(entry));
    if (more && entry.key == before.key) DECANT_CHECK(state.repeated.add(before.number));
    before = entry;
  }
  DECANT_CHECK(state.repeated.sort());
  state.number = 0;
  DECANT_ASSIGN(state.any, state.repeated.next(state.next_repeated));
  return ok_status();
}

Result<bool> LastOfKey::is_repeated_later() {
  State& state = *state_;
  if (!state.any || state.number++ != state.next_repeated) return false;
  DECANT_ASSIGN(state.any, state.repeated.next(state.next_repeated));
  return true;
}

}  // namespace decant::copy
