#include "verify/sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>

namespace decant::verify {
namespace {

struct Element {
  std::uint64_t key, low, high;
  auto operator<=>(const Element&) const = default;
};

Element random_element(std::mt19937_64& random) { return {random(), random(), random()}; }

std::map<Element, std::int64_t> as_map(const std::vector<SketchDifference>& differences) {
  std::map<Element, std::int64_t> map;
  for (const SketchDifference& d : differences) {
    map[{d.key, d.digest_low, d.digest_high}] += d.count;
  }
  std::erase_if(map, [](const auto& entry) { return entry.second == 0; });
  return map;
}

void add(Sketch& sketch, const Element& e) { sketch.add(e.key, e.low, e.high); }

SketchHeader header_of(std::uint64_t cells, std::uint64_t seed = 1) {
  return {cells, seed, {1, 2}, {3, 4}};
}

TEST(Sketch, TellsExactlyWhatDiffersAndNothingWhereItCannot) {
  constexpr int kSeeds = 2000;
  int decoded = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const std::uint64_t differences = 2 + random() % 1000;
    const SketchHeader header = header_of(sketch_cells_for(differences), random());
    Sketch source(header);
    Sketch target(header);
    for (int i = 0; i < 200; ++i) {
      const Element both = random_element(random);
      add(source, both);
      add(target, both);
    }
    std::map<Element, std::int64_t> wanted;
    for (std::uint64_t i = 0; i < differences;) {
      Element element = random_element(random);
      switch (random() % 3) {
        case 0:
          add(source, element);
          ++wanted[element];
          ++i;
          break;
        case 1:
          add(target, element);
          --wanted[element];
          ++i;
          break;
        default:  // a changed record counts as two
          if (differences - i < 2) break;
          add(source, element);
          ++wanted[element];
          element.low ^= 1;
          add(target, element);
          --wanted[element];
          i += 2;
          break;
      }
    }
    ASSERT_TRUE(source.subtract(target).ok());
    const auto answer = std::move(source).decode();
    if (!answer.has_value()) continue;
    ++decoded;
    ASSERT_EQ(as_map(*answer), wanted) << "seed " << seed;
  }
  EXPECT_GE(decoded, kSeeds * 9975 / 10000) << decoded << " of " << kSeeds;
}

TEST(Sketch, NeverGivesAnAnswerThatIsWrongWhenItOverflows) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const SketchHeader header = header_of(sketch_cells_for(100), seed);
    Sketch sketch(header);
    std::map<Element, std::int64_t> wanted;
    const std::uint64_t differences = 90 + seed;  // from fitting to overflowing
    for (std::uint64_t i = 0; i < differences; ++i) {
      const Element element = random_element(random);
      add(sketch, element);
      ++wanted[element];
    }
    const auto answer = std::move(sketch).decode();
    if (answer.has_value()) {
      EXPECT_EQ(as_map(*answer), wanted) << "seed " << seed;
    }
    if (differences > 190) {
      EXPECT_FALSE(answer.has_value()) << "seed " << seed;
    }
  }
}

TEST(Sketch, TellsChangedRecordsOfOneKeyApart) {
  // Were positions a hash of the key alone, the two versions would always share their cells.
  Sketch source(header_of(sketch_cells_for(2000)));
  Sketch target(header_of(sketch_cells_for(2000)));
  for (std::uint64_t key = 0; key < 1000; ++key) {
    source.add(key, 7, 7);
    target.add(key, 8, 7);
  }
  ASSERT_TRUE(source.subtract(target).ok());
  const auto answer = std::move(source).decode();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->size(), 2000u);
}

