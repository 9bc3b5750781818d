#include "cli/command_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "migration/plan.h"
#include "migration/session.h"
#include "stores/registry.h"

namespace decant::cli {
namespace {

// Set by the first SIGINT or SIGTERM; the second one ends the program as it always would.
volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

// Turns the signal flag into a stop request; polled, since a handler may do next to nothing.
class InterruptWatch {
 public:
  InterruptWatch() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // the write fails instead, and says which file
    thread_ = std::jthread([this](std::stop_token ending) {
      std::unique_lock lock(mutex_);
      while (!ending.stop_requested()) {
        if (interrupted != 0) source_.request_stop();
        condition_.wait_for(lock, ending, kPollInterval, [] { return false; });
      }
    });
  }
  std::stop_token token() const { return source_.get_token(); }

 private:
  static constexpr std::chrono::milliseconds kPollInterval{50};
  std::stop_source source_;
  std::mutex mutex_;
  std::condition_variable_any condition_;
  std::jthread thread_;  // last: it ends before what it uses
};

// Files that are opened later must not take the numbers of standard streams that are closed: their
// reads and writes fail instead.
void hold_standard_streams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    int held = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (held != stream) std::abort();  // the lowest free number is the closed one
  }
}

// A name in it may hold a NUL, which must not cut it.
void complain(std::string_view message) {
  std::string line = "decant: ";
  for (char c : message) line += c == '\0' ? std::string("\\0") : std::string(1, c);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int fail(const Error& error) {
  complain(error.message);
  return exit_status(error.code);
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

int print_or_fail(std::string_view text, int status) {
  if (print(text)) return status;
  return fail({ErrorCode::io, "standard output could not be written"});
}

Job job_of(const Invocation& invocation) {
  Job job;
  job.options = invocation.job;
  if (invocation.arguments.size() == 2) {
    job.source = invocation.arguments[0];
    job.target = invocation.arguments[1];
  } else if (!invocation.arguments.empty()) {
    job.plan_path = invocation.arguments[0];
  }
  return job;
}

template <typename AnyReport>
int show(const Invocation& invocation, const Result<AnyReport>& report, int status) {
  if (!report.ok()) return fail(report.error());
  return print_or_fail(invocation.format == "json" ? to_json(*report) : to_text(*report), status);
}

// The report goes to its file, or to standard output instead of the text.
int deliver(const Invocation& invocation, std::string_view command, const Result<Report>& result) {
  if (!result.ok() && invocation.report_path.empty()) return fail(result.error());
  Report report;
  if (result.ok()) {
    report = *result;
  } else {  // what was refused or invalid before it began has a report, too
    report.command = command;
    migration::take_error(result.error(), report);
  }
  int status = exit_status(report.outcome);
  if (!report.error.empty()) complain(report.error);
  if (invocation.report_path == "-") return print_or_fail(to_json(report), status);
  if (!invocation.report_path.empty()) {
    Status written = write_file_atomically(invocation.report_path, to_json(report));
    if (!written.ok()) return fail(std::move(written).error().in("--report"));
  }
  return result.ok() ? print_or_fail(to_text(report), status) : status;
}

int list_quarantine(Engine& engine, const Invocation& invocation) {
  bool show_one = invocation.command == CommandName::quarantine_show;
  QuarantineQuery query = invocation.quarantine;
  std::string place = invocation.arguments.empty() ? "" : invocation.arguments[0];
  if (show_one) {
    auto [end, failure] = std::from_chars(place.data(), place.data() + place.size(), query.id);
    if (failure != std::errc{} || end != place.data() + place.size() || query.id == 0) {
      return fail({ErrorCode::invalid,
                   "quarantine show takes the number of an entry, not '" + place + "'"});
    }
    place.clear();
  }
  bool lines = invocation.format == "json" || invocation.command == CommandName::quarantine_export;
  bool any = false;
  auto show = [&](const QuarantineEntry& entry) -> Status {
    any = true;
    std::string text = lines      ? to_json(entry) + "\n"
                       : show_one ? to_text_whole(entry)
                                  : to_text(entry);
    if (print(text)) return ok_status();
    return Error{ErrorCode::io, "standard output could not be written"};
  };
  Status done =
      engine.quarantine(migration::catalog_folder(invocation.job.catalog, place), query, show);
  if (!done.ok()) return fail(done.error());
  if (show_one && !any) {
    return fail({ErrorCode::not_found, "the quarantine has no entry " + std::to_string(query.id)});
  }
  return 0;
}

int execute(Engine& engine, const Invocation& invocation) {
  Job job = job_of(invocation);
  switch (invocation.command) {
    case CommandName::help: {
      auto page = help(invocation.arguments);
      return page.ok() ? print_or_fail(*page, 0) : fail(page.error());
    }
    case CommandName::version:
      return print_or_fail("decant " DECANT_VERSION "\n", 0);
    case CommandName::inspect:
      return show(invocation, engine.inspect(invocation.arguments[0]), 0);
    case CommandName::plan: {
      auto report = engine.plan(job);
      return show(invocation, report, report.ok() ? exit_status(report->outcome) : 0);
    }
    case CommandName::copy:
    case CommandName::run:
      return deliver(invocation, job.plan_path.empty() ? "copy" : "run", engine.run(job));
    case CommandName::verify:
      return deliver(invocation, "verify", engine.verify(job));
    case CommandName::repair:
      return deliver(invocation, "repair", engine.repair(job));
    case CommandName::status: {
      std::string place = invocation.arguments.empty() ? "" : invocation.arguments[0];
      return show(invocation,
                  engine.status(migration::catalog_folder(invocation.job.catalog, place)), 0);
    }
    case CommandName::quarantine_list:
    case CommandName::quarantine_show:
    case CommandName::quarantine_export:
      return list_quarantine(engine, invocation);
  }
  return 2;
}

}  // namespace

int run(int argc, const char* const* argv, const stores::Registry& registry) {
  hold_standard_streams();
  auto parsed = parse(argc, argv);
  if (!parsed.ok()) return fail(parsed.error());
  const Invocation& invocation = *parsed;
  if (invocation.command == CommandName::help || invocation.command == CommandName::version) {
    Engine idle{Environment{}};
    return execute(idle, invocation);
  }
  Terminal terminal(invocation.progress, invocation.log_level, invocation.job.yes,
                    invocation.confirm);
  InterruptWatch watch;
  SystemClock clock;
  Engine engine({&registry, &clock, &terminal, &terminal, watch.token()});
  int status = execute(engine, invocation);
  terminal.end_line();
  return status;
}

}  // namespace decant::cli
