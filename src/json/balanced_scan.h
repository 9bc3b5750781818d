// Finds where a JSON value ends by its brackets and quotes alone, 64 bytes at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace decant::json {

// Follows one list or map from its opening bracket on, over as many windows as it takes.
// A backslash escapes the next byte outside of strings too, as in simdjson's first stage: there it
// is wrong anyway, and both must agree on what is a quote.
class BalancedScan {
 public:
  enum class Result {
    more,      // the value goes on behind the window
    balanced,  // the value ends with the last byte looked at
    mismatch,  // the last byte looked at closes a bracket of the other kind
  };

  // `waiting`: closing brackets of what is open already, outermost first.
  void start(std::string_view waiting = {});
  // Looks at `text`, which goes on where the last call ended. `used` becomes the number of bytes
  // looked at: all of them, or up to and with the bracket that decided.
  Result scan(std::string_view text, std::size_t& used);

 private:
  Result scan_block(std::uint64_t quotes, std::uint64_t backslashes, std::uint64_t brackets,
                    const char* block, std::size_t& used);

  std::vector<char> open_;         // closing brackets that are waited for
  std::uint64_t in_string_ = 0;    // all ones inside of a string
  std::uint64_t escape_next_ = 0;  // 1 where the next byte is escaped
};

// Where a string that began before `text` ends: the index behind its closing quote, npos where it
// does not end in it. `escaped` carries a backslash at the end of the last window.
std::size_t find_string_end(std::string_view text, bool& escaped);

}  // namespace decant::json
