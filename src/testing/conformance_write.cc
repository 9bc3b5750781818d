// Conformance: definitions, outcomes, ownership, commits and checkpoints, dry runs, locks.
#include <algorithm>
#include <filesystem>

#include "testing/conformance.h"

namespace decant::testing {

void link_conformance_of_writing() {}

namespace {

using Outcomes = std::vector<Outcome>;

Fields row(const char* id, std::int64_t version, const char* note) {
  return {{"id", Value::text(id)}, {"version", Value::int64(version)}, {"note", Value::text(note)}};
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_P(StoreConformance, CreateAndDescribeAgree) {
  const std::unique_ptr<Store> store = open();
  if (!store->capabilities().schema) GTEST_SKIP() << "this store has no definitions";
  const Result<Definition> native = store->native(wanted());
  ASSERT_TRUE(native.ok()) << native.error().message;
  const Result<CreateResult> created = store->create(*native, {});
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_TRUE(created->created);
  EXPECT_TRUE(created->differences.empty());

  const Result<std::vector<Definition>> described = open()->describe();
  ASSERT_TRUE(described.ok()) << described.error().message;
  ASSERT_EQ(described->size(), 1u);
  const Definition& there = described->front();
  EXPECT_EQ(there.name, GetParam().collection);
  EXPECT_EQ(there.key, wanted().key);
  for (const Field& field : wanted().fields) {
    const Field* found = there.find(field.name);
    ASSERT_NE(found, nullptr) << field.name;
    EXPECT_EQ(found->type.kind, native->find(field.name)->type.kind) << field.name;
    EXPECT_EQ(found->required, field.required) << field.name;
  }
}

TEST_P(StoreConformance, CreatingAgainOnlyChecks) {
  const std::unique_ptr<Store> store = open();
  if (!store->capabilities().schema) GTEST_SKIP() << "this store has no definitions";
  create(*store, wanted());
  const Result<CreateResult> again = open()->create(store->native(wanted()).value(), {});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_FALSE(again->created);
  EXPECT_TRUE(again->differences.empty()) << again->differences.front();

  Definition other = wanted();
  other.fields[1].type.kind = FieldKind::text;
  const Result<CreateResult> different = open()->create(store->native(other).value(), {});
  EXPECT_TRUE(!different.ok() || !different->differences.empty());
}

TEST_P(StoreConformance, InsertTakesNewRecordsAndRefusesDifferentOnes) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  EXPECT_EQ(
      write(*store, definition, {row("a", 1, "x"), row("b", 1, "x")}, {.created = true}).outcomes,
      (Outcomes{Outcome::inserted, Outcome::inserted}));
  const Written again =
      write(*store, definition, {row("a", 1, "x"), row("b", 2, "y"), row("c", 1, "x")},
            {.policy = Policy::insert});
  EXPECT_EQ(again.outcomes,
            (Outcomes{Outcome::unchanged, Outcome::quarantined, Outcome::inserted}));
  ASSERT_EQ(again.rejections.size(), 1u);
  EXPECT_EQ(again.rejections[0].index, 1u);
  EXPECT_EQ(again.rejections[0].reason, "conflict");
  EXPECT_FALSE(again.rejections[0].message.empty());
  EXPECT_EQ(read(*store), contents({row("a", 1, "x"), row("b", 1, "x"), row("c", 1, "x")}));
}

TEST_P(StoreConformance, SkipKeepsWhatIsThere) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  write(*store, definition, {row("a", 1, "x"), row("b", 1, "x")});
  EXPECT_EQ(write(*store, definition, {row("a", 1, "x"), row("b", 2, "y"), row("c", 1, "x")},
                  {.policy = Policy::skip})
                .outcomes,
            (Outcomes{Outcome::unchanged, Outcome::superseded, Outcome::inserted}));
  EXPECT_EQ(read(*store), contents({row("a", 1, "x"), row("b", 1, "x"), row("c", 1, "x")}));
}

TEST_P(StoreConformance, UpsertReplacesWhatDiffers) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  write(*store, definition, {row("a", 1, "x"), row("b", 1, "x")});
  const Fields without_note = {{"id", Value::text("b")}, {"version", Value::int64(2)}};
  EXPECT_EQ(write(*store, definition, {row("a", 1, "x"), without_note, row("c", 1, "x")}).outcomes,
            (Outcomes{Outcome::unchanged, Outcome::updated, Outcome::inserted}));
  EXPECT_EQ(read(*store), contents({row("a", 1, "x"), without_note, row("c", 1, "x")}));
}

