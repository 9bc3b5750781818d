#include "stores/json/journal.h"

#include <fmt/format.h>

#include <cstdio>

namespace decant::stores {
namespace {

constexpr std::size_t kHeadBytes = 77;
constexpr std::size_t kBufferBytes = 512u << 10;

}  // namespace

Result<Journal> Journal::open(const std::string& path, std::uint64_t bytes) {
  if (bytes == 0) {
    DECANT_ASSIGN(File file, File::create(path));
    return Journal(std::move(file));
  }
  DECANT_ASSIGN(const FileStamp stamp, file_stamp(path));
  if (stamp.size < bytes) {
    return Error{ErrorCode::corrupt,
                 fmt::format("'{}' has {} bytes, and {} were durable; start again with --restart",
                             path, stamp.size, bytes)};
  }
  DECANT_ASSIGN(File file, File::open_append(path));
  DECANT_CHECK(file.truncate(bytes));
  Journal journal(std::move(file));
  journal.written_ = bytes;
  return journal;
}

Status Journal::append(JournalEntry& entry, std::string_view text) {
  entry.offset = written_ + buffer_.size() + kHeadBytes;
  entry.size = static_cast<std::uint32_t>(text.size());
  if (!file_.is_open()) return ok_status();
  char head[kHeadBytes + 1];
  const auto end = fmt::format_to_n(head, sizeof head, "{} {:016x}{:016x} {:016x}{:016x} {:08x}\n",
                                    entry.put ? 'P' : 'R', entry.key.high, entry.key.low,
                                    entry.content.high, entry.content.low, entry.size);
  buffer_.append({head, end.size});
  buffer_.append(text);
  buffer_.append('\n');
  return buffer_.size() >= kBufferBytes ? flush() : ok_status();
}

Status Journal::flush() {
  DECANT_CHECK(file_.write(buffer_.view()));
  written_ += buffer_.size();
  buffer_.clear();
  return ok_status();
}

Result<std::uint64_t> Journal::sync() {
  if (!file_.is_open()) return std::uint64_t{0};
  DECANT_CHECK(flush());
  DECANT_CHECK(file_.sync());
  return written_;
}

Result<std::string> Journal::text_of(std::uint64_t offset, std::uint32_t size) {
  DECANT_CHECK(flush());
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    DECANT_ASSIGN(const std::size_t count,
                  file_.read_at(offset + filled, text.data() + filled, text.size() - filled));
    if (count == 0) {
      return Error{ErrorCode::corrupt, fmt::format("'{}' is cut off at byte {}; start again with "
                                                   "--restart",
                                                   file_.path(), offset + filled)};
    }
    filled += count;
  }
  return text;
}

Result<JournalEntry> Journal::entry_of(std::uint64_t offset) {
  DECANT_ASSIGN(const std::string head, text_of(offset - kHeadBytes, kHeadBytes));
  char op = 0;
  unsigned long long words[4] = {};
  unsigned size = 0;
  const int count = std::sscanf(head.c_str(), "%c %16llx%16llx %16llx%16llx %8x", &op, &words[0],
                                &words[1], &words[2], &words[3], &size);
  if (count != 6 || (op != 'P' && op != 'R')) {
    return Error{ErrorCode::corrupt, fmt::format("'{}' is damaged at byte {}; start again with "
                                                 "--restart",
                                                 file_.path(), offset - kHeadBytes)};
  }
  return JournalEntry{op == 'P', {words[1], words[0]}, {words[3], words[2]}, offset, size};
}

Result<std::optional<JournalEntry>> Journal::next(std::uint64_t& position) {
  if (position >= written_ + buffer_.size()) return std::optional<JournalEntry>();
  DECANT_ASSIGN(const JournalEntry entry, entry_of(position + kHeadBytes));
  position = entry.offset + entry.size + 1;
  return std::optional<JournalEntry>(entry);
}

}  // namespace decant::stores
