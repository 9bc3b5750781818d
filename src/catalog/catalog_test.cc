#include "catalog/catalog.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "catalog/blob.h"
#include "testing/temporary_folder.h"

namespace decant::catalog {
namespace {

class FixedClock final : public Clock {
 public:
  std::int64_t now_us() const override { return now; }
  std::int64_t steady_ms() const override { return now / 1000; }
  std::int64_t now = 1'700'000'000'000'000;
};

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_all(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void put_byte(const std::string& path, std::size_t place, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(place));
  file.put(byte);
}

class CatalogTest : public ::testing::Test {
 protected:
  std::string path() const { return folder_ / ".decant/catalog.db"; }

  std::unique_ptr<Catalog> open(CatalogMode mode = CatalogMode::write) {
    Result<std::unique_ptr<Catalog>> catalog = Catalog::open(path(), mode, clock_);
    EXPECT_TRUE(catalog.ok()) << (catalog.ok() ? "" : catalog.error().message);
    return catalog.ok() ? std::move(*catalog) : nullptr;
  }

  BeginOptions options(const std::string& target = "sqlite:a.db") {
    BeginOptions begin;
    begin.migration = "jobs";
    begin.command = "copy";
    begin.keys = {{"source", "json:a.json"}, {"target", target}};
    return begin;
  }

  QuarantineEntry entry(std::uint64_t ordinal, const std::string& record,
                        const std::string& reason = "type") {
    QuarantineEntry made;
    made.collection = "jobs";
    made.source = "jobs";
    made.file = "a.json";
    made.ordinal = ordinal;
    made.offset = ordinal * 100;
    made.key = R"({"id":)" + std::to_string(ordinal) + "}";
    made.reason = reason;
    made.message = "field year holds 'x', which is no integer";
    made.record = record;
    made.digest = hash128(record);
    return made;
  }

  std::vector<QuarantineEntry> listed(Catalog& catalog, bool closed_too = false) {
    std::vector<QuarantineEntry> entries;
    QuarantineFilter filter;
    filter.migration = "jobs";
    filter.closed_too = closed_too;
    Status status = catalog.each_quarantined(filter, [&](const QuarantineEntry& found) {
      entries.push_back(found);
      return ok_status();
    });
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    return entries;
  }

  testing::TemporaryFolder folder_;
  FixedClock clock_;
};

TEST_F(CatalogTest, IsMadePrivateAndLeavesNoFileBesideItWhenClosed) {
  auto catalog = open();
  ASSERT_TRUE(catalog);
  auto run = catalog->begin(options());
  ASSERT_TRUE(run.ok());
  ASSERT_TRUE((*run)->end(RunState::finished, "clean", "{}").ok());
  ASSERT_TRUE(catalog->close().ok());
  struct stat file {};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder_ / ".decant").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0700u);

  auto reading = open(CatalogMode::read_only);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->migrations()->size(), 1u);
  std::size_t files = 0;
  for (const auto& found : std::filesystem::directory_iterator(folder_ / ".decant")) {
    EXPECT_EQ(found.path().filename(), "catalog.db");
    ++files;
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(CatalogTest, ReadOnlyNeverMakesOne) {
  auto missing = Catalog::open(path(), CatalogMode::read_only, clock_);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".decant"));
}