TEST_P(StoreConformance, NewerThanTakesWhatIsStrictlyNewer) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  write(*store, definition,
        {row("older", 5, "x"), row("same", 5, "x"), row("equal", 5, "x"), row("newer", 5, "x")});
  EXPECT_EQ(write(*store, definition,
                  {row("older", 4, "y"), row("same", 5, "y"), row("equal", 5, "x"),
                   row("newer", 10, "y"), row("new", 1, "y")},
                  {.policy = Policy::newer_than, .newer_than = "version"})
                .outcomes,
            (Outcomes{Outcome::superseded, Outcome::superseded, Outcome::unchanged,
                      Outcome::updated, Outcome::inserted}));
  EXPECT_EQ(read(*store), contents({row("older", 5, "x"), row("same", 5, "x"), row("equal", 5, "x"),
                                    row("newer", 10, "y"), row("new", 1, "y")}));
}

TEST_P(StoreConformance, FieldsThatThePlanDoesNotOwnAreNotTouched) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  const Fields before = {{"id", Value::text("a")},
                         {"version", Value::int64(1)},
                         {"note", Value::text("ours")},
                         {"author", Value::text("theirs")}};
  write(*store, definition, {before});
  const Plan plan = {.owned = {"id", "version", "note"}};
  EXPECT_EQ(write(*store, definition, {row("a", 1, "ours")}, plan).outcomes,
            Outcomes{Outcome::unchanged});
  EXPECT_EQ(write(*store, definition, {row("a", 2, "ours")}, plan).outcomes,
            Outcomes{Outcome::updated});
  Fields after = before;
  after[1].second = Value::int64(2);
  EXPECT_EQ(read(*store), contents({after}));
}

TEST_P(StoreConformance, OnceFieldsAreWrittenOnInsertOnlyAndNotCompared) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  const Plan plan = {.once = {"version"}};
  write(*store, definition, {row("a", 1, "x"), row("b", 1, "x")}, plan);
  EXPECT_EQ(write(*store, definition, {row("a", 2, "x"), row("b", 2, "y")}, plan).outcomes,
            (Outcomes{Outcome::unchanged, Outcome::updated}));
  EXPECT_EQ(read(*store), contents({row("a", 1, "x"), row("b", 1, "y")}));
}

TEST_P(StoreConformance, ExistingIsGivenWhereAsked) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  write(*store, definition, {row("a", 1, "x")});
  const Written written =
      write(*store, definition, {row("new", 1, "x"), row("a", 2, "y")}, {.want_existing = true});
  ASSERT_EQ(written.existing.size(), 1u);
  ASSERT_TRUE(written.existing.contains(1));
  EXPECT_EQ(written.existing.at(1), content(row("a", 1, "x")));
}

TEST_P(StoreConformance, RemovesRecords) {
  const std::unique_ptr<Store> store = open();
  if (!store->capabilities().deletes) GTEST_SKIP() << "this store does not delete";
  const Definition definition = create(*store, wanted());
  write(*store, definition, {row("a", 1, "x"), row("b", 1, "x")});
  EXPECT_EQ(
      write(*store, definition, {{{"id", Value::text("a")}}}, {.change = Change::remove}).outcomes,
      Outcomes{Outcome::removed});
  EXPECT_EQ(read(*store), contents({row("b", 1, "x")}));
}

TEST_P(StoreConformance, AnAbandonedWriterLeavesOnlyWhatItCommitted) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  const Plan plan = {.created = true};
  {
    const std::unique_ptr<Writer> first = writer(*store, definition, plan);
    Written written;
    stage(*first, definition, store->capabilities(), {row("committed", 1, "x")}, plan, written);
    ASSERT_TRUE(first->commit("one").ok());
    stage(*first, definition, store->capabilities(), {row("abandoned", 1, "x")}, plan, written);
  }
  if (GetParam().visible_before_finish) {
    EXPECT_EQ(read(*open()), contents({row("committed", 1, "x")}));
  }
  const std::unique_ptr<Store> again = open();
  const std::unique_ptr<Writer> second = writer(*again, definition, plan);
  if (again->capabilities().checkpoints) {
    EXPECT_EQ(second->checkpoint().value(), "one");
  }
  Written written;
  stage(*second, definition, again->capabilities(), {row("later", 1, "x")}, plan, written);
  EXPECT_EQ(written.outcomes, Outcomes{Outcome::inserted});
  ASSERT_TRUE(second->commit("two").ok());
  ASSERT_TRUE(second->finish().ok());
  EXPECT_EQ(read(*open()), contents({row("committed", 1, "x"), row("later", 1, "x")}));
}

