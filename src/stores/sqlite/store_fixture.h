// What the tests of this folder share: files in a folder that goes with the test, and rows.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/store.h"
#include "json/writer.h"
#include "sql/sqlite.h"
#include "stores/sqlite/store.h"
#include "testing/temporary_folder.h"

namespace decant::sqlite {

// Records of one shape.
class Rows {
 public:
  explicit Rows(std::vector<std::string> names) : names_(std::move(names)) {
    std::vector<std::string_view> views(names_.begin(), names_.end());
    shape_ = std::make_unique<Shape>(Shape::next_id(), views);
  }
  Rows& add(std::initializer_list<Value> values) { return add(std::vector<Value>(values)); }
  Rows& add(const std::vector<Value>& values) {
    std::span<Value> copy = batch_.arena.allocate_array<Value>(values.size());
    std::copy(values.begin(), values.end(), copy.begin());
    Record record;
    record.shape = shape_.get();
    record.values = copy.data();
    batch_.records.push_back(record);
    return *this;
  }
  Value text(std::string_view value) { return Value::text(batch_.arena.copy(value)); }
  std::vector<Record>& records() { return batch_.records; }

 private:
  std::vector<std::string> names_;
  std::unique_ptr<Shape> shape_;
  Batch batch_;
};

class StoreFixture : public ::testing::Test {
 protected:
  std::string path(std::string_view name = "a.db") const { return folder_ / std::string(name); }

  void exec(const std::string& sql, std::string_view name = "a.db") {
    auto database = sql::Database::open(path(name), {sql::OpenMode::create});
    ASSERT_TRUE(database.ok()) << database.error().message;
    Status status = database->exec(sql);
    ASSERT_TRUE(status.ok()) << status.error().message << "\n" << sql;
  }

  // The rows of a query, columns by "|", rows by ";".
  std::string query(const std::string& sql, std::string_view name = "a.db") {
    auto database = sql::Database::open(path(name), {sql::OpenMode::read_write});
    if (!database.ok()) return "error: " + database.error().message;
    auto rows = database->prepare(sql);
    if (!rows.ok()) return "error: " + rows.error().message;
    std::string out;
    while (rows->step() == sql::Step::row) {
      if (!out.empty()) out += ";";
      for (int i = 0; i < rows->columns(); ++i) {
        if (i > 0) out += "|";
        out += rows->is_null(i) ? "NULL" : std::string(rows->text(i));
      }
    }
    return out;
  }

  std::unique_ptr<Store> open(std::string_view collection = "", StoreOptions options = {},
                              std::string_view name = "a.db") {
    options.for_write = true;
    auto store = open_store(path(name), std::string(collection), options);
    EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message);
    return store.ok() ? std::move(store).value() : nullptr;
  }

  Definition describe(Store& store) {
    auto all = store.describe();
    EXPECT_TRUE(all.ok()) << (all.ok() ? "" : all.error().message);
    return all.ok() && !all->empty() ? all->front() : Definition{};
  }

  Definition describe(std::string_view collection, std::string_view name = "a.db") {
    return describe(*open(collection, {}, name));
  }

  std::unique_ptr<Writer> writer(Store& store, std::vector<WriteTarget> targets,
                                 WriteOptions options = {}) {
    if (options.checkpoint_name.empty()) options.checkpoint_name = "test";
    auto writer = store.writer(std::move(targets), options);
    EXPECT_TRUE(writer.ok()) << (writer.ok() ? "" : writer.error().message);
    return writer.ok() ? std::move(writer).value() : nullptr;
  }

  // Outcomes as words, rejections as their reasons: "inserted quarantined(check)".
  static std::string words(const StageResult& result) {
    std::string out;
    for (std::size_t i = 0; i < result.outcomes.size(); ++i) {
      if (!out.empty()) out += " ";
      out += to_string(result.outcomes[i]);
      for (const Rejection& rejection : result.rejections) {
        if (rejection.index == i) out += "(" + rejection.reason + ")";
      }
    }
    return out;
  }

  std::string stage(Writer& writer, Rows& rows, std::uint32_t target = 0) {
    StageResult result;
    Status status = writer.stage(target, rows.records(), result);
    if (!status.ok()) return "error: " + status.error().message;
    return words(result);
  }

  static void commit(Writer& writer, std::string_view checkpoint = "1") {
    auto outcomes = writer.commit(checkpoint);
    ASSERT_TRUE(outcomes.ok()) << outcomes.error().message;
  }

  // finish() until nothing is withdrawn; what was, as "reason: record".
  static std::vector<std::string> finish(Writer& writer) {
    std::vector<std::string> withdrawn;
    for (int i = 0; i < 100; ++i) {
      auto result = writer.finish();
      EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
      if (!result.ok() || result->withdrawn.empty()) return withdrawn;
      for (const Withdrawn& row : result->withdrawn) {
        withdrawn.push_back(row.reason + ": " + json_of(row.record.records.front()));
      }
    }
    ADD_FAILURE() << "finish() never ends";
    return withdrawn;
  }

  static std::string json_of(const Record& record) {
    json::TextBuffer out;
    json::RecordWriter().write(record, out);
    return std::string(out.view());
  }

  // All records of a collection as JSON, one a line.
  std::string read_all(Store& store, std::string_view collection) {
    auto view = store.view();
    if (!view.ok()) return "error: " + view.error().message;
    auto partitions = (*view)->partitions(collection);
    if (!partitions.ok()) return "error: " + partitions.error().message;
    std::string out;
    for (const Partition& partition : *partitions) {
      auto reader = (*view)->read(partition, {});
      if (!reader.ok()) return "error: " + reader.error().message;
      Batch batch;
      while (true) {
        auto more = (*reader)->next(batch);
        if (!more.ok()) return "error: " + more.error().message;
        if (!*more) break;
        for (const Record& record : batch.records) out += json_of(record) + "\n";
        for (const BadText& bad : batch.bad) out += "bad " + std::string(bad.reason) + "\n";
      }
    }
    return out;
  }

  static Field field(std::string name, FieldKind kind, bool required = false) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.required = required;
    return field;
  }

  decant::testing::TemporaryFolder folder_;
};

}  // namespace decant::sqlite
