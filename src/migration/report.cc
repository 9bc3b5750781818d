#include "decant/report.h"

#include "json/definition_json.h"
#include "json/document.h"
#include "verify/difference.h"

namespace decant {
namespace {

using json::Document;

constexpr std::int64_t kReportFormat = 1;

void add_books(Document& map, const Books& books) {
  map.add("read", books.read);
  map.add("inserted", books.inserted);
  map.add("updated", books.updated);
  map.add("unchanged", books.unchanged);
  map.add("superseded", books.superseded);
  map.add("duplicate", books.duplicate);
  map.add("quarantined", books.quarantined);
}

Document to_document(const Books& books) {
  Document map = Document::map();
  add_books(map, books);
  return map;
}

Document to_document(const VerifyTotals& totals) {
  Document map = Document::map();
  map.add("mode", totals.mode);
  map.add("proves", totals.proves());
  map.add("compared", totals.compared);
  map.add("missing", totals.missing);
  map.add("extra", totals.extra);
  map.add("extra_allowed", totals.extra_allowed);
  map.add("different", totals.different);
  map.add("excluded", totals.excluded);
  map.add("kept", totals.kept);
  map.add("clean", totals.clean());
  return map;
}

// JSON text that stands in a report as the value it is; text that is no JSON stands as a string.
Document embedded(const std::string& json_text) {
  bool valid = json::parse_document(json_text, "report").ok();
  return valid ? Document::raw(json_text) : Document::text(json_text);
}

// The difference's own object, with the collection in front.
Document to_document(const DifferenceReport& difference) {
  return Document::raw(verify::with_collection(difference.collection, difference.json));
}

Document to_document(const FileBooks& file) {
  Document map = Document::map();
  map.add("file", file.path);
  add_books(map, file.books);
  map.add("left", file.left);
  map.add("complete", file.complete);
  return map;
}

Document to_document(const CollectionReport& collection) {
  Document map = to_document(collection.books);
  map.add("left", collection.left);
  map.add("removed", collection.removed);
  map.add("written", collection.written);
  if (collection.verify) map.add("verify", to_document(*collection.verify));
  return map;
}

Document texts(const std::vector<std::string>& lines) {
  Document list = Document::list();
  for (const std::string& line : lines) list.add(Document::text(line));
  return list;
}

Document counts(const std::map<std::string, std::uint64_t>& by_word) {
  Document map = Document::map();
  for (const auto& [word, count] : by_word) map.add(word, count);
  return map;
}

void add_outcome(Document& map, const Report& report) {
  map.add("report", kReportFormat);
  map.add("decant", DECANT_VERSION);
  map.add("command", report.command);
  map.add("migration", report.migration);
  map.add("run", report.run);
  map.add("source", report.source);
  map.add("target", report.target);
  map.add("outcome", to_string(report.outcome));
  if (!report.error.empty()) map.add("error", report.error);
  map.add("dry_run", report.dry_run);
  map.add("resumed", report.resumed);
}

Document to_document(const FieldVerdictReport& field) {
  Document map = Document::map();
  map.add("side", field.side);
  if (!field.kind.empty()) map.add("kind", field.kind);
  map.add("field", field.field);
  map.add("verdict", field.verdict);
  map.add("text", field.text);
  if (!field.reason.empty()) map.add("reason", field.reason);
  if (!field.consequence.empty()) map.add("consequence", field.consequence);
  if (field.breaking) map.add("breaking", *field.breaking);
  if (!field.examples.empty()) map.add("examples", texts(field.examples));
  return map;
}

Document to_document(const CollectionPlanReport& collection) {
  Document map = Document::map();
  map.add("source", collection.source);
  map.add("target", collection.target);
  map.add("key", texts(collection.key));
  map.add("exists", collection.exists);
  map.add("definition", json::definition_to_document(collection.definition));
  if (collection.records) map.add("records", *collection.records);
  map.add("bad", collection.bad);
  Document fields = Document::list();
  for (const FieldVerdictReport& field : collection.fields) fields.add(to_document(field));
  map.add("fields", std::move(fields));
  map.add("problems", texts(collection.problems));
  map.add("notes", texts(collection.notes));
  return map;
}

Document to_document(const InspectCollection& collection) {
  Document map = Document::map();
  map.add("name", collection.name);
  map.add("records", collection.records);
  map.add("bytes", collection.bytes);
  map.add("bad", collection.bad);
  map.add("bad_reasons", counts(collection.bad_reasons));
  map.add("key", texts(collection.key));
  map.add("key_candidates", texts(collection.key_candidates));
  Document fields = Document::list();
  for (const InspectField& field : collection.fields) {
    Document& entry = fields.add(Document::map());
    entry.add("name", field.name);
    entry.add("types", counts(field.types));
    entry.add("present", field.present);
    entry.add("nulls", field.nulls);
    entry.add("distinct", field.distinct);
    entry.add("distinct_exact", field.distinct_exact);
    entry.add("examples", texts(field.examples));
  }
  map.add("fields", std::move(fields));
  return map;
}

}  // namespace

std::string_view to_string(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::clean:
      return "clean";
    case RunOutcome::attention:
      return "attention";
    case RunOutcome::failed:
      return "failed";
    case RunOutcome::refused:
      return "refused";
    case RunOutcome::interrupted:
      return "interrupted";
    case RunOutcome::invalid:
      return "invalid";
  }
  return "failed";
}

