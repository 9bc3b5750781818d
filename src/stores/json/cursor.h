// Walks through a JSON text value by value, keeping only names: what stands around the records.
#pragma once

#include <cstdint>
#include <string>

#include "decant/result.h"
#include "json/balanced_scan.h"
#include "json/reader.h"
#include "stores/json/window.h"

namespace decant::stores {

// Consumes a window. Errors name the path and the byte.
class TextCursor {
 public:
  TextCursor(TextWindow& window, const std::string& path) : window_(window), path_(path) {}

  // Passes over a byte order mark. REQUIRES: the window stands at the text's beginning.
  Status skip_byte_order_mark();
  // The next byte behind white space, not consumed; 0 at the end of the text.
  Result<char> peek();
  // Consumes `wanted`, or says that it is expected here.
  Status take(char wanted);
  // Reads the string that begins here, unescaped.
  Result<std::string> take_text();
  // Passes over the value that begins here.
  Status skip_value();
  std::uint64_t offset() const { return window_.offset(); }
  Error wrong(std::string_view what) const;

 private:
  Result<bool> more();  // false at the end of the text
  void advance(std::size_t bytes) { window_.consume_to(window_.offset() + bytes); }
  Status skip_text();

  TextWindow& window_;
  const std::string& path_;
  json::BalancedScan scan_;
  json::ValueParser parser_;
};

}  // namespace decant::stores
