#include "stores/json/locator.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "stores/json/cursor.h"

namespace decant::stores {
namespace {

std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      tokens.emplace_back();
    } else if (pointer[at] == '~' && at + 1 < pointer.size()) {
      tokens.back() += pointer[++at] == '0' ? '~' : '/';
    } else {
      tokens.back() += pointer[at];
    }
  }
  return tokens;
}

Error nothing_there(std::string_view pointer, const std::string& path) {
  return Error{ErrorCode::not_found, fmt::format("'{}': nothing stands at '{}'; name another place "
                                                 "in it (records: /a/b, or #/a/b)",
                                                 path, pointer)};
}

// Moves from the opening bracket of an object to the value of `name`.
Result<bool> enter_member(TextCursor& cursor, const std::string& name) {
  DECANT_CHECK(cursor.take('{'));
  DECANT_ASSIGN(char here, cursor.peek());
  while (here != '}') {
    DECANT_ASSIGN(const std::string key, cursor.take_text());
    DECANT_CHECK(cursor.take(':'));
    if (key == name) return true;
    DECANT_CHECK(cursor.skip_value());
    DECANT_ASSIGN(here, cursor.peek());
    if (here == '}') break;
    DECANT_CHECK(cursor.take(','));
  }
  return false;
}

Result<bool> enter_item(TextCursor& cursor, const std::string& token) {
  std::uint64_t index = 0;
  const auto read = std::from_chars(token.data(), token.data() + token.size(), index);
  if (read.ec != std::errc() || read.ptr != token.data() + token.size()) return false;
  DECANT_CHECK(cursor.take('['));
  DECANT_ASSIGN(char here, cursor.peek());
  if (here == ']') return false;
  for (std::uint64_t i = 0; i < index; ++i) {
    DECANT_CHECK(cursor.skip_value());
    DECANT_ASSIGN(here, cursor.peek());
    if (here == ']') return false;
    DECANT_CHECK(cursor.take(','));
  }
  return true;
}

Section section_at(json::Layout layout, std::uint64_t first_byte) {
  Section section;
  section.layout = layout;
  section.first_byte = first_byte;
  return section;
}

// Lines that each are an object: one ends and the next begins across a line feed, as never in a
// JSON text of one value.
bool shows_lines(std::string_view view) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t feed = view.find('\n');
  if (feed == std::string_view::npos) return false;
  const std::size_t before = view.substr(0, feed).find_last_not_of(kBlank);
  const std::size_t after = view.find_first_not_of(kBlank, feed);
  return before != std::string_view::npos && after != std::string_view::npos &&
         view[before] == '}' && view[after] == '{';
}

// One member of the outermost object. False in `named` where its value is no array of objects.
Result<Section> read_member(TextCursor& cursor, bool& named) {
  Section section;
  section.layout = json::Layout::array;
  section.tail_checked = false;  // the whole text is looked through here already
  DECANT_ASSIGN(section.name, cursor.take_text());
  DECANT_CHECK(cursor.take(':'));
  DECANT_ASSIGN(const char first, cursor.peek());
  section.first_byte = cursor.offset();
  if (first != '[') {
    named = false;
    DECANT_CHECK(cursor.skip_value());
    return section;
  }
  DECANT_CHECK(cursor.take('['));
  DECANT_ASSIGN(char item, cursor.peek());
  named = named && (item == '{' || item == '[' || item == ']');
  while (item != ']') {
    DECANT_CHECK(cursor.skip_value());
    DECANT_ASSIGN(item, cursor.peek());
    if (item != ']') DECANT_CHECK(cursor.take(','));
  }
  DECANT_CHECK(cursor.take(']'));
  return section;
}

}  // namespace

Result<Section> locate_pointer(TextWindow& window, std::string_view pointer,
                               const std::string& path) {
  TextCursor cursor(window, path);
  DECANT_CHECK(cursor.skip_byte_order_mark());
  Section section;
  section.layout = json::Layout::array;
  for (const std::string& token : tokens_of(pointer)) {
    DECANT_ASSIGN(const char here, cursor.peek());
    bool found = false;
    if (here == '{') {
      DECANT_ASSIGN(found, enter_member(cursor, token));
      section.enclosing += '}';
    } else if (here == '[') {
      DECANT_ASSIGN(found, enter_item(cursor, token));
      section.enclosing += ']';
    } else if (here == '\0') {
      return cursor.wrong("the file is cut off: it ends");
    }
    if (!found) return nothing_there(pointer, path);
  }
  DECANT_ASSIGN(const char here, cursor.peek());
  if (here != '[') {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}': what stands at '{}' is no list of records; name the place of "
                             "one",
                             path, pointer)};
  }
  section.first_byte = cursor.offset();
  return section;
}

Result<std::vector<Section>> locate_records(TextWindow& window, const std::string& path) {
  TextCursor cursor(window, path);
  DECANT_CHECK(cursor.skip_byte_order_mark());
  DECANT_ASSIGN(const char first, cursor.peek());
  const std::uint64_t begin = cursor.offset();
  // Anything but an object is read as an array: what is none of the two is named by its splitter.
  if (first != '{') return std::vector<Section>{section_at(json::Layout::array, begin)};
  if (shows_lines(window.view())) {
    return std::vector<Section>{section_at(json::Layout::lines, begin)};
  }
  const std::size_t feed = window.view().find('\n');
  const std::uint64_t line_end =
      feed == std::string_view::npos ? UINT64_MAX : begin + static_cast<std::uint64_t>(feed);
  std::vector<Section> sections;
  bool named = true;
  DECANT_CHECK(cursor.take('{'));
  DECANT_ASSIGN(char here, cursor.peek());
  while (here != '}') {
    DECANT_ASSIGN(Section section, read_member(cursor, named));
    sections.push_back(std::move(section));
    DECANT_ASSIGN(here, cursor.peek());
    if (here != '}') DECANT_CHECK(cursor.take(','));
  }
  DECANT_CHECK(cursor.take('}'));
  const bool one_line = cursor.offset() <= line_end;
  DECANT_ASSIGN(const char behind, cursor.peek());
  if (behind != '\0' || !named || sections.empty()) {
    return std::vector<Section>{
        section_at(one_line ? json::Layout::lines : json::Layout::values, begin)};
  }
  std::vector<std::string_view> names;
  for (const Section& section : sections) names.push_back(section.name);
  std::sort(names.begin(), names.end());
  const auto repeated = std::adjacent_find(names.begin(), names.end());
  if (repeated != names.end()) {
    return Error{
        ErrorCode::corrupt,
        fmt::format("'{}': the list '{}' stands twice in it; mend the file", path, *repeated)};
  }
  return sections;
}

}  // namespace decant::stores
