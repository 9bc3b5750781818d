#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <thread>

#include "base/limits.h"
#include "decant/batch.h"
#include "testing/generators.h"

namespace decant {
namespace {

using Names = std::vector<std::string>;

// Every step of one record; -1 where all names were new, else the index of the first repeat.
int walk(ShapeWalker& walker, const Names& names) {
  walker.start();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!walker.step(std::string(names[i]))) return static_cast<int>(i);
  }
  return -1;
}

TEST(Arena, KeepsWhatItHandedOutUntilCleared) {
  Arena arena;
  std::vector<std::string_view> copies;
  for (int i = 0; i < 20'000; ++i) copies.push_back(arena.copy("text " + std::to_string(i)));
  const std::string_view large = arena.copy(std::string(10u << 20, 'x'));
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(copies[static_cast<std::size_t>(i)], "text " + std::to_string(i));
  }
  EXPECT_EQ(large.size(), 10u << 20);
  EXPECT_GE(arena.bytes_used(), 10u << 20);
  arena.clear();
  EXPECT_EQ(arena.bytes_used(), 0u);
  EXPECT_NE(arena.allocate(0), nullptr);
}

TEST(Arena, AMovedOneIsEmptyAndUsable) {
  Arena arena;
  const std::string_view kept = arena.copy("kept");
  Arena other = std::move(arena);
  arena.copy("something else");  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(kept, "kept");
  EXPECT_EQ(other.bytes_used(), 4u);
}

TEST(Arena, GivesBackTheUnusedTail) {
  Arena arena;
  char* memory = arena.allocate(1000);
  arena.shrink_last(memory, 10);
  EXPECT_EQ(arena.bytes_used(), 10u);
}

TEST(ShapeTable, OneShapeForOneListOfNames) {
  ShapeTable table;
  Batch batch;
  const std::vector<std::string_view> names = {"b", "a", ""};
  const Shape* shape = table.get(names, batch);
  EXPECT_EQ(table.get(names, batch), shape);
  const std::vector<std::string_view> other = {"a", "b", ""};
  EXPECT_NE(table.get(other, batch), shape);
  EXPECT_EQ(shape->find("a"), 1);
  EXPECT_EQ(shape->find(""), 2);
  EXPECT_EQ(shape->find("c"), -1);
  EXPECT_EQ(shape->name(shape->sorted()[0]), "");
  EXPECT_EQ(shape->name(shape->sorted()[1]), "a");
}

TEST(ShapeTable, PastTheLimitAShapeBelongsToItsBatch) {
  ShapeTable table;
  Batch batch;
  for (std::size_t i = 0; i < shapes_max + 10; ++i) {
    const std::string name = "key" + std::to_string(i);
    const std::vector<std::string_view> names = {name};
    const Shape* shape = table.get(names, batch);
    ASSERT_EQ(shape->id() == Shape::kOwnedByBatch, i >= shapes_max) << i;
    ASSERT_EQ(shape->name(0), name);
  }
  EXPECT_EQ(table.size(), shapes_max);
  EXPECT_EQ(batch.shapes.size(), 10u);
}

TEST(ShapeTable, ThreadsGetTheSameShapes) {
  ShapeTable table;
  std::vector<std::vector<const Shape*>> seen(4);
  std::vector<Batch> batches(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        ShapeWalker walker(table);
        for (int i = 0; i < 500; ++i) {
          walker.start();
          walker.step("id");
          walker.step("field" + std::to_string(i));
          seen[t].push_back(walker.finish(batches[t]));
        }
      });
    }
  }
  for (std::size_t t = 1; t < 4; ++t) EXPECT_EQ(seen[t], seen[0]);
}

TEST(ShapeWalker, AnEmptyRecordHasAShapeToo) {
  ShapeTable table;
  ShapeWalker walker(table);
  Batch batch;
  walker.start();
  EXPECT_EQ(walker.finish(batch)->size(), 0u);
}

RC_GTEST_PROP(ShapeWalker, FindsEveryRepeatAndGivesTheNamesInOrder, ()) {
  ShapeTable table;
  ShapeWalker walker(table);
  Batch batch;
  const auto name = rc::gen::oneOf(rc::gen::element<std::string>("a", "b", "c", "aa", "", "ab"),
                                   testing::nasty_text());
  for (const Names& names :
       *rc::gen::container<std::vector<Names>>(rc::gen::container<Names>(name))) {
    std::set<std::string> before;
    int repeat = -1;
    for (std::size_t i = 0; i < names.size() && repeat < 0; ++i) {
      if (!before.insert(names[i]).second) repeat = static_cast<int>(i);
    }
    RC_ASSERT(walk(walker, names) == repeat);
    if (repeat >= 0) continue;
    const Shape* shape = walker.finish(batch);
    RC_ASSERT(Names(shape->names().begin(), shape->names().end()) == names);
  }
}

TEST(ShapeWalker, FindsARepeatInAWideRecord) {
  ShapeTable table;
  ShapeWalker walker(table);
  Names names;
  for (std::size_t i = 0; i < fields_max; ++i) names.push_back("field" + std::to_string(i));
  EXPECT_EQ(walk(walker, names), -1);
  names.push_back("field1");
  EXPECT_EQ(walk(walker, names), static_cast<int>(fields_max));
  names.back() = "new";
  EXPECT_EQ(walk(walker, names), -1);
}

TEST(ShapeWalker, RandomKeysDoNotFillTheMemory) {
  ShapeTable table;
  ShapeWalker walker(table);
  for (int i = 0; i < 200'000; ++i) {
    Batch batch;
    const std::string key = "random-key-" + std::to_string(i);
    ASSERT_EQ(walk(walker, {"id", key}), -1);
    ASSERT_EQ(walker.finish(batch)->name(1), key);
    ASSERT_EQ(walk(walker, {"id", key, "id"}), 2);
  }
  EXPECT_EQ(table.size(), shapes_max);
}

}  // namespace
}  // namespace decant
