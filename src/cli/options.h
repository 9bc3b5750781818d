// Commands and options of the command line: one table that the parser, `help` and the generated
// reference read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decant/engine.h"
#include "decant/result.h"

namespace decant::cli {

enum class CommandName {
  inspect,
  plan,
  copy,
  run,
  verify,
  repair,
  status,
  quarantine_list,
  quarantine_show,
  quarantine_export,
  help,
  version,
};

struct CommandSpec {
  CommandName name;
  std::string_view words;      // "copy", "quarantine list"
  std::string_view arguments;  // "SOURCE TARGET"
  int arguments_min;
  int arguments_max;
  std::string_view meaning;  // one line
  std::string_view detail;   // a paragraph for `help COMMAND` and the reference
};

struct OptionSpec {
  std::string_view name;      // "--on-conflict"
  std::string_view argument;  // "POLICY"; empty: a flag
  bool repeats;
  std::string_view commands;  // words of the commands that take it, blank separated
  std::string_view meaning;
  std::string_view default_value;
};

std::span<const CommandSpec> commands();
std::span<const OptionSpec> options();
bool takes(const CommandSpec& command, const OptionSpec& option);

enum class ProgressStyle { automatic, line, json, none };

struct Invocation {
  CommandName command = CommandName::help;
  std::vector<std::string> arguments;
  JobOptions job;
  std::string report_path;  // "-": standard output; empty: none
  ProgressStyle progress = ProgressStyle::automatic;
  LogLevel log_level = LogLevel::info;
  std::string confirm;          // --confirm NAME
  std::string format = "text";  // of plan, inspect, status, quarantine: text or json
  QuarantineQuery quarantine;
};

// The command line taken apart and checked. Every mistake is `invalid` and names the word and the
// nearest known one.
Result<Invocation> parse(int argc, const char* const* argv);

}  // namespace decant::cli
