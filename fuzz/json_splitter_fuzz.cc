// The splitter finds the same records in windows of any size, and its records lie in the text, in
// order; what it finds in a text that simdjson accepts as an array is as many values.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "json/splitter.h"

namespace {

using decant::json::Layout;
using decant::json::Piece;

void require(bool good) {
  if (!good) std::abort();
}

struct Found {
  std::vector<Piece> pieces;
  std::string error;
};

Found split(std::string_view text, Layout layout, std::size_t window_bytes) {
  decant::json::SplitterOptions options;
  options.layout = layout;
  options.path = "x";
  decant::json::Splitter splitter(options);
  Found found;
  std::size_t size = window_bytes;
  while (!splitter.ended()) {
    const std::uint64_t from = splitter.wanted();
    require(from <= text.size());
    const std::string_view window = text.substr(from, size);
    const std::size_t before = found.pieces.size();
    const auto status =
        splitter.split(window, from + window.size() == text.size(), 100, UINT64_MAX, found.pieces);
    if (!status.ok()) {
      found.error = status.error().message;
      break;
    }
    const bool moved = splitter.wanted() != from || found.pieces.size() != before;
    size = moved ? window_bytes : size * 2;
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t window = std::size_t{1} + data[0];
  for (const Layout layout : {Layout::array, Layout::lines, Layout::values}) {
    const Found whole = split(text, layout, text.size() + 1);
    const Found parts = split(text, layout, window);
    require(whole.error == parts.error);
    require(whole.pieces.size() == parts.pieces.size());
    std::uint64_t behind = 0;
    for (std::size_t i = 0; i < whole.pieces.size(); ++i) {
      const Piece& piece = whole.pieces[i];
      require(piece.offset == parts.pieces[i].offset && piece.size == parts.pieces[i].size);
      require(piece.offset >= behind && piece.size > 0);
      behind = piece.offset + piece.size;
      require(behind <= text.size());
    }
    if (layout != Layout::array) continue;
    static simdjson::dom::parser dom;
    simdjson::dom::array array;
    if (dom.parse(text).get_array().get(array) != simdjson::SUCCESS) continue;
    std::size_t count = 0;
    for (const auto item : array) {
      simdjson::dom::array page;
      count += item.get_array().get(page) == simdjson::SUCCESS ? page.size() : 1;
    }
    require(whole.error.empty() && whole.pieces.size() == count);
  }
  return 0;
}
