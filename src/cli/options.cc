#include "cli/options.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "base/nearest.h"
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
  if (auto best = nearest(word, known)) return wrong(message + "; did you mean " + std::string(*best) + "?");
  return wrong(message + "; see 'decant help " + std::string(command.words) + "'");
}

Error unknown_command(std::string_view word) {
  std::vector<std::string_view> known;
  for (const CommandSpec& command : commands()) {
    known.push_back(command.words.substr(0, command.words.find(' ')));
  }
  std::string message = "unknown command '" + std::string(word) + "'";
  if (auto best = nearest(word, known)) return wrong(message + "; did you mean '" + std::string(*best) + "'?");
  return wrong(message + "; 'decant help' lists them");
}

// The longest command whose words stand at the front; `used` says how many.
const CommandSpec* find_command(std::span<const std::string_view> words, std::size_t& used) {
  for (std::size_t count : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < count) continue;
    std::string joined(words[0]);
    if (count == 2) joined += " " + std::string(words[1]);
    for (const CommandSpec& command : commands()) {
      if (command.words == joined) return used = count, &command;
    }
  }
  return nullptr;
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
  job.keys.push_back(std::move(key));
  return ok_status();
}

Status set_policy(JobOptions& job, std::string_view text) {
  constexpr std::string_view kNewer = "newer-than:";
  if (text == "insert") job.on_conflict = Policy::insert;
  else if (text == "skip") job.on_conflict = Policy::skip;
  else if (text == "upsert") job.on_conflict = Policy::upsert;
  else if (text.starts_with(kNewer) && text.size() > kNewer.size()) {
    job.on_conflict = Policy::newer_than;
    job.newer_than = std::string(text.substr(kNewer.size()));
  } else {
    return wrong("--on-conflict takes insert, skip, upsert or newer-than:FIELD, not '" +
                 std::string(text) + "'");
  }
  return ok_status();
}

Status set_run_time(JobOptions& job, std::string_view text) {
  auto parsed = parse_timestamp(text);
  if (!parsed) {
    return wrong("--run-time takes a time with its zone, like 2026-03-02T10:00:00Z, not '" +
                 std::string(text) + "'");
  }
  job.run_time_us = parsed->as_int64();
  return ok_status();
}

Status set_flag(Invocation& to, std::string_view name) {
  static const std::map<std::string_view, bool JobOptions::*> kFlags = {
      {"--dry-run", &JobOptions::dry_run},     {"--exclusive", &JobOptions::exclusive},
      {"--no-verify", &JobOptions::no_verify}, {"--restart", &JobOptions::restart},
      {"--scan", &JobOptions::scan},           {"--sketch", &JobOptions::sketch},
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
    constexpr std::uint32_t kThreadsMax = 256;
    DECANT_ASSIGN(to.job.threads, parse_number<std::uint32_t>(name, value, 1));
    if (to.job.threads > kThreadsMax) return wrong("--threads takes at most 256");
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
  if (name == "--on-conflict") return set_policy(to.job, value);
  if (name == "--run-time") return set_run_time(to.job, value);
  if (name == "--catalog") return to.job.catalog = value, ok_status();
  if (name == "--confirm") return to.confirm = value, ok_status();
  if (name == "--reason") return to.quarantine.reason = value, ok_status();
  if (name == "--report") return to.report_path = value, ok_status();
  return set_word_option(to, option, value);
}

const OptionSpec* find_option(const CommandSpec& command, std::string_view name) {
  for (const OptionSpec& option : options()) {
    if (option.name == name && takes(command, option)) return &option;
  }
  return nullptr;
}

Status parse_words(const CommandSpec& command, std::span<const std::string_view> words,
                   Invocation& to) {
  std::vector<std::string_view> seen;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--") {
      for (++i; i < words.size(); ++i) to.arguments.emplace_back(words[i]);
      break;
    }
    if (!word.starts_with("-") || word == "-") {
      to.arguments.emplace_back(word);
      continue;
    }
    std::size_t equals = word.find('=');
    std::string_view name = word.substr(0, equals);
    const OptionSpec* option = find_option(command, name);
    if (option == nullptr) return unknown_option(name, command);
    bool again = std::find(seen.begin(), seen.end(), name) != seen.end();
    if (again && !option->repeats) return wrong(std::string(name) + " is given twice");
    seen.push_back(name);
    std::string value;
    if (equals != std::string_view::npos) {
      if (option->argument.empty()) return wrong(std::string(name) + " takes no value");
      value = std::string(word.substr(equals + 1));
    } else if (!option->argument.empty()) {
      if (i + 1 == words.size()) return wrong(std::string(name) + " takes " + std::string(option->argument));
      value = std::string(words[++i]);
    }
    DECANT_CHECK(set_option(to, *option, value));
  }
  return ok_status();
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

}  // namespace

Result<Invocation> parse(int argc, const char* const* argv) {
  std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
  Invocation invocation;
  if (words.empty()) return wrong("a command is missing; 'decant help' lists them");
  if (words[0] == "--help" || words[0] == "-h") words[0] = "help";
  bool wants_help = std::any_of(words.begin(), words.end(),
                                [](auto word) { return word == "--help" || word == "-h"; });
  std::size_t used = 0;
  const CommandSpec* command = find_command(words, used);
  if (command == nullptr) {
    if (words[0] == "quarantine") return wrong("quarantine takes list, show or export");
    return unknown_command(words[0]);
  }
  invocation.command = command->name;
  if (wants_help) {
    invocation.command = CommandName::help;
    if (command->name != CommandName::help) invocation.arguments = {std::string(command->words)};
    return invocation;
  }
  DECANT_CHECK(parse_words(*command, std::span(words).subspan(used), invocation));
  DECANT_CHECK(check_arguments(*command, invocation));
  return invocation;
}

}  // namespace decant::cli
