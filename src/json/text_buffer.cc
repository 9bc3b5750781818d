#include "json/text_buffer.h"

#include <algorithm>

namespace decant::json {

void TextBuffer::grow(std::size_t bytes) {
  constexpr std::size_t kFirst = 4096;
  const std::size_t capacity = std::max({kFirst, capacity_ * 2, size_ + bytes});
  // new char[n], not make_unique: the memory need not be zeroed.
  std::unique_ptr<char[]> memory(new char[capacity]);
  if (size_ != 0) std::memcpy(memory.get(), memory_.get(), size_);
  memory_ = std::move(memory);
  capacity_ = capacity;
}

}  // namespace decant::json
