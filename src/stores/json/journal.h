// What was staged into a target that is there: one entry a record, appended until the end, when all
// of them are merged into the target at once.
//
//   entry:  OP ' ' KEY ' ' CONTENT ' ' SIZE '\n' TEXT '\n'
//   OP:     'P' put, 'R' removed;  KEY, CONTENT: 32 hexadecimal digits each;  SIZE: 8 of them
//   TEXT:   the record as JSON (empty for 'R')
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/hash.h"
#include "decant/result.h"
#include "json/text_buffer.h"

namespace decant::stores {

struct JournalEntry {
  bool put = true;
  Hash128 key;
  Hash128 content;
  std::uint64_t offset = 0;  // of the text in the journal
  std::uint32_t size = 0;
};

// One thread.
class Journal {
 public:
  // `bytes`: goes on behind so many; what follows them is cut off.
  static Result<Journal> open(const std::string& path, std::uint64_t bytes);
  // Keeps nothing: for a dry run.
  static Journal none() { return Journal({}); }

  // `entry.offset` and `size` are set.
  Status append(JournalEntry& entry, std::string_view text);
  Result<std::uint64_t> sync();  // the bytes that are durable
  Result<std::string> text_of(std::uint64_t offset, std::uint32_t size);
  // The entry whose text is at `offset`.
  Result<JournalEntry> entry_of(std::uint64_t offset);
  // The entry that begins at `position`, which moves behind it; nothing at the end.
  Result<std::optional<JournalEntry>> next(std::uint64_t& position);

 private:
  explicit Journal(File file) : file_(std::move(file)) {}
  Status flush();

  File file_;
  json::TextBuffer buffer_;
  std::uint64_t written_ = 0;  // bytes in the file, without the buffer
};

}  // namespace decant::stores
