// A growing buffer of bytes for writers: room is asked for once a value, then written without
// further checks. Kept on clear(), so that a writer in steady state allocates nothing.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

namespace decant::json {

class TextBuffer {
 public:
  // At least `bytes` of room behind the end. Valid until the next call of a member.
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return memory_.get() + size_;
  }
  // REQUIRES: `end` lies within the room given last.
  void set_end(const char* end) { size_ = static_cast<std::size_t>(end - memory_.get()); }

  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void append(char character) {
    *room(1) = character;
    ++size_;
  }
  void clear() { size_ = 0; }
  // REQUIRES: at most as many bytes as were ever written since clear().
  void resize(std::size_t size) { size_ = size; }
  char& at(std::size_t index) { return memory_[index]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {memory_ == nullptr ? "" : memory_.get(), size_}; }

 private:
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace decant::json
