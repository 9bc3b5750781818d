#include "verify/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace decant::verify {
namespace {

static_assert(std::endian::native == std::endian::little, "sketches are little-endian");

constexpr char kMagic[8] = {'D', 'C', 'N', 'T', 'S', 'K', 'T', '\n'};
constexpr unsigned kHashes = 4;
constexpr std::size_t kAhead = 8;  // elements whose cells are asked for at once
constexpr std::uint64_t kPartMask = (1ull << 48) - 1;
constexpr std::uint64_t kCountMax = 1 << 15;  // equal elements of one kind that can be told

struct RawHeader {
  char magic[8];
  std::uint32_t format;
  std::uint32_t counters;
  std::uint64_t cells;
  std::uint64_t seed;
  Hash128 plan;
  Hash128 definition;
  std::uint64_t records;
  std::uint64_t reserved[6];
  std::uint64_t checksum;  // of all bytes but these eight
};
static_assert(sizeof(RawHeader) == 128);

// The finaliser of MurmurHash3 (A. Appleby): every bit of the input changes half of the output.
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ull;
  x ^= x >> 33;
  return x;
}

// A number below `size`, which is below 2^32.
std::uint64_t range(std::uint64_t hash, std::uint64_t size) { return (hash >> 32) * size >> 32; }

std::uint64_t checksum_of(std::string_view bytes) {
  const std::size_t at = offsetof(RawHeader, checksum);
  const Hash128 head = hash128(bytes.substr(0, at));
  return hash128(bytes.substr(sizeof(RawHeader)), head.low).low;
}

}  // namespace

// One element with everything that follows from it.
struct Sketch::Element {
  Element() = default;
  Element(std::uint64_t key_hash, std::uint64_t low, std::uint64_t high, std::uint64_t seed,
          std::uint64_t cells)
      : key(key_hash), digest_low(low), digest_high(high) {
    parts[0] = key & kPartMask;
    parts[1] = (key >> 48 | digest_low << 16) & kPartMask;
    parts[2] = (digest_low >> 32 | digest_high << 32) & kPartMask;
    parts[3] = digest_high >> 16;
#if DECANT_MUTANT_SKETCH_HASHES_KEY_ONLY
    const std::uint64_t hash = mix(key ^ mix(seed));
#else
    const std::uint64_t hash = mix(mix(mix(key ^ mix(seed)) + digest_low) + digest_high);
#endif
    const std::uint64_t table = cells / kHashes;
    for (unsigned i = 0; i < kHashes; ++i) {
      positions[i] = i * table + range(mix(hash + (i + 1) * 0x9e3779b97f4a7c15ull), table);
    }
    const std::uint64_t other = mix(hash ^ 0x5851f42d4c957f2dull);
    check = mix(digest_high ^ mix(digest_low ^ mix(key + seed))) & kPartMask;
    counter = static_cast<std::uint32_t>(other & (sketch_counters - 1));
    sign = (other >> 63) != 0 ? 1 : UINT64_MAX;
  }

  std::uint64_t key = 0;
  std::uint64_t digest_low = 0;
  std::uint64_t digest_high = 0;
  std::array<std::uint64_t, 4> parts{};
  std::array<std::uint64_t, kHashes> positions{};
  std::uint64_t check = 0;
  std::uint32_t counter = 0;
  std::uint64_t sign = 1;  // 1 or -1, modulo 2^64 like all sums here
};

std::uint64_t sketch_cells_for(std::uint64_t differences) {
  return (differences + differences / 2 + 32 + 3) / 4 * 4;
}

std::uint64_t sketch_bytes_for(std::uint64_t cells) {
  return sizeof(RawHeader) + sketch_counters * 8 + cells * 48;
}

Status check_alike(const SketchHeader& a, const SketchHeader& b) {
  const char* part = a.plan != b.plan               ? "plan"
                     : a.definition != b.definition ? "definition"
                     : a.seed != b.seed             ? "seed"
                     : a.cells != b.cells           ? "size"
                                                    : nullptr;
  if (part == nullptr) return ok_status();
  return Error{ErrorCode::refused, std::string("two sketches are of a different ") + part +
                                       "; make both by the same plan and options"};
}

