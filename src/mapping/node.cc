#include "mapping/node.h"

#include <algorithm>
#include <charconv>

namespace decant::mapping {
namespace {

// Levenshtein's distance, with two neighbours swapped as one step.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

constexpr std::size_t kComparedBytes = 64;  // a longer key is no slip of the pen

std::string_view nearest(std::string_view key, const std::vector<std::string_view>& known) {
  if (key.size() > kComparedBytes) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, key.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(key, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace

std::optional<std::int64_t> Node::as_int64() const {
  if (form != Form::number || text == "-0") return std::nullopt;
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return number;
}

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

std::string_view to_string(Node::Form form) {
  switch (form) {
    case Node::Form::null:
      return "null";
    case Node::Form::boolean:
      return "true or false";
    case Node::Form::number:
      return "a number";
    case Node::Form::text:
      return "text";
    case Node::Form::list:
      return "a list";
    case Node::Form::map:
      return "a map";
  }
  return "";
}

Error error_at(std::string_view document_name, Mark mark, std::string_view message) {
  std::string text(document_name);
  if (mark.line > 0) {
    text += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  }
  if (!text.empty()) text += ": ";
  text += message;
  return Error{ErrorCode::invalid, std::move(text)};
}

Error unknown_key(std::string_view document_name, const Node& key,
                  const std::vector<std::string_view>& known) {
  std::string message = "unknown key '" + key.text.substr(0, kComparedBytes) + "'";
  const std::string_view near = nearest(key.text, known);
  if (!near.empty()) {
    message += "; did you mean '" + std::string(near) + "'?";
  } else if (!known.empty()) {
    message += "; known here:";
    for (const std::string_view name : known) message += " " + std::string(name);
  }
  return error_at(document_name, key.mark, message);
}

}  // namespace decant::mapping
