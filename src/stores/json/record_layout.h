// How the records of a JSON file follow each other: an array, or lines.
#pragma once

#include <string_view>

#include "decant/batch.h"
#include "json/text_buffer.h"
#include "json/writer.h"
#include "stores/json/format.h"

namespace decant::stores {

class RecordLayout {
 public:
  RecordLayout(Format format, bool pretty)
      : array_(format == Format::json),
        pretty_(pretty && array_),
        writer_(pretty_ ? json::RecordWriter::Layout::pretty : json::RecordWriter::Layout::compact,
                pretty_ ? 1 : 0) {}

  std::string_view opening() const { return array_ ? "[" : ""; }
  std::string_view between(bool first) const {
    if (!array_) return "";
    if (pretty_) return first ? "\n  " : ",\n  ";
    return first ? "\n" : ",\n";
  }
  // The record alone, with the end of its line where it is one.
  void write(const Record& record, json::TextBuffer& out) {
    writer_.write(record, out);
    if (!array_) out.append('\n');
  }
  // Whether each record is followed by the end of its line.
  bool ends_lines() const { return !array_; }
  std::string_view closing(bool none) const {
    if (!array_) return "";
    return none ? "]\n" : "\n]\n";
  }

 private:
  bool array_;
  bool pretty_;
  json::RecordWriter writer_;
};

}  // namespace decant::stores
