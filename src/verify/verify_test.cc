#include "verify/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "base/file.h"
#include "testing/memory_view.h"
#include "testing/temporary_folder.h"

namespace decant::verify {
namespace {

using testing::MemoryRow;
using testing::MemoryView;
using testing::open_definition;
using testing::TemporaryFolder;

// A comparison of two lists of JSON records by the field `id`.
struct Sides {
  Sides(const std::vector<std::string>& source_texts, const std::vector<std::string>& target_texts)
      : source(open_definition("jobs", {"id"}), source_texts),
        target(open_definition("jobs", {"id"}), target_texts) {}

  VerifyJob job(Mode mode) {
    VerifyJob job;
    job.sources.push_back({&source, "jobs", mapping::Mapping::identity(), 0, nullptr});
    job.target = &target;
    job.definition = target.definitions().front();
    job.capabilities.nulls = true;
    job.capabilities.schema = false;
    job.key = {"id"};
    job.mode = mode;
    if (mode != Mode::sketch) job.spill_folder = folder.path();
    return job;
  }

  MemoryView source;
  MemoryView target;
  TemporaryFolder folder;
};

VerifyResult must(const VerifyJob& job) {
  Result<VerifyResult> result = verify(job);
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? std::move(result).value() : VerifyResult{};
}

std::vector<std::string> lines_of(const std::vector<Difference>& differences) {
  std::vector<std::string> lines;
  for (const Difference& difference : differences) lines.push_back(to_json(difference));
  return lines;
}

std::string record(std::uint64_t id, std::string_view title, std::string_view more = "\"n\":1") {
  return "{\"id\":" + std::to_string(id) + ",\"title\":\"" + std::string(title) + "\"," +
         std::string(more) + "}";
}

std::vector<std::string> records(std::uint64_t count) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < count; ++i) texts.push_back(record(i, "t" + std::to_string(i)));
  return texts;
}

class BothWays : public ::testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Verify, BothWays, ::testing::Values(Mode::join, Mode::sketch),
                         [](const ::testing::TestParamInfo<Mode>& way) {
                           return std::string(way.param == Mode::join ? "join" : "sketch");
                         });

TEST_P(BothWays, FindsNothingWhereNothingDiffers) {
  auto texts = records(5000);
  auto shuffled = texts;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(1));
  Sides sides(texts, shuffled);
  const VerifyResult result = must(sides.job(GetParam()));
  EXPECT_TRUE(result.clean());
  EXPECT_TRUE(result.proves());
  EXPECT_EQ(result.compared, 5000u);
  EXPECT_EQ(result.equal, 5000u);
  EXPECT_EQ(result.target_records, 5000u);
  EXPECT_TRUE(result.differences.empty());
  EXPECT_EQ(result.mode, GetParam() == Mode::join ? "join" : "sketch");
}

TEST_P(BothWays, ComparesEmptySides) {
  Sides none({}, {});
  EXPECT_TRUE(must(none.job(GetParam())).clean());
  Sides source_only(records(3), {});
  EXPECT_EQ(must(source_only.job(GetParam())).missing, 3u);
  Sides target_only({}, records(3));
  EXPECT_EQ(must(target_only.job(GetParam())).extra, 3u);
}

// Plants `count` differences of every kind and says which keys must be named, and how.
using Planted = std::map<std::string, std::string>;  // key as JSON, kind
Planted plant(std::uint64_t count, std::vector<std::string>& source,
              std::vector<std::string>& target) {
  const std::uint64_t size = std::max<std::uint64_t>(count * 3, 500);
  source = records(size);
  for (std::uint64_t i = 0; i < size; ++i) {
    source[i] = record(i, "t" + std::to_string(i), i % 2 == 0 ? "\"n\":1" : "\"n\":1,\"m\":null");
  }
  target = source;
  std::vector<std::uint64_t> order(size);
  for (std::uint64_t i = 0; i < size; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(count));
  Planted planted;
  std::set<std::uint64_t> removed;
  std::uint64_t next = 0;
  while (planted.size() < count) {
    const std::uint64_t at = order[next++];
    const std::string key = std::to_string(at);
    std::string& text = target[at];
    switch (planted.size() % 7) {
      case 0:  // a flipped bit
        text[text.find("\"t") + 1] ^= 1;
        if (text == source[at]) ADD_FAILURE();
        text = record(at, "u" + key, at % 2 == 0 ? "\"n\":1" : "\"n\":1,\"m\":null");
        planted[key] = "different";
        break;
      case 1:
        removed.insert(at);
        planted[key] = "missing";
        break;
      case 2:
        target.push_back(record(size + at, "extra"));
        planted[std::to_string(size + at)] = "extra";
        break;
      case 3: {  // two records with swapped fields
        if (planted.size() + 2 > count) goto simple;
        const std::uint64_t other = order[next++];
        text =
            record(at, "t" + std::to_string(other), at % 2 == 0 ? "\"n\":1" : "\"n\":1,\"m\":null");
        target[other] = record(other, "t" + key, other % 2 == 0 ? "\"n\":1" : "\"n\":1,\"m\":null");
        planted[key] = "different";
        planted[std::to_string(other)] = "different";
        break;
      }
      case 4:  // a changed key
        if (planted.size() + 2 > count) goto simple;
        text = record(2 * size + at, "t" + key, at % 2 == 0 ? "\"n\":1" : "\"n\":1,\"m\":null");
        planted[key] = "missing";
        planted[std::to_string(2 * size + at)] = "extra";
        break;
      case 5:  // a changed type
      simple:
        text = record(at, "t" + key, at % 2 == 0 ? "\"n\":\"1\"" : "\"n\":\"1\",\"m\":null");
        planted[key] = "different";
        break;
      default:  // null and absent
        text = record(at, "t" + key, at % 2 == 0 ? "\"n\":1,\"m\":null" : "\"n\":1");
        planted[key] = "different";
        break;
    }
  }
  std::vector<std::string> kept;
  for (std::uint64_t i = 0; i < target.size(); ++i) {
    if (!removed.contains(i)) kept.push_back(std::move(target[i]));
  }
  target = std::move(kept);
  return planted;
}

