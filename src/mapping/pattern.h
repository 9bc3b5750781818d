// A compiled regular expression: ECMAScript syntax as std::regex has it, without backreferences
// and lookahead, matched against a whole text in time linear in its length.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "decant/result.h"

namespace decant::mapping {

// Immutable: any number of threads may match.
class Pattern {
 public:
  // The Error's message says what is wrong with `text`, without a place.
  static Result<std::shared_ptr<const Pattern>> compile(std::string_view text);
  virtual ~Pattern() = default;
  virtual bool matches(std::string_view text) const = 0;
};

}  // namespace decant::mapping
