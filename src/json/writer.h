// Values into JSON text. The inverse of reader.h for what JSON holds; what it does not hold has one
// declared form, which the definition beside the file names on the way back:
//   bytes: base64 (with padding); timestamp: 2024-01-31T10:20:30.123456Z, in UTC; timestamp_local:
//   the same without Z; date, time: ISO 8601; interval: ISO 8601 duration; uuid: 8-4-4-4-12 in
//   small letters; sets: sorted lists; foreign: its text as a string; a double: its shortest form
//   that reads back, NaN and infinities as the strings "NaN", "Infinity", "-Infinity".
// Absent fields and members are left out.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "decant/batch.h"
#include "decant/value.h"
#include "json/text_buffer.h"

namespace decant::json {

// Appends the JSON text of a value. An absent one is written as null.
void write_value(const Value& value, TextBuffer& out);
// The same as a string, for messages and small things.
std::string to_json(const Value& value);
// Appends `text` in quotes, escaped as JSON wants it and no further.
void write_text(std::string_view text, TextBuffer& out);

// Writes whole records; keeps the rendered keys of each shape it has seen. Not thread-safe.
class RecordWriter {
 public:
  enum class Layout { compact, pretty };
  // Pretty: two blanks a level; the record itself begins at `indent` levels.
  explicit RecordWriter(Layout layout = Layout::compact, unsigned indent = 0);
  ~RecordWriter();
  RecordWriter(RecordWriter&&) noexcept;

  // Appends one JSON object, without a line end.
  void write(const Record& record, TextBuffer& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::json