TEST(Verify, FindsEveryPlantedDifferenceAndInventsNoneByBothWays) {
  for (const std::uint64_t count : {1u, 2u, 7u, 100u, 9000u, 100'000u}) {
    std::vector<std::string> source;
    std::vector<std::string> target;
    const Planted planted = plant(count, source, target);
    Sides sides(source, target);
    std::vector<std::string> lines[2];
    for (const Mode mode : {Mode::join, Mode::sketch}) {
      VerifyJob job = sides.job(mode);
      job.differences_max = 20;
      job.differences_file = sides.folder / (mode == Mode::join ? "joined" : "sketched");
      Planted found;
      job.on_difference = [&](const FoundDifference& difference) {
        const std::string& key = difference.difference->key.at(0).second;
        EXPECT_TRUE(found.emplace(key, to_string(difference.kind)).second) << key;
        return ok_status();
      };
      const VerifyResult result = must(job);
      EXPECT_EQ(found, planted) << count;
      std::uint64_t counts[3] = {result.missing, result.extra, result.different};
      for (const auto& [key, kind] : planted) {
        --counts[kind == "missing" ? 0 : kind == "extra" ? 1 : 2];
      }
      EXPECT_EQ(counts[0] + counts[1] + counts[2], 0u);
      EXPECT_EQ(result.compared, source.size());
      EXPECT_EQ(result.compared, result.equal + result.missing + result.different);
      EXPECT_EQ(result.differences.size(), std::min<std::uint64_t>(count, 20));
      EXPECT_FALSE(result.clean());
      EXPECT_LE(sides.source.fetched_at_once, 16'384u);
      const auto content = read_file(job.differences_file, 1u << 30);
      ASSERT_TRUE(content.ok());
      std::istringstream stream(*content);
      for (std::string line; std::getline(stream, line);) lines[mode == Mode::join].push_back(line);
      EXPECT_EQ(lines[mode == Mode::join].size(), count);
      EXPECT_EQ(result.mode, mode == Mode::join ? "join" : "sketch");
    }
    EXPECT_EQ(lines[0], lines[1]) << "both ways give the same answer";
  }
}

TEST_P(BothWays, NamesTheFieldsThatDiffer) {
  Sides sides({R"({"id":1,"a":1,"b":null,"c":"x","d":[1,2.50],"e":1.0})"},
              {R"({"e":1,"id":1,"a":"1","c":"y","d":[1,2.5],"z":true})"});
  const VerifyResult result = must(sides.job(GetParam()));
  ASSERT_EQ(result.differences.size(), 1u);
  EXPECT_EQ(to_json(result.differences[0]),
            R"({"key":{"id":1},"difference":"different","fields":[)"
            R"({"name":"a","source":1,"target":"1"},{"name":"b","source":null},)"
            R"({"name":"c","source":"x","target":"y"},{"name":"z","target":true}],)"
            R"("place":"file0.json byte 0"})");
}

TEST_P(BothWays, LooksOnlyAtFieldsThatThePlanOwnsAndWritesAgain) {
  Sides sides({R"({"id":1,"a":1,"created":"now","b":2})"},
              {R"({"id":1,"a":1,"created":"then","b":3,"other":4})"});
  VerifyJob job = sides.job(GetParam());
  job.owned = {"a", "created"};
  job.once = {"created"};
  EXPECT_TRUE(must(job).clean());
  job.owned = {"a", "b", "created"};
  EXPECT_EQ(must(job).different, 1u);
}

TEST_P(BothWays, RecordsThatCannotBeReadOrHaveNoKeyAreExcluded) {
  Sides sides({R"({"id":1})", R"({"id":2,)", R"({"id":null})", R"({"x":1})"}, {R"({"id":1})"});
  const VerifyResult result = must(sides.job(GetParam()));
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.compared, 1u);
  EXPECT_EQ(result.excluded, 3u);
  EXPECT_EQ(result.source_records, 4u);
}

TEST_P(BothWays, TargetRecordsWithoutAKeyOrThatCannotBeReadAreExtra) {
  Sides sides({R"({"id":1})"}, {R"({"id":1})", R"({"x":1})", R"({"x":1})", R"({"id":2,)"});
  const VerifyResult result = must(sides.job(GetParam()));
  EXPECT_EQ(result.extra, 3u);
  EXPECT_EQ(result.equal, 1u);
  ASSERT_EQ(result.differences.size(), 3u);
  for (const Difference& difference : result.differences) {
    EXPECT_FALSE(difference.place.empty());
  }
}

TEST_P(BothWays, ADuplicateStaysAsThePolicySays) {
  const std::vector<std::string> source{R"({"id":1,"v":"a"})", R"({"id":1,"v":"a"})",
                                        R"({"id":1,"v":"b"})", R"({"id":2,"v":"c"})"};
  Sides first(source, {R"({"id":1,"v":"a"})", R"({"id":2,"v":"c"})"});
  VerifyJob job = first.job(GetParam());
  VerifyResult result = must(job);
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.compared, 2u);
  EXPECT_EQ(result.duplicates, 1u);
  EXPECT_EQ(result.excluded, 1u);
  job.duplicates = DuplicatePolicy::first;
  result = must(job);
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.duplicates, 2u);
  job.duplicates = DuplicatePolicy::last;
  EXPECT_EQ(must(job).different, 1u);

  Sides last(source, {R"({"id":1,"v":"b"})", R"({"id":2,"v":"c"})"});
  job = last.job(GetParam());
  EXPECT_EQ(must(job).different, 1u);
  job.duplicates = DuplicatePolicy::last;
  EXPECT_TRUE(must(job).clean());
}

