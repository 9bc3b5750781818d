#include "copy/seen_keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "testing/temporary_folder.h"

namespace decant::copy {
namespace {

Hash128 key_of(std::uint64_t number) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>((number >> (8 * i)) & 0xff);
  return hash128({bytes, 8});
}

std::uint64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmRSS:") {
      std::uint64_t kib = 0;
      status >> kib;
      return kib;
    }
  }
  return 0;
}

// A stream of keys in which some come again, against a map that holds them all.
void compare_with_map(SeenKeys::Options options, std::uint64_t keys, std::uint64_t records) {
  SeenKeys seen(std::move(options));
  std::map<std::uint64_t, std::uint64_t> expected;  // key -> number of its first record
  std::mt19937_64 random(7);
  std::vector<SeenKeys::Entry> batch;
  std::vector<std::uint64_t> chosen;
  std::vector<std::uint64_t> first;
  std::uint64_t added = 0;
  for (std::uint64_t done = 0; done < records;) {
    batch.clear();
    chosen.clear();
    const std::uint64_t size = 1 + random() % 300;
    for (std::uint64_t i = 0; i < size; ++i, ++done) {
      chosen.push_back(random() % keys);
      batch.push_back({{key_of(chosen.back()), {done, chosen.back()}}, {1, done, done * 10}, 3});
    }
    ASSERT_TRUE(seen.add(batch, first).ok());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto [place, is_new] = expected.emplace(chosen[i], added);
      ASSERT_EQ(first[i], is_new ? SeenKeys::kNew : place->second);
      if (is_new) {
        Result<SeenRecord> record = seen.record(added++);
        ASSERT_TRUE(record.ok());
        EXPECT_EQ(record->content.high, chosen[i]);
        EXPECT_EQ(record->origin, batch[i].origin);
        EXPECT_EQ(record->collection, 3u);
      }
    }
  }
  EXPECT_EQ(seen.size(), expected.size());
  for (std::uint64_t key = 0; key < keys; key += 97) {
    auto found = seen.find(key_of(key));
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->has_value(), expected.contains(key));
  }
}

TEST(SeenKeys, FindsEveryKeyInMemory) {
  testing::TemporaryFolder folder;
  compare_with_map({.folder = folder / "spill"}, 5000, 20000);
  EXPECT_FALSE(std::filesystem::exists(folder / "spill")) << "a small run needs no file";
}

TEST(SeenKeys, FindsEveryKeyInMergedRunsBehindAFilterThatIsFull) {
  testing::TemporaryFolder folder;
  compare_with_map({.folder = folder / "spill", .keys_in_memory_max = 500, .filter_bytes = 512},
                   60000, 120000);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "spill")) << "spilled files have no name";
}

TEST(SeenKeys, MemoryIsFlatFromOneMillionKeysToFour) {
  testing::TemporaryFolder folder;
  SeenKeys seen({.folder = folder.path()});
  std::vector<SeenKeys::Entry> batch(1024);
  std::vector<std::uint64_t> first;
  std::uint64_t at_one_million = 0;
  std::uint64_t number = 0;
  while (number < 4'000'000) {
    for (SeenKeys::Entry& entry : batch) entry.digest.key = key_of(number++);
    ASSERT_TRUE(seen.add(batch, first).ok());
    if (at_one_million == 0 && number >= 1'000'000) at_one_million = resident_kib();
  }
  EXPECT_LE(resident_kib(), at_one_million + at_one_million / 10);
}

TEST(SeenKeys, ARetiredOneHasNoMemoryAndAnswersStill) {
  testing::TemporaryFolder folder;
  for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5000}}) {
    SeenKeys keys({folder.path(), 700, 4096});
    std::vector<std::uint64_t> first;
    for (std::uint64_t i = 0; i < count; ++i) {
      SeenKeys::Entry entry;
      entry.digest.key = key_of(i);
      entry.origin.ordinal = i;
      ASSERT_TRUE(keys.add({&entry, 1}, first).ok());
    }
    ASSERT_TRUE(keys.retire().ok());
    for (std::uint64_t i = 0; i < count; ++i) {
      Result<std::optional<SeenRecord>> found = keys.find(key_of(i));
      ASSERT_TRUE(found.ok() && *found) << i;
      EXPECT_EQ((*found)->origin.ordinal, i);
    }
    EXPECT_FALSE(keys.find(key_of(count))->has_value());
  }
}

TEST(SeenKeys, MemoryOfRetiredOnesDoesNotAddUp) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory stands beside that of the keys";
#endif
  testing::TemporaryFolder folder;
  std::vector<SeenKeys> all;
  std::uint64_t after_first = 0;
  for (int table = 0; table < 6; ++table) {
    SeenKeys& keys = all.emplace_back(SeenKeys::Options{.folder = folder.path()});
    std::vector<SeenKeys::Entry> entries(1000);
    std::vector<std::uint64_t> first;
    for (std::uint64_t i = 0; i < 390'000; i += entries.size()) {
      for (std::size_t j = 0; j < entries.size(); ++j) entries[j].digest.key = key_of(i + j);
      ASSERT_TRUE(keys.add(entries, first).ok());
    }
    ASSERT_TRUE(keys.retire().ok());
    if (table == 0) after_first = resident_kib();
  }
  EXPECT_LT(resident_kib(), after_first + (24u << 10));
}

}  // namespace
}  // namespace decant::copy
