#include "stores/json/data_files.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/glob.h"
#include "base/limits.h"
#include "json/definition_json.h"
#include "stores/json/window.h"

namespace decant::stores {
namespace {

constexpr std::size_t kSidecarBytesMax = 64u << 20;
constexpr std::size_t kLookBytes = 256u << 10;  // looked at first, to tell what a file holds
constexpr std::size_t kFileNameBytesMax = 200;  // with its endings below what file systems allow

Error wrong_option(std::string_view what) { return Error{ErrorCode::invalid, std::string(what)}; }

bool is_ours(std::string_view path) {
  for (const std::string_view ending :
       {".decant-tmp", ".decant-tmp.checkpoint", ".decant-new", ".decant-lock"}) {
    if (path.ends_with(ending)) return true;
  }
  return is_sidecar(path);
}

// A name for the records of a whole glob: the word before its first wildcard, or its folder's.
std::string name_of_glob(const std::string& pattern) {
  const std::size_t wildcard = pattern.find_first_of("*?[");
  const std::string before = pattern.substr(0, wildcard);
  const std::size_t slash = before.rfind('/');
  std::string word = slash == std::string::npos ? before : before.substr(slash + 1);
  while (!word.empty() && (word.back() == '_' || word.back() == '-' || word.back() == '.')) {
    word.pop_back();
  }
  if (!word.empty()) return word;
  const std::string folder =
      absolute_path(slash == std::string::npos ? "." : before.substr(0, slash));
  word = folder.substr(folder.rfind('/') + 1);
  return word.empty() ? "records" : word;
}

Result<DataFile> data_file(const JsonConfig& config, const std::string& path,
                           std::string collection) {
  DataFile file;
  file.path = file.label = path;
  file.format.compression = compression_of_path(path);
  file.format.format = config.format ? *config.format : format_of_path(path).value_or(Format::json);
  file.collection = std::move(collection);
  DECANT_ASSIGN(file.stamp, file_stamp(path));
  if (is_stream(path) && !config.options.for_write) {
    return wrong_option(
        fmt::format("'{}' is a FIFO or a socket, which is read once only; name it "
                    "alone, not among files",
                    path));
  }
  return file;
}

Result<std::vector<DataFile>> files_of_folder(const JsonConfig& config) {
  std::vector<std::string> paths;
  std::string folder = config.path;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  DIR* listing = ::opendir(folder.c_str());
  if (listing == nullptr) return errno_error("list", folder);
  while (const dirent* entry = ::readdir(listing)) {
    const std::string path = folder + "/" + entry->d_name;
    if (entry->d_name[0] == '.' || is_ours(path) || !format_of_path(path)) continue;
    if (!is_directory(path)) paths.push_back(path);
  }
  ::closedir(listing);
  std::sort(paths.begin(), paths.end());
  std::vector<DataFile> files;
  for (const std::string& path : paths) {
    const std::string name = stem_of(path);
    const auto same = [&name](const DataFile& file) { return file.collection == name; };
    const auto other = std::find_if(files.begin(), files.end(), same);
    if (other != files.end()) {
      return wrong_option(
          fmt::format("'{}' and '{}' are both the collection '{}'; move one of them "
                      "away",
                      other->path, path, name));
    }
    DECANT_ASSIGN(DataFile file, data_file(config, path, name));
    if (config.member.empty() || config.member == name) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

bool JsonConfig::is_folder() const {
  if (is_standard_input()) return false;
  if (is_directory(path)) return true;
  if (!options.for_write || path_exists(path)) return false;
  return path.ends_with('/') || !format_of_path(path);
}

Result<JsonConfig> make_config(const JsonPlace& place, const StoreOptions& options) {
  JsonConfig config;
  config.path = place.path;
  config.options = options;
  config.pointer = options.records;
  if (place.fragment.starts_with('/')) {
    if (!options.records.empty() && options.records != place.fragment) {
      return wrong_option(
          "the records' place is given twice, behind '#' and as `records:`; leave "
          "one of them out");
    }
    config.pointer = place.fragment;
  } else {
    config.member = place.fragment;
  }
  if (!config.pointer.empty() && !config.pointer.starts_with('/')) {
    return wrong_option(
        fmt::format("`records: {}` is no JSON Pointer; it begins with '/'", config.pointer));
  }
  if (!options.format.empty()) {
    config.format = format_of_word(options.format);
    if (!config.format) {
      return wrong_option(
          fmt::format("unknown format '{}'; known are: array, ndjson, csv", options.format));
    }
  } else if (place.scheme == "ndjson" || place.scheme == "csv") {
    config.format = format_of_word(place.scheme);
  }
  if (config.path.empty()) return wrong_option("the address names no file");
  const auto known = config.format ? config.format : format_of_path(config.path);
  if (!options.columns.empty() && known && *known != Format::csv) {
    return wrong_option(
        fmt::format("`columns:` names those of a CSV file, and '{}' is none", config.path));
  }
  if (options.pretty && known && *known != Format::json) {
    return wrong_option(fmt::format("`pretty:` is for a JSON list, and '{}' is none", config.path));
  }
  return config;
}

Result<std::vector<DataFile>> find_files(const JsonConfig& config) {
  std::vector<DataFile> files;
  const bool is_glob = has_wildcard(config.path) && !path_exists(config.path);
  if (is_directory(config.path)) {
    DECANT_ASSIGN(files, files_of_folder(config));
  } else if (is_glob) {
    DECANT_ASSIGN(std::vector<std::string> paths, glob_files(config.path));
    std::erase_if(paths, [](const std::string& path) { return is_ours(path); });
    const std::string name = name_of_glob(config.path);
    for (const std::string& path : paths) {
      DECANT_ASSIGN(DataFile file, data_file(config, path, name));
      files.push_back(std::move(file));
    }
  } else if (path_exists(config.path)) {
    DECANT_ASSIGN(DataFile file, data_file(config, config.path, stem_of(config.path)));
    files.push_back(std::move(file));
  }
  if (files.empty() && !config.options.for_write && !is_directory(config.path)) {
    return Error{
        ErrorCode::not_found,
        is_glob ? fmt::format("no file matches '{}'; check the path and its wildcards", config.path)
                : fmt::format("there is no file '{}'; check the path", config.path)};
  }
  if (files.empty() && !config.options.for_write) {
    return Error{ErrorCode::not_found,
                 fmt::format("the folder '{}' holds no data files{}", config.path,
                             config.member.empty() ? "" : " of '" + config.member + "'")};
  }
  const std::string& name = config.options.collection;
  if (!name.empty() && !is_directory(config.path)) {
    for (DataFile& file : files) file.collection = name;
  }
  return files;
}

Result<DataFile> target_file(const JsonConfig& config, const std::string& collection) {
  DataFile file;
  if (!config.is_folder()) {
    file.path = config.path;
  } else {
    const bool bad = collection.empty() || collection.front() == '.' ||
                     collection.size() > kFileNameBytesMax ||
                     collection.find_first_of(std::string_view("/\0", 2)) != std::string::npos;
    if (bad) {
      return Error{ErrorCode::invalid,
                   fmt::format("collection '{}' cannot be the name of a file; rename it (rename: "
                               "{{'{}': NAME}})",
                               collection, collection)};
    }
    std::string folder = config.path;
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    file.path =
        folder + "/" + collection + std::string(ending_of(config.format.value_or(Format::json)));
    // A file that is there already keeps its format.
    if (is_directory(folder)) {
      DECANT_ASSIGN(const std::vector<DataFile> files, files_of_folder(config));
      for (const DataFile& other : files) {
        if (other.collection == collection) file.path = other.path;
      }
    }
  }
  file.label = file.path;
  file.collection = collection;
  file.format.compression = compression_of_path(file.path);
  const auto by_ending = format_of_path(file.path);
  file.format.format = config.format && !(config.is_folder() && by_ending)
                           ? *config.format
                           : by_ending.value_or(Format::json);
  return file;
}

Result<std::vector<Definition>> read_sidecar(const std::string& path) {
  const std::string beside = sidecar_of(path);
  if (beside == path || !path_exists(beside)) return std::vector<Definition>{};
  DECANT_ASSIGN(const std::string text, read_file(beside, kSidecarBytesMax));
  return json::definitions_from_json(text, beside);
}

const Definition* find_definition(const std::vector<Definition>& definitions,
                                  std::string_view collection) {
  for (const Definition& definition : definitions) {
    if (definition.name == collection) return &definition;
  }
  return nullptr;
}

Result<std::vector<Section>> SectionCache::sections_of(const DataFile& file,
                                                       const std::string& pointer,
                                                       const std::stop_token& stop) {
  if (file.format.format != Format::json) return std::vector<Section>{Section{}};
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(file.path);
  if (known != entries_.end() && known->second.stamp == file.stamp &&
      known->second.pointer == pointer) {
    return known->second.sections;
  }
  DECANT_ASSIGN(auto source, open_source(file.path, file.format.compression, 0, stop));
  TextWindow window(std::move(source), 0, kLookBytes);
  Entry entry{file.stamp, pointer, {}};
  if (pointer.empty()) {
    DECANT_ASSIGN(entry.sections, locate_records(window, file.label));
  } else {
    DECANT_ASSIGN(Section section, locate_pointer(window, pointer, file.label));
    entry.sections.push_back(std::move(section));
  }
  return entries_.insert_or_assign(file.path, std::move(entry)).first->second.sections;
}

}  // namespace decant::stores
