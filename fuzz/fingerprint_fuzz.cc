// Fingerprint files from bytes: whatever they are, they are refused, or every partition is read or
// refused; what was read has as many records as the header says.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "verify/fingerprint.h"

using decant::hash128;
using decant::verify::Fingerprint;
using decant::verify::FingerprintFile;

namespace {

std::uint64_t u64_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

void put_u64(std::string& bytes, std::size_t at, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

// Right checksums of the index and the header, so that what is behind them is reached.
void mend_checksums(std::string& bytes) {
  if (bytes.size() < 128) return;
  const std::uint64_t index = u64_at(bytes, 72);
  if (index <= bytes.size()) {
    put_u64(bytes, 80, hash128(std::string_view(bytes).substr(index)).low);
  }
  put_u64(bytes, 120, hash128(std::string_view(bytes).substr(0, 120)).low);
}

void look_at(std::string_view bytes) {
  const int descriptor = ::memfd_create("fingerprints", 0);
  if (descriptor < 0 ||
      ::write(descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  {
    auto file = FingerprintFile::open("/proc/self/fd/" + std::to_string(descriptor));
    if (file.ok()) {
      std::vector<Fingerprint> records;
      bool all = true;
      for (std::uint32_t p = 0; p < (*file)->header().partitions; ++p) {
        all = (*file)->read(p, records).ok() && all;
      }
      if (all && records.size() != (*file)->header().records) std::abort();
    } else if (file.error().message.empty()) {
      std::abort();
    }
  }
  ::close(descriptor);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  look_at(bytes);
  mend_checksums(bytes);
  look_at(bytes);
  return 0;
}
