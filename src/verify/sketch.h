// An invertible sketch of a multiset of (key hash, digest): a few hundred kilobytes, mergeable.
// Subtract the target's from the source's, and what is left are the records that differ, as long
// as they fit; how many they are is estimated whether they fit or not.
//
// An invertible Bloom lookup table (Goodrich and Mitzenmacher 2011; Eppstein et al. 2011, "What's
// the difference?") of four sub-tables whose cells add up instead of XORing, so that an element may
// be there several times. Cell positions hash key and digest together: a changed record is two
// differences. The estimate is the second moment of 4,096 signed counters (Alon, Matias, Szegedy
// 1996; one counter an element, as in Thorup and Zhang 2004). Format in docs/formats.md.
//
// Not thread-safe; one a thread, merged afterwards. It keeps no origins: equal records of two sides
// have different ones, which would not cancel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "decant/result.h"

namespace decant::verify {

inline constexpr std::uint32_t sketch_format = 1;
inline constexpr std::uint32_t sketch_counters = 4096;
inline constexpr std::uint64_t sketch_cells_max = 1u << 26;

// Cells for so many differences: 1.5 each plus 32, a multiple of 4.
std::uint64_t sketch_cells_for(std::uint64_t differences);
// Bytes of a sketch with so many cells.
std::uint64_t sketch_bytes_for(std::uint64_t cells);

struct SketchHeader {
  std::uint64_t cells = 0;  // a multiple of 4
  std::uint64_t seed = 0;
  Hash128 plan;
  Hash128 definition;
};

// refused, naming the first part that differs.
Status check_alike(const SketchHeader& a, const SketchHeader& b);

// An element that is not there equally often on both sides.
struct SketchDifference {
  std::uint64_t key = 0;
  std::uint64_t digest_low = 0;
  std::uint64_t digest_high = 0;
  std::int64_t count = 0;  // positive: so many more in the source
};

// What is added for a record.
struct SketchRecord {
  std::uint64_t key = 0;
  std::uint64_t digest_low = 0;
  std::uint64_t digest_high = 0;
};

class Sketch {
 public:
  explicit Sketch(const SketchHeader& header);

  const SketchHeader& header() const { return header_; }
  std::uint64_t records() const { return records_; }  // added and merged; kept by subtract()

  void add(std::uint64_t key, std::uint64_t digest_low, std::uint64_t digest_high);
  // The same for many, faster: the cells of the next ones are asked for beforehand.
  void add(std::span<const SketchRecord> records);

  Status merge(const Sketch& other);     // other's elements are added
  Status subtract(const Sketch& other);  // other's elements are taken away

  // Of what is in the sketch (after subtract: of the differences), within 6%.
  std::uint64_t estimate() const;

  // Takes the sketch apart. Nothing where it holds more than it can tell; never a part of the
  // answer.
  std::optional<std::vector<SketchDifference>> decode() &&;

  std::string serialise() const;
  // corrupt where the bytes are torn or altered, refused where the format is newer.
  static Result<Sketch> deserialise(std::string_view bytes);

 private:
  // An element is 192 bits: four parts of 48, so that `count` times a part of up to 2^15 equal
  // elements is read back exactly from a sum modulo 2^64.
  struct Cell {
    std::uint64_t count = 0;  // modulo 2^64, read as signed
    std::array<std::uint64_t, 4> parts{};
    std::uint64_t check = 0;
    bool operator==(const Cell&) const = default;
  };
  struct Element;

  void put(const Element& element);
  bool element_of(const Cell& cell, Element& element) const;

  SketchHeader header_;
  std::uint64_t records_ = 0;
  std::vector<Cell> cells_;
  std::vector<std::uint64_t> counters_;
};

}  // namespace decant::verify
