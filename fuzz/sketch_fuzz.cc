// Sketches from bytes: whatever they are, they are refused or are a sketch that can be merged,
// subtracted, estimated and decoded; one that is accepted gives its own bytes back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "verify/sketch.h"

using decant::Hash128;
using decant::hash128;
using decant::verify::Sketch;

namespace {

// Behind a right checksum the rest of the reading is reached, too.
void mend_checksum(std::string& bytes) {
  constexpr std::size_t kHeader = 128;
  if (bytes.size() < kHeader) return;
  const Hash128 head = hash128(std::string_view(bytes).substr(0, kHeader - 8));
  const std::uint64_t checksum = hash128(std::string_view(bytes).substr(kHeader), head.low).low;
  for (unsigned i = 0; i < 8; ++i) {
    bytes[kHeader - 8 + i] = static_cast<char>(checksum >> (8 * i) & 0xff);
  }
}

void look_at(std::string_view bytes) {
  auto sketch = Sketch::deserialise(bytes);
  if (!sketch.ok()) {
    if (sketch.error().message.empty()) std::abort();
    return;
  }
  if (sketch->serialise() != bytes) std::abort();
  Sketch twice = *sketch;
  if (!twice.merge(*sketch).ok() || !twice.subtract(*sketch).ok()) std::abort();
  if (twice.estimate() != sketch->estimate()) std::abort();
  const auto found = std::move(twice).decode();
  if (!found.has_value()) return;
  // An answer is whole: put back in, it makes the cells that it came from.
  if (found->size() > sketch->header().cells) std::abort();
  Sketch nothing = *sketch;
  if (!nothing.subtract(*sketch).ok()) std::abort();
  const auto none = std::move(nothing).decode();
  if (!none.has_value() || !none->empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  look_at(bytes);
  mend_checksum(bytes);
  look_at(bytes);
  // Short inputs are the header and the first cells of the smallest sketch.
  decant::verify::SketchHeader header;
  header.cells = 8;
  std::string whole = Sketch(header).serialise();
  if (size < whole.size() / 2) {
    const std::size_t cells_at = whole.size() - header.cells * 48;
    for (std::size_t i = 0; i < size && cells_at + i < whole.size(); ++i) {
      whole[cells_at + i] = static_cast<char>(data[i]);
    }
    mend_checksum(whole);
    look_at(whole);
  }
  return 0;
}
