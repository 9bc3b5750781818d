// 128-bit hashes. XXH3 is the algorithm (xxHash by Y. Collet); a format that stores such hashes
// names it and its seed.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string_view>

namespace decant {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

Hash128 hash128(std::string_view bytes, std::uint64_t seed = 0);

// hash128() over bytes that come in parts: the same hash, however they are cut. Not thread-safe.
class Hash128Stream {
 public:
  Hash128Stream();
  ~Hash128Stream();
  Hash128Stream(Hash128Stream&&) noexcept;
  Hash128Stream& operator=(Hash128Stream&&) noexcept;

  void add(std::string_view bytes);
  Hash128 value() const;  // of all that was added so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant
