#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <deque>
#include <map>

#include "base/nearest.h"
#include "migration/overlay.h"
#include "model/temporal.h"

namespace decant::cli {
namespace {

Error wrong(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

Error unknown_option(std::string_view word, const CommandSpec& command) {
  std::vector<std::string_view> known;
  for (const OptionSpec& option : options()) {
    if (option.name == word) {
      return wrong("'" + std::string(command.words) + "' does not take " + std::string(word) +
                   "; see 'decant help " + std::string(command.words) + "'");
    }
    if (takes(command, option)) known.push_back(option.name);
  }
  std::string message = "unknown option " + std::string(word);
  if (auto best = nearest(word, known))
    return wrong(message + "; did you mean " + std::string(*best) + "?");
  return wrong(message + "; see 'decant help " + std::string(command.words) + "'");
}

Error unknown_command(std::string_view word) {
  std::vector<std::string_view> known;
  for (const CommandSpec& command : commands()) {
    known.push_back(command.words.substr(0, command.words.find(' ')));
  }
  std::string message = "unknown command '" + std::string(word) + "'";
  if (auto best = nearest(word, known))
    return wrong(message + "; did you mean '" + std::string(*best) + "'?");
  return wrong(message + "; 'decant help' lists them");
}

template <typename T>
Result<T> parse_number(std::string_view option, std::string_view text, T least) {
  T value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value < least) {
    return wrong(std::string(option) + " takes a whole number from " + std::to_string(least) +
                 ", not '" + std::string(text) + "'");
  }
  return value;
}

// The value's place among `words`, which stand as "a|b|c" in the table.
Result<std::size_t> parse_word(const OptionSpec& option, std::string_view text) {
  std::size_t index = 0;
  for (std::string_view rest = option.argument; !rest.empty(); ++index) {
    std::size_t end = std::min(rest.find('|'), rest.size());
    if (rest.substr(0, end) == text) return index;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return wrong(std::string(option.name) + " takes " + std::string(option.argument) + ", not '" +
               std::string(text) + "'");
}

Status set_key(JobOptions& job, std::string_view text) {
  std::pair<std::string, std::vector<std::string>> key;
  std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    key.first = std::string(text.substr(0, equals));
    text.remove_prefix(equals + 1);
  }
  while (true) {
    std::size_t end = std::min(text.find(','), text.size());
    if (end == 0) return wrong("--key takes [COLLECTION=]FIELD,... without empty names");
    key.second.emplace_back(text.substr(0, end));
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  for (const auto& [collection, fields] : job.keys) {
    if (collection != key.first) continue;
    return wrong("--key is given twice" +
                 (collection.empty() ? std::string() : " for '" + collection + "'") +
                 "; several fields of one key stand in one option: --key FIELD,FIELD");
  }
  job.keys.push_back(std::move(key));
  return ok_status();
}

Status set_run_time(JobOptions& job, std::string_view text) {
  auto parsed = parse_timestamp(text);
  if (!parsed) {
    return wrong("--run-time takes a time with its zone, like 2026-03-02T10:00:00Z, not '" +
                 std::string(text) + "'");
  }
  job.run_time_us = parsed->microseconds;
  return ok_status();
}

Status set_flag(Invocation& to, std::string_view name) {
  static const std::map<std::string_view, bool JobOptions::*> kFlags = {
      {"--dry-run", &JobOptions::dry_run},
      {"--exclusive", &JobOptions::exclusive},
      {"--no-verify", &JobOptions::no_verify},
      {"--restart", &JobOptions::restart},
      {"--scan", &JobOptions::scan},
      {"--sketch", &JobOptions::sketch},
      {"--yes", &JobOptions::yes},
  };
  to.job.*kFlags.at(name) = true;
  return ok_status();
}

Status set_list_option(Invocation& to, std::string_view name, const std::string& value) {
  if (name == "--key") return set_key(to.job, value);
  if (name == "--only") to.job.only.push_back(value);
  if (name == "--skip") to.job.skip.push_back(value);
  if (name == "--where") to.job.where.push_back(value);
  return ok_status();
}

Status set_word_option(Invocation& to, const OptionSpec& option, std::string_view value) {
  DECANT_ASSIGN(std::size_t index, parse_word(option, value));
  if (option.name == "--duplicates") {
    constexpr Duplicates kWords[] = {Duplicates::first, Duplicates::last, Duplicates::quarantine};
    to.job.duplicates = kWords[index];
  } else if (option.name == "--format") {
    to.format = std::string(value);
  } else if (option.name == "--log-level") {
    to.log_level = static_cast<LogLevel>(index);
  } else {
    to.progress = static_cast<ProgressStyle>(index);
  }
  return ok_status();
}

Status set_number_option(Invocation& to, std::string_view name, std::string_view value) {
  if (name == "--threads") {
    DECANT_ASSIGN(to.job.threads, parse_number<std::uint32_t>(name, value, 1));
    if (to.job.threads > migration::threads_max) return wrong("--threads takes at most 256");
    return ok_status();
  }
  std::uint64_t least = name == "--sample" ? 1 : 0;
  DECANT_ASSIGN(std::uint64_t number, parse_number<std::uint64_t>(name, value, least));
  if (name == "--sample") to.job.sample = number;
  if (name == "--limit") to.job.limit = to.quarantine.limit = number;
  return ok_status();
}

Status set_option(Invocation& to, const OptionSpec& option, const std::string& value) {
  std::string_view name = option.name;
  if (option.argument.empty()) return set_flag(to, name);
  if (value.empty()) return wrong(std::string(name) + " takes " + std::string(option.argument));
  if (option.repeats) return set_list_option(to, name, value);
  if (name == "--threads" || name == "--sample" || name == "--limit") {
    return set_number_option(to, name, value);
  }
  if (name == "--on-conflict") {
    if (migration::set_policy(value, to.job)) return ok_status();
    return wrong("--on-conflict takes insert, skip, upsert or newer-than:FIELD, not '" + value +
                 "'");
  }
  if (name == "--run-time") return set_run_time(to.job, value);
  if (name == "--catalog") return to.job.catalog = value, ok_status();
  if (name == "--confirm") return to.confirm = value, ok_status();
  if (name == "--reason") return to.quarantine.reason = value, ok_status();
  if (name == "--report") return to.report_path = value, ok_status();
  return set_word_option(to, option, value);
}

Status check_arguments(const CommandSpec& command, const Invocation& invocation) {
  int count = static_cast<int>(invocation.arguments.size());
  if (count >= command.arguments_min && count <= command.arguments_max) return ok_status();
  std::string usage = "decant " + std::string(command.words);
  if (!command.arguments.empty()) usage += " " + std::string(command.arguments);
  if (count > command.arguments_max) {
    return wrong("'" + invocation.arguments[static_cast<std::size_t>(command.arguments_max)] +
                 "' is one argument too many; usage: " + usage);
  }
  return wrong("an argument is missing; usage: " + usage);
}

// One command of the table as CLI11 knows it, with the words it was given.
struct Parsed {
  const CommandSpec* spec = nullptr;
  CLI::App* app = nullptr;
  std::vector<std::string> arguments;
  std::vector<std::vector<std::string>> values;  // by option of the table
};

CLI::App* add_command(CLI::App& root, CLI::App& group, const CommandSpec& spec) {
  std::string_view words = spec.words;
  std::size_t blank = words.find(' ');
  if (blank == std::string_view::npos) return root.add_subcommand(std::string(words));
  return group.add_subcommand(std::string(words.substr(blank + 1)));
}

void declare(CLI::App& root, CLI::App& group, const CommandSpec& spec, Parsed& parsed) {
  parsed.spec = &spec;
  parsed.app = add_command(root, group, spec);
  parsed.app->set_help_flag();
  parsed.app->allow_extras();
  parsed.app->add_flag("-h,--help");
  parsed.app->add_option("arguments", parsed.arguments);
  parsed.values.resize(options().size());
  for (std::size_t i = 0; i < options().size(); ++i) {
    const OptionSpec& option = options()[i];
    if (!takes(spec, option)) continue;
    std::string name(option.name);
    if (option.argument.empty())
      parsed.app->add_flag(name);
    else
      parsed.app->add_option(name, parsed.values[i])->expected(1)->take_all();
  }
}

Status take_options(const Parsed& parsed, Invocation& to) {
  for (std::size_t i = 0; i < options().size(); ++i) {
    const OptionSpec& option = options()[i];
    std::string name(option.name);
    std::size_t times = takes(*parsed.spec, option) ? parsed.app->count(name) : 0;
    if (times > 1 && !option.repeats) return wrong(name + " is given twice");
    if (times > 0 && option.argument.empty()) DECANT_CHECK(set_option(to, option, ""));
    for (const std::string& value : parsed.values[i]) DECANT_CHECK(set_option(to, option, value));
  }
  return ok_status();
}

Status take_command(const Parsed& parsed, Invocation& to) {
  to.command = parsed.spec->name;
  if (parsed.app->count("--help") > 0) {
    to.command = CommandName::help;
    to.arguments = {std::string(parsed.spec->words)};
    return ok_status();
  }
  for (const std::string& word : parsed.app->remaining()) {
    if (word.starts_with("-") && word != "-") {
      return unknown_option(word.substr(0, word.find('=')), *parsed.spec);
    }
  }
  to.arguments = parsed.arguments;
  DECANT_CHECK(take_options(parsed, to));
  return check_arguments(*parsed.spec, to);
}

}  // namespace

Result<Invocation> parse(int argc, const char* const* argv) {
  CLI::App root;
  root.set_help_flag();
  root.allow_extras();
  root.require_subcommand(0, 1);  // what follows is an argument, also where a command is called so
  bool help = false;
  bool version = false;
  root.add_flag("-h,--help", help);
  root.add_flag("--version", version);
  CLI::App* quarantine = root.add_subcommand("quarantine");
  quarantine->allow_extras();
  quarantine->require_subcommand(0, 1);
  std::deque<Parsed> all;
  for (const CommandSpec& spec : commands()) {
    if (spec.name != CommandName::version) declare(root, *quarantine, spec, all.emplace_back());
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return wrong(failure.what());  // a value is missing or too many
  }
  Invocation invocation;
  if (version && argc > 2) return wrong("--version stands alone");
  if (version) return invocation.command = CommandName::version, invocation;
  for (const Parsed& parsed : all) {
    if (!parsed.app->parsed()) continue;
    DECANT_CHECK(take_command(parsed, invocation));
    return invocation;
  }
  if (help) return invocation;
  std::vector<std::string> rest = root.remaining(true);
  if (root.got_subcommand("quarantine")) return wrong("quarantine takes list, show or export");
  if (!rest.empty()) return unknown_command(rest[0]);
  return wrong("a command is missing; 'decant help' lists them");
}

}  // namespace decant::cli
