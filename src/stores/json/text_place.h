// One text of records in one file: all that a reader needs to know of it.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "decant/definition.h"
#include "stores/json/format.h"
#include "stores/json/locator.h"

namespace decant::stores {

struct TextPlace {
  std::string path;        // to open
  std::string label;       // to name in messages
  std::uint32_t file = 0;  // as Origin::file
  FileFormat format;
  Section section;
  std::vector<std::string> columns;      // CSV without a header row; else empty
  const Definition* declared = nullptr;  // types of its fields; may be null
  bool may_be_empty = false;             // CSV: no header row is no records, not an error
  std::stop_token stop = {};
};

}  // namespace decant::stores
