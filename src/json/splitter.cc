#include "json/splitter.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "json/balanced_scan.h"

namespace decant::json {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// What is expected next. Written into resume tokens: never renumber.
enum class Phase : std::uint8_t {
  start = 0,       // the array's opening bracket
  first = 1,       // a record, a page, or the array's end
  record = 2,      // a record or a page (behind a comma)
  after = 3,       // a comma or the array's end
  page_first = 4,  // the same three in a page
  page_record = 5,
  page_after = 6,
  line = 7,       // a line, or the end
  value = 8,      // a value, or the end
  enclosing = 9,  // what stands around the array
  tail = 10,      // nothing but white space
  ended = 11,
};

enum class Found { record, nothing, more };

}  // namespace

struct Splitter::State {
  explicit State(SplitterOptions o)
      : options(std::move(o)), at(options.first_byte), wanted(options.first_byte) {
    switch (options.layout) {
      case Layout::lines:
        phase = Phase::line;
        break;
      case Layout::array:
        phase = Phase::start;
        break;
      case Layout::values:
        phase = Phase::value;
        break;
    }
    behind_piece = phase;
  }

  Error torn(std::string_view what) const {
    return Error{
        ErrorCode::corrupt,
        fmt::format("'{}': {} at byte {}; mend the file there, or take it out of the source",
                    options.path, what, at)};
  }
  bool in_page() const { return phase >= Phase::page_first && phase <= Phase::page_after; }

  Result<Found> step(std::string_view window, bool last, std::vector<Piece>& pieces);
  Result<Found> step_line(std::string_view rest, bool last, std::vector<Piece>& pieces);
  Result<Found> step_between(char c);
  Result<Found> step_enclosing(std::string_view rest);
  Result<Found> step_record(std::string_view rest, bool last, std::vector<Piece>& pieces);
  Result<Found> end_of_stream();
  void begin_record(char c);
  bool scalar_ends(std::string_view rest, bool last, std::size_t& used);
  Found finish_record(std::uint64_t end, std::vector<Piece>& pieces);

  SplitterOptions options;
  Phase phase = Phase::start;
  Phase behind_piece = Phase::start;  // what `phase` was behind the last piece
  std::uint64_t at = 0;               // looked at up to here
  std::uint64_t wanted = 0;           // kept from here
  bool in_record = false;
  bool passing_over = false;  // the record in work is too long to be kept
  std::uint64_t record_start = 0;
  enum class Form { balanced, text, scalar } form = Form::balanced;
  bool escaped = false;  // Form::text
  BalancedScan scan;
  std::optional<Error> pending;
};

