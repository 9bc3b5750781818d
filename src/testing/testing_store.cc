#include "testing/testing_store.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "base/hash.h"
#include "testing/testing_log.h"
#include "testing/testing_writer.h"
#include "testing/value_codec.h"

namespace decant::testing {
namespace {

constexpr std::size_t kSegments = 4;

std::size_t segment_of(std::string_view key) { return hash128(key).low % kSegments; }

Definition definition_of(const std::string& name, const Table& table) {
  Definition definition;
  definition.name = name;
  definition.key = table.key;
  definition.open = true;
  return definition;
}

// Reads from an image of its own, by a list of its entries.
class ImageReader : public Reader {
 public:
  using Entry = std::pair<const std::string, Item>;

  ImageReader(std::shared_ptr<const Image> image, std::vector<const Entry*> entries,
              const ReadOptions& options, ShapeTable& shapes)
      : image_(std::move(image)),
        entries_(std::move(entries)),
        batch_records_(std::max(1u, options.batch_records)),
        batch_bytes_(options.batch_bytes),
        walker_(shapes) {}

  Result<bool> next(Batch& batch) override {
    batch.clear();
    while (at_ < entries_.size() && batch.records.size() < batch_records_ &&
           batch.source_bytes < batch_bytes_) {
      const auto& [key, item] = *entries_[at_++];
      Decoder decoder(batch.arena.copy(item.record), batch.arena);
      const std::vector<NamedValue> fields = decoder.record();
      const std::span<Value> values = batch.arena.allocate_array<Value>(fields.size());
      walker_.start();
      for (std::size_t i = 0; i < fields.size(); ++i) {
        walker_.step(fields[i].first);
        values[i] = fields[i].second;
      }
      Record record;
      record.shape = walker_.finish(batch);
      record.values = values.data();
      record.origin = {0, item.id, item.id};
      record.text_bytes = static_cast<std::uint32_t>(item.record.size());
      batch.records.push_back(record);
      batch.source_bytes += item.record.size();
      batch.resume = key;
    }
    return !batch.empty();
  }

 private:
  std::shared_ptr<const Image> image_;  // entries_ point into it; batches outlive it
  std::vector<const Entry*> entries_;
  std::size_t at_ = 0;
  std::size_t batch_records_;
  std::size_t batch_bytes_;
  ShapeWalker walker_;
};

// Without a snapshot: each read() sees the file as it is by then.
class TestingView : public View {
 public:
  TestingView(std::string path, std::vector<Definition> definitions, FileStamp stamp)
      : path_(std::move(path)), definitions_(std::move(definitions)), stamp_(stamp) {}

  const std::vector<Definition>& definitions() const override { return definitions_; }

  Result<std::vector<Partition>> partitions(std::string_view collection) override {
    DECANT_ASSIGN(const Image image, load_image(path_));
    const auto table = image.tables.find(collection);
    if (table == image.tables.end()) return no_collection(collection);
    std::vector<Partition> partitions(kSegments);
    for (std::size_t i = 0; i < kSegments; ++i) {
      partitions[i].collection = collection;
      partitions[i].id = std::to_string(i);
      partitions[i].label = "segment " + std::to_string(i + 1) + " of " + std::to_string(kSegments);
    }
    for (const auto& [key, item] : table->second.items) {
      Partition& partition = partitions[segment_of(key)];
      ++partition.records;
      partition.bytes += item.record.size();
    }
    return partitions;
  }

  Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                       const ReadOptions& options) override {
    DECANT_ASSIGN(Image loaded, load_image(path_));
    const auto image = std::make_shared<const Image>(std::move(loaded));
    const auto table = image->tables.find(partition.collection);
    if (table == image->tables.end()) return no_collection(partition.collection);
    const auto& items = table->second.items;
    std::vector<const ImageReader::Entry*> entries;
    for (auto at = options.resume.empty() ? items.begin() : items.upper_bound(options.resume);
         at != items.end(); ++at) {
      if (std::to_string(segment_of(at->first)) == partition.id) entries.push_back(&*at);
    }
    return std::unique_ptr<Reader>(new ImageReader(image, std::move(entries), options, shapes_));
  }

  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override {
    DECANT_ASSIGN(Image loaded, load_image(path_));
    const auto image = std::make_shared<const Image>(std::move(loaded));
    const auto table = image->tables.find(collection);
    if (table == image->tables.end()) return no_collection(collection);
    std::unordered_set<std::uint64_t> wanted;
    for (const Origin& origin : origins) wanted.insert(origin.offset);
    std::vector<const ImageReader::Entry*> entries;
    for (const auto& entry : table->second.items) {
      if (wanted.contains(entry.second.id)) entries.push_back(&entry);
    }
    return std::unique_ptr<Reader>(new ImageReader(image, std::move(entries), {}, shapes_));
  }

  const std::vector<std::string>& files() const override { return files_; }

