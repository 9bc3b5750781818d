#include "mapping/pattern.h"

#include <regex>

#include "base/limits.h"

namespace decant::mapping {
namespace {

class RegexPattern : public Pattern {
 public:
  explicit RegexPattern(std::regex regex) : regex_(std::move(regex)) {}
  bool matches(std::string_view text) const override {
    return std::regex_match(text.begin(), text.end(), regex_);
  }

 private:
  std::regex regex_;
};

// What std::regex would take, and must not get; empty: nothing. (?=...) and (?!...) would be tried
// by a matcher of their own at each place; numbers past an int overflow in its compiler.
std::string_view refused_part(std::string_view text) {
  constexpr std::size_t kDigitsMax = 4;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  bool braces = false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view here = text.substr(i);
    if (here[0] == '\\') {
      if (here.size() > 1 && here[1] >= '1' && here[1] <= '9') {
        return "refers back to a group, which is not possible here";
      }
      ++i;  // what is escaped means nothing else
      continue;
    }
    if (here.starts_with("(?=") || here.starts_with("(?!")) {
      return "looks ahead, which is not possible here";
    }
    if (here[0] == '{' || here[0] == '}') braces = here[0] == '{';
    digits = braces && is_digit(here[0]) ? digits + 1 : 0;
    if (digits > kDigitsMax) return "repeats more than 9999 times";
  }
  return {};
}

Error bad_pattern(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid,
          "the pattern '" + std::string(text.substr(0, 100)) + "' " + std::string(why)};
}

}  // namespace

Result<std::shared_ptr<const Pattern>> Pattern::compile(std::string_view text) {
  if (text.size() > pattern_bytes_max) {
    return bad_pattern(text, "is longer than " + std::to_string(pattern_bytes_max) + " bytes");
  }
  if (const std::string_view refused = refused_part(text); !refused.empty()) {
    return bad_pattern(text, refused);
  }
  try {
    // __polynomial is libstdc++'s: a breadth-first matcher, which neither recurses by the length of
    // the text (the default one overflows the stack at 100 kB) nor goes exponential.
    const auto flags =
        std::regex::ECMAScript | std::regex::optimize | std::regex_constants::__polynomial;
    return std::shared_ptr<const Pattern>(
        std::make_shared<RegexPattern>(std::regex(text.begin(), text.end(), flags)));
  } catch (const std::regex_error& error) {
    return bad_pattern(text, std::string("is not a regular expression: ") + error.what());
  } catch (const std::exception& error) {
    return bad_pattern(text, std::string("cannot be compiled: ") + error.what());
  }
}

}  // namespace decant::mapping
