// Small binary blobs of the catalog: numbers as varints, texts with their length, and at the end a
// checksum over all of it. Reading is safe on any bytes: it never goes past the end, and a blob
// that was changed is told from one that was not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace decant::catalog {

class BlobWriter {
 public:
  void number(std::uint64_t value);
  void signed_number(std::int64_t value);
  void boolean(bool value) { number(value ? 1 : 0); }
  void text(std::string_view value);
  void hash(const Hash128& value);
  // The blob with its checksum. The writer is empty afterwards.
  std::string finish();

 private:
  std::string bytes_;
};

// `bytes` with the checksum that a reader wants behind them.
std::string sealed(std::string bytes);

class BlobReader {
 public:
  explicit BlobReader(std::string_view blob);

  // Zero and empty, and ok() false, where the blob does not hold what is asked for.
  std::uint64_t number();
  std::int64_t signed_number();
  bool boolean() { return number() != 0; }
  std::string_view text();
  Hash128 hash();
  // A count of things that take at least one byte each: never more than there are bytes left.
  std::uint64_t count();

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && place_ == bytes_.size(); }

 private:
  bool fail();

  std::string_view bytes_;  // without the checksum
  std::size_t place_ = 0;
  bool ok_ = true;
};

}  // namespace decant::catalog
