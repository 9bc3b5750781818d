#include "copy/copy.h"

#include <gtest/gtest.h>

#include <mutex>

#include "copy/copy_fixture.h"

namespace decant::copy {
namespace {

testing::MemoryRow row(std::uint64_t ordinal, const std::string& text) {
  return {text, {0, ordinal, ordinal * 50}};
}

// What the books must say, worked out record by record.
Books expected_books(const std::vector<testing::MemoryRow>& rows, bool declared) {
  Books books;
  std::map<std::string, std::string> seen;
  for (const testing::MemoryRow& each : rows) {
    const std::string& text = each.text;
    const bool bad = text.find(",\"id\":1}") != std::string::npos;
    const bool no_key = text.find("nobody") != std::string::npos;
    const bool misfit = declared && text.find("many") != std::string::npos;
    if (bad || no_key || misfit) {
      books.add(Outcome::quarantined);
      continue;
    }
    const std::string id = text.substr(6, text.find(',') - 6);
    auto [place, is_new] = seen.emplace(id, text);
    books.add(is_new                  ? Outcome::inserted
              : place->second == text ? Outcome::duplicate
                                      : Outcome::quarantined);
  }
  return books;
}

class CopyEachTarget : public ::testing::TestWithParam<TargetKind> {};

INSTANTIATE_TEST_SUITE_P(Targets, CopyEachTarget,
                         ::testing::Values(TargetKind::fresh_sqlite, TargetKind::shared_sqlite,
                                           TargetKind::fresh_ndjson, TargetKind::shared_ndjson,
                                           TargetKind::testing),
                         [](const auto& each) {
                           switch (each.param) {
                             case TargetKind::fresh_sqlite:
                               return "FreshSqlite";
                             case TargetKind::shared_sqlite:
                               return "SharedSqlite";
                             case TargetKind::fresh_ndjson:
                               return "FreshNdjson";
                             case TargetKind::shared_ndjson:
                               return "SharedNdjson";
                             case TargetKind::testing:
                               break;
                           }
                           return "Testing";
                         });

TEST_P(CopyEachTarget, BooksBalanceAndSayWhereEachRecordWent) {
  CopyRun run(GetParam());
  run.rows = dirty_rows(3000, 2000, 1);
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  const bool declared = GetParam() != TargetKind::testing && !run.is_file();
  EXPECT_EQ(result.books, expected_books(run.rows, declared));
  EXPECT_EQ(result.books, result.collections[0].books);
  EXPECT_GT(result.books.duplicate, 100u);
  EXPECT_GT(result.books.quarantined, 30u);
  EXPECT_EQ(result.written, result.books.inserted);
  EXPECT_EQ(run.target().size(), result.books.inserted);
  EXPECT_EQ(run.quarantine().size(), result.books.quarantined);
  ASSERT_EQ(result.files.size(), 1u);
  EXPECT_EQ(result.files[0].books, result.books);
  EXPECT_TRUE(result.files[0].complete);
}

TEST_P(CopyEachTarget, TheSecondRunWritesNothing) {
  CopyRun run(GetParam());
  run.rows = dirty_rows(1500, 1000, 2);
  CopyResult first = run.run();
  ASSERT_TRUE(first.status.ok()) << first.status.error().message;
  const auto held = run.target();
  const auto quarantined = run.quarantine();
  int backups = 0;
  run.before_first_write = [&] {
    ++backups;
    return ok_status();
  };
  CopyResult second = run.run();
  ASSERT_TRUE(second.status.ok()) << second.status.error().message;
  EXPECT_EQ(second.books.unchanged, first.books.inserted);
  EXPECT_EQ(second.books.quarantined, first.books.quarantined);
  EXPECT_EQ(second.written, 0u);
  EXPECT_FALSE(second.wrote);
  EXPECT_EQ(backups, 0);
  EXPECT_EQ(run.target(), held);
  EXPECT_EQ(run.quarantine(), quarantined);
}

TEST_P(CopyEachTarget, AnyNumberOfThreadsGivesTheSame) {
  std::map<std::string, std::string> held;
  std::vector<std::string> quarantined;
  Books books;
  for (std::uint32_t threads = 1; threads <= 4; ++threads) {
    CopyRun run(GetParam());
    run.rows = dirty_rows(4000, 3000, 3);
    run.partition_rows = 130;
    run.limits.threads = threads;
    CopyResult result = run.run();
    ASSERT_TRUE(result.status.ok()) << result.status.error().message;
    if (threads == 1) {
      held = run.target();
      quarantined = run.quarantine();
      books = result.books;
    }
    EXPECT_EQ(result.books, books) << threads;
    EXPECT_EQ(run.target(), held) << threads;
    EXPECT_EQ(run.quarantine(), quarantined) << threads;
  }
}

// The heart of it: whatever step a run is cut off at, any number of times, the resumed run ends as
// an undisturbed one.
TEST_P(CopyEachTarget, CutOffAtEveryStepAndResumedItEndsAsAnUndisturbedRun) {
  auto make = [&](CopyRun& run) {
    run.rows = dirty_rows(700, 500, 4);
    run.partition_rows = 90;
    run.transaction_records = 60;
    run.limits.batch_records = 60;
  };
  CopyRun undisturbed(GetParam());
  make(undisturbed);
  CopyResult expected = undisturbed.run();
  ASSERT_TRUE(expected.status.ok()) << expected.status.error().message;
  const std::size_t steps = undisturbed.steps();
  ASSERT_GT(steps, 10u);
  const auto held = undisturbed.target();
  const auto quarantined = undisturbed.quarantine();
  for (std::size_t stop_at = 1; stop_at <= steps; ++stop_at) {
    SCOPED_TRACE("cut off at step " + std::to_string(stop_at));
    CopyRun run(GetParam());
    make(run);
    CopyResult cut = run.run(stop_at);
    ASSERT_FALSE(cut.status.ok());
    EXPECT_TRUE(cut.books.balanced());
    if (stop_at % 2 == 0) {
      // The batches of the resumed run are others.
      run.limits.batch_records = 37;
      run.limits.threads = 2;
    }
    if (stop_at % 3 == 0) {
      ASSERT_FALSE(run.run(2).status.ok());
    }
    CopyResult resumed = run.run();
    ASSERT_TRUE(resumed.status.ok()) << resumed.status.error().message;
    EXPECT_EQ(resumed.books, expected.books);
    EXPECT_EQ(resumed.collections, expected.collections);
    EXPECT_EQ(resumed.files, expected.files);
    EXPECT_EQ(resumed.written, expected.written);
    EXPECT_EQ(run.target(), held);
    EXPECT_EQ(run.quarantine(), quarantined);
  }
}

TEST_P(CopyEachTarget, DryRunHasTheSameBooksAndLeavesNothing) {
  CopyRun run(GetParam());
  run.rows = dirty_rows(1200, 900, 5);
  CopyRun real(GetParam());
  real.rows = run.rows;
  CopyResult expected = real.run();
  run.dry_run = true;
  CopyResult dry = run.run();
  ASSERT_TRUE(dry.status.ok()) << dry.status.error().message;
  EXPECT_EQ(dry.books, expected.books);
  EXPECT_FALSE(std::filesystem::exists(run.catalog_path()));
  EXPECT_FALSE(std::filesystem::exists(run.folder() + "/.decant"));
  if (GetParam() != TargetKind::shared_sqlite && GetParam() != TargetKind::shared_ndjson) {
    EXPECT_TRUE(std::filesystem::is_empty(run.folder()));
  }
}

TEST_P(CopyEachTarget, PoliciesForKeysThatAreThere) {
  CopyRun run(GetParam());
  run.rows = {row(0, R"({"id":1,"name":"a","n":1})"), row(1, R"({"id":2,"name":"b","n":2})")};
  ASSERT_TRUE(run.run().status.ok());
  run.rows = {row(0, R"({"id":1,"name":"a","n":1})"), row(1, R"({"id":2,"name":"new","n":2})"),
              row(2, R"({"id":3,"name":"c","n":3})")};
  CopyResult insert = run.run();
  EXPECT_EQ(insert.books.unchanged, 1u);
  EXPECT_EQ(insert.books.quarantined, 1u);
  EXPECT_EQ(insert.books.inserted, 1u);
  ASSERT_EQ(run.quarantine().size(), 1u);
  EXPECT_NE(run.quarantine()[0].find(R"({"id":2})"), std::string::npos);
  run.policy = Policy::skip;
  CopyResult skip = run.run();
  EXPECT_EQ(skip.books.superseded, 1u);
  EXPECT_EQ(skip.books.unchanged, 2u);
  EXPECT_TRUE(run.quarantine().empty()) << "what is no longer refused is closed";
  run.policy = Policy::upsert;
  CopyResult upsert = run.run();
  EXPECT_EQ(upsert.books.updated, 1u);
  EXPECT_EQ(upsert.written, 1u);
  EXPECT_TRUE(run.quarantine().empty()) << "the later write closed it";
  EXPECT_EQ(run.quarantine(true).size(), 1u);
}

TEST(Copy, QuarantineNamesTheKeyOfTheRecordThatWasRefused) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.rows = {row(0, R"({"id":1,"n":1})"), row(1, R"({"id":1,"n":2})"), row(2, R"({"id":2,"n":3})"),
              row(3, R"({"id":3,"n":3})")};
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  const std::vector<std::string> entries = run.quarantine();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_NE(entries[0].find(R"(duplicate_key_differs {"id":1} {"id":1,"n":2})"), std::string::npos)
      << entries[0];
}

TEST(Copy, DuplicatesFirstAndLast) {
  for (Duplicates duplicates : {Duplicates::first, Duplicates::last}) {
    CopyRun run(TargetKind::fresh_sqlite);
    run.duplicates = duplicates;
    run.partition_rows = 2;
    run.limits.threads = 3;
    run.rows = {row(0, R"({"id":1,"name":"a","n":1})"),  row(1, R"({"id":2,"name":"b","n":1})"),
                row(2, R"({"id":1,"name":"a2","n":1})"), row(3, R"({"id":1,"name":"a3","n":1})"),
                row(4, R"({"id":3,"name":"c","n":1})"),  row(5, R"({"id":2,"name":"b","n":1})")};
    CopyResult result = run.run();
    ASSERT_TRUE(result.status.ok()) << result.status.error().message;
    EXPECT_EQ(result.books.inserted, 3u);
    EXPECT_EQ(result.books.duplicate, 3u);
    EXPECT_EQ(result.books.quarantined, 0u);
    const std::string name = duplicates == Duplicates::first ? "\"a\"" : "\"a3\"";
    EXPECT_NE(run.target()["1"].find("name=" + name), std::string::npos) << run.target()["1"];
  }
}

TEST(Copy, LastIsExactOnLargeStreamsWhenResumed) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.duplicates = Duplicates::last;
  run.rows = dirty_rows(3000, 700, 6);
  run.transaction_records = 100;
  CopyRun other(TargetKind::fresh_sqlite);
  other.duplicates = Duplicates::last;
  other.rows = run.rows;
  other.transaction_records = 100;
  CopyResult whole = run.run();
  ASSERT_TRUE(whole.status.ok()) << whole.status.error().message;
  ASSERT_FALSE(other.run(9).status.ok());
  CopyResult resumed = other.run();
  ASSERT_TRUE(resumed.status.ok());
  EXPECT_EQ(resumed.books, whole.books);
  EXPECT_EQ(other.target(), run.target());
}

