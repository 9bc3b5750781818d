// 128-bit hashes. XXH3 is the algorithm (xxHash by Y. Collet); a format that stores such hashes
// names it and its seed.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace decant {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

Hash128 hash128(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace decant
