// The JSON family as a Store: one array, an array of pages, an array behind a JSON Pointer, an
// object of named arrays, NDJSON and CSV, each plain, .gz or .zst; one file, a glob, a folder, or
// standard input ("-").
//
// A target is written beside its place (TARGET.decant-tmp, and TARGET.decant-tmp.checkpoint for the
// last commit) and renamed when finished, so a reader sees the old file or the new one, whole.
#pragma once

#include <memory>
#include <string>

#include "decant/result.h"
#include "decant/store.h"

namespace decant::stores {

// What an address of the family says, taken apart by the registry.
struct JsonPlace {
  std::string path;      // a file, a glob, a folder, or "-"
  std::string fragment;  // behind '#': a collection's name, or a JSON Pointer if it begins with '/'
  std::string scheme;    // "json", "ndjson", "csv", or "" for a bare path
};

// Opens nothing yet that may be missing: describe() and view() say not_found. An Error where the
// options contradict each other. Standard input is spooled to a temporary file at the first look.
Result<std::unique_ptr<Store>> open_json_store(const JsonPlace& place, const StoreOptions& options);

}  // namespace decant::stores
