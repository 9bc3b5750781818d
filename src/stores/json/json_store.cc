#include "stores/json/json_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/glob.h"
#include "base/limits.h"
#include "stores/json/data_files.h"
#include "stores/json/file_view.h"
#include "stores/json/json_writer.h"
#include "stores/json/output_file.h"
#include "stores/json/source.h"

namespace decant::stores {
namespace {

class FileTargetLock : public Lock {
 public:
  explicit FileTargetLock(std::unique_ptr<FileLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<FileLock> lock_;
};

constexpr std::size_t kMagicBytes = 4;

Compression compression_of_content(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return Compression::gzip;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Compression::zstd;
  return Compression::none;
}

class JsonStore : public Store {
 public:
  explicit JsonStore(JsonConfig config) : config_(std::move(config)) {}

  std::string name() const override {
    const std::string& fragment = config_.pointer.empty() ? config_.member : config_.pointer;
    const Format format = config_.format.value_or(Format::json);
    const std::string_view scheme = format == Format::ndjson ? "ndjson:"
                                    : format == Format::csv  ? "csv:"
                                                             : "json:";
    return std::string(scheme) + config_.label() + (fragment.empty() ? "" : "#" + fragment);
  }
  std::string identity() const override {
    if (config_.is_standard_input()) return "standard input";
    return "json:" + absolute_path(target_base(config_)) +
           (config_.member.empty() ? "" : "#" + config_.member);
  }
  Capabilities capabilities() const override;
  Result<std::vector<Definition>> describe() override;
  Result<Definition> native(const Definition& wanted) const override;
  Result<CreateResult> create(const Definition& wanted, const CreateOptions& options) override;
  Result<std::unique_ptr<View>> view() override;
  Result<std::unique_ptr<Writer>> writer(std::vector<WriteTarget> targets,
                                         const WriteOptions& options) override;
  Result<std::unique_ptr<Lock>> lock(std::string_view owner) override;
  Status preflight(const Preflight& wanted) override;

 private:
  Result<std::vector<DataFile>> files();
  Status spool();
  Status check_writable() const;

  JsonConfig config_;
  SectionCache cache_;
  ShapeTable shapes_;  // views, readers and writers use it: the store outlives them
  std::mutex spool_mutex_;
  File spool_;  // standard input, once it was read
  Compression spool_compression_ = Compression::none;
};

Capabilities JsonStore::capabilities() const {
  Capabilities capabilities;
  capabilities.snapshot = false;  // a file may be written to under a view; changes_seen() says so
  capabilities.nulls = true;
  capabilities.nested = true;
  capabilities.schema = false;
  capabilities.record_bytes_max = static_cast<std::uint32_t>(record_bytes_max);
  return capabilities;
}

// What is read once only goes to a file without a name. Waits for what is to come, and for the
// writer of a FIFO, as long as nobody asks to stop.
Status JsonStore::spool() {
  constexpr int kWaitMs = 100;  // between two looks at the stop
  const std::lock_guard lock(spool_mutex_);
  if (spool_.is_open()) return ok_status();
  const bool standard = config_.is_standard_input();
  DECANT_ASSIGN(File input, standard ? File::standard_input() : File::open_stream(config_.path));
  DECANT_ASSIGN(File spool, unnamed_file());
  std::vector<char> buffer(read_buffer_bytes);
  std::size_t count = 0;
  bool first = true;
  while (true) {
    if (config_.options.stop.stop_requested()) return stopped_while_reading();
    DECANT_ASSIGN(const bool readable, input.wait_readable(kWaitMs));
    if (!readable) continue;
    DECANT_ASSIGN(const std::size_t more, input.read(buffer.data() + count, buffer.size() - count));
    count += more;
    // A pipe may give a byte at a time; so many tell how it is compressed.
    if (first && more != 0 && count < kMagicBytes) continue;
    if (first) spool_compression_ = compression_of_content({buffer.data(), count});
    first = false;
    DECANT_CHECK(spool.write({buffer.data(), count}));
    count = 0;
    if (more == 0) break;
  }
  spool_ = std::move(spool);
  return ok_status();
}

Result<std::vector<DataFile>> JsonStore::files() {
  if (!config_.is_spooled()) return find_files(config_);
  DECANT_CHECK(spool());
  DataFile file;
  file.path = path_of(spool_);
  file.label = config_.label();
  file.format.compression = spool_compression_;
  file.format.format = config_.format.value_or(format_of_path(config_.path).value_or(Format::json));
  file.collection = config_.options.collection.empty() ? "records" : config_.options.collection;
  DECANT_ASSIGN(file.stamp, file_stamp(file.path));
  return std::vector<DataFile>{std::move(file)};
}

Result<std::unique_ptr<View>> JsonStore::view() {
  DECANT_ASSIGN(std::vector<DataFile> found, files());
  DECANT_ASSIGN(auto view, FileView::open(config_, std::move(found), cache_, shapes_));
  return std::unique_ptr<View>(std::move(view));
}

Result<std::vector<Definition>> JsonStore::describe() {
  DECANT_ASSIGN(auto seen, view());
  return seen->definitions();
}

// Records keep their own shape. What is declared stays as a note for the file beside: types that
// the text cannot tell, keys, and all that a store with definitions wants back.
Result<Definition> JsonStore::native(const Definition& wanted) const {
  Definition definition = wanted;
  definition.open = true;
  definition.complement.clear();
  std::erase_if(definition.fields, [](const Field& field) { return field.hidden; });
  definition.left_behind.clear();
  DECANT_ASSIGN(const DataFile file, target_file(config_, definition.name));
  return definition;
}

Status JsonStore::check_writable() const {
  const auto wrong = [this](std::string_view what) {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}' cannot be written to: {}; name one file, or a folder",
                             config_.path, what)};
  };
  if (config_.is_standard_input()) return wrong("it is standard input");
  if (!config_.pointer.empty()) return wrong("a place inside of a document is only read");
  const bool there = path_exists(config_.path);
  if (has_wildcard(config_.path) && !there) return wrong("it is a glob");
  if (there && !is_directory(config_.path) && !is_regular_file(config_.path)) {
    return wrong("it is a device, a FIFO or a socket");
  }
  return ok_status();
}