TEST_P(StoreConformance, TheCheckpointIsThereUntilFinished) {
  const std::unique_ptr<Store> store = open();
  if (!store->capabilities().checkpoints) GTEST_SKIP() << "this store keeps no checkpoint";
  const Definition definition = create(*store, wanted());
  const Plan plan = {.created = true};
  const std::string checkpoint("a\0b and more", 12);
  {
    const std::unique_ptr<Writer> first = writer(*store, definition, plan);
    EXPECT_EQ(first->checkpoint().value(), "");
    Written written;
    stage(*first, definition, store->capabilities(), {row("a", 1, "x")}, plan, written);
    ASSERT_TRUE(first->commit("one").ok());
    ASSERT_TRUE(first->commit(checkpoint).ok());
    EXPECT_EQ(first->checkpoint().value(), checkpoint);
  }
  const std::unique_ptr<Writer> second = writer(*store, definition, plan);
  EXPECT_EQ(second->checkpoint().value(), checkpoint);
  ASSERT_TRUE(second->finish().ok());
  const Result<FinishResult> repeated = second->finish();
  EXPECT_TRUE(repeated.ok()) << repeated.error().message;
  EXPECT_EQ(writer(*open(), definition, {})->checkpoint().value(), "");
}

TEST_P(StoreConformance, ADryRunSaysTheOutcomesAndWritesNothing) {
  const std::unique_ptr<Store> store = open();
  const Result<CreateResult> checked =
      store->create(store->native(wanted()).value(), {.dry_run = true});
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_TRUE(files_in(folder_.path()).empty());

  const Definition definition = create(*store, wanted());
  write(*store, definition, {row("a", 1, "x"), row("b", 1, "x")});
  const std::vector<std::string> before = files_in(folder_.path());
  const std::unique_ptr<Store> dry = open();
  EXPECT_EQ(write(*dry, definition, {row("a", 1, "x"), row("b", 2, "y"), row("c", 1, "x")},
                  {.dry_run = true})
                .outcomes,
            (Outcomes{Outcome::unchanged, Outcome::updated, Outcome::inserted}));
  if (!GetParam().dry_run_leaves_files) {
    EXPECT_EQ(files_in(folder_.path()), before);
  }
  EXPECT_EQ(read(*open()), contents({row("a", 1, "x"), row("b", 1, "x")}));
}

TEST_P(StoreConformance, ASecondRunIsRefusedAndToldTheOwner) {
  const std::unique_ptr<Store> store = open();
  create(*store, wanted());
  {
    const Result<std::unique_ptr<Lock>> first = store->lock("run 12 of jobs-v2");
    ASSERT_TRUE(first.ok()) << first.error().message;
    const Result<std::unique_ptr<Lock>> second = open()->lock("another run");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::refused);
    EXPECT_NE(second.error().message.find("run 12 of jobs-v2"), std::string::npos)
        << second.error().message;
  }
  const Result<std::unique_ptr<Lock>> third = open()->lock("another run");
  EXPECT_TRUE(third.ok()) << third.error().message;
}

TEST_P(StoreConformance, TwoOpeningsOfOnePlaceHaveOneIdentity) {
  const std::unique_ptr<Store> store = open();
  create(*store, wanted());
  write(*store, create(*store, wanted()), {row("a", 1, "x")});
  EXPECT_EQ(open()->identity(), open()->identity());
  EXPECT_FALSE(open()->name().empty());
}

TEST_P(StoreConformance, ManyRecordsInManyCommits) {
  const std::unique_ptr<Store> store = open();
  const Definition definition = create(*store, wanted());
  const std::vector<Fields> all = rows(500);
  const Plan plan = {.created = true};
  const std::unique_ptr<Writer> many = writer(*store, definition, plan);
  for (std::size_t start = 0; start < all.size(); start += 90) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(start);
    const auto to = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), start + 90));
    Written written;
    stage(*many, definition, store->capabilities(), {from, to}, plan, written);
    const Result<std::vector<Outcome>> committed = many->commit("at " + std::to_string(start));
    ASSERT_TRUE(committed.ok()) << committed.error().message;
    const Outcomes& outcomes = committed->empty() ? written.outcomes : *committed;
    EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Outcome::inserted), to - from);
  }
  ASSERT_TRUE(many->finish().ok());
  EXPECT_EQ(read(*open()), contents(all));
}

}  // namespace decant::testing
