// Fingerprints: 32 bytes a record, and the files they are spilled into. Format in docs/formats.md.
//
// A file holds the fingerprints of one side (or of one reading thread of it), in partitions by key
// hash, so that two sides are joined one partition after the other in flat memory. Files of one
// side are merged by being joined together. Unlike ones (format, plan, definition, seed, number of
// partitions) refuse.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "decant/batch.h"
#include "decant/result.h"

namespace decant::verify {

inline constexpr std::uint32_t fingerprint_format = 1;
inline constexpr std::uint32_t fingerprint_partitions_min = 64;
inline constexpr std::uint32_t fingerprint_partitions_max = 4096;
inline constexpr std::uint32_t fingerprint_block_records = 256;  // 8 KiB: one write

// `origin` is a PlaceCode (below).
struct Fingerprint {
  std::uint64_t key = 0;         // low half of RecordDigest::key
  std::uint64_t digest_low = 0;  // RecordDigest::content
  std::uint64_t digest_high = 0;
  std::uint64_t origin = 0;

  bool same_digest(const Fingerprint& other) const {
    return digest_low == other.digest_low && digest_high == other.digest_high;
  }
};
static_assert(sizeof(Fingerprint) == 32);

// Where a record is, within one side of a job.
struct Place {
  std::uint32_t source = 0;  // index in VerifyJob::sources; 0 for the target
  Origin origin;             // ordinal is 0 after it was packed narrowly
  std::uint8_t disposition = 0;
};

// A place in 8 bytes: bit 63 wide, bits 62..61 disposition, then
//   narrow: bits 60..41 file (counted over all sources of the side), bits 40..0 offset;
//   wide:   bits 60..0 index into the side's WidePlaces (a file past 2^20, an offset past 2^41).
namespace place_code {
inline constexpr std::uint64_t kWide = 1ull << 63;
inline constexpr unsigned kDispositionShift = 61;
inline constexpr unsigned kFileShift = 41;
inline constexpr std::uint64_t kOffsetMask = (1ull << 41) - 1;
inline constexpr std::uint64_t kFileMask = (1ull << 20) - 1;
inline constexpr std::uint64_t kIndexMask = (1ull << 61) - 1;

constexpr std::uint8_t disposition(std::uint64_t code) {
  return static_cast<std::uint8_t>((code >> kDispositionShift) & 3);
}
}  // namespace place_code

// Packs and unpacks the places of one side. Places that do not fit are kept in a file, or in memory
// up to wide_places_max where there is no folder. Thread-safe.
class PlaceBook {
 public:
  // `files`: how many files each source has (at least 1 each). `spill_path`: empty: no disk.
  PlaceBook(std::vector<std::uint32_t> files, std::string spill_path);
  ~PlaceBook();

  Result<std::uint64_t> pack(const Place& place) {
    const std::uint64_t file = first_file_[place.source] + place.origin.file;
    if (file <= place_code::kFileMask && place.origin.offset <= place_code::kOffsetMask) {
      return std::uint64_t{place.disposition} << place_code::kDispositionShift |
             file << place_code::kFileShift | place.origin.offset;
    }
    return pack_wide(place);
  }
  Result<Place> unpack(std::uint64_t code) const;

 private:
  struct Wide;
  Result<std::uint64_t> pack_wide(const Place& place);

  std::vector<std::uint64_t> first_file_;  // of each source, and one behind the last
  std::unique_ptr<Wide> wide_;
};

struct FingerprintHeader {
  std::uint32_t partitions = fingerprint_partitions_min;  // a power of two
  std::uint64_t seed = 0;
  Hash128 plan;
  Hash128 definition;
  std::uint64_t records = 0;  // filled by finish()
};

// refused, naming the first part that differs.
Status check_alike(const FingerprintHeader& a, const FingerprintHeader& b);

// How many partitions keep the join of so many records in flat memory, and the disk they need.
std::uint32_t fingerprint_partitions_for(std::uint64_t records);
std::uint64_t fingerprint_bytes_for(std::uint64_t records);

// Writes one file. One thread. Holds partitions x 8 KiB. The destructor leaves the file unfinished,
// which open() refuses.
class FingerprintWriter {
 public:
  static Result<std::unique_ptr<FingerprintWriter>> create(const std::string& path,
                                                           const FingerprintHeader& header);
  Status add(const Fingerprint& fingerprint) {
    const std::size_t partition = static_cast<std::size_t>(fingerprint.key >> shift_);
    std::uint32_t& fill = fill_[partition];
    buffer_[partition * fingerprint_block_records + fill] = fingerprint;
    if (++fill < fingerprint_block_records) return ok_status();
    return write_block(partition);
  }
  // Makes the file complete. No sync: it does not outlive the verification.
  Status finish();
  std::uint64_t bytes() const { return bytes_; }

 private:
  FingerprintWriter(File file, const FingerprintHeader& header);
  Status write_block(std::size_t partition);

  struct Block {
    std::uint32_t partition;
    std::uint32_t records;
    std::uint64_t checksum;
  };
  File file_;
  FingerprintHeader header_;
  unsigned shift_;
  struct Free {
    void operator()(Fingerprint* memory) const { std::free(memory); }
  };
  std::unique_ptr<Fingerprint[], Free> buffer_;  // pages that nothing is added to are not touched
  std::vector<std::uint32_t> fill_;
  std::vector<Block> blocks_;
  std::uint64_t bytes_ = 0;
};

// Reads one finished file; every byte is checked before it is believed. One thread.
class FingerprintFile {
 public:
  // corrupt where the file is torn or altered, refused where its format is newer.
  static Result<std::unique_ptr<FingerprintFile>> open(const std::string& path);
  const FingerprintHeader& header() const { return header_; }
  // Appends the fingerprints of one partition. REQUIRES: partition < header().partitions.
  Status read(std::uint32_t partition, std::vector<Fingerprint>& out);

 private:
  struct Block {
    std::uint64_t offset;
    std::uint64_t checksum;
    std::uint32_t records;
  };
  explicit FingerprintFile(File file) : file_(std::move(file)) {}
  Status read_index(std::uint64_t blocks, std::uint64_t index_offset, std::uint64_t index_checksum);

  File file_;
  FingerprintHeader header_;
  std::vector<std::vector<Block>> partitions_;
};

}  // namespace decant::verify