TEST_F(CatalogTest, UnfinishedRunIsResumedAndFinishedOneIsNot) {
  auto catalog = open();
  auto first = catalog->begin(options());
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE((*first)->resumed());
  const std::int64_t run_time = (*first)->run_time_us();
  GroupWrite group;
  group.group = 1;
  group.confirmed = "state";
  group.pending = "intents";
  ASSERT_TRUE((*first)->write_group(group).ok());
  ASSERT_TRUE((*first)->set_fact("created jobs", "1").ok());
  first->reset();
  catalog.reset();  // as after a kill: nothing said that the run ended

  clock_.now += 5'000'000;
  catalog = open();
  auto second = catalog->begin(options());
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE((*second)->resumed());
  EXPECT_EQ((*second)->run_time_us(), run_time);
  EXPECT_EQ((*second)->copy_state()->confirmed, "state");
  EXPECT_EQ((*second)->copy_state()->pending, "intents");
  EXPECT_EQ((*second)->fact("created jobs")->value(), "1");
  EXPECT_FALSE((*second)->migration_fact("created jobs")->has_value());
  ASSERT_TRUE((*second)->end(RunState::failed, "failed", "{}").ok());
  auto third = catalog->begin(options());
  EXPECT_TRUE((*third)->resumed());
  ASSERT_TRUE((*third)->end(RunState::finished, "clean", "{}").ok());

  auto fourth = catalog->begin(options());
  EXPECT_FALSE((*fourth)->resumed());
  EXPECT_EQ((*fourth)->info().number, 2);
  EXPECT_EQ((*fourth)->run_time_us(), run_time);
  EXPECT_EQ((*fourth)->copy_state()->confirmed, "");
  EXPECT_FALSE((*fourth)->fact("created jobs")->has_value());
}

TEST_F(CatalogTest, ChangedPlanOfUnfinishedRunIsRefusedWithTheKeysThatDiffer) {
  auto catalog = open();
  ASSERT_TRUE(catalog->begin(options()).ok());
  auto changed = catalog->begin(options("sqlite:b.db"));
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().code, ErrorCode::refused);
  EXPECT_NE(changed.error().message.find("target (was 'sqlite:a.db', is 'sqlite:b.db')"),
            std::string::npos)
      << changed.error().message;
  EXPECT_EQ(changed.error().message.find("source"), std::string::npos);

  BeginOptions restart = options("sqlite:b.db");
  restart.restart = true;
  auto anew = catalog->begin(restart);
  ASSERT_TRUE(anew.ok());
  EXPECT_FALSE((*anew)->resumed());
  EXPECT_EQ((*anew)->info().number, 2);
  EXPECT_TRUE((*catalog->begin(options("sqlite:b.db")))->resumed());
}

TEST_F(CatalogTest, RunTimeOfAnUnfinishedRunCannotBeChanged) {
  auto catalog = open();
  BeginOptions with_time = options();
  with_time.run_time_us = 42;
  ASSERT_EQ((*catalog->begin(with_time))->run_time_us(), 42);
  with_time.run_time_us = 43;
  auto other = catalog->begin(with_time);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::refused);
}

TEST_F(CatalogTest, QuarantineHasOneEntryForEachOriginDigestAndReason) {
  auto catalog = open();
  auto run = *catalog->begin(options());
  std::vector<QuarantineEntry> entries = {entry(1, R"({"id":1})"), entry(2, R"({"id":2})")};
  GroupWrite group;
  group.group = 1;
  group.quarantine = entries;
  ASSERT_TRUE(run->write_group(group).ok());
  ASSERT_TRUE(run->write_group(group).ok());
  EXPECT_EQ(listed(*catalog).size(), 2u);
  ASSERT_TRUE(run->end(RunState::finished, "attention", "{}").ok());

  // The next run finds the first again and writes the second.
  auto next = *catalog->begin(options());
  std::vector<QuarantineEntry> again = {entry(1, R"({"id":1})")};
  std::vector<std::uint64_t> closed = {origin_hash("jobs", "a.json", 2, 200)};
  GroupWrite second;
  second.group = 1;
  second.quarantine = again;
  second.closed = closed;
  ASSERT_TRUE(next->write_group(second).ok());
  std::vector<QuarantineEntry> open_ones = listed(*catalog);
  ASSERT_EQ(open_ones.size(), 1u);
  EXPECT_EQ(open_ones[0].ordinal, 1u);
  EXPECT_NE(open_ones[0].first_run, open_ones[0].last_run);
  EXPECT_EQ(open_ones[0].record, R"({"id":1})");
  EXPECT_EQ(open_ones[0].digest, hash128(R"({"id":1})"));
  EXPECT_EQ(listed(*catalog, true).size(), 2u);

  // A record that was changed and is still bad takes the place of its old entry.
  auto third_run = *catalog->begin(options());
  std::vector<QuarantineEntry> changed = {entry(1, R"({"id":1,"x":2})")};
  GroupWrite third;
  third.group = 1;
  third.quarantine = changed;
  ASSERT_TRUE(next->end(RunState::finished, "attention", "{}").ok());
  third_run = *catalog->begin(options());
  ASSERT_TRUE(third_run->write_group(third).ok());
  open_ones = listed(*catalog);
  ASSERT_EQ(open_ones.size(), 1u);
  EXPECT_EQ(open_ones[0].record, R"({"id":1,"x":2})");
}

