#include "verify/fingerprint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "testing/temporary_folder.h"
#include "verify/join.h"
#include "verify/verify.h"

namespace decant::verify {
namespace {

using testing::TemporaryFolder;

FingerprintHeader small_header() { return {64, 5, {1, 2}, {3, 4}, 0}; }

void write_file_of(const std::string& path, const FingerprintHeader& header, std::size_t count) {
  auto writer = FingerprintWriter::create(path, header);
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE((*writer)->add({random(), random(), random(), i}).ok());
  }
  ASSERT_TRUE((*writer)->finish().ok());
}

TEST(FingerprintFile, GivesBackWhatWasWrittenByPartition) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/f";
  constexpr std::size_t kCount = 40'000;  // some blocks full, some not
  write_file_of(path, small_header(), kCount);
  auto file = FingerprintFile::open(path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ((*file)->header().records, kCount);
  EXPECT_EQ((*file)->header().seed, 5u);
  std::vector<bool> seen(kCount);
  for (std::uint32_t partition = 0; partition < 64; ++partition) {
    std::vector<Fingerprint> records;
    ASSERT_TRUE((*file)->read(partition, records).ok());
    for (const Fingerprint& f : records) {
      EXPECT_EQ(f.key >> 58, partition);
      ASSERT_LT(f.origin, kCount);
      EXPECT_FALSE(seen[f.origin]);
      seen[f.origin] = true;
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), static_cast<long>(kCount));
}

// Reads all of a file; the first error, if there is one.
Status read_all(const std::string& path) {
  DECANT_ASSIGN(const std::unique_ptr<FingerprintFile> file, FingerprintFile::open(path));
  std::vector<Fingerprint> records;
  for (std::uint32_t partition = 0; partition < file->header().partitions; ++partition) {
    DECANT_CHECK(file->read(partition, records));
  }
  return ok_status();
}

void overwrite(const std::string& path, std::string_view bytes) {
  auto file = File::create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->write(bytes).ok());
}

TEST(FingerprintFile, SeesThatItWasTornOrAltered) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/f";
  write_file_of(path, small_header(), 300);
  const auto whole = read_file(path, 1u << 20);
  ASSERT_TRUE(whole.ok());
  ASSERT_TRUE(read_all(path).ok());
  for (std::size_t size = 0; size < whole->size(); size += 37) {
    overwrite(path, std::string_view(*whole).substr(0, size));
    const Status torn = read_all(path);
    ASSERT_FALSE(torn.ok()) << size;
    EXPECT_EQ(torn.error().code, ErrorCode::corrupt) << torn.error().message;
    EXPECT_NE(torn.error().message.find(path), std::string::npos);
  }
  for (std::size_t at = 0; at < whole->size(); at += at < 128 ? 1 : 31) {
    std::string altered = *whole;
    altered[at] = static_cast<char>(altered[at] ^ 4);
    overwrite(path, altered);
    EXPECT_FALSE(read_all(path).ok()) << at;
  }
}

TEST(FingerprintFile, IsRefusedWhileItIsUnfinished) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/f";
  {
    auto writer = FingerprintWriter::create(path, small_header());
    ASSERT_TRUE(writer.ok());
    for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE((*writer)->add({i << 55, 0, 0, i}).ok());
  }
  const auto file = FingerprintFile::open(path);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::corrupt);
}

TEST(FingerprintHeader, UnlikeOnesRefuse) {
  const FingerprintHeader header = small_header();
  EXPECT_TRUE(check_alike(header, header).ok());
  for (int part = 0; part < 4; ++part) {
    FingerprintHeader other = header;
    if (part == 0) other.plan.low = 9;
    if (part == 1) other.definition.low = 9;
    if (part == 2) other.seed = 9;
    if (part == 3) other.partitions = 128;
    const Status status = check_alike(header, other);
    ASSERT_FALSE(status.ok()) << part;
    EXPECT_EQ(status.error().code, ErrorCode::refused);
  }
}

