// What a file of the family is: how its records lie, and how it is compressed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decant/result.h"
#include "stores/json/source.h"

namespace decant::stores {

enum class Format : std::uint8_t {
  json,  // an array, pages, an object of named arrays: what it is, is looked up in the file
  ndjson,
  csv,
};

struct FileFormat {
  Format format = Format::json;
  Compression compression = Compression::none;
  bool operator==(const FileFormat&) const = default;
};

// "array", "json", "ndjson", "csv", as options and schemes write them.
std::optional<Format> format_of_word(std::string_view word);

// By the ending of a path: .json, .ndjson, .jsonl, .csv, each also with .gz or .zst. Nothing for
// another ending; the compression is known in any case.
std::optional<Format> format_of_path(std::string_view path);
Compression compression_of_path(std::string_view path);

// ".ndjson", ...
std::string_view ending_of(Format format);

// The name without folders and those endings: what a collection is called after its file.
std::string stem_of(std::string_view path);

// The definitions beside a data file: "jobs.decant.json" for "jobs.ndjson.gz".
std::string sidecar_of(std::string_view path);
bool is_sidecar(std::string_view path);

}  // namespace decant::stores
