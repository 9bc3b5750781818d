// Addresses: SCHEME:PLACE[#COLLECTION], as plans and the command line write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decant/result.h"

namespace decant::stores {

struct Address {
  std::string scheme;      // "json", "ndjson", "csv", "sqlite", ...
  std::string place;       // a path, a glob (`?` included) or "-" for standard input
  std::string collection;  // after `#`; empty: all of them
  std::string pointer;     // after `#` where it begins with `/`: a JSON Pointer
  std::string text;        // as written, without a password
};

// Parses an address. A bare path is understood by its ending (.json, .ndjson, .jsonl, .csv, each
// also .gz or .zst; .db, .sqlite, .sqlite3). `schemes` are the ones the registry knows.
// Errors: invalid, naming the text and the nearest scheme.
Result<Address> parse_address(std::string_view text, const std::vector<std::string>& schemes);

}  // namespace decant::stores
