// What a command found and did, as data. Rendered as one JSON object by to_json() (format 1,
// docs/formats.md) and as text by the command line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decant/books.h"
#include "decant/definition.h"

namespace decant {

enum class RunOutcome { clean, attention, failed, refused, interrupted, invalid };
std::string_view to_string(RunOutcome outcome);
// 0, 3, 1, 4, 130, 2.
int exit_status(RunOutcome outcome);

struct VerifyTotals {
  // "exact", "sketch", "sample"; "mixed" where collections went different ways; "none": nothing was
  // verified, since it was not asked for or did not come to its end.
  std::string mode = "none";
  std::uint64_t compared = 0;
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t different = 0;
  std::uint64_t excluded = 0;
  std::uint64_t kept = 0;
  bool extra_allowed = false;
  bool verified() const { return mode != "none"; }
  bool proves() const { return verified() && mode != "sample"; }
  bool clean() const {
    return verified() && missing == 0 && different == 0 && (extra == 0 || extra_allowed);
  }
};

struct FieldDifference {
  std::string name;
  std::optional<std::string> source;  // JSON text; none: absent
  std::optional<std::string> target;
  std::string note;  // where both texts are the same: the types that differ
};

struct DifferenceReport {
  std::string collection;
  std::string key;   // for people: id="j-17", year=2024
  std::string kind;  // "missing", "extra", "different"
  std::vector<FieldDifference> fields;
  std::string place;  // of the source record: file, number and byte
  std::string json;   // the whole as a JSON object
};

struct CollectionReport {
  std::string name;
  Books books;
  std::uint64_t left = 0;
  std::uint64_t removed = 0;
  std::uint64_t written = 0;
  std::optional<VerifyTotals> verify;
};

struct FieldVerdictReport {
  std::string side;  // "source" or "target"
  std::string kind;  // of the plan; empty where it has none
  std::string field;
  std::string verdict;  // "lossless", "conditional", "lossy"
  std::string text;     // how it gets there; what must hold; what is lost
  std::string reason;   // the plan's own, where it gives one
  std::string consequence;
  bool declared = false;                  // lossy, and the plan says why
  std::optional<std::uint64_t> breaking;  // records that break the condition; only with a scan
  std::vector<std::string> examples;
};

struct CollectionPlanReport {
  std::string source;
  std::string target;
  std::vector<std::string> key;
  Definition definition;
  bool exists = false;
  std::vector<FieldVerdictReport> fields;
  std::vector<std::string> problems;  // what stands in the way of a run
  std::vector<std::string> notes;
  std::optional<std::uint64_t> records;
  std::uint64_t bad = 0;  // bad text, only with a scan
};

struct PlanReport {
  std::string migration;
  std::string source;
  std::string target;
  std::vector<CollectionPlanReport> collections;
  std::vector<std::string> left_behind;
  std::vector<std::string> notes;
  RunOutcome outcome = RunOutcome::clean;
};

struct Report {
  std::string command;
  std::string migration;
  std::string run;
  std::string source;  // resolved addresses
  std::string target;
  RunOutcome outcome = RunOutcome::clean;
  bool dry_run = false;
  bool resumed = false;
  Books books;
  std::uint64_t left = 0;
  std::uint64_t removed = 0;
  std::uint64_t written = 0;
  std::vector<CollectionReport> collections;
  std::vector<FileBooks> files;  // of sources with files
  std::optional<VerifyTotals> verify;
  std::vector<DifferenceReport> differences;     // at most differences_max
  std::string differences_file;                  // all of them, NDJSON; empty: none
  std::map<std::string, std::uint64_t> reasons;  // of quarantine
  bool source_changed = false;                   // the source was seen to change during the run
  std::vector<std::string> notes;                // what a person should know, one line each
  std::optional<PlanReport> plan;                // of a dry run: definitions and verdicts
  std::string error;                             // why it failed, was refused or interrupted
  double seconds = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t peak_rss_bytes = 0;
};

std::string to_json(const Report& report);

std::string to_json(const PlanReport& report);

struct InspectField {
  std::string name;
  std::map<std::string, std::uint64_t> types;  // type word -> records
  std::uint64_t present = 0;
  std::uint64_t nulls = 0;
  std::uint64_t distinct = 0;  // different values; an estimate where it is not exact
  bool distinct_exact = true;
  std::vector<std::string> examples;  // JSON text, shortened
};

struct InspectCollection {
  std::string name;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bad = 0;
  std::map<std::string, std::uint64_t> bad_reasons;
  std::vector<std::string> key;  // declared, where there is one
  std::vector<InspectField> fields;
  std::vector<std::string> key_candidates;  // "id", "control_number, year"
};

struct InspectReport {
  std::string address;
  std::vector<InspectCollection> collections;
  std::vector<std::string> left_behind;
};

std::string to_json(const InspectReport& report);

struct RunStatus {
  std::string migration;
  std::string run;
  std::string state;  // running (or dead), finished, failed, interrupted
  std::string outcome;
  std::string started;  // ISO 8601, UTC
  std::string source;
  std::string target;
  Books books;
  std::uint64_t quarantine_open = 0;
};

struct StatusReport {
  std::string catalog;
  std::vector<RunStatus> runs;  // newest first
};

std::string to_json(const StatusReport& report);

struct QuarantineQuery {
  std::string migration;  // empty: all
  std::string reason;     // empty: all
  std::uint64_t id = 0;   // 0: all
  std::uint64_t limit = 0;
};

struct QuarantineEntry {
  std::uint64_t id = 0;
  std::string migration;
  std::string run;
  std::string collection;
  std::string file;
  std::uint64_t ordinal = 0;
  std::uint64_t offset = 0;
  std::string key;
  std::string reason;
  std::string message;
  std::string record;  // JSON text, or the bad text as it stands
  bool is_text = false;
};

std::string to_json(const QuarantineEntry& entry);

}  // namespace decant