Sketch::Sketch(const SketchHeader& header)
    : header_(header), cells_(header.cells), counters_(sketch_counters) {}

void Sketch::add(std::uint64_t key, std::uint64_t digest_low, std::uint64_t digest_high) {
  put(Element(key, digest_low, digest_high, header_.seed, header_.cells));
}

void Sketch::add(std::span<const SketchRecord> records) {
  std::array<Element, kAhead> elements;
  while (!records.empty()) {
    const std::size_t count = std::min(records.size(), elements.size());
    for (std::size_t i = 0; i < count; ++i) {
      const SketchRecord& record = records[i];
      elements[i] =
          Element(record.key, record.digest_low, record.digest_high, header_.seed, header_.cells);
      for (const std::uint64_t position : elements[i].positions) {
        __builtin_prefetch(&cells_[position], 1);
        __builtin_prefetch(&cells_[position].check, 1);  // on the next line of memory, mostly
      }
    }
    for (std::size_t i = 0; i < count; ++i) put(elements[i]);
    records = records.subspan(count);
  }
}

void Sketch::put(const Element& element) {
  for (const std::uint64_t position : element.positions) {
    Cell& cell = cells_[position];
    cell.count += 1;
    for (unsigned i = 0; i < 4; ++i) cell.parts[i] += element.parts[i];
    cell.check += element.check;
  }
  counters_[element.counter] += element.sign;
  ++records_;
}

Status Sketch::merge(const Sketch& other) {
  DECANT_CHECK(check_alike(header_, other.header_));
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    cells_[i].count += other.cells_[i].count;
    for (unsigned j = 0; j < 4; ++j) cells_[i].parts[j] += other.cells_[i].parts[j];
    cells_[i].check += other.cells_[i].check;
  }
  for (std::size_t i = 0; i < counters_.size(); ++i) counters_[i] += other.counters_[i];
  records_ += other.records_;
  return ok_status();
}

Status Sketch::subtract(const Sketch& other) {
  DECANT_CHECK(check_alike(header_, other.header_));
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    cells_[i].count -= other.cells_[i].count;
    for (unsigned j = 0; j < 4; ++j) cells_[i].parts[j] -= other.cells_[i].parts[j];
    cells_[i].check -= other.cells_[i].check;
  }
  for (std::size_t i = 0; i < counters_.size(); ++i) counters_[i] -= other.counters_[i];
  return ok_status();
}

std::uint64_t Sketch::estimate() const {
  double sum = 0;
  for (const std::uint64_t sum_of_signs : counters_) {
    const auto counter = static_cast<double>(static_cast<std::int64_t>(sum_of_signs));
    sum += counter * counter;
  }
  return static_cast<std::uint64_t>(std::llround(std::min(sum, 1e18)));
}

// True where the cell holds equal elements only, and says which.
bool Sketch::element_of(const Cell& cell, Element& element) const {
  const bool negative = cell.count >> 63 != 0;
  const std::uint64_t count = negative ? 0 - cell.count : cell.count;
  if (count == 0 || count > kCountMax) return false;
  std::array<std::uint64_t, 5> values{};
  for (unsigned i = 0; i < 5; ++i) {
    std::uint64_t sum = i < 4 ? cell.parts[i] : cell.check;
    if (negative) sum = 0 - sum;
    if (count != 1 && sum % count != 0) return false;
    values[i] = sum / count;
    if (values[i] > kPartMask) return false;
  }
  const std::uint64_t key = values[0] | values[1] << 48;
  const std::uint64_t low = values[1] >> 16 | values[2] << 32;
  const std::uint64_t high = values[2] >> 32 | values[3] << 16;
  element = Element(key, low, high, header_.seed, header_.cells);
  return element.check == values[4];
}

