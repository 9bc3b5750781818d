// A folder with a plan and its files, and an engine over them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "decant/engine.h"
#include "sql/sqlite.h"
#include "stores/registry.h"
#include "testing/temporary_folder.h"

namespace decant::migration {

class RememberingSink final : public EventSink {
 public:
  void log(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  void progress(const Progress&) override {}
  std::vector<std::string> lines;
};

class EngineTest : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) { return read_file(folder_ / name, 1u << 30).value(); }
  Job job(std::string_view plan) {
    write("plan.yaml",
          "decant: 1\nmigration: t\nsource: ndjson:in.ndjson\n"
          "target: sqlite:out.db#jobs\n" +
              std::string(plan));
    Job job;
    job.plan_path = folder_ / "plan.yaml";
    return job;
  }
  // The first column of the first row, as text.
  std::string ask(const std::string& statement) {
    auto database =
        sql::Database::open(folder_ / "out.db", {sql::OpenMode::create, busy_timeout_ms, false});
    auto rows = database->prepare(statement);
    if (!rows.ok() || !rows->next().value()) return "(no row)";
    return std::string(rows->text(0));
  }
  void change(const std::string& statement) {
    auto database =
        sql::Database::open(folder_ / "out.db", {sql::OpenMode::create, busy_timeout_ms, false});
    ASSERT_TRUE(database.ok()) << database.error().message;
    Status done = database->exec(statement);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  Report run(const Job& job) { return ended(engine_.run(job)); }
  Report repair(const Job& job) { return ended(engine_.repair(job)); }
  Report verify(const Job& job) {
    auto report = engine_.verify(job);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message);
    return report.ok() ? *report : Report{};
  }
  Error refusal(const Job& job) {
    auto report = engine_.run(job);
    EXPECT_FALSE(report.ok());
    return report.ok() ? Error{} : report.error();
  }

  // The report of a command that came to its end.
  static Report ended(const Result<Report>& report) {
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message);
    if (!report.ok()) return {};
    EXPECT_EQ(report->error, "");
    return *report;
  }

  testing::TemporaryFolder folder_;
  stores::Registry registry_ = stores::Registry::standard();
  SystemClock clock_;
  RememberingSink sink_;
  Engine engine_{Environment{&registry_, &clock_, &sink_, nullptr, {}}};
};

inline constexpr std::string_view kThree =
    "{\"id\":\"a\",\"title\":\"One\",\"n\":1}\n"
    "{\"id\":\"b\",\"title\":\"Two\",\"n\":2.50}\n"
    "{\"id\":\"c\",\"title\":null,\"n\":3,\"tags\":[1,\"x\"]}\n";

}  // namespace decant::migration
