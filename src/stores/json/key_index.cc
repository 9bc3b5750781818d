#include "stores/json/key_index.h"

#include <errno.h>
#include <unistd.h>

#include <cstring>
#include <type_traits>

#include "stores/json/output_file.h"

namespace decant::stores {
namespace {

// File has no positioned write: what is written here is scratch, never durable.
Status write_at(const File& file, std::uint64_t offset, const void* bytes, std::size_t size) {
  const char* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::pwrite(file.descriptor(), from, size, static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno_error("write", file.path());
    }
    from += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return ok_status();
}

// Zeros behind the file's end.
Status read_at(File& file, std::uint64_t offset, void* bytes, std::size_t size) {
  char* to = static_cast<char*>(bytes);
  while (size > 0) {
    DECANT_ASSIGN(const std::size_t count, file.read_at(offset, to, size));
    if (count == 0) {
      std::memset(to, 0, size);
      break;
    }
    to += count;
    offset += count;
    size -= count;
  }
  return ok_status();
}

}  // namespace

Result<KeyIndex> KeyIndex::open() {
  DECANT_ASSIGN(File file, unnamed_file());
  KeyIndex index(std::move(file));
  index.cache_.resize(kPagesCached);
  return index;
}

Status KeyIndex::write_back(Page& page) {
  if (!page.changed) return ok_status();
  page.changed = false;
  static_assert(std::is_trivially_copyable_v<Slot>);
  return write_at(file_, page.number * sizeof page.slots, page.slots, sizeof page.slots);
}

Result<KeyIndex::Page*> KeyIndex::page(std::uint64_t number) {
  auto& cached = cache_[number % kPagesCached];
  if (cached == nullptr) cached = std::make_unique<Page>();
  if (cached->number == number) return cached.get();
  if (cached->number != UINT64_MAX) DECANT_CHECK(write_back(*cached));
  cached->number = UINT64_MAX;  // until it is read whole
  DECANT_CHECK(read_at(file_, number * sizeof cached->slots, cached->slots, sizeof cached->slots));
  cached->number = number;
  return cached.get();
}

Result<KeyIndex::Slot*> KeyIndex::slot_of(const Hash128& key, bool to_change) {
  std::uint64_t number = key.low % pages_;
  while (true) {
    DECANT_ASSIGN(Page* const here, page(number));
    for (Slot& slot : here->slots) {
      if (slot.used && slot.entry.key != key) continue;
      here->changed = here->changed || to_change;
      return &slot;
    }
    number = (number + 1) % pages_;
  }
}

Result<bool> KeyIndex::find(const Hash128& key, KeyEntry& entry) {
  DECANT_ASSIGN(const Slot* const slot, slot_of(key, false));
  if (!slot->used) return false;
  entry = slot->entry;
  return true;
}

Status KeyIndex::put(const KeyEntry& entry) {
  // At most half full, so that a page that overflows finds room in the next one.
  if ((entries_ + 1) * 2 > pages_ * kPageSlots) DECANT_CHECK(double_size());
  DECANT_ASSIGN(Slot* const slot, slot_of(entry.key, true));
  if (!slot->used) ++entries_;
  slot->used = true;
  slot->entry = entry;
  return ok_status();
}

Status KeyIndex::double_size() {
  DECANT_ASSIGN(KeyIndex larger, KeyIndex::open());
  larger.pages_ = pages_ * 2;
  for (std::uint64_t number = 0; number < pages_; ++number) {
    DECANT_ASSIGN(const Page* const here, page(number));
    for (const Slot& slot : here->slots) {
      if (slot.used) DECANT_CHECK(larger.put(slot.entry));
    }
  }
  *this = std::move(larger);
  return ok_status();
}

Result<NumberTable> NumberTable::open() {
  DECANT_ASSIGN(File file, unnamed_file());
  return NumberTable(std::move(file));
}

Status NumberTable::set(std::uint64_t index, std::uint64_t number) {
  return write_at(file_, index * sizeof number, &number, sizeof number);
}

Result<std::uint64_t> NumberTable::get(std::uint64_t index) {
  std::uint64_t number = 0;
  DECANT_CHECK(read_at(file_, index * sizeof number, &number, sizeof number));
  return number;
}

}  // namespace decant::stores
