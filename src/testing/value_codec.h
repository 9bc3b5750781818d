// Values and records as bytes, for the testing store's log. Every Type, exactly as it was: unlike
// the canonical form, 1.0 and 1 stay two texts and a timestamp keeps its zone.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/batch.h"

namespace decant::testing {

using NamedValue = std::pair<std::string_view, Value>;

void encode_u32(std::uint32_t number, std::string& out);
void encode_text(std::string_view text, std::string& out);
void encode_value(const Value& value, std::string& out);
void encode_record(const std::vector<NamedValue>& fields,
                   std::string& out);  // absent ones left out

// Takes apart what was encoded. Views point into the bytes, lists and maps into the arena.
class Decoder {
 public:
  Decoder(std::string_view bytes, Arena& arena) : bytes_(bytes), arena_(arena) {}
  bool at_end() const { return bytes_.empty(); }
  bool failed() const { return failed_; }  // the bytes were not what was written

  std::uint8_t byte();
  std::uint32_t u32();
  std::int64_t int64();
  std::string_view text();
  Value value(int depth = 0);
  std::vector<NamedValue> record();

 private:
  std::string_view take(std::size_t size);

  std::string_view bytes_;
  Arena& arena_;
  bool failed_ = false;
};

}  // namespace decant::testing
