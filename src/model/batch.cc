#include "decant/batch.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace decant {

Arena& Arena::operator=(Arena&& other) noexcept {
  blocks_ = std::move(other.blocks_);
  other.blocks_.clear();
  block_index_ = std::exchange(other.block_index_, 0);
  finished_bytes_ = std::exchange(other.finished_bytes_, 0);
  current_ = std::exchange(other.current_, nullptr);
  capacity_ = std::exchange(other.capacity_, 0);
  used_ = std::exchange(other.used_, 0);
  return *this;
}

std::string_view Arena::copy(std::string_view text) {
  char* memory = allocate(text.size(), 1);
  if (!text.empty()) std::memcpy(memory, text.data(), text.size());
  return {memory, text.size()};
}

void Arena::clear() {
  std::erase_if(blocks_, [](const Block& block) { return block.size > arena_block_bytes_max; });
  block_index_ = 0;
  finished_bytes_ = 0;
  used_ = 0;
  current_ = blocks_.empty() ? nullptr : blocks_[0].memory.get();
  capacity_ = blocks_.empty() ? 0 : blocks_[0].size;
}

std::size_t Arena::bytes_used() const { return finished_bytes_ + used_; }

char* Arena::allocate_slow(std::size_t bytes) {
  constexpr std::size_t kFirstBlock = 64u << 10;
  constexpr std::size_t kLaterBlocks = 512u << 10;
  const std::size_t next = current_ == nullptr ? 0 : block_index_ + 1;
  if (next >= blocks_.size() || blocks_[next].size < bytes) {
    const std::size_t size = std::max(bytes, next == 0 ? kFirstBlock : kLaterBlocks);
    // new char[n], not make_unique: the memory need not be zeroed.
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(next),
                   Block{std::unique_ptr<char[]>(new char[size]), size});
  }
  finished_bytes_ += used_;
  block_index_ = next;
  current_ = blocks_[next].memory.get();
  capacity_ = blocks_[next].size;
  used_ = bytes;
  return current_;
}

Value Record::find(std::string_view name) const {
  const int index = shape->find(name);
  return index < 0 ? Value::absent() : values[index];
}

void Batch::clear() {
  records.clear();
  bad.clear();
  resume.clear();
  source_bytes = 0;
  shapes.clear();
  arena.clear();
}

}  // namespace decant