TEST_F(CatalogTest, DiscardedGroupTakesItsNewEntriesWithIt) {
  auto catalog = open();
  auto run = *catalog->begin(options());
  std::vector<QuarantineEntry> first = {entry(1, "{}")};
  std::vector<QuarantineEntry> second = {entry(2, "{}")};
  std::vector<OutcomeRuns> outcomes = {{2, 0, "jobs", "a.json", "blob"}};
  ASSERT_TRUE(
      run->write_group({.group = 1, .confirmed = "", .pending = "p1", .quarantine = first}).ok());
  ASSERT_TRUE(run->write_group({.group = 2,
                                .confirmed = "c1",
                                .pending = "p2",
                                .quarantine = second,
                                .outcomes = outcomes})
                  .ok());
  ASSERT_TRUE(run->discard_group(2).ok());
  ASSERT_EQ(listed(*catalog).size(), 1u);
  EXPECT_EQ(listed(*catalog)[0].ordinal, 1u);
  int seen = 0;
  ASSERT_TRUE(run->each_outcome_runs("jobs", "", 0,
                                     [&](const OutcomeRuns&) {
                                       ++seen;
                                       return ok_status();
                                     })
                  .ok());
  EXPECT_EQ(seen, 0);
}

TEST_F(CatalogTest, NewerFormatIsRefused) {
  open()->close().ok();
  std::string bytes = read_all(path());
  bytes[63] = 2;  // user_version, big-endian at byte 60
  write_all(path(), bytes);
  auto newer = Catalog::open(path(), CatalogMode::write, clock_);
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, ErrorCode::refused);
}

// Everything that a program can ask of it, as text; an Error at the first thing that is damaged.
Result<std::string> everything(const std::string& path, const Clock& clock) {
  DECANT_ASSIGN(std::unique_ptr<Catalog> catalog,
                Catalog::open(path, CatalogMode::read_only, clock));
  std::string all;
  DECANT_ASSIGN(std::vector<MigrationInfo> migrations, catalog->migrations());
  for (const MigrationInfo& migration : migrations) {
    all += migration.name + std::to_string(migration.run_time_us);
    for (const PlanKey& key : migration.keys) all += key.key + key.value;
    DECANT_ASSIGN(std::vector<std::string> audit, catalog->audit(migration.id));
    for (const std::string& line : audit) all += line;
    DECANT_ASSIGN(std::vector<RunInfo> runs, catalog->runs(migration.id));
    for (const RunInfo& info : runs) {
      all += std::to_string(info.number) + std::string(to_string(info.state)) + info.report;
      DECANT_ASSIGN(std::unique_ptr<Run> run, catalog->run(info.id));
      DECANT_ASSIGN(CopyState state, run->copy_state());
      all += state.confirmed + state.pending;
      DECANT_ASSIGN(std::vector<FileBooks> files, run->file_books());
      for (const FileBooks& file : files) all += file.path + std::to_string(file.books.read);
      DECANT_ASSIGN(std::optional<std::string> fact, run->fact("created jobs"));
      all += fact.value_or("none");
      DECANT_ASSIGN(std::vector<VerificationRow> rows, catalog->verifications(info.id));
      for (const VerificationRow& row : rows) all += row.mode + std::to_string(row.compared);
      DECANT_CHECK(run->each_outcome_runs("jobs", "a.json", 0, [&](const OutcomeRuns& runs_found) {
        all += runs_found.blob;
        return ok_status();
      }));
    }
  }
  DECANT_CHECK(catalog->each_quarantined({.closed_too = true}, [&](const QuarantineEntry& entry) {
    all += entry.record + entry.key + entry.message + (entry.closed ? "closed" : "open");
    return ok_status();
  }));
  return all;
}

