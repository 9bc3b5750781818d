#include "cli/help.h"

#include <fmt/format.h>

#include "cli/options.h"
#include "mapping/reference.h"
#include "migration/plan.h"

namespace decant::cli {
namespace {

constexpr std::string_view kExitStatuses =
    "0 clean; 1 failed; 2 the command line or plan is wrong; 3 it ran, and something needs a "
    "person "
    "(records in quarantine, differences found); 4 refused because it would be unsafe; "
    "130 interrupted, resumable.";

std::string usage(const CommandSpec& command) {
  std::string text = fmt::format("decant {}", command.words);
  if (!command.arguments.empty()) text += fmt::format(" {}", command.arguments);
  return text;
}

std::string option_head(const OptionSpec& option) {
  std::string text(option.name);
  if (!option.argument.empty()) text += fmt::format(" {}", option.argument);
  return text;
}

std::string option_text(const OptionSpec& option) {
  std::string text(option.meaning);
  if (!option.default_value.empty()) text += fmt::format(" (default: {})", option.default_value);
  if (option.repeats) text += "; may be given several times";
  return text;
}

std::string overview() {
  std::string out =
      "decant moves live application records from one store into another and proves that nothing "
      "was lost.\n\nusage: decant COMMAND [OPTIONS]\n\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("  {:<40} {}\n", usage(command).substr(7), command.meaning);
  }
  out +=
      "\naddresses: json:jobs/*.json  ndjson:jobs.ndjson.zst  csv:jobs.csv  sqlite:jobs.db#jobs\n"
      "exit status: ";
  out += kExitStatuses;
  out += "\n'decant help COMMAND' lists the options of a command.\n";
  return out;
}

std::string page(const CommandSpec& command) {
  std::string out = fmt::format("usage: {} [OPTIONS]\n\n{}.\n", usage(command), command.meaning);
  if (!command.detail.empty()) out += fmt::format("{}\n", command.detail);
  out += "\noptions:\n";
  for (const OptionSpec& option : options()) {
    if (takes(command, option)) {
      out += fmt::format("  {:<44} {}\n", option_head(option), option_text(option));
    }
  }
  return out;
}

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string command_reference() {
  std::string out =
      "# Commands\n\nGenerated from the program's own table by `decant help reference-commands`; "
      "do not edit.\n\nExit status: ";
  out += kExitStatuses;
  out += "\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("\n## {}\n\n`{}`\n\n{}.\n", command.words, usage(command), command.meaning);
    if (!command.detail.empty()) out += fmt::format("{}\n", command.detail);
    std::string rows;
    for (const OptionSpec& option : options()) {
      if (command.name == CommandName::version || !takes(command, option)) continue;
      rows += fmt::format("| `{}` | {} |\n", markdown_cell(option_head(option)),
                          markdown_cell(option_text(option)));
    }
    if (!rows.empty()) out += "\n| option | meaning |\n|---|---|\n" + rows;
  }
  return out;
}

std::string key_row(std::string_view scope, std::string_view key, std::string_view type,
                    std::string_view initial, std::string_view meaning, std::string_view example) {
  return fmt::format("| {} | `{}` | {} | {} | {} | `{}` |\n", scope, key, markdown_cell(type),
                     markdown_cell(initial), markdown_cell(meaning), markdown_cell(example));
}

std::string plan_reference() {
  std::string out =
      "# Keys of a plan\n\nGenerated from the program's own tables by `decant help "
      "reference-plan`; do not edit.\nWith one collection, its keys stand at the top of the "
      "plan. Relative paths are relative to the plan's folder.\n\n"
      "| where | key | takes | default | meaning | example |\n|---|---|---|---|---|---|\n";
  for (const migration::PlanKey& key : migration::plan_keys()) {
    out += key_row(key.scope, key.key, key.type, key.initial, key.meaning, key.example);
  }
  for (const mapping::KeyReference& key : mapping::rule_keys()) {
    out += key_row(mapping::to_string(key.scope), key.key, key.type, key.initial, key.meaning,
                   key.example);
  }
  return out;
}

}  // namespace

Result<std::string> help(const std::vector<std::string>& words) {
  std::string asked = fmt::format("{}", fmt::join(words, " "));
  std::string out;
  if (asked.empty()) out = overview();
  if (asked == "reference-commands") out = command_reference();
  if (asked == "reference-plan") out = plan_reference();
  for (const CommandSpec& command : commands()) {
    bool group = std::string_view(command.words).starts_with(asked + " ");
    if (command.words == asked || (group && !asked.empty())) out += page(command);
  }
  if (out.empty()) {
    return Error{ErrorCode::invalid, "unknown command '" + asked + "'; 'decant help' lists them"};
  }
  return out;
}

}  // namespace decant::cli
