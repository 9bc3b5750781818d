#include "verify/fingerprint.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

#include "decant/definition.h"

namespace decant::verify {
namespace {

static_assert(std::endian::native == std::endian::little, "fingerprint files are little-endian");

constexpr char kMagic[8] = {'D', 'C', 'N', 'T', 'F', 'P', 'R', '\n'};
constexpr std::uint64_t kBlocksMax = std::uint64_t{1} << 32;

// The first bytes of a file. `checksum` covers all before it.
struct RawHeader {
  char magic[8];
  std::uint32_t format;
  std::uint32_t partitions;
  std::uint64_t seed;
  Hash128 plan;
  Hash128 definition;
  std::uint64_t records;
  std::uint64_t blocks;
  std::uint64_t index_offset;
  std::uint64_t index_checksum;
  std::uint64_t reserved[4];
  std::uint64_t checksum;
};
static_assert(sizeof(RawHeader) == 128);

struct RawBlock {
  std::uint32_t partition;
  std::uint32_t records;
  std::uint64_t checksum;
};
static_assert(sizeof(RawBlock) == 16);

template <typename T>
std::string_view bytes_of(const T* first, std::size_t count) {
  return {reinterpret_cast<const char*>(first), count * sizeof(T)};
}
template <typename T>
std::uint64_t checksum_of(const T* first, std::size_t count) {
  return hash128(bytes_of(first, count)).low;
}
std::uint64_t header_checksum(const RawHeader& raw) {
  return hash128({reinterpret_cast<const char*>(&raw), sizeof raw - sizeof raw.checksum}).low;
}

Error corrupt(const std::string& path, std::string_view what) {
  return {ErrorCode::corrupt,
          path + ": " + std::string(what) +
              "; it is not what was written: verify again, and look at the disk "
              "if it stays so"};
}

// Exactly `bytes`, or corrupt.
Status read_exactly(File& file, std::uint64_t offset, char* buffer, std::size_t bytes) {
  while (bytes > 0) {
    DECANT_ASSIGN(const std::size_t got, file.read_at(offset, buffer, bytes));
    if (got == 0) return corrupt(file.path(), "the fingerprint file is cut off");
    offset += got;
    buffer += got;
    bytes -= got;
  }
  return ok_status();
}

}  // namespace

Status check_alike(const FingerprintHeader& a, const FingerprintHeader& b) {
  const char* part = a.plan != b.plan               ? "plan"
                     : a.definition != b.definition ? "definition"
                     : a.seed != b.seed             ? "seed"
                     : a.partitions != b.partitions ? "number of partitions"
                                                    : nullptr;
  if (part == nullptr) return ok_status();
  return Error{ErrorCode::refused, std::string("two fingerprint files are of a different ") + part +
                                       "; make both by the same plan and options"};
}

std::uint32_t fingerprint_partitions_for(std::uint64_t records) {
  // About 2 MiB a partition and side; 256 of them are 2 MiB of buffers.
  std::uint32_t partitions = 256;
  while (partitions < 1024 && records / partitions > 65'536) partitions *= 2;
  return partitions;
}

std::uint64_t fingerprint_bytes_for(std::uint64_t records) {
  const std::uint64_t blocks =
      records / fingerprint_block_records + fingerprint_partitions_for(records);
  return sizeof(RawHeader) + records * sizeof(Fingerprint) + blocks * sizeof(RawBlock);
}

// ---- writing

Result<std::unique_ptr<FingerprintWriter>> FingerprintWriter::create(
    const std::string& path, const FingerprintHeader& header) {
  DECANT_ASSIGN(File file, File::create(path, 0600));
  const RawHeader unfinished{};
  DECANT_CHECK(file.write(bytes_of(&unfinished, 1)));
  std::unique_ptr<FingerprintWriter> writer(new FingerprintWriter(std::move(file), header));
  if (writer->buffer_ == nullptr) {
    return Error{ErrorCode::io, path + ": there is no memory for the buffers of fingerprints"};
  }
  return writer;
}

FingerprintWriter::FingerprintWriter(File file, const FingerprintHeader& header)
    : file_(std::move(file)),
      header_(header),
      shift_(64 - static_cast<unsigned>(std::countr_zero(header.partitions))),
      buffer_(static_cast<Fingerprint*>(std::calloc(
          std::size_t{header.partitions} * fingerprint_block_records, sizeof(Fingerprint)))),
      fill_(header.partitions),
      bytes_(sizeof(RawHeader)) {
  header_.records = 0;
}

Status FingerprintWriter::write_block(std::size_t partition) {
  const std::uint32_t records = fill_[partition];
  const Fingerprint* first = &buffer_[partition * fingerprint_block_records];
  DECANT_CHECK(file_.write(bytes_of(first, records)));
  blocks_.push_back({static_cast<std::uint32_t>(partition), records, checksum_of(first, records)});
  header_.records += records;
  bytes_ += records * sizeof(Fingerprint);
  fill_[partition] = 0;
  return ok_status();
}

Status FingerprintWriter::finish() {
  for (std::size_t partition = 0; partition < fill_.size(); ++partition) {
    if (fill_[partition] > 0) DECANT_CHECK(write_block(partition));
  }
  static_assert(sizeof(Block) == sizeof(RawBlock));
  RawHeader raw{};
  std::memcpy(raw.magic, kMagic, sizeof kMagic);
  raw.format = fingerprint_format;
  raw.partitions = header_.partitions;
  raw.seed = header_.seed;
  raw.plan = header_.plan;
  raw.definition = header_.definition;
  raw.records = header_.records;
  raw.blocks = blocks_.size();
  raw.index_offset = bytes_;
  raw.index_checksum = checksum_of(blocks_.data(), blocks_.size());
  raw.checksum = header_checksum(raw);
  DECANT_CHECK(file_.write(bytes_of(blocks_.data(), blocks_.size())));
  bytes_ += blocks_.size() * sizeof(RawBlock);
  DECANT_CHECK(file_.seek(0));
  DECANT_CHECK(file_.write(bytes_of(&raw, 1)));
  buffer_.reset();
  file_.close();
  return ok_status();
}

// ---- reading

Result<std::unique_ptr<FingerprintFile>> FingerprintFile::open(const std::string& path) {
  DECANT_ASSIGN(File file, File::open_read(path));
  RawHeader raw;
  DECANT_CHECK(read_exactly(file, 0, reinterpret_cast<char*>(&raw), sizeof raw));
  if (std::memcmp(raw.magic, kMagic, sizeof kMagic) != 0) {
    return corrupt(path, "not a finished fingerprint file");
  }
  if (raw.checksum != header_checksum(raw)) return corrupt(path, "the header was altered");
  if (raw.format > fingerprint_format) {
    return Error{ErrorCode::refused, path + ": fingerprint format " + std::to_string(raw.format) +
                                         " is newer than this program's " +
                                         std::to_string(fingerprint_format) +
                                         "; use a newer Decant"};
  }
  if (raw.format == 0 || !std::has_single_bit(raw.partitions) ||
      raw.partitions < fingerprint_partitions_min || raw.partitions > fingerprint_partitions_max ||
      raw.blocks > kBlocksMax ||
      std::any_of(std::begin(raw.reserved), std::end(raw.reserved),
                  [](std::uint64_t word) { return word != 0; })) {
    return corrupt(path, "the header makes no sense");
  }
  std::unique_ptr<FingerprintFile> result(new FingerprintFile(std::move(file)));
  result->header_ = {raw.partitions, raw.seed, raw.plan, raw.definition, raw.records};
  DECANT_CHECK(result->read_index(raw.blocks, raw.index_offset, raw.index_checksum));
  return result;
}

Status FingerprintFile::read_index(std::uint64_t blocks, std::uint64_t index_offset,
                                   std::uint64_t index_checksum) {
  DECANT_ASSIGN(const FileStamp stamp, file_stamp(file_.path()));
  if (index_offset > stamp.size || stamp.size - index_offset != blocks * sizeof(RawBlock)) {
    return corrupt(file_.path(), "the fingerprint file is cut off");
  }
  std::vector<RawBlock> index(blocks);
  DECANT_CHECK(read_exactly(file_, index_offset, reinterpret_cast<char*>(index.data()),
                            index.size() * sizeof(RawBlock)));
  if (checksum_of(index.data(), index.size()) != index_checksum) {
    return corrupt(file_.path(), "the index was altered");
  }
  partitions_.resize(header_.partitions);
  std::uint64_t offset = sizeof(RawHeader);
  std::uint64_t records = 0;
  for (const RawBlock& block : index) {
    if (block.partition >= header_.partitions || block.records == 0 ||
        block.records > fingerprint_block_records) {
      return corrupt(file_.path(), "the index makes no sense");
    }
    partitions_[block.partition].push_back({offset, block.checksum, block.records});
    offset += block.records * sizeof(Fingerprint);
    records += block.records;
  }
  if (offset != index_offset || records != header_.records) {
    return corrupt(file_.path(), "the index and the header do not agree");
  }
  return ok_status();
}

Status FingerprintFile::read(std::uint32_t partition, std::vector<Fingerprint>& out) {
  const unsigned shift = 64 - static_cast<unsigned>(std::countr_zero(header_.partitions));
  for (const Block& block : partitions_[partition]) {
    const std::size_t start = out.size();
    out.resize(start + block.records);
    Fingerprint* first = out.data() + start;
    DECANT_CHECK(read_exactly(file_, block.offset, reinterpret_cast<char*>(first),
                              block.records * sizeof(Fingerprint)));
    if (checksum_of(first, block.records) != block.checksum) {
      return corrupt(file_.path(), "a block of partition " + std::to_string(partition) +
                                       " at byte " + std::to_string(block.offset) + " was altered");
    }
    const bool all_here = std::all_of(first, first + block.records, [&](const Fingerprint& f) {
      return f.key >> shift == partition;
    });
    if (!all_here) return corrupt(file_.path(), "a fingerprint lies in the wrong partition");
  }
  return ok_status();
}

}  // namespace decant::verify