TEST(Sketch, CountsEqualElements) {
  Sketch source(header_of(sketch_cells_for(10)));
  for (int i = 0; i < 4; ++i) source.add(UINT64_MAX, UINT64_MAX, UINT64_MAX);
  for (int i = 0; i < 32'768; ++i) source.add(5, UINT64_MAX, 0);
  Sketch target(header_of(sketch_cells_for(10)));
  for (int i = 0; i < 7; ++i) target.add(UINT64_MAX, UINT64_MAX, UINT64_MAX);
  for (int i = 0; i < 6; ++i) target.add(0, 0, 0);
  ASSERT_TRUE(source.subtract(target).ok());
  const auto answer = std::move(source).decode();
  ASSERT_TRUE(answer.has_value());
  const std::map<Element, std::int64_t> wanted{
      {{UINT64_MAX, UINT64_MAX, UINT64_MAX}, -3}, {{5, UINT64_MAX, 0}, 32'768}, {{0, 0, 0}, -6}};
  EXPECT_EQ(as_map(*answer), wanted);
}

TEST(Sketch, EstimatesHowManyDifferWithinSixPercent) {
  int far_off = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    const std::uint64_t differences = 1000 << (seed % 7);
    Sketch source(header_of(sketch_cells_for(64), seed));
    Sketch target(header_of(sketch_cells_for(64), seed));
    for (std::uint64_t i = 0; i < differences; ++i) {
      add(i % 2 == 0 ? source : target, random_element(random));
    }
    for (int i = 0; i < 10'000; ++i) {
      const Element both = random_element(random);
      add(source, both);
      add(target, both);
    }
    ASSERT_TRUE(source.subtract(target).ok());
    const double ratio = static_cast<double>(source.estimate()) / static_cast<double>(differences);
    if (std::abs(ratio - 1) > 0.06) ++far_off;
    EXPECT_LT(std::abs(ratio - 1), 0.12) << "seed " << seed;
  }
  EXPECT_LE(far_off, 3);
}

TEST(Sketch, MergesAndComesBackFromItsBytes) {
  std::mt19937_64 random(9);
  const SketchHeader header = header_of(sketch_cells_for(50), 77);
  Sketch whole(header);
  Sketch first(header);
  Sketch second(header);
  for (int i = 0; i < 40; ++i) {
    const Element element = random_element(random);
    add(whole, element);
    add(i % 3 == 0 ? first : second, element);
  }
  ASSERT_TRUE(first.merge(second).ok());
  EXPECT_EQ(first.serialise(), whole.serialise());
  auto back = Sketch::deserialise(whole.serialise());
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->records(), 40u);
  EXPECT_EQ(back->estimate(), whole.estimate());
  ASSERT_TRUE(back->subtract(first).ok());
  const auto answer = std::move(back).value().decode();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->empty());
}

TEST(Sketch, RefusesUnlikeOnes) {
  const SketchHeader header = header_of(64);
  const auto refuses = [&](SketchHeader other, std::string_view named) {
    Sketch a(header);
    const Sketch b(other);
    for (const Status& status : {a.merge(b), a.subtract(b)}) {
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().code, ErrorCode::refused);
      EXPECT_NE(status.error().message.find(named), std::string::npos) << status.error().message;
    }
  };
  SketchHeader other = header;
  other.plan.high = 9;
  refuses(other, "plan");
  other = header;
  other.definition.low = 9;
  refuses(other, "definition");
  other = header;
  other.seed = 9;
  refuses(other, "seed");
  other = header;
  other.cells = 128;
  refuses(other, "size");
}

TEST(Sketch, SeesThatItsBytesWereTornOrAltered) {
  Sketch sketch(header_of(sketch_cells_for(4)));
  sketch.add(1, 2, 3);
  const std::string bytes = sketch.serialise();
  ASSERT_TRUE(Sketch::deserialise(bytes).ok());
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 977) {
    const auto torn = Sketch::deserialise(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(torn.ok()) << size;
    EXPECT_EQ(torn.error().code, ErrorCode::corrupt);
  }
  for (std::size_t at = 0; at < bytes.size(); at += at < 200 ? 1 : 89) {
    std::string altered = bytes;
    altered[at] = static_cast<char>(altered[at] ^ 0x10);
    EXPECT_FALSE(Sketch::deserialise(altered).ok()) << at;
  }
  std::string newer = bytes;
  newer[8] = 2;  // the format
  const auto result = Sketch::deserialise(newer);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::refused);
}

}  // namespace
}  // namespace decant::verify
