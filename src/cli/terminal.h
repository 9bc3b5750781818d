// What goes to standard error while a command works: log lines and progress; and the questions to
// a person. Results go to standard output and are none of this file's business.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "cli/options.h"
#include "decant/events.h"

namespace decant::cli {

// Colour and the live line only where standard error is a terminal and NO_COLOR is not set.
class Terminal final : public EventSink, public Ask {
 public:
  Terminal(ProgressStyle style, LogLevel level, bool yes, std::string confirmed_name);
  ~Terminal() override;

  void log(LogLevel level, std::string_view message) override;
  void progress(const Progress& progress) override;
  // Ends the live line, so that what follows begins on a line of its own.
  void end_line();

  bool confirm(std::string_view question) override;
  bool confirm_name(std::string_view question, std::string_view name) override;

 private:
  void show_line(const Progress& progress, bool live);
  void show_json(const Progress& progress);

  std::mutex mutex_;
  ProgressStyle style_;
  LogLevel level_;
  bool yes_;
  bool colour_;
  bool line_open_ = false;
  std::string confirmed_name_;
  std::string phase_;
  std::chrono::steady_clock::time_point phase_start_;
  std::chrono::steady_clock::time_point last_line_;
};

}  // namespace decant::cli
