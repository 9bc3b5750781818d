#include "stores/address.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"

namespace decant::stores {
namespace {

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return text.ends_with(ending); });
}

// The scheme of a bare path, empty where its ending says nothing.
std::string_view scheme_of_path(std::string_view path) {
  if (path.ends_with(".gz")) path.remove_suffix(3);
  if (path.ends_with(".zst")) path.remove_suffix(4);
  if (ends_with_any(path, {".ndjson", ".jsonl"})) return "ndjson";
  if (path.ends_with(".json")) return "json";
  if (path.ends_with(".csv")) return "csv";
  if (ends_with_any(path, {".db", ".sqlite", ".sqlite3"})) return "sqlite";
  return {};
}

// A scheme is letters and digits before the first colon; a Windows-like or odd path has none.
std::string_view written_scheme(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string_view scheme = text.substr(0, colon);
  bool word = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
  });
  return word ? scheme : std::string_view{};
}

Error unknown_scheme(std::string_view text, std::string_view scheme,
                     const std::vector<std::string>& schemes) {
  std::vector<std::string_view> known(schemes.begin(), schemes.end());
  std::string message =
      "address '" + std::string(text) + "': there is no store '" + std::string(scheme) + "'";
  if (auto best = nearest(scheme, known)) {
    message += "; did you mean '" + std::string(*best) + ":'?";
  } else {
    message += "; the stores are";
    for (std::string_view name : known) message += " " + std::string(name) + ":";
  }
  return {ErrorCode::invalid, message};
}

}  // namespace

Result<Address> parse_address(std::string_view text, const std::vector<std::string>& schemes) {
  Address address;
  address.text = std::string(text);
  std::string_view rest = text;
  std::string_view scheme = written_scheme(text);
  if (!scheme.empty()) {
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) {
      return unknown_scheme(text, scheme, schemes);
    }
    rest.remove_prefix(scheme.size() + 1);
  }
  std::size_t hash = rest.rfind('#');
  std::string_view fragment;
  if (hash != std::string_view::npos) {
    fragment = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
    if (fragment.empty()) {
      return Error{ErrorCode::invalid, "address '" + address.text +
                                           "': nothing follows the '#'; write the name of a "
                                           "collection or leave the '#' out"};
    }
  }
  if (scheme.empty()) scheme = scheme_of_path(rest);
  if (scheme.empty()) {
    return Error{ErrorCode::invalid,
                 "address '" + address.text +
                     "': the ending does not say what it is; write the store in front of it, for "
                     "example json:" +
                     std::string(rest) + " or sqlite:" + std::string(rest)};
  }
  if (rest.empty()) {
    return Error{ErrorCode::invalid, "address '" + address.text +
                                         "': the place is missing; write " + std::string(scheme) +
                                         ":PATH"};
  }
  address.scheme = std::string(scheme);
  address.place = std::string(rest);
  (fragment.starts_with('/') ? address.pointer : address.collection) = std::string(fragment);
  return address;
}

}  // namespace decant::stores
