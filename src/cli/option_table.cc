#include <algorithm>

#include "cli/options.h"

namespace decant::cli {
namespace {

constexpr CommandSpec kCommands[] = {
    {CommandName::inspect, "inspect", "ADDRESS", 1, 1,
     "Show what a store holds: records, fields with types and presence, candidates for keys",
     "Reads all of it, once, and writes nothing."},
    {CommandName::plan, "plan", "PLAN | SOURCE TARGET", 1, 2,
     "Show what a run would do, with a verdict for each field",
     "Resolves addresses, definitions and rules and prints each field's verdict: lossless, "
     "conditional or lossy. With --scan it reads all of the source and counts the records that "
     "break a condition, with three examples each. Exits with 3 where something is lossy without "
     "a `loss:` reason. Writes nothing."},
    {CommandName::copy, "copy", "SOURCE TARGET", 2, 2,
     "Copy records from one store into another, and verify them",
     "The same as `run` with a plan that has nothing but these two addresses and the options. The "
     "same command again resumes an unfinished run."},
    {CommandName::run, "run", "PLAN", 1, 1, "Run a plan: copy, balance the books, verify",
     "The same command again resumes an unfinished run of the same plan, and writes nothing where "
     "the target already holds the source."},
    {CommandName::verify, "verify", "PLAN | SOURCE TARGET", 1, 2,
     "Compare every record and field of the target with what the plan would write",
     "Exits with 3 where there are differences. Works against a target that Decant did not write."},
    {CommandName::repair, "repair", "PLAN | SOURCE TARGET", 1, 2,
     "Verify, and write what is missing or different",
     "Goes through the same checks, path and books as a run. Extra records stay, and so does "
     "what the policy keeps. With --dry-run it tells the books and the differences, and writes "
     "nothing."},
    {CommandName::status, "status", "[FOLDER | PLAN]", 0, 1,
     "List migrations and their runs from the catalog", "Reads the catalog only."},
    {CommandName::quarantine_list, "quarantine list", "[FOLDER | PLAN]", 0, 1,
     "List the records that could not be written, with reason and place", ""},
    {CommandName::quarantine_show, "quarantine show", "ID", 1, 1,
     "Show one record of the quarantine whole", ""},
    {CommandName::quarantine_export, "quarantine export", "[FOLDER | PLAN]", 0, 1,
     "Write the quarantine as NDJSON to standard output", ""},
    {CommandName::help, "help", "[COMMAND]", 0, 2, "Explain a command", ""},
    {CommandName::version, "--version", "", 0, 0, "Print the version", ""},
};

constexpr std::string_view kWork = "copy run verify repair";
constexpr std::string_view kWrite = "copy run repair";
constexpr std::string_view kShape = "plan copy run verify repair";
constexpr std::string_view kListing = "plan inspect status quarantine-list quarantine-show";

constexpr OptionSpec kOptions[] = {
    {"--catalog", "FOLDER", false,
     "plan copy run verify repair status quarantine-list quarantine-show quarantine-export",
     "Folder of the catalog", ".decant beside the plan, or in the working folder"},
    {"--confirm", "NAME", false, kWrite,
     "Confirm a destructive step by the name of its target, as a person would type it; no step of "
     "this version is one",
     ""},
    {"--dry-run", "", false, kWrite,
     "Write nothing; print the definition and the exact books that the run would have", ""},
    {"--duplicates", "first|last|quarantine", false, kShape,
     "What becomes of records of the source that share a key",
     "quarantine: the first stays, later equal ones are duplicates, later different ones go to "
     "quarantine"},
    {"--exclusive", "", false, kWrite,
     "Nobody else uses the target now: its indexes may be dropped and made again", ""},
    {"--format", "text|json", false, kListing, "How the result is printed", "text"},
    {"--key", "[COLLECTION=]FIELD,...", true, kShape, "The fields that identify a record",
     "the target's key, else the source's"},
    {"--limit", "N", false, "copy run",
     "Read at most N records of each collection; the others are left", "no limit"},
    {"--limit", "N", false, "quarantine-list quarantine-export", "Show at most N entries",
     "no limit"},
    {"--log-level", "debug|info|warning|error", false, "", "What is logged to standard error",
     "info"},
    {"--no-verify", "", false, "copy run", "Do not verify at the end", ""},
    {"--on-conflict", "insert|skip|upsert|newer-than:FIELD", false, kShape,
     "What happens to a record whose key the target holds with other content", "insert"},
    {"--only", "PATTERN", true, kShape, "Only collections whose source name matches", "all"},
    {"--progress", "auto|line|json|none", false, kWork, "How progress is shown", "auto"},
    {"--reason", "WORD", false, "quarantine-list quarantine-export", "Only entries of this reason",
     "all"},
    {"--report", "FILE", false, kWork, "Write the report as JSON; - is standard output", ""},
    {"--restart", "", false, "copy run",
     "Begin a new run although an unfinished one could be resumed", ""},
    {"--run-time", "TIME", false, kShape, "The migration's run time (RFC 3339)",
     "when its first run began"},
    {"--sample", "N", false, "verify copy run",
     "Compare N records only: a quick look that proves nothing", "all records"},
    {"--scan", "", false, "plan", "Read all of the source and count", ""},
    {"--sketch", "", false, kWork, "Verify by sketch, without spilling to disk", "exact join"},
    {"--skip", "PATTERN", true, kShape, "Not the collections whose source name matches", "none"},
    {"--threads", "N", false, kShape, "Threads that read", "one less than the cores, from 1 to 8"},
    {"--where", "CONDITION", true, kShape,
     "Only records for which this holds, as in a plan: 'status: active'", "all"},
    {"--yes", "", false, kWrite,
     "Answer ordinary questions with yes, never a destructive one; this version asks none", ""},
};

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::span<const CommandSpec> commands() { return kCommands; }
std::span<const OptionSpec> options() { return kOptions; }

bool takes(const CommandSpec& command, const OptionSpec& option) {
  if (option.commands.empty()) return true;
  std::string word(command.words);
  std::replace(word.begin(), word.end(), ' ', '-');
  return has_word(option.commands, word);
}

}  // namespace decant::cli
