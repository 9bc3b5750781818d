#include "copy/seen_keys.h"

#include <malloc.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace decant::copy {
namespace {

constexpr std::size_t kSlotsAtFirst = 1024;
constexpr std::size_t kSlotsKept = 4096;  // by a retired table
constexpr std::size_t kRunsMerged = 8;
constexpr std::size_t kPageEntries = 170;  // of a run, read at once: 4 KiB
constexpr std::size_t kMergeEntries = 4096;
constexpr std::uint64_t kFilterProbes = 6;
constexpr std::size_t kAhead = 16;  // entries for which memory is asked before it is needed

struct KeyEntry {
  Hash128 key;
  std::uint64_t number = 0;
};
static_assert(sizeof(KeyEntry) == 24);

// A line of the log.
struct LogLine {
  Hash128 content;
  std::uint64_t ordinal;
  std::uint64_t offset;
  std::uint32_t file;
  std::uint32_t collection;
};
static_assert(sizeof(LogLine) == 40);

bool before_key(const KeyEntry& entry, const Hash128& key) { return entry.key < key; }

__extension__ typedef unsigned __int128 Wide;
std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>((static_cast<Wide>(a) * b) >> 64);
}

std::string_view bytes_of(const void* data, std::size_t bytes) {
  return {static_cast<const char*>(data), bytes};
}

// Entries in order of key, on disk.
class Run {
 public:
  explicit Run(std::string folder) : file_(std::move(folder), kMergeEntries * sizeof(KeyEntry)) {}

  Status append(const KeyEntry& entry) {
    ++entries_;
    return file_.append(bytes_of(&entry, sizeof entry));
  }
  std::uint64_t entries() const { return entries_; }
  Status settle() { return file_.settle(); }

  Status read(std::uint64_t first, std::span<KeyEntry> out) {
    return file_.read_at(first * sizeof(KeyEntry), reinterpret_cast<char*>(out.data()),
                         out.size_bytes());
  }

  // The number of `key`, or SeenKeys::kNew. Keys are hashes, evenly spread, so the place of one is
  // known but for a small error; where its page is missed, the page's own keys say how far.
  Result<std::uint64_t> find(const Hash128& key) {
    std::uint64_t low = 0;
    std::uint64_t high = entries_;
    bool look = !page_.empty() && !(key < page_.front().key) && !(page_.back().key < key);
    std::uint64_t place = before(scaled(key.low), kPageEntries / 2);
    while (look || low < high) {
      if (!look) DECANT_CHECK(load_page(std::clamp(place, low, high - 1)));
      look = false;
      if (key < page_.front().key) {
        high = page_first_;
        place = before(high, scaled(page_.front().key.low - key.low) + kPageEntries / 2);
      } else if (page_.back().key < key) {
        low = page_first_ + page_.size();
        place = before(low + scaled(key.low - page_.back().key.low), kPageEntries / 2);
      } else {
        auto found = std::lower_bound(page_.begin(), page_.end(), key, before_key);
        return found->key == key ? found->number : SeenKeys::kNew;
      }
    }
    return SeenKeys::kNew;
  }

 private:
  // How many entries lie within so large a part of the range of keys. Hash128 is ordered by `low`
  // first.
  std::uint64_t scaled(std::uint64_t part) const { return multiply_high(part, entries_); }
  static std::uint64_t before(std::uint64_t place, std::uint64_t entries) {
    return place > entries ? place - entries : 0;
  }

  Status load_page(std::uint64_t first) {
    page_first_ = first;
    page_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPageEntries, entries_ - first)));
    return read(first, page_);
  }

  SpillFile file_;
  std::uint64_t entries_ = 0;
  std::vector<KeyEntry> page_;
  std::uint64_t page_first_ = 0;
};

// Reads a run from its start to its end.
class RunCursor {
 public:
  explicit RunCursor(Run& run) : run_(&run) {}
  Result<bool> next() {
    if (++place_ < buffer_.size()) return true;
    done_ += buffer_.size();
    if (done_ == run_->entries()) return false;
    buffer_.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(kMergeEntries, run_->entries() - done_)));
    place_ = 0;
    DECANT_CHECK(run_->read(done_, buffer_));
    return true;
  }
  const KeyEntry& entry() const { return buffer_[place_]; }

 private:
  Run* run_;
  std::vector<KeyEntry> buffer_;
  std::size_t place_ = 0;
  std::uint64_t done_ = 0;
};

