// From an address of the family to the files behind it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "decant/result.h"
#include "decant/store.h"
#include "stores/json/format.h"
#include "stores/json/json_store.h"
#include "stores/json/locator.h"
#include "stores/json/text_place.h"

namespace decant::stores {

// The address and its options, made unambiguous.
struct JsonConfig {
  std::string path;  // as given; "-" for standard input
  StoreOptions options;
  std::optional<Format> format;  // asked for by scheme or option; else by the ending
  std::string pointer;           // JSON Pointer; may be empty
  std::string member;            // the one collection asked for behind '#'; may be empty

  bool is_standard_input() const { return path == "-"; }
  // Standard input or a FIFO: read once, to a spool.
  bool is_spooled() const { return is_standard_input() || (!options.for_write && is_stream(path)); }
  std::string label() const { return is_standard_input() ? "standard input" : path; }
  // A folder, existing or to be made: one file a collection.
  bool is_folder() const;
};

Result<JsonConfig> make_config(const JsonPlace& place, const StoreOptions& options);

struct DataFile {
  std::string path;   // to open
  std::string label;  // to name
  FileFormat format;
  std::string collection;  // what its records are called, where it does not name them itself
  FileStamp stamp;
};

// The files in bytewise order of path. not_found, by name, where there are none, unless the options
// say for_write. Not for standard input.
Result<std::vector<DataFile>> find_files(const JsonConfig& config);

// Where the collection of a target is, or will be written.
Result<DataFile> target_file(const JsonConfig& config, const std::string& collection);

// The definitions beside `path`, empty where there are none.
Result<std::vector<Definition>> read_sidecar(const std::string& path);
// The definition for `collection` among those of one file.
const Definition* find_definition(const std::vector<Definition>& definitions,
                                  std::string_view collection);

// Remembers what was found in a file as long as it does not change: an object of named arrays is
// looked through to its end only once. Thread-safe.
class SectionCache {
 public:
  Result<std::vector<Section>> sections_of(const DataFile& file, const std::string& pointer,
                                           const std::stop_token& stop = {});

 private:
  struct Entry {
    FileStamp stamp;
    std::string pointer;
    std::vector<Section> sections;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace decant::stores
