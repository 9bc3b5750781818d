#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "cli/text.h"
#include "json/document.h"

namespace decant::cli {
namespace {

constexpr auto kPlainLineInterval = std::chrono::seconds(2);

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

ProgressStyle resolved(ProgressStyle style) {
  if (style != ProgressStyle::automatic) return style;
  return isatty(STDERR_FILENO) == 1 ? style : ProgressStyle::line;
}

void write_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Terminal::Terminal(ProgressStyle style, LogLevel level, bool yes, std::string confirmed_name)
    : style_(resolved(style)),
      level_(level),
      yes_(yes),
      colour_(isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr),
      confirmed_name_(std::move(confirmed_name)) {}

Terminal::~Terminal() { end_line(); }

void Terminal::end_line() {
  std::lock_guard lock(mutex_);
  if (line_open_) write_error("\n");
  line_open_ = false;
}

void Terminal::log(LogLevel level, std::string_view message) {
  if (level < level_) return;
  std::lock_guard lock(mutex_);
  std::string line = line_open_ ? "\r\033[K" : "";
  bool loud = colour_ && level >= LogLevel::warning;
  if (loud) line += level == LogLevel::error ? "\033[31m" : "\033[33m";
  line += fmt::format("{}: ", word(level));
  if (loud) line += "\033[0m";
  line += message;
  line += '\n';
  line_open_ = false;
  write_error(line);
}

void Terminal::progress(const Progress& progress) {
  if (style_ == ProgressStyle::none) return;
  std::lock_guard lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  std::string phase = fmt::format("{}/{}", progress.phase, progress.collection);
  bool new_phase = phase != phase_;
  if (new_phase) {
    if (line_open_) write_error("\n");
    line_open_ = false;
    phase_ = phase;
    phase_start_ = now;
  }
  if (style_ == ProgressStyle::json) return show_json(progress);
  bool live = style_ == ProgressStyle::automatic;
  bool complete = progress.records_total > 0 && progress.records >= progress.records_total;
  if (!live && !new_phase && !complete && now - last_line_ < kPlainLineInterval) return;
  last_line_ = now;
  show_line(progress, live);
}

void Terminal::show_line(const Progress& progress, bool live) {
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - phase_start_;
  std::string line = fmt::format("{} {}: {} records", progress.phase, progress.collection,
                                 grouped(progress.records));
  if (progress.bytes > 0) line += ", " + bytes_text(progress.bytes);
  if (progress.bytes_total > 0) line += " of " + bytes_text(progress.bytes_total);
  if (elapsed.count() > 0.5) {
    double rate = static_cast<double>(progress.records) / elapsed.count();
    line += fmt::format(", {}/s", grouped(static_cast<std::uint64_t>(rate)));
    if (progress.bytes_total > progress.bytes && progress.bytes > 0) {
      double share =
          static_cast<double>(progress.bytes) / static_cast<double>(progress.bytes_total);
      line += fmt::format(", {:.0f} s left", elapsed.count() * (1 - share) / share);
    }
  }
  if (progress.quarantined > 0)
    line += fmt::format(", {} quarantined", grouped(progress.quarantined));
  if (!progress.file.empty()) line += fmt::format(" [{}]", progress.file);
  if (live) {
    write_error("\r\033[K" + line);
    line_open_ = true;
  } else {
    write_error(line + "\n");
  }
}

void Terminal::show_json(const Progress& progress) {
  json::Document map = json::Document::map();
  map.add("phase", progress.phase);
  map.add("collection", progress.collection);
  map.add("file", progress.file);
  map.add("records", progress.records);
  map.add("records_total", progress.records_total);
  map.add("bytes", progress.bytes);
  map.add("bytes_total", progress.bytes_total);
  map.add("quarantined", progress.quarantined);
  write_error(map.to_text() + "\n");
}

bool Terminal::confirm(std::string_view question) {
  if (yes_) return true;
  if (isatty(STDIN_FILENO) != 1) return false;
  end_line();
  write_error(fmt::format("{} [y/N] ", question));
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
}

bool Terminal::confirm_name(std::string_view question, std::string_view name) {
  if (!confirmed_name_.empty()) return confirmed_name_ == name;
  if (isatty(STDIN_FILENO) != 1) return false;
  end_line();
  write_error(fmt::format("{} Type '{}' to confirm: ", question, name));
  std::string answer;
  return std::getline(std::cin, answer) && answer == name;
}

}  // namespace decant::cli
