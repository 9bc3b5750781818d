// A value that a plan states, with the memory it needs. Copies share that memory; any number of
// threads may read it.
#pragma once

#include <memory>
#include <string_view>

#include "decant/value.h"
#include "mapping/node.h"

namespace decant::mapping {

class Literal {
 public:
  Literal() = default;  // absent
  // Lists and maps, too. Numbers as JSON's reader has them: int64 where it fits, else decimal.
  static Literal of(const Node& node);
  static Literal text(std::string_view text);

  const Value& value() const { return value_; }

 private:
  Value value_;
  std::shared_ptr<const void> memory_;  // shared by the copies of this literal
};

}  // namespace decant::mapping
