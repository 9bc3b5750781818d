// The first stage of simdjson over a text: where its tokens begin, and whether it is UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace decant::json {

// Not thread-safe. Chosen for the machine when the program runs (AVX-512, AVX2, SSE4.2, NEON, or
// portable code), whatever this file was compiled for: that is why the first stage is called by
// itself, and not through simdjson's on-demand front end, whose walk is chosen when it is compiled.
class Structure {
 public:
  enum class Fault { none, invalid_utf8, control_character, unclosed_string, empty, no_memory };

  Structure();
  ~Structure();
  Structure(Structure&&) noexcept;

  // REQUIRES: at most 4 GiB - 64.
  Fault find(std::string_view text);

  // Behind a find() without fault, until the next one: the indexes of every bracket, comma, colon,
  // opening quote and first byte of another scalar, in order, and behind them the text's size.
  const std::uint32_t* indexes() const { return indexes_; }
  std::uint32_t count() const { return count_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  const std::uint32_t* indexes_ = nullptr;
  std::uint32_t count_ = 0;
};

// Whether the bytes are UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace decant::json