TEST(PlaceBook, KeepsPlacesThatDoNotFitInEightBytes) {
  const TemporaryFolder folder;
  for (const std::string& spill : {folder.path() + "/places", std::string()}) {
    PlaceBook book({3, 2'000'000, 1}, spill);
    std::vector<std::pair<Place, std::uint64_t>> packed;
    const auto pack = [&](std::uint32_t source, Origin origin, std::uint8_t disposition) {
      const Place place{source, origin, disposition};
      const auto code = book.pack(place);
      ASSERT_TRUE(code.ok());
      packed.emplace_back(place, *code);
    };
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      pack(0, {2, 0, i}, 0);
      pack(0, {0, 7, (std::uint64_t{1} << 41) + i}, 3);        // an offset past 2 TiB
      pack(1, {1'999'999, 8, i}, 1);                           // a file past 2^20
      pack(2, {0, 9, static_cast<std::uint64_t>(-1) - i}, 2);  // a row with a negative number
    }
    pack(1, {(1u << 20) - 4, 0, (std::uint64_t{1} << 41) - 1}, 2);  // the last narrow one
    for (const auto& [place, code] : packed) {
      const auto back = book.unpack(code);
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_EQ(back->source, place.source);
      EXPECT_EQ(back->origin, place.origin);
      EXPECT_EQ(back->disposition, place.disposition);
      EXPECT_EQ(place_code::disposition(code), place.disposition);
    }
    EXPECT_EQ(packed.back().second & place_code::kWide, 0u);
    EXPECT_FALSE(book.unpack(place_code::kWide | 99'999'999).ok());
  }
}

// Gathers what the join hands on.
class Groups final : public GroupSink {
 public:
  Status add(const Group& group) override {
    const Fingerprint& any = group.source.empty() ? group.target[0] : group.source[0];
    EXPECT_TRUE(groups.empty() || keys.back() < any.key);
    keys.push_back(any.key);
    groups[any.key] = {group.source.size(), group.target.size()};
    return ok_status();
  }
  std::vector<std::uint64_t> keys;
  std::map<std::uint64_t, std::pair<std::size_t, std::size_t>> groups;
};

TEST(Join, BringsTogetherWhatSharesAKeyHash) {
  for (const std::uint64_t mask : {UINT64_MAX, std::uint64_t{0xff}, std::uint64_t{0}}) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      std::mt19937_64 random(seed);
      const std::uint64_t keys = 1 + random() % 300;
      std::vector<Fingerprint> sides[2];
      std::map<std::uint64_t, std::vector<Fingerprint>> by_key[2];
      for (int side = 0; side < 2; ++side) {
        for (std::uint64_t i = random() % 300; i > 0; --i) {
          const std::uint64_t key = (random() % keys) * 0x9e3779b97f4a7c15ull & mask;
          const Fingerprint f{key, random() % 2, 0, 0};
          sides[side].push_back(f);
          by_key[side][key].push_back(f);
        }
      }
      std::uint64_t equal_wanted = 0;
      std::map<std::uint64_t, std::pair<std::size_t, std::size_t>> wanted;
      for (const auto& [key, records] : by_key[0]) wanted[key].first = records.size();
      for (const auto& [key, records] : by_key[1]) wanted[key].second = records.size();
      for (auto it = wanted.begin(); it != wanted.end();) {
        const bool same = it->second == std::pair<std::size_t, std::size_t>(1, 1) &&
                          by_key[0][it->first][0].same_digest(by_key[1][it->first][0]);
        equal_wanted += same ? 1 : 0;
        it = same ? wanted.erase(it) : std::next(it);
      }
      std::uint64_t equal = 0;
      Groups groups;
      ASSERT_TRUE(Join().run(sides[0], sides[1], 0, equal, groups).ok());
      EXPECT_EQ(equal, equal_wanted) << "seed " << seed;
      EXPECT_EQ(groups.groups, wanted) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace decant::verify