TEST_F(CatalogTest, FlippedBytesAndTruncationAreDetectedNeverGuessed) {
  {
    auto catalog = open();
    auto run = *catalog->begin(options());
    std::vector<QuarantineEntry> entries = {entry(1, R"({"id":1})"), entry(2, "bad text")};
    std::vector<OutcomeRuns> outcomes = {{1, 0, "jobs", "a.json", "blob"}};
    FileBooks file;
    file.path = "a.json";
    file.books.add(Outcome::inserted, 10);
    std::vector<FileBooks> files = {file};
    run->add_verification({.collection = "jobs", .mode = "join", .compared = 10});
    run->add_audit("switched");
    ASSERT_TRUE(run->write_group({.group = 1,
                                  .confirmed = "confirmed",
                                  .pending = "pending",
                                  .quarantine = entries,
                                  .outcomes = outcomes,
                                  .files = files})
                    .ok());
    ASSERT_TRUE(run->set_fact("created jobs", "1").ok());
    ASSERT_TRUE(run->end(RunState::finished, "attention", R"({"report":1})").ok());
    ASSERT_TRUE(catalog->close().ok());
  }
  const std::string good = read_all(path());
  const std::string expected = *everything(path(), clock_);
  ASSERT_GT(expected.size(), 100u);
  std::size_t detected = 0;
  std::size_t checked = 0;
  const std::string copy = folder_ / "copy.db";
  write_all(copy, good);
  // Each byte that says something is flipped; of the long runs of zeros between, each 61st.
  for (std::size_t place = 0; place < good.size(); ++place) {
    if (good[place] == 0 && place % 61 != 0) continue;
    put_byte(copy, place, static_cast<char>(good[place] ^ 0x20));
    Result<std::string> read = everything(copy, clock_);
    put_byte(copy, place, good[place]);
    ++checked;
    if (!read.ok()) {
      ++detected;
    } else {
      EXPECT_EQ(*read, expected) << "byte " << place;
    }
  }
  EXPECT_GT(detected, checked / 3);
  for (std::size_t size = 0; size < good.size(); size += size < 4096 ? 97 : 1021) {
    write_all(copy, good.substr(0, size));
    EXPECT_FALSE(everything(copy, clock_).ok()) << "cut at " << size;
  }
}

TEST(CatalogBlob, TellsWhatWasChanged) {
  BlobWriter writer;
  writer.number(300);
  writer.signed_number(-7);
  writer.text("abc");
  writer.hash({1, 2});
  const std::string blob = writer.finish();
  BlobReader reader(blob);
  EXPECT_EQ(reader.number(), 300u);
  EXPECT_EQ(reader.signed_number(), -7);
  EXPECT_EQ(reader.text(), "abc");
  EXPECT_EQ(reader.hash(), (Hash128{1, 2}));
  EXPECT_TRUE(reader.at_end());
  for (std::size_t i = 0; i < blob.size(); ++i) {
    std::string bad = blob;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(BlobReader(bad).ok()) << i;
    EXPECT_FALSE(BlobReader(std::string_view(blob).substr(0, i)).ok()) << i;
  }
}

TEST(BooksTest, BalanceAndMove) {
  Books books;
  books.add(Outcome::inserted, 3);
  books.add(Outcome::duplicate);
  EXPECT_TRUE(books.balanced());
  books.move(Outcome::inserted, Outcome::quarantined);
  EXPECT_TRUE(books.balanced());
  EXPECT_EQ(books.inserted, 2u);
  EXPECT_EQ(books.quarantined, 1u);
  books.read += 1;
  EXPECT_FALSE(books.balanced());
  EXPECT_EQ(worst(Outcome::inserted, Outcome::quarantined), Outcome::quarantined);
  EXPECT_EQ(worst(Outcome::superseded, Outcome::unchanged), Outcome::superseded);
}

}  // namespace
}  // namespace decant::catalog
