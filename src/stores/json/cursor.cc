#include "stores/json/cursor.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace decant::stores {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kEscapedNameBytesMax = 6 * name_bytes_max;

}  // namespace

Error TextCursor::wrong(std::string_view what) const {
  return Error{ErrorCode::corrupt,
               fmt::format("'{}': {} at byte {}; mend the file there, or take it out of the source",
                           path_, what, window_.offset())};
}

Result<bool> TextCursor::more() {
  if (!window_.view().empty()) return true;
  DECANT_CHECK(window_.fill(1));
  return !window_.view().empty();
}

Status TextCursor::skip_byte_order_mark() {
  DECANT_CHECK(window_.fill(kByteOrderMark.size()));
  if (window_.view().starts_with(kByteOrderMark)) advance(kByteOrderMark.size());
  return ok_status();
}

Result<char> TextCursor::peek() {
  while (true) {
    DECANT_ASSIGN(const bool here, more());
    if (!here) return '\0';
    const std::string_view view = window_.view();
    const std::size_t at = view.find_first_not_of(kBlank);
    if (at != std::string_view::npos) {
      advance(at);
      return view[at];
    }
    advance(view.size());
  }
}

Status TextCursor::take(char wanted) {
  DECANT_ASSIGN(const char here, peek());
  if (here == '\0') return wrong("the file is cut off: it ends");
  if (here != wanted) return wrong(fmt::format("'{}' is expected", wanted));
  advance(1);
  return ok_status();
}

Status TextCursor::skip_text() {
  DECANT_CHECK(take('"'));
  bool escaped = false;
  while (true) {
    DECANT_ASSIGN(const bool here, more());
    if (!here) return wrong("the file is cut off in a string: it ends");
    const std::string_view view = window_.view();
    const std::size_t end = json::find_string_end(view, escaped);
    advance(end == std::string_view::npos ? view.size() : end);
    if (end != std::string_view::npos) return ok_status();
  }
}

Result<std::string> TextCursor::take_text() {
  DECANT_ASSIGN(const char here, peek());
  if (here != '"') return wrong("a key in quotes is expected");
  DECANT_CHECK(window_.fill(kEscapedNameBytesMax + 2));
  bool escaped = false;
  const std::string_view view = window_.view();
  const std::size_t end = json::find_string_end(view.substr(1), escaped);
  if (end == std::string_view::npos || end > kEscapedNameBytesMax) {
    return wrong("a key is not closed, or longer than is kept,");
  }
  Arena arena;
  Value value;
  json::Refusal refusal;
  if (!parser_.parse(view.substr(0, end + 1), arena, value, refusal)) {
    return wrong(fmt::format("a key is refused: {};", refusal.message));
  }
  advance(end + 1);
  return std::string(value.as_text());
}

Status TextCursor::skip_value() {
  DECANT_ASSIGN(const char first, peek());
  if (first == '\0') return wrong("the file is cut off: it ends");
  if (first == '"') return skip_text();
  if (first != '{' && first != '[') {
    while (true) {
      DECANT_ASSIGN(const bool here, more());
      if (!here) return ok_status();
      const std::string_view view = window_.view();
      const std::size_t end = view.find_first_of(" \t\r\n,]}");
      advance(end == std::string_view::npos ? view.size() : end);
      if (end != std::string_view::npos) return ok_status();
    }
  }
  scan_.start();
  while (true) {
    DECANT_ASSIGN(const bool here, more());
    if (!here) return wrong("the file is cut off: it ends");
    std::size_t used = 0;
    const auto result = scan_.scan(window_.view(), used);
    advance(used);
    if (result == json::BalancedScan::Result::mismatch) {
      return wrong("a bracket of the other kind stands before this place:");
    }
    if (result == json::BalancedScan::Result::balanced) return ok_status();
  }
}

}  // namespace decant::stores
