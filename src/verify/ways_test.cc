// Which way a verification takes, what happens when one of them cannot give the answer, and what
// stops it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "testing/memory_view.h"
#include "testing/temporary_folder.h"
#include "verify/verify.h"

namespace decant::verify {
namespace {

using testing::MemoryRow;
using testing::MemoryView;
using testing::open_definition;
using testing::TemporaryFolder;

std::vector<std::string> records(std::uint64_t count, std::string_view word = "a") {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < count; ++i) {
    texts.push_back("{\"id\":" + std::to_string(i) + ",\"word\":\"" + std::string(word) + "\"}");
  }
  return texts;
}

VerifyJob job_of(MemoryView& source, MemoryView& target, Mode mode) {
  VerifyJob job;
  job.sources.push_back({&source, "jobs", mapping::Mapping::identity(), 0, nullptr});
  job.target = &target;
  job.definition = target.definitions().front();
  job.capabilities.nulls = true;
  job.key = {"id"};
  job.mode = mode;
  return job;
}

MemoryView view_of(const std::vector<std::string>& texts) {
  return MemoryView(open_definition("jobs", {"id"}), texts);
}

TEST(VerifyWays, ALargerSketchIsTakenWhereTheFirstOverflows) {
  MemoryView source = view_of(records(30'000));
  MemoryView target = view_of(records(30'000, "b"));
  const auto result = verify(job_of(source, target, Mode::sketch));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->mode, "sketch");
  EXPECT_EQ(result->different, 30'000u);
  EXPECT_EQ(result->equal, 0u);
  EXPECT_FALSE(result->notes.empty());
}

TEST(VerifyWays, MoreDifferencesThanAnySketchHoldsEndInTheExactJoin) {
  constexpr std::uint64_t kCount = 260'000;
  MemoryView source = view_of(records(kCount));
  MemoryView target = view_of({});
  VerifyJob job = job_of(source, target, Mode::sketch);
  const auto refused = verify(job);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::disk_full) << refused.error().message;

  const TemporaryFolder folder;
  job.spill_folder = folder.path();
  const auto result = verify(job);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->mode, "join");
  EXPECT_EQ(result->missing, kCount);
  EXPECT_EQ(result->differences.size(), job.differences_max);
}

TEST(VerifyWays, TakesTheSketchWhereThereIsNoRoomForTheJoin) {
  const TemporaryFolder folder;
  MemoryView source = view_of(records(100));
  MemoryView target = view_of(records(100));
  VerifyJob job = job_of(source, target, Mode::automatic);
  job.spill_folder = folder.path();
  ASSERT_EQ(verify(job)->mode, "join");
  job.records_expected = std::uint64_t{1} << 50;  // more than any disk
  const auto result = verify(job);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->mode, "sketch");
  EXPECT_TRUE(result->clean());
  job.mode = Mode::join;
  const auto refused = verify(job);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::disk_full);
  EXPECT_NE(refused.error().message.find(folder.path()), std::string::npos);
}

TEST(VerifyWays, LeavesNoFilesBehind) {
  const TemporaryFolder folder;
  std::vector<MemoryRow> rows;
  for (const std::string& text : records(9000)) rows.push_back({text, {3'000'000, 0, rows.size()}});
  MemoryView source(open_definition("jobs", {"id"}), rows);  // places that go to a file, too
  MemoryView target = view_of(records(9000, "b"));
  VerifyJob job = job_of(source, target, Mode::join);
  job.spill_folder = folder.path();
  const auto result = verify(job);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->different, 9000u);
  EXPECT_GE(result->spill_bytes, 2u * 9000 * 32);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  source.fail_after_rows = 4000;
  EXPECT_FALSE(verify(job).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(VerifyWays, AFailedReadOfEitherSideFailsAndNamesTheCollection) {
  for (const Mode mode : {Mode::join, Mode::sketch}) {
    for (const bool source_fails : {true, false}) {
      const TemporaryFolder folder;
      MemoryView source = view_of(records(1000));
      MemoryView target = view_of(records(1000));
      (source_fails ? source : target).fail_after_rows = 500;
      VerifyJob job = job_of(source, target, mode);
      job.spill_folder = folder.path();
      const auto result = verify(job);
      ASSERT_FALSE(result.ok());
      EXPECT_EQ(result.error().code, ErrorCode::io);
      EXPECT_NE(result.error().message.find("jobs"), std::string::npos) << result.error().message;
    }
  }
}

TEST(VerifyWays, StopsWhenAsked) {
  const TemporaryFolder folder;
  MemoryView source = view_of(records(1000));
  MemoryView target = view_of(records(1000));
  VerifyJob job = job_of(source, target, Mode::join);
  job.spill_folder = folder.path();
  std::stop_source stop;
  job.stop = stop.get_token();
  stop.request_stop();
  const auto result = verify(job);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::interrupted);
}

TEST(VerifyWays, AnErrorOfTheCallersEndsTheComparison) {
  MemoryView source = view_of(records(10));
  MemoryView target = view_of({});
  VerifyJob job = job_of(source, target, Mode::sketch);
  int seen = 0;
  job.on_difference = [&](const FoundDifference&) -> Status {
    if (++seen < 3) return ok_status();
    return Error{ErrorCode::io, "enough"};
  };
  EXPECT_FALSE(verify(job).ok());
  EXPECT_EQ(seen, 3);
}

// The second reading gives another record at the same place.
class ChangingView final : public View {
 public:
  explicit ChangingView(MemoryView& inner) : inner_(inner) {}
  const std::vector<Definition>& definitions() const override { return inner_.definitions(); }
  Result<std::vector<Partition>> partitions(std::string_view collection) override {
    return inner_.partitions(collection);
  }
  Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                       const ReadOptions& options) override {
    return inner_.read(partition, options);
  }
  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override {
    inner_.rows()[3].text = R"({"id":3,"word":"changed"})";
    return inner_.fetch(collection, origins);
  }
  const std::vector<std::string>& files() const override { return inner_.files(); }
  Result<std::vector<std::string>> changes_seen() override { return inner_.changes_seen(); }

