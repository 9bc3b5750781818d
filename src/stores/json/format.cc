#include "stores/json/format.h"

#include <utility>

namespace decant::stores {
namespace {

constexpr std::string_view kSidecarEnding = ".decant.json";

struct Ending {
  std::string_view text;
  Format format;
};
constexpr Ending kEndings[] = {
    {".ndjson", Format::ndjson},
    {".jsonl", Format::ndjson},
    {".json", Format::json},
    {".csv", Format::csv},
};

std::string_view without_compression(std::string_view path) {
  for (const std::string_view ending : {".gz", ".zst"}) {
    if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  }
  return path;
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::optional<Format> format_of_word(std::string_view word) {
  if (word == "array" || word == "json") return Format::json;
  if (word == "ndjson") return Format::ndjson;
  if (word == "csv") return Format::csv;
  return std::nullopt;
}

std::optional<Format> format_of_path(std::string_view path) {
  const std::string_view plain = without_compression(path);
  for (const Ending& ending : kEndings) {
    if (plain.ends_with(ending.text)) return ending.format;
  }
  return std::nullopt;
}

Compression compression_of_path(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::gzip;
  if (path.ends_with(".zst")) return Compression::zstd;
  return Compression::none;
}

std::string_view ending_of(Format format) {
  for (const Ending& ending : kEndings) {
    if (ending.format == format) return ending.text;
  }
  return ".json";
}

std::string stem_of(std::string_view path) {
  const std::string_view name = without_compression(file_name(path));
  for (const Ending& ending : kEndings) {
    if (name.ends_with(ending.text))
      return std::string(name.substr(0, name.size() - ending.text.size()));
  }
  return std::string(name);
}

std::string sidecar_of(std::string_view path) {
  const std::string_view folder = path.substr(0, path.size() - file_name(path).size());
  return std::string(folder) + stem_of(path) + std::string(kSidecarEnding);
}

bool is_sidecar(std::string_view path) { return path.ends_with(kSidecarEnding); }

}  // namespace decant::stores
