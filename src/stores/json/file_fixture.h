// For the tests of this folder: files in, records out.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "decant/store.h"
#include "json/writer.h"
#include "stores/json/format.h"
#include "stores/json/json_store.h"
#include "stores/json/output_file.h"
#include "testing/temporary_folder.h"

namespace decant::stores {

// What a read of one collection gave.
struct Seen {
  std::vector<std::string> records;  // as compact JSON
  std::vector<std::string> bad;      // "reason @offset"
  std::vector<Origin> origins;
  std::vector<std::string> resumes;  // one a batch
  std::string error;
};

class FileFixture : public ::testing::Test {
 protected:
  std::string put(const std::string& name, std::string_view text) {
    const std::string path = folder_ / name;
    EXPECT_TRUE(make_directories(parent_of(path)).ok());
    EXPECT_TRUE(write_file_atomically(path, text).ok());
    return path;
  }
  static std::string text_of(const std::string& path) {
    auto text = read_file(path, 1u << 30);
    EXPECT_TRUE(text.ok()) << path;
    return text.ok() ? *text : "";
  }

  std::unique_ptr<Store> open(const std::string& path, StoreOptions options = {},
                              const std::string& fragment = "") {
    auto store = open_json_store({path, fragment, ""}, options);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return std::move(store).value();
  }

  static void take(Reader& reader, Seen& seen) {
    json::RecordWriter writer;
    Batch batch;
    while (true) {
      const Result<bool> more = reader.next(batch);
      if (!more.ok()) {
        seen.error = more.error().message;
        return;
      }
      if (!*more) return;
      seen.resumes.push_back(batch.resume);
      for (const Record& record : batch.records) {
        json::TextBuffer text;
        writer.write(record, text);
        seen.records.emplace_back(text.view());
        seen.origins.push_back(record.origin);
      }
      for (const BadText& bad : batch.bad) {
        seen.bad.push_back(std::string(bad.reason) + " @" + std::to_string(bad.origin.offset));
        seen.origins.push_back(bad.origin);
      }
    }
  }

  // Every record of `collection`, or of the only one.
  static Seen read(Store& store, std::string collection = "", const ReadOptions& options = {}) {
    Seen seen;
    auto view = store.view();
    if (!view.ok()) {
      seen.error = view.error().message;
      return seen;
    }
    if (collection.empty() && !(*view)->definitions().empty()) {
      EXPECT_EQ((*view)->definitions().size(), 1u);
      collection = (*view)->definitions()[0].name;
    }
    auto partitions = (*view)->partitions(collection);
    if (!partitions.ok()) {
      seen.error = partitions.error().message;
      return seen;
    }
    for (const Partition& partition : *partitions) {
      auto reader = (*view)->read(partition, options);
      if (!reader.ok()) {
        seen.error = reader.error().message;
        return seen;
      }
      take(**reader, seen);
    }
    return seen;
  }
  Seen read_path(const std::string& path, StoreOptions options = {},
                 const std::string& fragment = "") {
    return read(*open(path, std::move(options), fragment));
  }

  std::string gzip(std::string_view text) { return packed(text, Compression::gzip); }
  std::string zstd(std::string_view text) { return packed(text, Compression::zstd); }

 private:
  std::string packed(std::string_view text, Compression compression) {
    const std::string path = folder_ / ".packed";
    auto file = OutputFile::create(path, compression);
    EXPECT_TRUE(file.ok() && file->write(text).ok() && file->sync().ok());
    return text_of(path);
  }

 protected:
  testing::TemporaryFolder folder_;
};

}  // namespace decant::stores
