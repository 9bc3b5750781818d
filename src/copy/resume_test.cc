// What a resume stands on: that the target is where the catalog says, and that what a killed run
// intended is not forgotten by a run that is stopped again.
#include <gtest/gtest.h>

#include <filesystem>

#include "copy/copy_fixture.h"

namespace decant::copy {
namespace {

namespace fs = std::filesystem;

testing::MemoryRow row(std::uint64_t ordinal, const std::string& text) {
  return {text, {0, ordinal, ordinal * 50}};
}

testing::MemoryRow good_row(std::uint64_t ordinal) {
  const std::string id = std::to_string(ordinal);
  return row(ordinal, "{\"id\":" + id + ",\"name\":\"p" + id + "\",\"n\":1}");
}

// Three groups of 100 that write, and 100 records that do not before the last of them.
void make_rows(CopyRun& run) {
  for (std::uint64_t i = 0; i < 400; ++i) {
    const bool is_keyless = i >= 200 && i < 300;
    run.rows.push_back(is_keyless ? row(i, R"({"name":"nobody"})") : good_row(i));
  }
  run.transaction_records = 100;
}

class ResumeEachTarget : public ::testing::TestWithParam<TargetKind> {};

INSTANTIATE_TEST_SUITE_P(Targets, ResumeEachTarget,
                         ::testing::Values(TargetKind::fresh_sqlite, TargetKind::shared_sqlite,
                                           TargetKind::fresh_ndjson, TargetKind::shared_ndjson));

// The stop ends a group in which nothing is left to do, so that no group waits to be settled.
TEST_P(ResumeEachTarget, KeepsWhatWasWrittenWhereNoGroupWaits) {
  CopyRun run(GetParam());
  make_rows(run);
  run.quarantine_max = 10;
  ASSERT_FALSE(run.run().status.ok());
  run.quarantine_max.reset();
  CopyResult resumed = run.run();
  ASSERT_TRUE(resumed.status.ok()) << resumed.status.error().message;
  EXPECT_EQ(resumed.books.inserted, 300u);
  EXPECT_EQ(resumed.books.quarantined, 100u);
  EXPECT_EQ(run.target().size(), 300u);
}

// What was confirmed must be there: an older copy of the target is not gone on with.
TEST_P(ResumeEachTarget, RefusesATargetThatWasPutBack) {
  for (const std::size_t stop_at : {6u, 7u, 8u, 9u, 10u}) {
    CopyRun run(GetParam());
    make_rows(run);
    ASSERT_FALSE(run.run(4).status.ok());  // the first group is confirmed
    const std::string kept = run.folder() + "/kept";
    fs::create_directory(kept);
    for (const auto& entry : fs::directory_iterator(run.folder())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("target.")) fs::copy(entry.path(), kept + "/" + name);
    }
    ASSERT_FALSE(run.run(stop_at).status.ok());
    for (const auto& entry : fs::directory_iterator(run.folder())) {
      if (entry.path().filename().string().starts_with("target.")) fs::remove(entry.path());
    }
    for (const auto& entry : fs::directory_iterator(kept)) {
      fs::copy(entry.path(), run.folder() + "/" + entry.path().filename().string());
    }
    const CopyResult resumed = run.run();
    ASSERT_FALSE(resumed.status.ok()) << stop_at;
    EXPECT_EQ(resumed.status.error().code, ErrorCode::refused) << resumed.status.error().message;
    EXPECT_NE(resumed.status.error().message.find("--restart"), std::string::npos);
  }
}

// A store without checkpoints: killed after a commit, stopped while it looks at that group again,
// then resumed to the end.
TEST(Resume, IntendedOutcomesOutliveAStopOfTheResumedRun) {
  CopyRun whole(TargetKind::testing);
  make_rows(whole);
  const CopyResult expected = whole.run();
  ASSERT_TRUE(expected.status.ok()) << expected.status.error().message;
  for (std::size_t stop_at = 1; stop_at < whole.steps(); ++stop_at) {
    CopyRun run(TargetKind::testing);
    make_rows(run);
    ASSERT_FALSE(run.run(stop_at).status.ok());
    run.fail_after_rows = 30;  // of each partition: the run ends its group as it stands
    run.run();
    run.fail_after_rows = SIZE_MAX;
    const CopyResult resumed = run.run();
    ASSERT_TRUE(resumed.status.ok()) << resumed.status.error().message;
    EXPECT_EQ(resumed.books, expected.books) << stop_at;
  }
}

}  // namespace
}  // namespace decant::copy
