// Where in a JSON text the records lie: behind a JSON Pointer (RFC 6901), or in the named arrays
// of an object. Streamed: what is passed over is not kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decant/result.h"
#include "json/splitter.h"
#include "stores/json/window.h"

namespace decant::stores {

// One text of records within a file.
struct Section {
  std::string name;  // of the array in an object; else empty
  json::Layout layout = json::Layout::lines;
  std::uint64_t first_byte = 0;  // of its text
  std::string enclosing;         // as SplitterOptions
  bool tail_checked = true;
};

// The one section that `pointer` names ("/data/items"). not_found where nothing is there, invalid
// where it is no array.
Result<Section> locate_pointer(TextWindow& window, std::string_view pointer,
                               const std::string& path);

// What a .json file holds, by its content: an array (or pages) is one section, values one after the
// other (also one a line) are one, an object whose members are all arrays is one for each.
Result<std::vector<Section>> locate_records(TextWindow& window, const std::string& path);

}  // namespace decant::stores