TEST_P(BothWays, ADuplicateInTheTargetIsExtraEvenWhereTheSourceHasItToo) {
  const std::vector<std::string> twice{R"({"id":1,"v":"a"})", R"({"id":1,"v":"a"})",
                                       R"({"id":2,"v":"b"})", R"({"id":2,"v":"c"})"};
  Sides sides(twice, twice);
  const VerifyResult result = must(sides.job(GetParam()));
  EXPECT_EQ(result.equal, 2u);
  EXPECT_EQ(result.extra, 2u);
  EXPECT_EQ(result.duplicates, 1u);
  EXPECT_EQ(result.excluded, 1u);
  Sides thrice({twice[0]}, {twice[0], twice[0], twice[0]});
  EXPECT_EQ(must(thrice.job(GetParam())).extra, 2u);
}

TEST_P(BothWays, AnyNumberOfRecordsMayHaveOneKey) {
  std::vector<std::string> source;
  for (int i = 0; i < 3000; ++i) source.push_back(record(1, "t" + std::to_string(i)));
  source.push_back(record(2, "other"));
  Sides last(source, {source[2999], source[3000]});
  VerifyJob job = last.job(GetParam());
  job.duplicates = DuplicatePolicy::last;
  VerifyResult result = must(job);
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.duplicates, 2999u);
  job.duplicates = DuplicatePolicy::first;
  result = must(job);
  ASSERT_EQ(result.different, 1u);
  ASSERT_EQ(result.differences.size(), 1u);
  EXPECT_EQ(result.differences[0].fields[0].source, R"("t0")");
  EXPECT_EQ(result.differences[0].fields[0].target, R"("t2999")");
}

TEST_P(BothWays, WhatTheRunExcludedKeptOrLeftIsTakenAsItSaid) {
  Sides sides({R"({"id":1,"v":1})", R"({"id":2,"v":1})", R"({"id":3,"v":1})", R"({"id":4,"v":1})",
               R"({"id":5,"v":1})", R"({"id":6,"v":1})"},
              {R"({"id":1,"v":1})", R"({"id":2,"v":9})", R"({"id":3,"v":9})", R"({"id":4,"v":9})",
               R"({"id":7,"v":1})"});
  ExceptionList exceptions;
  const auto& rows = sides.source.rows();
  exceptions.add(0, rows[4].origin, Disposition::excluded);  // not in the target
  exceptions.add(0, rows[1].origin, Disposition::excluded);  // other content in the target
  exceptions.add(0, rows[2].origin, Disposition::kept);
  exceptions.add(0, rows[5].origin, Disposition::kept);  // must be there, but is not
  VerifyJob job = sides.job(GetParam());
  job.dispositions = &exceptions;
  const VerifyResult result = must(job);
  EXPECT_EQ(result.excluded, 2u);
  EXPECT_EQ(result.kept, 1u);
  EXPECT_EQ(result.different, 1u);  // 4
  EXPECT_EQ(result.missing, 1u);    // 6
  EXPECT_EQ(result.extra, 1u);      // 7
  EXPECT_EQ(result.equal, 1u);
  EXPECT_EQ(result.compared, 4u);
}