// Blocks of 64 bytes, so that a look costs one cache miss.
class BlockedFilter {
 public:
  explicit BlockedFilter(std::size_t bytes) : blocks_(std::max<std::size_t>(bytes / 64, 1)) {}
  void add(const Hash128& key) {
    Block& block = block_of(key);
    for (std::uint64_t i = 0; i < kFilterProbes; ++i) block.words[word(key, i)] |= bit(key, i);
  }
  void ask_for(const Hash128& key) { __builtin_prefetch(&block_of(key), 1); }
  bool may_hold(const Hash128& key) {
    const Block& block = block_of(key);
    for (std::uint64_t i = 0; i < kFilterProbes; ++i) {
      if ((block.words[word(key, i)] & bit(key, i)) == 0) return false;
    }
    return true;
  }

 private:
  struct alignas(64) Block {
    std::uint64_t words[8] = {};
  };
  Block& block_of(const Hash128& key) {
    return blocks_[static_cast<std::size_t>(multiply_high(key.high, blocks_.size()))];
  }
  static std::size_t word(const Hash128& key, std::uint64_t probe) {
    return (key.low >> (9 * probe)) & 7;
  }
  static std::uint64_t bit(const Hash128& key, std::uint64_t probe) {
    return std::uint64_t{1} << ((key.low >> (9 * probe + 3)) & 63);
  }

  std::vector<Block> blocks_;
};

}  // namespace

struct SeenKeys::State {
  explicit State(Options given)
      : options(std::move(given)), log(options.folder, seen_log_memory_bytes) {
    slots.resize(kSlotsAtFirst, {{}, kNew});
  }

  // Places follow the order of the keys, so that the table is sorted but for its collisions.
  std::size_t place_of(const Hash128& key) const {
    return static_cast<std::size_t>(multiply_high(key.low, slots.size()));
  }
  void ask_for(const Hash128& key) { __builtin_prefetch(&slots[place_of(key)], 1); }
  KeyEntry& slot_of(const Hash128& key) {
    const std::size_t mask = slots.size() - 1;
    std::size_t place = place_of(key);
    while (slots[place].number != kNew && slots[place].key != key) place = (place + 1) & mask;
    return slots[place];
  }

  Status insert(const Entry& entry);
  Status retire();
  Status look_on_disk(std::span<const Entry> entries);
  Result<std::uint64_t> find_on_disk(const Hash128& key);
  void grow();
  void sort_slots();
  Status spill();
  Status merge();

  Options options;
  SpillFile log;
  std::uint64_t records = 0;
  std::vector<KeyEntry> slots;
  std::size_t used = 0;
  std::vector<std::vector<Run>> levels;  // runs by how often they were merged
  std::unique_ptr<BlockedFilter> filter;
  std::vector<KeyEntry> wanted;  // of one add(): keys that may be on disk, in order of key
};

SeenKeys::SeenKeys(Options options) : state_(std::make_unique<State>(std::move(options))) {}
SeenKeys::~SeenKeys() = default;
SeenKeys::SeenKeys(SeenKeys&&) noexcept = default;

Status SeenKeys::retire() { return state_->retire(); }
std::uint64_t SeenKeys::size() const { return state_->records; }

Status SeenKeys::add(std::span<const Entry> entries, std::vector<std::uint64_t>& first) {
  State& state = *state_;
  first.assign(entries.size(), kNew);
  DECANT_CHECK(state.look_on_disk(entries));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kAhead < entries.size()) state.ask_for(entries[i + kAhead].digest.key);
    const Hash128& key = entries[i].digest.key;
    const KeyEntry& slot = state.slot_of(key);
    if (slot.number != kNew) {
      first[i] = slot.number;
      continue;
    }
    if (!state.wanted.empty()) {
      auto place = std::lower_bound(state.wanted.begin(), state.wanted.end(), key, before_key);
      if (place != state.wanted.end() && place->key == key) {
        first[i] = place->number;
        continue;
      }
    }
    DECANT_CHECK(state.insert(entries[i]));
  }
  // Only between calls, so that `wanted` stays true.
  return state.used >= state.options.keys_in_memory_max ? state.spill() : ok_status();
}

Status SeenKeys::State::insert(const Entry& entry) {
  if ((used + 1) * 4 > slots.size() * 3) grow();
  KeyEntry& slot = slot_of(entry.digest.key);
  slot.key = entry.digest.key;
  slot.number = records++;
  ++used;
  const LogLine line = {entry.digest.content, entry.origin.ordinal, entry.origin.offset,
                        entry.origin.file, entry.collection};
  return log.append(bytes_of(&line, sizeof line));
}

void SeenKeys::State::grow() {
  std::vector<KeyEntry> old(slots.size() * 2, KeyEntry{{}, kNew});
  old.swap(slots);
  for (const KeyEntry& entry : old) {
    if (entry.number != kNew) slot_of(entry.key) = entry;
  }
}

