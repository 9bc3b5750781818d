// Finds where the records of a JSON text begin and end, window by window, without parsing them:
// memory is bounded by the largest record, not by the text.
//
// It follows strings, escapes and the kinds of brackets, nothing else. So a record whose brackets
// and quotes balance is found whole, however bad its text is, and can be quarantined; where they do
// not balance, an array is torn and its splitter says at which byte. Lines (NDJSON) end at the next
// line feed whatever they hold.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "decant/result.h"

namespace decant::json {

// How the records lie in the text.
enum class Layout : std::uint8_t {
  lines,   // NDJSON: one a line, empty lines are skipped
  array,   // [ record, ... ], or an array of pages: [ [ record, ... ], ... ]
  values,  // values one after the other, separated by white space (a single object is one)
};

// A found record, as bytes of the stream from its beginning.
struct Piece {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool too_long = false;  // more than record_bytes_max: its text was passed over
};

struct SplitterOptions {
  Layout layout = Layout::lines;
  std::uint64_t first_byte = 0;  // where in the stream the text begins (the array's bracket)
  std::string path;              // names the stream in errors
  std::string enclosing = {};    // array: the closing brackets around it, outermost first ("}]")
  bool tail_checked = true;      // array: what follows is looked at to the end of the stream
  std::uint64_t record_bytes_max = decant::record_bytes_max;
};

// Pure: it holds no text. The caller shows it windows of the stream, each beginning where wanted()
// says, and longer than the last one where that did not move. Not thread-safe.
class Splitter {
 public:
  explicit Splitter(SplitterOptions options);
  ~Splitter();
  Splitter(Splitter&&) noexcept;
  Splitter& operator=(Splitter&&) noexcept;

  // Looks through `window`, the bytes of the stream from wanted() on; `last` where the stream ends
  // with it. Appends the records that end in it to `pieces`, until there are `pieces_max` of them
  // or their sizes reach `bytes_max`. An Error where the text is torn, with path and byte.
  Status split(std::string_view window, bool last, std::size_t pieces_max, std::uint64_t bytes_max,
               std::vector<Piece>& pieces);

  // Where the next window must begin: everything before it is done with.
  std::uint64_t wanted() const;
  // True where the text has ended: nothing more will be found.
  bool ended() const;

  // With the end of the last piece found, all there is to know: a splitter restored with both goes
  // on behind that piece. REQUIRES: a piece was found.
  std::uint8_t state() const;
  void restore(std::uint8_t state, std::uint64_t offset);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::json