TEST(Copy, LimitCountsRecordsAndLeavesTheRest) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.rows = dirty_rows(1000, 100000, 7);
  run.partition_rows = 150;
  run.limits.threads = 3;
  run.limits.records = 420;
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  EXPECT_EQ(result.books.read, 420u);
  EXPECT_EQ(result.left, 580u);
  EXPECT_EQ(result.files[0].left, 580u);
}

TEST(Copy, LimitCountsAfterTheConditionOfThePlan) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.rules = "where: {name: {prefix: keep}}\nrest: keep\n";
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::string name = i % 3 == 2 ? "keep" : "leave";
    run.rows.push_back(row(i, "{\"id\":" + std::to_string(i) + ",\"name\":\"" + name + "\"}"));
  }
  run.limits.records = 50;
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  EXPECT_EQ(result.books.inserted, 50u);
  EXPECT_EQ(result.left, 250u);
  EXPECT_TRUE(run.target().contains("149"));
  EXPECT_FALSE(run.target().contains("152"));
}

TEST(Copy, QuarantineMaxStopsTheRun) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.rows = dirty_rows(3000, 2000, 8);
  run.quarantine_max = 10;
  CopyResult result = run.run();
  ASSERT_FALSE(result.status.ok());
  EXPECT_EQ(exit_status(result.status.error().code), 1);
  EXPECT_GT(result.books.quarantined, 10u);
  EXPECT_LT(result.books.read, 3000u);
  EXPECT_TRUE(result.books.balanced());
  EXPECT_EQ(run.quarantine().size(), result.books.quarantined);

  CopyRun share(TargetKind::fresh_sqlite);
  share.rows = run.rows;
  share.quarantine_share_max = 0.5;
  EXPECT_TRUE(share.run().status.ok());
}

