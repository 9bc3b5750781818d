#include "mapping/node.h"

#include <charconv>

#include "base/nearest.h"

namespace decant::mapping {
namespace {

constexpr std::size_t kShownBytes = 64;

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
  std::string message = "unknown key '" + key.text.substr(0, kShownBytes) + "'";
  if (const auto near = nearest(key.text, known)) {
    message += "; did you mean '" + std::string(*near) + "'?";
  } else if (!known.empty()) {
    message += "; known here:";
    for (const std::string_view name : known) message += " " + std::string(name);
  }
  return error_at(document_name, key.mark, message);
}

}  // namespace decant::mapping