  Result<std::vector<std::string>> changes_seen() override {
    DECANT_ASSIGN(const FileStamp now, file_stamp(path_));
    std::vector<std::string> changes;
    if (now != stamp_) {
      changes.push_back(path_ + ": size was " + std::to_string(stamp_.size) + ", is " +
                        std::to_string(now.size));
    }
    return changes;
  }

 private:
  Error no_collection(std::string_view collection) const {
    return {ErrorCode::not_found,
            "'" + path_ + "' has no collection '" + std::string(collection) + "'"};
  }

  std::string path_;
  std::vector<Definition> definitions_;
  FileStamp stamp_;
  std::vector<std::string> files_;
  ShapeTable shapes_;
};

class FileLease : public Lock {
 public:
  explicit FileLease(std::unique_ptr<FileLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<FileLock> lock_;
};

class TestingStore : public Store {
 public:
  TestingStore(std::string path, TestingStoreOptions options)
      : path_(std::move(path)), options_(std::move(options)) {}

  std::string name() const override {
    return "testing:" + path_ + (options_.collection.empty() ? "" : "#" + options_.collection);
  }
  std::string identity() const override { return "testing:" + absolute_path(path_); }

  Capabilities capabilities() const override {
    Capabilities capabilities;
    capabilities.batch_records_max = 1000;
    capabilities.transaction_records_max = 1000;
    capabilities.transactions = false;
    capabilities.checkpoints = false;
    capabilities.ordered = false;
    capabilities.snapshot = false;
    capabilities.nulls = true;
    capabilities.nested = true;
    capabilities.sets = true;
    capabilities.schema = false;
    capabilities.decimal_digits_max = kTestingDigitsMax;
    capabilities.record_bytes_max = kTestingRecordBytesMax;
    return capabilities;
  }

  Result<std::vector<Definition>> describe() override {
    DECANT_ASSIGN(const Image image, load_image(path_));
    std::vector<Definition> definitions;
    for (const auto& [name, table] : image.tables) {
      if (options_.collection.empty() || options_.collection == name) {
        definitions.push_back(definition_of(name, table));
      }
    }
    return definitions;
  }

  Result<Definition> native(const Definition& wanted) const override {
    if (wanted.key.empty()) {
      return Error{
          ErrorCode::invalid,
          "collection '" + wanted.name + "' needs a key here; say --key " + wanted.name + "=FIELD"};
    }
    Table table;
    table.key = wanted.key;
    return definition_of(wanted.name, table);
  }

  Result<CreateResult> create(const Definition& wanted, const CreateOptions& options) override {
    CreateResult result;
    DECANT_ASSIGN(result.definition, native(wanted));
    result.file_created = !path_exists(path_);
    if (!result.file_created) {
      DECANT_ASSIGN(const Image image, load_image(path_));
      if (const auto table = image.tables.find(wanted.name); table != image.tables.end()) {
        if (table->second.key != wanted.key) {
          result.differences.push_back("the key of '" + wanted.name + "' is another one");
        }
        return result;
      }
    }
    result.created = true;
    if (options.dry_run) return result;
    DECANT_ASSIGN(LogWriter log, LogWriter::open(path_));
    std::string frame;
    append_create(wanted.name, wanted.key, frame);
    DECANT_CHECK(log.append(frame));
    return result;
  }

  Result<std::unique_ptr<View>> view() override {
    DECANT_ASSIGN(const FileStamp stamp, file_stamp(path_));
    DECANT_ASSIGN(std::vector<Definition> definitions, describe());
    return std::unique_ptr<View>(new TestingView(path_, std::move(definitions), stamp));
  }

  Result<std::unique_ptr<Writer>> writer(std::vector<WriteTarget> targets,
                                         const WriteOptions& options) override {
    return make_testing_writer(path_, std::move(targets), options, options_.seed);
  }

  Result<std::unique_ptr<Lock>> lock(std::string_view owner) override {
    DECANT_ASSIGN(std::unique_ptr<FileLock> held, FileLock::acquire(path_ + ".decant-lock", owner));
    return std::unique_ptr<Lock>(new FileLease(std::move(held)));
  }

  Status preflight(const Preflight& wanted) override {
    DECANT_ASSIGN(const std::uint64_t free, free_bytes(parent_of(absolute_path(path_))));
    if (free < wanted.bytes_needed) {
      return Error{ErrorCode::disk_full, "'" + path_ + "' needs " +
                                             std::to_string(wanted.bytes_needed) + " bytes, and " +
                                             std::to_string(free) + " are free; make room first"};
    }
    return ok_status();
  }

 private:
  std::string path_;
  TestingStoreOptions options_;
};

}  // namespace

std::unique_ptr<Store> make_testing_store(const std::string& path,
                                          const TestingStoreOptions& options) {
  return std::make_unique<TestingStore>(path, options);
}

std::uint64_t testing_seed() {
  const char* seed = std::getenv("DECANT_TESTING_SEED");
  return seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10);
}

}  // namespace decant::testing
