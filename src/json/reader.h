// JSON text into Values, strictly: what two readers could understand differently is refused.
//
// Refused, each with a reason word of its own: bad syntax, invalid UTF-8, lone surrogates, a key
// twice in one object (at any level), nesting past nesting_max, numbers past decimal_digits_max or
// decimal_exponent_max, and anything after the value. Numbers keep their text: an integer that fits
// 64 bits (and is not -0) becomes int64, every other number a decimal.
//
// simdjson's first stage (chosen for the machine when the program runs) finds the structure and
// checks UTF-8; one walk over it in document order makes the values. Strings without an escape are
// views into the text.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "decant/batch.h"
#include "decant/value.h"

namespace decant::json {

// Bytes that must be readable behind a text that is parsed in place. What they hold is no matter.
inline constexpr std::size_t kPaddingBytes = 64;

// Why a text is refused. `reason` is one of: "syntax", "invalid_utf8", "lone_surrogate",
// "duplicate_key", "nesting", "number_too_long", "not_an_object", "too_many_fields",
// "name_too_long", "record_too_long".
struct Refusal {
  std::string_view reason;
  std::string message;       // what is wrong, and at which byte of the text
  std::uint64_t offset = 0;  // that byte
};

// One record's text in a larger one.
struct RecordText {
  std::uint64_t offset = 0;  // in the larger text
  std::uint64_t size = 0;
  Origin origin;
};

// Parses records into batches. Not thread-safe: one a thread. The shapes come from `shapes`, which
// must outlive the parser.
class RecordParser {
 public:
  explicit RecordParser(ShapeTable& shapes);
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;

  // Appends a Record or a BadText to `batch` for each of `records`, in their order. The values view
  // into `text`, which must live as long as the batch (usually in its arena) and be followed by
  // kPaddingBytes. A bad record never harms its neighbours.
  void parse(std::string_view text, std::span<const RecordText> records, Batch& batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Parses single values of any type. Not thread-safe: one a thread.
class ValueParser {
 public:
  ValueParser();
  ~ValueParser();
  ValueParser(ValueParser&&) noexcept;

  // The value of `text`, which is copied into `arena` first. False with `refusal` filled where it
  // is refused.
  bool parse(std::string_view text, Arena& arena, Value& value, Refusal& refusal);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::json
