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

// (?=...) and (?!...) would be tried by a matcher of their own at each place.
bool looks_ahead(std::string_view text) {
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!escaped && (text.substr(i).starts_with("(?=") || text.substr(i).starts_with("(?!"))) {
      return true;
    }
    escaped = !escaped && text[i] == '\\';
  }
  return false;
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
  if (looks_ahead(text)) return bad_pattern(text, "looks ahead, which is not possible here");
  try {
    // __polynomial is libstdc++'s: a breadth-first matcher, which neither recurses by the length of
    // the text (the default one overflows the stack at 100 kB) nor goes exponential.
    const auto flags =
        std::regex::ECMAScript | std::regex::optimize | std::regex_constants::__polynomial;
    return std::shared_ptr<const Pattern>(
        std::make_shared<RegexPattern>(std::regex(text.begin(), text.end(), flags)));
  } catch (const std::regex_error& error) {
    if (error.code() == std::regex_constants::error_complexity) {
      return bad_pattern(text, "refers back to a group, which is not possible here");
    }
    return bad_pattern(text, std::string("is not a regular expression: ") + error.what());
  } catch (const std::exception& error) {
    return bad_pattern(text, std::string("cannot be compiled: ") + error.what());
  }
}

}  // namespace decant::mapping
