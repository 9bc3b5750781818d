#include "copy/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "catalog/blob.h"
#include "copy/last_of_key.h"
#include "copy/outcome_runs.h"
#include "testing/temporary_folder.h"

namespace decant::copy {
namespace {

Checkpoint some_checkpoint() {
  Checkpoint checkpoint;
  checkpoint.group = 7;
  checkpoint.phase = Phase::finishing;
  checkpoint.began_writing = true;
  checkpoint.partition = 3;
  checkpoint.items = 1'000'000;
  checkpoint.chain = UINT64_MAX;
  checkpoint.partitions = 42;
  checkpoint.books.add(Outcome::inserted, 900);
  checkpoint.books.add(Outcome::quarantined, 3);
  checkpoint.left = 5;
  checkpoint.written = 900;
  checkpoint.targets.resize(2);
  checkpoint.targets[1].books.add(Outcome::updated, 12);
  checkpoint.files.resize(1);
  checkpoint.files[0].file = 9;
  checkpoint.files[0].complete = true;
  checkpoint.withdrawn = {1, UINT64_MAX};
  return checkpoint;
}

TEST(Checkpoint, ComesBackAsItWasWritten) {
  const Checkpoint written = some_checkpoint();
  Result<Checkpoint> read = decode_checkpoint(encode(written));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, written);
  PendingGroup pending;
  pending.after = written;
  pending.intents.add(0, Outcome::inserted, 500);
  pending.intents.add(0, Outcome::inserted, 2);
  pending.intents.add(1, Outcome::superseded);
  ASSERT_EQ(pending.intents.runs().size(), 2u);
  Result<PendingGroup> group = decode_pending(encode(pending));
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group->after, written);
  EXPECT_EQ(group->intents.runs(), pending.intents.runs());
}

TEST(Checkpoint, DamageIsToldAndBooksThatDoNotBalanceAreNotBelieved) {
  const std::string blob = encode(some_checkpoint());
  for (std::size_t i = 0; i < blob.size(); ++i) {
    std::string bad = blob;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    Result<Checkpoint> read = decode_checkpoint(bad);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    EXPECT_FALSE(decode_checkpoint(std::string_view(blob).substr(0, i)).ok());
  }
  Checkpoint unbalanced = some_checkpoint();
  ++unbalanced.books.read;
  EXPECT_FALSE(decode_checkpoint(encode(unbalanced)).ok());
  EXPECT_FALSE(decode_pending(blob).ok());
}

TEST(Checkpoint, NewerFormatIsRefused) {
  catalog::BlobWriter writer;
  writer.number(kCheckpointFormat + 1);
  Result<Checkpoint> read = decode_checkpoint(writer.finish());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::refused);
}

TEST(OutcomeRuns, CursorFindsEachOutcomeAgain) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<std::uint64_t, Outcome>> records;
    OutcomeRunsBuilder builder;
    std::uint64_t offset = 0;
    Outcome outcome = Outcome::inserted;
    for (int i = 0; i < 200; ++i) {
      offset += 1 + random() % 300;
      if (random() % 4 == 0) outcome = static_cast<Outcome>(random() % 6);
      records.emplace_back(offset, outcome);
      builder.add(outcome, offset);
    }
    Result<std::vector<OutcomeRun>> runs = decode_outcome_runs(builder.encode());
    ASSERT_TRUE(runs.ok());
    OutcomeCursor cursor(*runs);
    for (const auto& [place, expected] : records) {
      const bool plain = expected != Outcome::superseded && expected != Outcome::quarantined;
      ASSERT_EQ(cursor.at(place), plain ? Outcome::inserted : expected);
    }
  }
}

TEST(LastOfKey, FindsTheLastRecordOfEachKeyWithAndWithoutDisk) {
  testing::TemporaryFolder folder;
  for (std::size_t in_memory : {std::size_t{1} << 20, std::size_t{100}}) {
    std::mt19937_64 random(5);
    std::vector<std::uint64_t> keys;
    std::map<std::uint64_t, std::size_t> last;
    LastOfKey finder(folder.path(), in_memory);
    for (std::size_t i = 0; i < 5000; ++i) {
      keys.push_back(random() % 1500);
      last[keys.back()] = i;
      ASSERT_TRUE(finder.add({keys.back() * 7919, keys.back()}).ok());
    }
    ASSERT_TRUE(finder.sort().ok());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      Result<bool> repeated = finder.is_repeated_later();
      ASSERT_TRUE(repeated.ok());
      ASSERT_EQ(*repeated, last[keys[i]] != i) << i;
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(LastOfKey, KeepsFewFilesOpenHoweverManyRunsThereAre) {
  testing::TemporaryFolder folder;
  auto open_files = [] {
    const auto each = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(std::filesystem::begin(each), std::filesystem::end(each));
  };
  const auto before = open_files();
  LastOfKey finder(folder.path(), 4);
  constexpr std::uint64_t kRecords = 100'000;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(finder.add({i % 50'000 * 7919, i % 50'000}).ok());
  }
  ASSERT_TRUE(finder.sort().ok());
  EXPECT_LT(open_files() - before, 100);
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    ASSERT_EQ(finder.is_repeated_later().value(), i < kRecords / 2);
  }
}

}  // namespace
}  // namespace decant::copy