Result<CreateResult> JsonStore::create(const Definition& wanted, const CreateOptions&) {
  DECANT_CHECK(check_writable());
  CreateResult result;
  DECANT_ASSIGN(result.definition, native(wanted));
  DECANT_ASSIGN(const DataFile file, target_file(config_, wanted.name));
  // A file appears whole, when its writer finishes: there is nothing to make before that.
  result.created = result.file_created = !path_exists(file.path);
  if (result.created) return result;
  DECANT_ASSIGN(const std::vector<Definition> beside, read_sidecar(file.path));
  const Definition* there = find_definition(beside, wanted.name);
  if (there != nullptr && !there->key.empty() && !wanted.key.empty() && there->key != wanted.key) {
    result.differences.push_back(fmt::format("the key of '{}' is ({}), and ({}) is asked for",
                                             wanted.name, fmt::join(there->key, ", "),
                                             fmt::join(wanted.key, ", ")));
  }
  if (there != nullptr) {
    for (const Field& field : there->fields) {
      if (result.definition.find(field.name) == nullptr) result.definition.fields.push_back(field);
    }
  }
  return result;
}

Result<std::unique_ptr<Writer>> JsonStore::writer(std::vector<WriteTarget> targets,
                                                  const WriteOptions& options) {
  DECANT_CHECK(check_writable());
  DECANT_ASSIGN(auto writer, JsonWriter::open(config_, std::move(targets), options, shapes_));
  return std::unique_ptr<Writer>(std::move(writer));
}

Result<std::unique_ptr<Lock>> JsonStore::lock(std::string_view owner) {
  DECANT_CHECK(check_writable());
  DECANT_ASSIGN(auto lock,
                FileLock::acquire(behind_links(target_base(config_)) + ".decant-lock", owner));
  return std::unique_ptr<Lock>(std::make_unique<FileTargetLock>(std::move(lock)));
}

Status JsonStore::preflight(const Preflight& wanted) {
  DECANT_CHECK(check_writable());
  const std::string base = target_base(config_);
  const std::string folder = is_directory(base) ? base : parent_of(base);
  if (!is_directory(folder)) {
    return Error{ErrorCode::not_found,
                 fmt::format("there is no folder '{}' to write into; make it first", folder)};
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return errno_error("write into", folder);
  DECANT_ASSIGN(const std::uint64_t free, free_bytes(folder));
  if (free < wanted.bytes_needed) {
    return Error{ErrorCode::disk_full,
                 fmt::format("'{}' has {} bytes free, and about {} are needed; free some space, "
                             "then run the same command again",
                             folder, free, wanted.bytes_needed)};
  }
  return ok_status();
}

}  // namespace

Result<std::unique_ptr<Store>> open_json_store(const JsonPlace& place,
                                               const StoreOptions& options) {
  DECANT_ASSIGN(JsonConfig config, make_config(place, options));
  return std::unique_ptr<Store>(std::make_unique<JsonStore>(std::move(config)));
}

}  // namespace decant::stores
