#include "base/nearest.h"

#include <gtest/gtest.h>

namespace decant {
namespace {

constexpr std::string_view kWords[] = {"collections", "migration", "map", "key"};

TEST(Nearest, OffersTheWordWithOneLetterMissing) {
  EXPECT_EQ(nearest("colections", kWords), "collections");
}

TEST(Nearest, CountsSwappedLettersOnce) { EXPECT_EQ(nearest("mpa", kWords), "map"); }

TEST(Nearest, OffersNothingForAnotherWord) {
  EXPECT_EQ(nearest("environment", kWords), std::nullopt);
  EXPECT_EQ(nearest("", kWords), std::nullopt);
}

}  // namespace
}  // namespace decant