Splitter::Splitter(SplitterOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Splitter::~Splitter() = default;
Splitter::Splitter(Splitter&&) noexcept = default;
Splitter& Splitter::operator=(Splitter&&) noexcept = default;

std::uint64_t Splitter::wanted() const { return state_->wanted; }
bool Splitter::ended() const { return state_->phase == Phase::ended; }
std::uint8_t Splitter::state() const { return static_cast<std::uint8_t>(state_->behind_piece); }

void Splitter::restore(std::uint8_t state, std::uint64_t offset) {
  state_->phase = static_cast<Phase>(state);
  state_->at = state_->wanted = offset;
  state_->in_record = false;
}

Status Splitter::split(std::string_view window, bool last, std::size_t pieces_max,
                       std::uint64_t bytes_max, std::vector<Piece>& pieces) {
  State& state = *state_;
  const std::uint64_t begin = state.wanted;
  std::uint64_t bytes = 0;
  const std::size_t before = pieces.size();
  // `at` may already be ahead of the window's beginning: a record that did not end in the last one.
  while (state.phase != Phase::ended) {
    if (pieces.size() - before >= pieces_max || bytes >= bytes_max) break;
    if (state.at - begin > window.size()) break;  // shorter than what was looked at already
    const std::string_view rest = window.substr(state.at - begin);
    Result<Found> found =
        state.pending ? Result<Found>(*state.pending) : state.step(rest, last, pieces);
    if (!found.ok()) {
      if (pieces.size() == before) return std::move(found).error();
      // What was found before the torn place is handed on first, however large the window.
      state.pending = std::move(found).error();
      break;
    }
    if (*found == Found::record) bytes += pieces.back().size;
    if (*found == Found::more) break;
  }
  if (!state.in_record || state.passing_over) {
    state.wanted = state.at;
  } else {
    state.wanted = state.record_start;
  }
  return ok_status();
}

Result<Found> Splitter::State::step(std::string_view rest, bool last, std::vector<Piece>& pieces) {
  if (in_record) return step_record(rest, last, pieces);
  if (phase == Phase::line) return step_line(rest, last, pieces);
  std::size_t blank = 0;
  while (blank < rest.size() && is_blank(rest[blank])) ++blank;
  at += blank;
  rest.remove_prefix(blank);
  if (rest.empty()) return last ? end_of_stream() : Result<Found>(Found::more);
  if (phase == Phase::enclosing) return step_enclosing(rest);
  if (phase == Phase::tail) return torn("something stands behind the end of the text");
  return step_between(rest[0]);
}

Result<Found> Splitter::State::end_of_stream() {
  if (phase != Phase::tail && phase != Phase::value) {
    return torn(at == options.first_byte
                    ? "there is no JSON text (an empty list is '[]'), looked for"
                    : "the file is cut off: it ends");
  }
  phase = Phase::ended;
  return Found::more;
}

Result<Found> Splitter::State::step_line(std::string_view rest, bool last,
                                         std::vector<Piece>& pieces) {
  if (rest.empty()) {
    if (!last) return Found::more;
    if (!in_record) {
      phase = Phase::ended;
      return Found::more;
    }
  }
  const std::uint64_t start = in_record ? record_start : at;
  const void* feed = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
  if (feed == nullptr && !last) {
    if (!in_record) {
      in_record = true;
      record_start = at;
    }
    at += rest.size();
    // Its text is not kept from here on; where it ends is still looked for.
    if (in_record && at - record_start > options.record_bytes_max) passing_over = true;
    return Found::more;
  }
  const std::size_t size =
      feed == nullptr ? rest.size()
                      : static_cast<std::size_t>(static_cast<const char*>(feed) - rest.data());
  const std::uint64_t end = at + size;
  at = end + (feed == nullptr ? 0 : 1);
  in_record = false;
  if (feed == nullptr) phase = Phase::ended;
  const bool too_long = passing_over || end - start > options.record_bytes_max;
  passing_over = false;
  if (too_long) {
    pieces.push_back({start, end - start, true});
    return Found::record;
  }
  // Blanks around the record belong to no record. They stand in this window: it begins at `start`.
  const char* text_end = rest.data() + size;
  const char* text = text_end - (end - start);
  const char* first = text;
  while (first < text_end && is_blank(*first)) ++first;
  while (text_end > first && is_blank(text_end[-1])) --text_end;
  if (first == text_end) return Found::nothing;
  pieces.push_back({start + static_cast<std::uint64_t>(first - text),
                    static_cast<std::uint64_t>(text_end - first), false});
  return Found::record;
}

Result<Found> Splitter::State::step_between(char c) {
  const bool page = in_page();
  if (phase == Phase::start) {
    if (c != '[') return torn("a list ('[') is expected");
    phase = Phase::first;
    ++at;
    return Found::nothing;
  }
  const bool first = phase == Phase::first || phase == Phase::page_first;
  const bool after = phase == Phase::after || phase == Phase::page_after;
  if (c == ']' && (first || after)) {
    ++at;
    if (page) {
      phase = Phase::after;
    } else if (options.tail_checked) {
      phase = options.enclosing.empty() ? Phase::tail : Phase::enclosing;
      scan.start(options.enclosing);
    } else {
      phase = Phase::ended;
    }
    return Found::nothing;
  }
  if (after) {
    if (c != ',') return torn("',' or ']' is expected behind a record");
    phase = page ? Phase::page_record : Phase::record;
    ++at;
    return Found::nothing;
  }
  if (c == ',' || c == ']' || c == '}' || c == ':') return torn("a record is expected");
  if (c == '[' && !page && phase != Phase::value) {
    phase = Phase::page_first;
    ++at;
    return Found::nothing;
  }
  begin_record(c);
  return Found::nothing;
}

// Behind the array: only brackets and strings count, up to the end of what encloses it.
Result<Found> Splitter::State::step_enclosing(std::string_view rest) {
  std::size_t used = 0;
  const BalancedScan::Result result = scan.scan(rest, used);
  at += used;
  if (result == BalancedScan::Result::mismatch) {
    --at;
    return torn("a bracket of the other kind is expected");
  }
  if (result == BalancedScan::Result::balanced) phase = Phase::tail;
  return Found::nothing;
}

void Splitter::State::begin_record(char c) {
  in_record = true;
  record_start = at;
  if (c == '{' || c == '[') {
    form = Form::balanced;
    scan.start();
  } else if (c == '"') {
    form = Form::text;
    escaped = false;
    ++at;
  } else {
    form = Form::scalar;
  }
}

bool Splitter::State::scalar_ends(std::string_view rest, bool last, std::size_t& used) {
  if (form == Form::text) {
    const std::size_t end = find_string_end(rest, escaped);
    used = end == std::string_view::npos ? rest.size() : end;
    return end != std::string_view::npos;
  }
  used = rest.find_first_of(" \n\r\t,[]{}\"");
  // A quote or bracket right behind its beginning: let it end there; what follows is then no comma.
  if (used == std::string_view::npos) {
    used = rest.size();
    return last;
  }
  return true;
}

Result<Found> Splitter::State::step_record(std::string_view rest, bool last,
                                           std::vector<Piece>& pieces) {
  if (phase == Phase::line) return step_line(rest, last, pieces);
  std::size_t used = 0;
  bool ended = false;
  if (form == Form::balanced) {
    const BalancedScan::Result result = scan.scan(rest, used);
    if (result == BalancedScan::Result::mismatch) {
      at += used - 1;
      return torn(fmt::format("the record that begins at byte {} has a bracket of the wrong kind",
                              record_start));
    }
    ended = result == BalancedScan::Result::balanced;
  } else {
    ended = scalar_ends(rest, last, used);
  }
  at += used;
  if (ended) return finish_record(at, pieces);
  if (last) {
    return torn(fmt::format("the file is cut off in the record that begins at byte {}: it ends",
                            record_start));
  }
  if (at - record_start > options.record_bytes_max) passing_over = true;
  return Found::more;
}

Found Splitter::State::finish_record(std::uint64_t end, std::vector<Piece>& pieces) {
  const bool too_long = passing_over || end - record_start > options.record_bytes_max;
  pieces.push_back({record_start, end - record_start, too_long});
  in_record = false;
  passing_over = false;
  if (phase != Phase::value) phase = in_page() ? Phase::page_after : Phase::after;
  behind_piece = phase;
  return Found::record;
}

}  // namespace decant::json