 private:
  MemoryView& inner_;
};

TEST(VerifyWays, ARecordThatChangesMeanwhileIsAnErrorThatNamesIt) {
  MemoryView source = view_of(records(10));
  MemoryView target = view_of(records(10, "b"));
  ChangingView changing(source);
  VerifyJob job = job_of(source, target, Mode::sketch);
  job.sources[0].view = &changing;
  const auto result = verify(job);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::corrupt);
  EXPECT_NE(result.error().message.find("file0.json byte 60"), std::string::npos)
      << result.error().message;
}

TEST(VerifyWays, ASideThatWasSeenToChangeIsNotClean) {
  MemoryView source = view_of(records(10));
  MemoryView target = view_of(records(10));
  VerifyJob job = job_of(source, target, Mode::sketch);
  ASSERT_TRUE(verify(job)->clean());
  source.changes = {"file0.json: size was 10, is 12"};
  const auto result = verify(job);
  EXPECT_FALSE(result->clean());
  EXPECT_EQ(result->changes_seen.size(), 1u);
}

TEST(VerifyWays, ASampleComparesSomeKeysAndProvesNothing) {
  auto source_texts = records(20'000);
  auto target_texts = records(20'000, "b");
  std::reverse(target_texts.begin(), target_texts.end());
  MemoryView source = view_of(source_texts);
  MemoryView target = view_of(target_texts);
  VerifyJob job = job_of(source, target, Mode::automatic);
  job.sample = 100;
  std::vector<std::string> keys[2];
  for (const std::uint64_t seed : {0, 1}) {
    job.seed = seed;
    const auto result = verify(job);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->mode, "sample");
    EXPECT_FALSE(result->proves());
    EXPECT_EQ(result->compared, 100u);
    EXPECT_EQ(result->different, 100u);
    for (const Difference& d : result->differences) keys[seed].push_back(d.key[0].second);
  }
  EXPECT_NE(keys[0], keys[1]);
  job.sample = 1'000'000;
  EXPECT_EQ(verify(job)->different, 20'000u);
}

TEST(VerifyWays, SeveralSourcesFeedOneTargetInTheirOrder) {
  for (const Mode mode : {Mode::join, Mode::sketch}) {
    const TemporaryFolder folder;
    MemoryView first = view_of({R"({"id":1,"v":"first"})", R"({"id":2,"v":"x"})"});
    MemoryView second = view_of({R"({"id":1,"v":"second"})", R"({"id":3,"v":"y"})"});
    MemoryView target = view_of({R"({"id":1,"v":"first"})", R"({"id":2,"v":"x"})"});
    VerifyJob job = job_of(first, target, mode);
    job.sources.push_back({&second, "jobs", mapping::Mapping::identity(), 0, nullptr});
    job.spill_folder = mode == Mode::join ? folder.path() : "";
    std::vector<std::uint32_t> sources;
    job.on_difference = [&](const FoundDifference& found) {
      sources.push_back(found.source);
      EXPECT_EQ(found.source_record->find("id").as_int64(), 3);
      return ok_status();
    };
    const auto result = verify(job);
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result->missing, 1u);
    EXPECT_EQ(result->excluded, 1u);
    EXPECT_EQ(result->equal, 2u);
    EXPECT_EQ(sources, std::vector<std::uint32_t>{1});
    job.on_difference = nullptr;
    job.duplicates = DuplicatePolicy::last;
    EXPECT_EQ(verify(job)->different, 1u);
  }
}

TEST(VerifyWays, GivesTheSameAnswerWithAnyNumberOfThreads) {
  auto texts = records(20'000);
  auto other = texts;
  for (std::size_t i = 0; i < other.size(); i += 7) other[i].replace(other[i].find('a'), 1, "b");
  MemoryView source = view_of(texts);
  MemoryView target = view_of(other);
  const TemporaryFolder folder;
  for (const Mode mode : {Mode::join, Mode::sketch}) {
    std::vector<std::string> first;
    for (const unsigned threads : {1u, 2u, 5u, 16u}) {
      VerifyJob job = job_of(source, target, mode);
      job.threads = threads;
      job.spill_folder = folder.path();
      const auto result = verify(job);
      ASSERT_TRUE(result.ok()) << result.error().message;
      EXPECT_EQ(result->compared, 20'000u);
      std::vector<std::string> lines;
      for (const Difference& difference : result->differences) lines.push_back(to_json(difference));
      if (first.empty()) first = lines;
      EXPECT_EQ(lines, first) << threads;
    }
  }
}

class Watching final : public EventSink {
 public:
  void log(LogLevel, std::string_view) override {}
  void progress(const Progress& progress) override {
    records = progress.records;
    phase = progress.phase;
  }
  std::uint64_t records = 0;
  std::string phase;
};

TEST(VerifyWays, SaysHowFarItIs) {
  MemoryView source = view_of(records(700));
  MemoryView target = view_of(records(700));
  VerifyJob job = job_of(source, target, Mode::sketch);
  Watching watching;
  job.events = &watching;
  ASSERT_TRUE(verify(job).ok());
  EXPECT_EQ(watching.records, 1400u);
  EXPECT_EQ(watching.phase, "verify");
}

}  // namespace
}  // namespace decant::verify