TEST(Copy, StopIsAnInterruptionThatCanBeResumed) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.rows = dirty_rows(2000, 1500, 9);
  std::stop_source source;
  source.request_stop();
  run.stop = source.get_token();
  CopyResult stopped = run.run();
  ASSERT_FALSE(stopped.status.ok());
  EXPECT_EQ(stopped.status.error().code, ErrorCode::interrupted);
  run.stop = {};
  CopyResult resumed = run.run();
  ASSERT_TRUE(resumed.status.ok()) << resumed.status.error().message;
  EXPECT_EQ(resumed.books, expected_books(run.rows, true));
}

TEST(Copy, SourceThatChangedBeforeTheResumeIsRefused) {
  CopyRun run(TargetKind::fresh_sqlite);
  run.rows = dirty_rows(600, 400, 10);
  run.transaction_records = 100;
  ASSERT_FALSE(run.run(9).status.ok());
  std::vector<testing::MemoryRow> good = run.rows;
  run.rows[5].text = R"({"id":100001,"name":"changed","n":1})";
  CopyResult changed = run.run();
  ASSERT_FALSE(changed.status.ok());
  EXPECT_EQ(changed.status.error().code, ErrorCode::refused);
  // What comes after the checkpoint may change: a mended file goes on.
  run.rows = good;
  run.rows[599].text = R"({"id":100001,"name":"mended","n":1})";
  CopyResult mended = run.run();
  ASSERT_TRUE(mended.status.ok()) << mended.status.error().message;
  EXPECT_TRUE(run.target().contains("100001"));
}

