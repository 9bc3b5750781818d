#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace decant::cli {
namespace {

void add_line(std::string& out, std::string_view line) {
  out += line;
  out += '\n';
}

// "inserted 3, updated 1": only what is not zero.
std::string books_text(const Books& books) {
  std::string text = fmt::format("read {}", grouped(books.read));
  auto add = [&](std::string_view word, std::uint64_t count) {
    if (count > 0) text += fmt::format(", {} {}", word, grouped(count));
  };
  add("inserted", books.inserted);
  add("updated", books.updated);
  add("unchanged", books.unchanged);
  add("superseded", books.superseded);
  add("duplicate", books.duplicate);
  add("quarantined", books.quarantined);
  return text;
}

std::string verify_text(const VerifyTotals& totals) {
  std::string text = fmt::format("{} compared ({})", grouped(totals.compared), totals.mode);
  text += fmt::format(": {} missing, {} different, {} extra{}", grouped(totals.missing),
                      grouped(totals.different), grouped(totals.extra),
                      totals.extra > 0 && totals.extra_allowed ? " (allowed)" : "");
  if (totals.excluded > 0) text += fmt::format(", {} excluded", grouped(totals.excluded));
  if (totals.kept > 0) text += fmt::format(", {} kept", grouped(totals.kept));
  if (totals.mode == "sample") text += "; a sample proves nothing";
  return text;
}

void add_differences(std::string& out, const Report& report) {
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(kShown, report.differences.size()); ++i) {
    const DifferenceReport& difference = report.differences[i];
    add_line(out,
             fmt::format("  {} {} {}", difference.kind, difference.collection, difference.key));
    if (difference.kind != "different") continue;
    for (const FieldDifference& field : difference.fields) {
      add_line(out, fmt::format("    {}: source {}, target {}", field.name,
                                field.source.value_or("absent"), field.target.value_or("absent")) +
                        (field.note.empty() ? "" : " (" + field.note + ")"));
    }
  }
  if (report.differences.size() > kShown) {
    add_line(out, fmt::format("  ... and more; --report FILE lists {}",
                              grouped(report.differences.size())));
  }
  if (!report.differences_file.empty()) {
    add_line(out, fmt::format("  all of them: {}", report.differences_file));
  }
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

void add_verdict(std::string& out, const FieldVerdictReport& field) {
  std::string mark = field.verdict == "lossy" && !field.declared ? "!" : " ";
  std::string line =
      fmt::format("  {} {:<24} {:<12} {}", mark, field.field, field.verdict, field.text);
  if (!field.reason.empty()) line += fmt::format(" ({})", field.reason);
  if (field.breaking) {
    line += fmt::format("; {} records break it", grouped(*field.breaking));
    if (*field.breaking > 0 && !field.consequence.empty())
      line += fmt::format(": {}", field.consequence);
  }
  add_line(out, line);
  for (const std::string& example : field.examples) add_line(out, "        " + example);
}

void add_collection(std::string& out, const CollectionPlanReport& collection) {
  add_line(out, fmt::format("\n{} -> {}{}", collection.source, collection.target,
                            collection.exists ? "" : " (will be created)"));
  if (!collection.key.empty()) add_line(out, fmt::format("  key: {}", joined(collection.key)));
  if (collection.records) {
    add_line(out,
             fmt::format(
                 "  records: {}{}", grouped(*collection.records),
                 collection.bad > 0 ? fmt::format(", bad text: {}", grouped(collection.bad)) : ""));
  }
  for (std::string_view side : {"target", "source"}) {
    bool any = std::any_of(collection.fields.begin(), collection.fields.end(),
                           [&](const FieldVerdictReport& field) { return field.side == side; });
    if (any) add_line(out, fmt::format("  {} fields:", side));
    for (const FieldVerdictReport& field : collection.fields) {
      if (field.side == side) add_verdict(out, field);
    }
  }
  for (const std::string& note : collection.notes) add_line(out, "  note: " + note);
  for (const std::string& problem : collection.problems) add_line(out, "  PROBLEM: " + problem);
}

void add_types(std::string& line, const InspectField& field) {
  bool first = true;
  for (const auto& [word, count] : field.types) {
    line += fmt::format("{}{} {}", first ? "" : ", ", word, grouped(count));
    first = false;
  }
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string to_text(const Report& report) {
  std::string out;
  add_line(out, fmt::format("{} {}: {}{}", report.command, report.migration,
                            to_string(report.outcome), report.dry_run ? " (dry run)" : ""));
  if (report.resumed) add_line(out, "  resumed an unfinished run");
  bool copied = report.command != "verify";
  for (const CollectionReport& collection : report.collections) {
    std::string line = fmt::format("  {}: ", collection.name);
    if (copied) line += books_text(collection.books);
    if (copied && collection.left > 0) line += fmt::format("; left {}", grouped(collection.left));
    if (collection.verify && copied) line += "\n    ";
    if (collection.verify) line += verify_text(*collection.verify);
    add_line(out, line);
  }
  if (copied && report.collections.size() != 1) {
    add_line(out, "  in all: " + books_text(report.books));
  }
  if (copied) {
    add_line(out, report.books.balanced() ? "  the books balance" : "  THE BOOKS DO NOT BALANCE");
  }
  for (const auto& [reason, count] : report.reasons) {
    add_line(out, fmt::format("  quarantine: {} {}", grouped(count), reason));
  }
  if (report.verify) {
    add_line(out, "  verified: " + verify_text(*report.verify));
  } else if (!report.dry_run) {
    add_line(out, "  not verified");
  }
  add_differences(out, report);
  for (const std::string& note : report.notes) add_line(out, "  note: " + note);
  if (report.seconds > 0 && report.books.read > 0) {
    double rate = static_cast<double>(report.books.read) / report.seconds;
    add_line(out, fmt::format("  {:.2f} s, {} records/s", report.seconds,
                              grouped(static_cast<std::uint64_t>(rate))));
  }
  return out;
}

std::string to_text(const PlanReport& report) {
  std::string out;
  add_line(out, fmt::format("plan {}: {}", report.migration, to_string(report.outcome)));
  add_line(out, fmt::format("  from {}\n  to   {}", report.source, report.target));
  for (const CollectionPlanReport& collection : report.collections) add_collection(out, collection);
  if (!report.left_behind.empty()) add_line(out, "\nnot moved:");
  for (const std::string& line : report.left_behind) add_line(out, "  " + line);
  for (const std::string& note : report.notes) add_line(out, "note: " + note);
  return out;
}

std::string to_text(const InspectReport& report) {
  std::string out;
  for (const InspectCollection& collection : report.collections) {
    add_line(out, fmt::format("{}: {} records, {}", collection.name, grouped(collection.records),
                              bytes_text(collection.bytes)));
    if (collection.bad > 0) add_line(out, fmt::format("  bad text: {}", grouped(collection.bad)));
    for (const auto& [reason, count] : collection.bad_reasons) {
      add_line(out, fmt::format("    {} {}", grouped(count), reason));
    }
    if (!collection.key.empty()) add_line(out, fmt::format("  key: {}", joined(collection.key)));
    for (const std::string& candidate : collection.key_candidates) {
      add_line(out, fmt::format("  candidate for a key: {}", candidate));
    }
    if (collection.key.empty() && collection.key_candidates.empty() && collection.records > 0) {
      add_line(out, "  candidate for a key: none (no field or pair is unique and always present)");
    }
    for (const InspectField& field : collection.fields) {
      double share = collection.records == 0 ? 0
                                             : 100.0 * static_cast<double>(field.present) /
                                                   static_cast<double>(collection.records);
      std::string line = fmt::format("  {:<24} {:>5.1f}%  ", field.name, share);
      add_types(line, field);
      if (!field.examples.empty()) line += "  e.g. " + field.examples[0];
      add_line(out, line);
    }
  }
  for (const std::string& line : report.left_behind) add_line(out, "not moved: " + line);
  return out;
}

std::string to_text(const StatusReport& report) {
  std::string out;
  add_line(out, report.catalog);
  if (report.runs.empty()) add_line(out, "  no runs");
  for (const RunStatus& run : report.runs) {
    add_line(out, fmt::format("  {} {} {} {} {}", run.started, run.migration, run.run, run.state,
                              run.outcome));
    add_line(out, fmt::format("    {} -> {}", run.source, run.target));
    add_line(out, fmt::format("    {}{}", books_text(run.books),
                              run.quarantine_open > 0 ? fmt::format("; {} open in quarantine",
                                                                    grouped(run.quarantine_open))
                                                      : ""));
  }
  return out;
}

std::string to_text(const QuarantineEntry& entry) {
  std::string place = entry.file.empty() ? entry.collection : entry.file;
  return fmt::format("{}\t{}\t{}\t{}:{} (byte {})\t{}\n", entry.id, entry.reason, entry.key, place,
                     entry.ordinal, entry.offset, entry.message);
}

std::string to_text_whole(const QuarantineEntry& entry) {
  std::string out;
  add_line(out, fmt::format("{} of {} ({})", entry.id, entry.migration, entry.run));
  add_line(out, fmt::format("  reason: {}", entry.reason));
  add_line(out, fmt::format("  {}", entry.message));
  add_line(out, fmt::format("  collection: {}", entry.collection));
  add_line(out,
           fmt::format("  place: {} record {} byte {}", entry.file, entry.ordinal, entry.offset));
  if (!entry.key.empty()) add_line(out, fmt::format("  key: {}", entry.key));
  add_line(out, entry.record);
  return out;
}

}  // namespace decant::cli