TEST_P(BothWays, ThePolicyAloneSaysWhatIsKeptWhereThereIsNoCatalog) {
  Sides sides({R"({"id":1,"t":5})", R"({"id":2,"t":7})", R"({"id":3,"t":7})"},
              {R"({"id":1,"t":6})", R"({"id":2,"t":6})", R"({"id":3,"t":7,"x":1})"});
  VerifyJob job = sides.job(GetParam());
  EXPECT_EQ(must(job).different, 3u);
  job.policy = Policy::skip;
  EXPECT_EQ(must(job).kept, 3u);
  EXPECT_TRUE(must(job).clean());
  job.policy = Policy::newer_than;
  job.newer_than = "t";
  EXPECT_EQ(must(job).kept, 2u);
  EXPECT_EQ(must(job).different, 1u);
}

TEST_P(BothWays, ExtraRecordsAreCountedButNotListedWhereTheyAreAllowed) {
  Sides sides(records(10), records(13));
  VerifyJob job = sides.job(GetParam());
  EXPECT_FALSE(must(job).clean());
  EXPECT_EQ(must(job).differences.size(), 3u);
  job.extra = ExtraPolicy::allow;
  const VerifyResult result = must(job);
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.extra, 3u);
  EXPECT_TRUE(result.differences.empty());
}

TEST_P(BothWays, ALimitOfNoneComparesNothing) {
  Sides sides(records(10), {});
  VerifyJob job = sides.job(GetParam());
  job.source_limit = 0;
  const VerifyResult result = must(job);
  EXPECT_EQ(result.compared, 0u);
  EXPECT_EQ(result.missing, 0u);
}

TEST_P(BothWays, ALimitTakesTheFirstRecordsAndComparesNoOthers) {
  auto texts = records(1000);
  texts[3] = "{bad";
  auto target = records(250);
  target.erase(target.begin() + 3);
  Sides sides(texts, target);
  VerifyJob job = sides.job(GetParam());
  job.source_limit = 250;
  job.threads = 8;
  const VerifyResult result = must(job);
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.source_records, 250u);
  EXPECT_EQ(result.excluded, 1u);
  EXPECT_EQ(result.compared, 249u);
}

// Every answer under colliding key hashes must be the one without collisions.
TEST_P(BothWays, CollidingKeyHashesNeitherPairNorHideRecords) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> source;
    std::vector<std::string> target;
    for (int i = 0; i < 150; ++i) {
      const auto text = [&] { return record(random() % 80, std::to_string(random() % 2)); };
      source.push_back(text());
      target.push_back(random() % 3 != 0 ? source.back() : text());
    }
    Sides sides(source, target);
    VerifyJob job = sides.job(GetParam());
    job.duplicates = static_cast<DuplicatePolicy>(random() % 3);
    const VerifyResult plain = must(job);
    std::vector<std::string> lines = lines_of(plain.differences);
    std::sort(lines.begin(), lines.end());
    for (const std::uint64_t mask : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{63} << 58}) {
      job.key_hash_mask = mask;
      const VerifyResult colliding = must(job);
      EXPECT_EQ(colliding.equal, plain.equal) << "seed " << seed << " mask " << mask;
      EXPECT_EQ(colliding.missing, plain.missing) << "seed " << seed << " mask " << mask;
      EXPECT_EQ(colliding.extra, plain.extra) << "seed " << seed << " mask " << mask;
      EXPECT_EQ(colliding.different, plain.different) << "seed " << seed << " mask " << mask;
      EXPECT_EQ(colliding.duplicates, plain.duplicates) << "seed " << seed << " mask " << mask;
      EXPECT_EQ(colliding.excluded, plain.excluded) << "seed " << seed << " mask " << mask;
      std::vector<std::string> colliding_lines = lines_of(colliding.differences);
      std::sort(colliding_lines.begin(), colliding_lines.end());
      EXPECT_EQ(colliding_lines, lines) << "seed " << seed << " mask " << mask;
    }
  }
}

}  // namespace
}  // namespace decant::verify
