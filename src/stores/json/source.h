// Bytes of a file as text: plain, gzip (with all its members) or zstd (with all its frames).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <stop_token>

#include "decant/result.h"

namespace decant::stores {

enum class Compression : std::uint8_t { none, gzip, zstd };

// Bytes from a file, in order. One thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // At least one byte, or 0 at the end. A compressed file that is cut off or damaged is an Error
  // (corrupt) with its path.
  virtual Result<std::size_t> read(char* buffer, std::size_t bytes) = 0;
};

Error stopped_while_reading();

// From byte `offset` of the decompressed text on; not_found where the file is missing. Each read
// ends with `interrupted` once `stop` is requested.
Result<std::unique_ptr<ByteSource>> open_source(const std::string& path, Compression compression,
                                                std::uint64_t offset = 0,
                                                const std::stop_token& stop = {});

}  // namespace decant::stores