TEST(Copy, RestartBeginsAnewAndTakesNoCheckpointOfTheOldRun) {
  CopyRun run(TargetKind::shared_sqlite);
  run.rows = dirty_rows(600, 400, 11);
  run.transaction_records = 100;
  ASSERT_FALSE(run.run(10).status.ok());
  run.restart = true;
  CopyResult anew = run.run();
  ASSERT_TRUE(anew.status.ok()) << anew.status.error().message;
  EXPECT_GT(anew.books.unchanged, 0u);
  EXPECT_EQ(anew.books.unchanged + anew.books.inserted, expected_books(run.rows, true).inserted);
}

TEST(Copy, BackupHookIsCalledOnceBeforeTheFirstWrite) {
  CopyRun run(TargetKind::shared_sqlite);
  run.rows = dirty_rows(300, 250, 12);
  int called = 0;
  run.before_first_write = [&] {
    ++called;
    EXPECT_TRUE(run.target().empty());
    return ok_status();
  };
  run.transaction_records = 100;
  ASSERT_FALSE(run.run(5).status.ok());
  ASSERT_TRUE(run.run().status.ok());
  EXPECT_EQ(called, 1);
}

TEST(Copy, RowsThatAUniqueIndexRefusesAtTheEndMoveToTheQuarantine) {
  auto make = [](CopyRun& run) {
    Index unique;
    unique.name = "people_name";
    unique.unique = true;
    unique.parts.emplace_back().field = "name";
    run.wanted.indexes.push_back(unique);
    for (std::uint64_t i = 0; i < 400; ++i) {
      const std::string name = i % 10 == 9 ? "same" : "p" + std::to_string(i);
      run.rows.push_back(row(i, "{\"id\":" + std::to_string(i) + ",\"name\":\"" + name +
                                    "\",\"n\":" + std::to_string(i) + "}"));
    }
    run.transaction_records = 150;
  };
  CopyRun run(TargetKind::fresh_sqlite);
  make(run);
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  EXPECT_EQ(result.books.inserted, 361u);
  EXPECT_EQ(result.books.quarantined, 39u);
  EXPECT_EQ(result.written, 361u);
  EXPECT_EQ(run.target().size(), 361u);
  const std::vector<std::string> expected = run.quarantine();
  ASSERT_EQ(expected.size(), 39u);
  EXPECT_NE(expected[0].find("unique"), std::string::npos) << expected[0];
  const std::size_t steps = run.steps();
  for (std::size_t stop_at = steps - 3; stop_at <= steps; ++stop_at) {
    CopyRun cut(TargetKind::fresh_sqlite);
    make(cut);
    ASSERT_FALSE(cut.run(stop_at).status.ok());
    CopyResult resumed = cut.run();
    ASSERT_TRUE(resumed.status.ok()) << resumed.status.error().message;
    EXPECT_EQ(resumed.books, result.books) << "cut off at " << stop_at << " of " << steps;
    EXPECT_EQ(cut.quarantine(), expected);
  }
}

