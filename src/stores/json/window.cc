#include "stores/json/window.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace decant::stores {

// new char[n], not make_unique: the memory need not be zeroed, and for a small text not be touched.
TextWindow::TextWindow(std::unique_ptr<ByteSource> source, std::uint64_t offset, std::size_t bytes)
    : source_(std::move(source)), memory_(new char[bytes]), room_(bytes), offset_(offset) {}

Status TextWindow::fill(std::size_t bytes) {
  if (last_ || end_ - begin_ >= bytes) return ok_status();
  if (begin_ != 0) {
    std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // As much as there is room for: a move of what is left is paid for once.
  while (end_ < room_) {
    DECANT_ASSIGN(const std::size_t count, source_->read(memory_.get() + end_, room_ - end_));
    end_ += count;
    if (count == 0) {
      last_ = true;
      break;
    }
  }
  return ok_status();
}

Status TextWindow::grow() {
  if (last_) return ok_status();
  if (end_ - begin_ == room_) {
    std::unique_ptr<char[]> larger(new char[room_ * 2]);
    std::memcpy(larger.get(), memory_.get() + begin_, end_ - begin_);
    memory_ = std::move(larger);
    end_ -= begin_;
    begin_ = 0;
    room_ *= 2;
  }
  return fill(room_);
}

void TextWindow::consume_to(std::uint64_t offset) {
  assert(offset >= offset_ && offset - offset_ <= end_ - begin_);
  if (hashing_) hash_until(offset);
  begin_ += offset - offset_;
  offset_ = offset;
}

void TextWindow::start_hash() {
  hash_ = Hash128Stream();
  hashing_ = true;
  hashed_to_ = offset_;
}

Hash128 TextWindow::hash_to(std::uint64_t offset) {
  hash_until(offset);
  return hash_.value();
}

void TextWindow::hash_until(std::uint64_t offset) {
  if (offset <= hashed_to_) return;
  hash_.add(view().substr(hashed_to_ - offset_, offset - hashed_to_));
  hashed_to_ = offset;
}

}  // namespace decant::stores
