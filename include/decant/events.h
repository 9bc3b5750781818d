// What the library says and asks while it works. It never prints, asks or exits by itself: the
// command line and the service pass these in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decant {

enum class LogLevel { debug, info, warning, error };

struct Progress {
  std::string_view phase;  // "scan", "copy", "index", "verify", "repair"
  std::string_view collection;
  std::string_view file;      // source file or partition in work; may be empty
  std::uint64_t records = 0;  // so far, of this phase and collection
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;    // 0: not known
  std::uint64_t records_total = 0;  // 0: not known
  std::uint64_t quarantined = 0;
};

// Thread-safe: called from any thread of a run.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void log(LogLevel level, std::string_view message) = 0;
  // Called at most every progress_interval_ms, and once at the end of a phase.
  virtual void progress(const Progress& progress) = 0;
};

// Questions to a person. Without one (no terminal), a question is an error that names its option.
class Ask {
 public:
  virtual ~Ask() = default;
  // Ordinary questions; `--yes` answers them.
  virtual bool confirm(std::string_view question) = 0;
  // Destructive steps: the typed name must equal `name`. Never answered by `--yes`.
  virtual bool confirm_name(std::string_view question, std::string_view name) = 0;
};

}  // namespace decant