int exit_status(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::clean:
      return 0;
    case RunOutcome::attention:
      return 3;
    case RunOutcome::failed:
      return 1;
    case RunOutcome::refused:
      return 4;
    case RunOutcome::interrupted:
      return 130;
    case RunOutcome::invalid:
      return 2;
  }
  return 1;
}

std::string to_json(const Report& report) {
  Document map = Document::map();
  add_outcome(map, report);
  map.add("books", to_document(report.books));
  map.add("balanced", report.books.balanced());
  map.add("left", report.left);
  map.add("removed", report.removed);
  map.add("written", report.written);
  Document& collections = map.add("collections", Document::map());
  for (const CollectionReport& collection : report.collections) {
    collections.add(collection.name, to_document(collection));
  }
  Document& files = map.add("files", Document::list());
  for (const FileBooks& file : report.files) files.add(to_document(file));
  map.add("quarantine", counts(report.reasons));
  map.add("verify", to_document(report.verify.value_or(VerifyTotals{})));
  Document& differences = map.add("differences", Document::list());
  for (const DifferenceReport& difference : report.differences) {
    differences.add(to_document(difference));
  }
  if (!report.differences_file.empty()) map.add("differences_file", report.differences_file);
  if (report.plan) map.add("plan", Document::raw(to_json(*report.plan)));
  map.add("notes", texts(report.notes));
  map.add("seconds", report.seconds);
  double records = static_cast<double>(report.books.read);
  map.add("records_per_second", report.seconds > 0 ? records / report.seconds : 0.0);
  map.add("bytes_read", report.bytes_read);
  map.add("peak_rss_bytes", report.peak_rss_bytes);
  return map.to_text(true);
}

std::string to_json(const PlanReport& report) {
  Document map = Document::map();
  map.add("report", kReportFormat);
  map.add("decant", DECANT_VERSION);
  map.add("command", "plan");
  map.add("migration", report.migration);
  map.add("source", report.source);
  map.add("target", report.target);
  map.add("outcome", to_string(report.outcome));
  Document& collections = map.add("collections", Document::list());
  for (const CollectionPlanReport& collection : report.collections) {
    collections.add(to_document(collection));
  }
  map.add("left_behind", texts(report.left_behind));
  map.add("notes", texts(report.notes));
  return map.to_text(true);
}

std::string to_json(const InspectReport& report) {
  Document map = Document::map();
  map.add("report", kReportFormat);
  map.add("decant", DECANT_VERSION);
  map.add("command", "inspect");
  map.add("address", report.address);
  Document& collections = map.add("collections", Document::list());
  for (const InspectCollection& collection : report.collections) {
    collections.add(to_document(collection));
  }
  map.add("left_behind", texts(report.left_behind));
  return map.to_text(true);
}

std::string to_json(const StatusReport& report) {
  Document map = Document::map();
  map.add("report", kReportFormat);
  map.add("decant", DECANT_VERSION);
  map.add("command", "status");
  map.add("catalog", report.catalog);
  Document& runs = map.add("runs", Document::list());
  for (const RunStatus& run : report.runs) {
    Document& entry = runs.add(Document::map());
    entry.add("migration", run.migration);
    entry.add("run", run.run);
    entry.add("state", run.state);
    entry.add("outcome", run.outcome);
    entry.add("started", run.started);
    entry.add("source", run.source);
    entry.add("target", run.target);
    entry.add("books", to_document(run.books));
    entry.add("balanced", run.books.balanced());
    entry.add("quarantine_open", run.quarantine_open);
  }
  return map.to_text(true);
}

std::string to_json(const QuarantineEntry& entry) {
  Document map = Document::map();
  map.add("id", entry.id);
  map.add("migration", entry.migration);
  map.add("run", entry.run);
  map.add("collection", entry.collection);
  map.add("file", entry.file);
  map.add("ordinal", entry.ordinal);
  map.add("offset", entry.offset);
  map.add("key", entry.key);
  map.add("reason", entry.reason);
  map.add("message", entry.message);
  if (entry.is_text) {
    map.add("text", entry.record);
  } else {
    map.add("record", embedded(entry.record));
  }
  return map.to_text();
}

}  // namespace decant