// Fills `wanted` with those of the keys that are in a run.
Status SeenKeys::State::look_on_disk(std::span<const Entry> entries) {
  wanted.clear();
  if (!filter) return ok_status();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kAhead < entries.size()) filter->ask_for(entries[i + kAhead].digest.key);
    const Hash128& key = entries[i].digest.key;
    if (filter->may_hold(key)) wanted.push_back({key, kNew});
  }
  std::sort(wanted.begin(), wanted.end(),
            [](const KeyEntry& a, const KeyEntry& b) { return a.key < b.key; });
  for (KeyEntry& entry : wanted) {
    DECANT_ASSIGN(entry.number, find_on_disk(entry.key));
  }
  std::erase_if(wanted, [](const KeyEntry& entry) { return entry.number == kNew; });
  return ok_status();
}

Result<std::uint64_t> SeenKeys::State::find_on_disk(const Hash128& key) {
  for (std::vector<Run>& level : levels) {
    for (Run& run : level) {
      DECANT_ASSIGN(std::uint64_t number, run.find(key));
      if (number != kNew) return number;
    }
  }
  return kNew;
}

// The entries come first and in order, in place: no second table. Each stands near its place, but
// for those that went on from the table's end at its start.
void SeenKeys::State::sort_slots() {
  std::vector<KeyEntry> from_end;
  std::size_t sorted = 0;
  const auto put = [&](const KeyEntry& entry) {
    std::size_t place = sorted++;
    for (; place > 0 && entry.key < slots[place - 1].key; --place) slots[place] = slots[place - 1];
    slots[place] = entry;
  };
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const KeyEntry entry = slots[i];
    if (entry.number == kNew) continue;
    if (place_of(entry.key) > i) {
      from_end.push_back(entry);
    } else {
      put(entry);
    }
  }
  for (const KeyEntry& entry : from_end) put(entry);
}

// The table becomes a run.
Status SeenKeys::State::spill() {
  if (!filter) filter = std::make_unique<BlockedFilter>(options.filter_bytes);
  sort_slots();
  Run run(options.folder);
  for (std::size_t i = 0; i < used; ++i) {
    if (i + kAhead < used) filter->ask_for(slots[i + kAhead].key);
    filter->add(slots[i].key);
    DECANT_CHECK(run.append(slots[i]));
  }
  DECANT_CHECK(run.settle());
  std::fill(slots.begin(), slots.end(), KeyEntry{{}, kNew});
  used = 0;
  if (levels.empty()) levels.emplace_back();
  levels.front().push_back(std::move(run));
  return merge();
}

Status SeenKeys::State::retire() {
  if (!filter && slots.size() <= kSlotsKept) return ok_status();  // no files for so little
  if (used > 0) DECANT_CHECK(spill());
  DECANT_CHECK(log.settle());
  filter.reset();
  slots = std::vector<KeyEntry>(1, {{}, kNew});
  wanted = {};
  // Once a block of this size was freed, glibc keeps the next ones, and a run over many tables
  // would hold one for each.
  ::malloc_trim(0);
  return ok_status();
}

Status SeenKeys::State::merge() {
  for (std::size_t level = 0; level < levels.size(); ++level) {
    if (levels[level].size() < kRunsMerged) return ok_status();
    Run merged(options.folder);
    std::vector<RunCursor> cursors;
    for (Run& run : levels[level]) {
      RunCursor cursor(run);
      DECANT_ASSIGN(bool any, cursor.next());
      if (any) cursors.push_back(std::move(cursor));
    }
    while (!cursors.empty()) {
      auto least = std::min_element(
          cursors.begin(), cursors.end(),
          [](const RunCursor& a, const RunCursor& b) { return a.entry().key < b.entry().key; });
      DECANT_CHECK(merged.append(least->entry()));
      DECANT_ASSIGN(bool more, least->next());
      if (!more) cursors.erase(least);
    }
    DECANT_CHECK(merged.settle());
    levels[level].clear();
    if (level + 1 == levels.size()) levels.emplace_back();
    levels[level + 1].push_back(std::move(merged));
  }
  return ok_status();
}

Result<SeenRecord> SeenKeys::record(std::uint64_t number) {
  assert(number < state_->records);
  LogLine line;
  DECANT_CHECK(
      state_->log.read_at(number * sizeof line, reinterpret_cast<char*>(&line), sizeof line));
  return SeenRecord{line.content, {line.file, line.ordinal, line.offset}, line.collection};
}

Result<std::optional<SeenRecord>> SeenKeys::find(const Hash128& key) {
  std::uint64_t number = state_->slot_of(key).number;
  if (number == kNew) {
    DECANT_ASSIGN(number, state_->find_on_disk(key));
  }
  if (number == kNew) return std::optional<SeenRecord>();
  DECANT_ASSIGN(SeenRecord found, record(number));
  return std::optional<SeenRecord>(found);
}

}  // namespace decant::copy
