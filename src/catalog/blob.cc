#include "catalog/blob.h"

#include <cstring>
#include <utility>

namespace decant::catalog {
namespace {

constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint64_t kChecksumSeed = 0x626c6f62;  // "blob"

std::uint64_t checksum(std::string_view bytes) { return hash128(bytes, kChecksumSeed).low; }

std::uint64_t load_fixed(const char* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append_fixed(std::uint64_t value, std::string& out) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

}  // namespace

void BlobWriter::number(std::uint64_t value) {
  while (value >= 0x80) {
    bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  bytes_ += static_cast<char>(value);
}

void BlobWriter::signed_number(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  number((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void BlobWriter::text(std::string_view value) {
  number(value.size());
  bytes_ += value;
}

void BlobWriter::hash(const Hash128& value) {
  append_fixed(value.low, bytes_);
  append_fixed(value.high, bytes_);
}

std::string BlobWriter::finish() { return sealed(std::exchange(bytes_, {})); }

std::string sealed(std::string bytes) {
  append_fixed(checksum(bytes), bytes);
  return bytes;
}

BlobReader::BlobReader(std::string_view blob) {
  if (blob.size() < kChecksumBytes) {
    ok_ = false;
    return;
  }
  bytes_ = blob.substr(0, blob.size() - kChecksumBytes);
  ok_ = checksum(bytes_) == load_fixed(blob.data() + bytes_.size());
}

bool BlobReader::fail() {
  ok_ = false;
  return false;
}

std::uint64_t BlobReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; ok_; shift += 7) {
    if (place_ == bytes_.size() || shift > 63) break;
    const auto byte = static_cast<unsigned char>(bytes_[place_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail();
  return 0;
}

std::int64_t BlobReader::signed_number() {
  const std::uint64_t bits = number();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

std::string_view BlobReader::text() {
  const std::uint64_t size = number();
  if (!ok_ || size > bytes_.size() - place_) {
    fail();
    return {};
  }
  std::string_view value = bytes_.substr(place_, size);
  place_ += size;
  return value;
}

Hash128 BlobReader::hash() {
  if (!ok_ || bytes_.size() - place_ < 16) {
    fail();
    return {};
  }
  Hash128 value{load_fixed(bytes_.data() + place_), load_fixed(bytes_.data() + place_ + 8)};
  place_ += 16;
  return value;
}

std::uint64_t BlobReader::count() {
  const std::uint64_t value = number();
  if (ok_ && value <= bytes_.size() - place_) return value;
  fail();
  return 0;
}

}  // namespace decant::catalog