std::optional<std::vector<SketchDifference>> Sketch::decode() && {
  std::vector<SketchDifference> found;
  found.reserve(std::min<std::uint64_t>(estimate() + 64, cells_.size()));
  std::vector<std::uint32_t> waiting(cells_.size());
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i] = static_cast<std::uint32_t>(i);
  Element element;
  while (!waiting.empty()) {
    const std::uint32_t at = waiting.back();
    waiting.pop_back();
    if (!element_of(cells_[at], element)) continue;
    const auto& places = element.positions;
    if (std::find(places.begin(), places.end(), at) == places.end()) continue;
    const std::uint64_t count = cells_[at].count;
    // Every cell is pure at most once per element in it; more is a sketch that was altered.
    if (found.size() >= cells_.size()) return std::nullopt;
    found.push_back(
        {element.key, element.digest_low, element.digest_high, static_cast<std::int64_t>(count)});
    for (const std::uint64_t place : places) {
      Cell& cell = cells_[place];
      cell.count -= count;
      for (unsigned i = 0; i < 4; ++i) cell.parts[i] -= count * element.parts[i];
      cell.check -= count * element.check;
      if (place != at) waiting.push_back(static_cast<std::uint32_t>(place));
    }
  }
#if !DECANT_MUTANT_SKETCH_HALF_AN_ANSWER
  const bool all =
      std::all_of(cells_.begin(), cells_.end(), [](const Cell& cell) { return cell == Cell{}; });
  if (!all) return std::nullopt;
#endif
  return found;
}

std::string Sketch::serialise() const {
  RawHeader raw{};
  std::memcpy(raw.magic, kMagic, sizeof kMagic);
  raw.format = sketch_format;
  raw.counters = sketch_counters;
  raw.cells = header_.cells;
  raw.seed = header_.seed;
  raw.plan = header_.plan;
  raw.definition = header_.definition;
  raw.records = records_;
  static_assert(sizeof(Cell) == 48);
  std::string bytes;
  bytes.reserve(sketch_bytes_for(header_.cells));
  bytes.append(reinterpret_cast<const char*>(&raw), sizeof raw);
  bytes.append(reinterpret_cast<const char*>(counters_.data()), counters_.size() * 8);
  bytes.append(reinterpret_cast<const char*>(cells_.data()), cells_.size() * sizeof(Cell));
  raw.checksum = checksum_of(bytes);
  std::memcpy(bytes.data(), &raw, sizeof raw);
  return bytes;
}

Result<Sketch> Sketch::deserialise(std::string_view bytes) {
  const auto corrupt = [](std::string_view what) {
    return Error{ErrorCode::corrupt,
                 std::string("sketch: ") + std::string(what) + "; have it made again"};
  };
  RawHeader raw;
  if (bytes.size() < sizeof raw) return corrupt("it is cut off");
  std::memcpy(&raw, bytes.data(), sizeof raw);
  if (std::memcmp(raw.magic, kMagic, sizeof kMagic) != 0) return corrupt("these bytes are none");
  if (raw.format > sketch_format) {
    return Error{ErrorCode::refused, "sketch: format " + std::to_string(raw.format) +
                                         " is newer than this program's " +
                                         std::to_string(sketch_format) + "; use a newer Decant"};
  }
  if (raw.format == 0 || raw.counters != sketch_counters || raw.cells < kHashes ||
      raw.cells % kHashes != 0 || raw.cells > sketch_cells_max ||
      std::any_of(std::begin(raw.reserved), std::end(raw.reserved),
                  [](std::uint64_t word) { return word != 0; })) {
    return corrupt("the header makes no sense");
  }
  if (bytes.size() != sketch_bytes_for(raw.cells)) return corrupt("it is cut off");
  if (raw.checksum != checksum_of(bytes)) return corrupt("it was altered");
  Sketch sketch({raw.cells, raw.seed, raw.plan, raw.definition});
  sketch.records_ = raw.records;
  const char* from = bytes.data() + sizeof raw;
  std::memcpy(sketch.counters_.data(), from, sketch.counters_.size() * 8);
  from += sketch.counters_.size() * 8;
  std::memcpy(static_cast<void*>(sketch.cells_.data()), from, sketch.cells_.size() * sizeof(Cell));
  return sketch;
}

}  // namespace decant::verify