TEST(Copy, ARecordWhoseRowsAreAllWithdrawnIsMovedOnceAndEachRowOfIt) {
  const auto make = [](CopyRun& run) {
    run.second = "friends";
    Index unique;
    unique.name = "by_name";
    unique.unique = true;
    unique.parts.emplace_back().field = "name";
    run.wanted.indexes.push_back(unique);
    run.rows = {row(0, R"({"id":1,"name":"a"})"), row(1, R"({"id":2,"name":"a"})"),
                row(2, R"({"id":3,"name":"b"})")};
  };
  CopyRun run(TargetKind::fresh_sqlite);
  make(run);
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  EXPECT_EQ(result.books.inserted, 2u);
  EXPECT_EQ(result.books.quarantined, 1u);
  EXPECT_EQ(result.written, 4u);
  for (const CollectionBooks& books : result.collections) {
    EXPECT_EQ(books.books.inserted, 2u) << books.collection;
    EXPECT_EQ(books.books.quarantined, 1u) << books.collection;
  }
  EXPECT_EQ(run.quarantine().size(), 2u);
  const std::size_t steps = run.steps();
  for (std::size_t stop_at = 1; stop_at <= steps; ++stop_at) {
    CopyRun cut(TargetKind::fresh_sqlite);
    make(cut);
    ASSERT_FALSE(cut.run(stop_at).status.ok());
    CopyResult resumed = cut.run();
    ASSERT_TRUE(resumed.status.ok()) << resumed.status.error().message;
    SCOPED_TRACE("cut off at " + std::to_string(stop_at) + " of " + std::to_string(steps));
    EXPECT_EQ(resumed.books, result.books);
    EXPECT_EQ(resumed.written, result.written);
    EXPECT_EQ(cut.quarantine(), run.quarantine());
    ASSERT_EQ(resumed.collections.size(), result.collections.size());
    for (std::size_t i = 0; i < result.collections.size(); ++i) {
      EXPECT_EQ(resumed.collections[i].books, result.collections[i].books) << i;
    }
  }
}

TEST(Copy, ALargeSourceIsCommittedInPartsUnlessTheStoreAsksForOne) {
  const auto steps = [](bool one_transaction, std::uint64_t row_bytes) {
    CopyRun run(TargetKind::shared_sqlite);
    run.rows = dirty_rows(1000, 800, 9);
    run.one_transaction = one_transaction;
    run.row_bytes = row_bytes;
    EXPECT_TRUE(run.run().status.ok());
    return run.steps();
  };
  constexpr std::uint64_t kLarge = 1u << 20;
  EXPECT_GT(steps(false, kLarge), steps(false, 0));
  EXPECT_EQ(steps(true, kLarge), steps(true, 0));
}

TEST(Copy, EmptySourceFinishesWhatWasCreated) {
  CopyRun run(TargetKind::fresh_sqlite);
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  EXPECT_EQ(result.books.read, 0u);
  EXPECT_TRUE(run.target().empty());
}

class Heard final : public EventSink {
 public:
  void log(LogLevel, std::string_view) override {}
  void progress(const Progress& progress) override {
    std::lock_guard lock(mutex_);
    phases.emplace_back(progress.phase);
    last = progress;
  }
  std::vector<std::string> phases;
  Progress last;

 private:
  std::mutex mutex_;
};

TEST(CopyProgress, EndsWithAllRecordsOfThePhase) {
  Heard heard;
  CopyRun run(TargetKind::fresh_sqlite);
  run.rows = dirty_rows(1000, 800, 9);
  run.events = &heard;
  CopyResult result = run.run();
  ASSERT_TRUE(result.status.ok()) << result.status.error().message;
  ASSERT_FALSE(heard.phases.empty());
  EXPECT_EQ(heard.phases.back(), "copy");
  EXPECT_EQ(heard.last.records, 1000u);
  EXPECT_EQ(heard.last.quarantined, result.books.quarantined);
}

}  // namespace
}  // namespace decant::copy
