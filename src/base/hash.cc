#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

// The widest vectors that this processor has, chosen at run time by the library; the same hash.
#if defined(__x86_64__)
extern "C" {
XXH128_hash_t XXH3_128bits_withSeed_dispatch(const void* input, std::size_t size,
                                             std::uint64_t seed);
XXH_errorcode XXH3_128bits_update_dispatch(XXH3_state_t* state, const void* input,
                                           std::size_t size);
}
#endif

namespace decant {
namespace {

// Up to here the algorithm uses no vectors.
constexpr std::size_t kShortBytesMax = XXH3_MIDSIZE_MAX;

}  // namespace

Hash128 hash128(std::string_view bytes, std::uint64_t seed) {
#if defined(__x86_64__)
  if (bytes.size() > kShortBytesMax) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed_dispatch(bytes.data(), bytes.size(), seed);
    return {hash.low64, hash.high64};
  }
#endif
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

// XXH3_state_t asks for 64 bytes of alignment, which new gives to a type that says so.
struct Hash128Stream::State {
  XXH3_state_t xxh3;
};

Hash128Stream::Hash128Stream() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->xxh3);
}
Hash128Stream::~Hash128Stream() = default;
Hash128Stream::Hash128Stream(Hash128Stream&&) noexcept = default;
Hash128Stream& Hash128Stream::operator=(Hash128Stream&&) noexcept = default;

void Hash128Stream::add(std::string_view bytes) {
#if defined(__x86_64__)
  XXH3_128bits_update_dispatch(&state_->xxh3, bytes.data(), bytes.size());
#else
  XXH3_128bits_update(&state_->xxh3, bytes.data(), bytes.size());
#endif
}

Hash128 Hash128Stream::value() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->xxh3);
  return {hash.low64, hash.high64};
}

}  // namespace decant
