#include "cli/options.h"

#include <gtest/gtest.h>

#include <vector>

namespace decant::cli {
namespace {

Result<Invocation> parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "decant");
  return parse(static_cast<int>(words.size()), words.data());
}

std::string refusal(std::vector<const char*> words) {
  auto invocation = parsed(std::move(words));
  EXPECT_FALSE(invocation.ok());
  if (invocation.ok()) return "";
  EXPECT_EQ(invocation.error().code, ErrorCode::invalid);
  return invocation.error().message;
}

TEST(Options, TakesEveryOptionOfACopy) {
  auto invocation = parsed({"copy", "a.json", "b.db#t", "--key", "x,y", "--on-conflict",
                            "newer-than:updated", "--duplicates=last", "--limit", "5", "--yes",
                            "--report", "-", "--run-time", "2026-03-02T10:00:00Z"});
  ASSERT_TRUE(invocation.ok()) << invocation.error().message;
  EXPECT_EQ(invocation->command, CommandName::copy);
  EXPECT_EQ(invocation->arguments, (std::vector<std::string>{"a.json", "b.db#t"}));
  EXPECT_EQ(invocation->job.keys[0].second, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(invocation->job.newer_than, "updated");
  EXPECT_EQ(invocation->job.duplicates, Duplicates::last);
  EXPECT_EQ(invocation->job.limit, 5u);
  EXPECT_TRUE(invocation->job.yes);
  EXPECT_EQ(invocation->report_path, "-");
  EXPECT_EQ(invocation->job.run_time_us, 1772445600000000);
}

TEST(Options, OffersTheNearestOption) {
  EXPECT_NE(refusal({"copy", "a.json", "b.db", "--duplicate", "last"}).find("--duplicates"),
            std::string::npos);
}

TEST(Options, RefusesWhatACommandDoesNotTake) {
  EXPECT_NE(refusal({"inspect", "a.json", "--limit", "3"}).find("does not take"),
            std::string::npos);
}

TEST(Options, RefusesWrongValuesByName) {
  refusal({"copy", "a", "b", "--threads", "0"});
  refusal({"copy", "a", "b", "--threads", "many"});
  refusal({"copy", "a", "b", "--on-conflict", "replace"});
  refusal({"copy", "a", "b", "--run-time", "yesterday"});
  refusal({"copy", "a", "b", "--limit", "-1"});
  refusal({"copy", "a", "b", "--key", "a,,b"});
  refusal({"copy", "a", "b", "--key", "a", "--key", "b"});
  refusal({"copy", "a", "b", "--key", "t=a", "--key", "t=b"});
  EXPECT_TRUE(parsed({"copy", "a", "b", "--key", "t=a", "--key", "u=b"}).ok());
  refusal({"--version", "x"});
  refusal({"verify", "a", "b", "--sample", "0"});
  refusal({"copy", "a", "b", "--report"});
}

TEST(Options, RefusesAnOptionGivenTwice) {
  EXPECT_NE(refusal({"run", "p.yaml", "--catalog", "a", "--catalog", "b"}).find("twice"),
            std::string::npos);
}

TEST(Options, RefusesMissingAndSuperfluousArguments) {
  EXPECT_NE(refusal({"copy", "a.json"}).find("missing"), std::string::npos);
  EXPECT_NE(refusal({"run", "a", "b"}).find("too many"), std::string::npos);
  refusal({});
}

TEST(Options, OffersTheNearestCommand) {
  EXPECT_NE(refusal({"verfy", "p.yaml"}).find("'verify'"), std::string::npos);
  EXPECT_NE(refusal({"quarantine", "shw"}).find("list, show or export"), std::string::npos);
}

TEST(Options, HelpIsACommandAndAnOption) {
  EXPECT_EQ(parsed({"help", "copy"})->arguments, std::vector<std::string>{"copy"});
  EXPECT_EQ(parsed({"help", "quarantine", "list"})->arguments.size(), 2u);
  EXPECT_EQ(parsed({"--help"})->command, CommandName::help);
  EXPECT_EQ(parsed({"copy", "--help"})->arguments, std::vector<std::string>{"copy"});
  EXPECT_EQ(parsed({"--version"})->command, CommandName::version);
}

}  // namespace
}  // namespace decant::cli
