// A stretch of a text, moved along it: what the splitters look through.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/hash.h"
#include "decant/result.h"
#include "stores/json/source.h"

namespace decant::stores {

// Movable. One thread.
class TextWindow {
 public:
  // `offset`: where in the text the source stands. `bytes`: room to begin with.
  TextWindow(std::unique_ptr<ByteSource> source, std::uint64_t offset, std::size_t bytes);

  // What is here now; valid until fill() or grow().
  std::string_view view() const { return {memory_.get() + begin_, end_ - begin_}; }
  std::uint64_t offset() const { return offset_; }  // of the view's first byte
  bool last() const { return last_; }               // the text ends with the view

  // Reads on until there are `bytes` (at most the room), or the text ends.
  Status fill(std::size_t bytes);
  // The same with twice the room, where the view fills it.
  Status grow();
  // Gives up what stands before `offset`. REQUIRES: it lies in the view, or at its end.
  void consume_to(std::uint64_t offset);

  // The hash of everything consumed since the last start_hash(), or up to `offset`, which lies in
  // the view.
  void start_hash();
  Hash128 hash_to(std::uint64_t offset);

 private:
  void hash_until(std::uint64_t offset);

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<char[]> memory_;
  std::size_t room_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_;
  bool last_ = false;
  bool hashing_ = false;
  std::uint64_t hashed_to_ = 0;
  Hash128Stream hash_;
};

}  // namespace decant::stores
