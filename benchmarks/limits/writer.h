// Writes JSON for the limit programs: a buffer, an escaper, nothing else.
#pragma once

#include <charconv>

#include "job.h"

namespace limit {

class Output {
 public:
  explicit Output(const char* path) : file_(::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644)) {
    if (file_ < 0) die("cannot write", path);
    buffer_.reserve(kBytes + (1 << 16));
  }
  void raw(std::string_view text) { buffer_ += text; }
  void quoted(std::string_view text) {
    buffer_ += '"';
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      buffer_ += text.substr(from, i - from);
      escape(c);
      from = i + 1;
    }
    buffer_ += text.substr(from);
    buffer_ += '"';
  }
  void integer(std::int64_t value) {
    char text[24];
    buffer_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
  void end_record() {
    buffer_ += "}\n";
    if (buffer_.size() >= kBytes) flush();
  }
  void close() {
    flush();
    if (::fsync(file_) != 0 || ::close(file_) != 0) die("cannot sync");
  }

 private:
  static constexpr std::size_t kBytes = 1 << 20;
  void escape(unsigned char c) {
    if (c == '"' || c == '\\') {
      buffer_ += '\\';
      buffer_ += static_cast<char>(c);
    } else if (c == '\n') {
      buffer_ += "\\n";
    } else if (c == '\t') {
      buffer_ += "\\t";
    } else {
      char text[8];
      std::snprintf(text, sizeof text, "\\u%04x", c);
      buffer_ += text;
    }
  }
  void flush() {
    for (std::size_t done = 0; done < buffer_.size();) {
      const ssize_t got = ::write(file_, buffer_.data() + done, buffer_.size() - done);
      if (got < 0) die("cannot write");
      done += static_cast<std::size_t>(got);
    }
    buffer_.clear();
  }
  int file_;
  std::string buffer_;
};

}  // namespace limit
