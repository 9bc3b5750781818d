#include "migration/plan.h"

namespace decant::migration {
namespace {

constexpr PlanKey kKeys[] = {
    {"plan", "decant", "1", "", "Format of the plan; needed", "decant: 1"},
    {"plan", "migration", "name", "", "Identity of the migration; needed", "migration: jobs"},
    {"plan", "source", "ADDRESS or map", "", "Where the records come from; needed",
     "source: ndjson:jobs.ndjson"},
    {"plan", "target", "ADDRESS or map", "", "Where they go; needed",
     "target: sqlite:jobs.db#jobs"},
    {"plan", "definitions", "path or map", "the target's, else inferred",
     "Shapes of target collections, by name (docs/formats.md)", "definitions: shapes.json"},
    {"plan", "names", "keep or snake_case", "keep", "How names are carried over",
     "names: snake_case"},
    {"plan", "rename", "map", "",
     "COLLECTION or COLLECTION.FIELD of the source: its new name (a source of files takes its "
     "collection's name from the target where that names one)",
     "rename: {Order Details: order_details}"},
    {"plan", "only", "list of patterns", "all", "Source collections that are moved",
     "only: [Album, Art*]"},
    {"plan", "skip", "list of patterns", "none", "Source collections that are left",
     "skip: [audit_*]"},
    {"plan", "policies", "map", "", "What happens to conflicts, duplicates and bad records",
     "policies: {on_conflict: upsert}"},
    {"plan", "collections", "map", "all, as they are", "Rules by target collection",
     "collections: {jobs: {from: postings, key: [id], rest: keep}}"},
    {"plan", "verify", "map", "", "How the run is verified", "verify: {mode: sketch}"},
    {"plan", "limits", "map", "", "Bounds of the work", "limits: {threads: 2}"},
    {"source", "address", "ADDRESS", "", "The store and its place; needed",
     "address: json:export.json"},
    {"source", "records", "JSON Pointer", "the whole file",
     "Where the records stand inside of a document", "records: /data/items"},
    {"source", "columns", "list of names", "the first line", "Columns of CSV without a header",
     "columns: [id, name, title]"},
    {"source", "format", "array, ndjson or csv", "by the ending", "How the text is read",
     "format: ndjson"},
    {"target", "address", "ADDRESS", "", "The store and its place; needed",
     "address: sqlite:jobs.db#jobs"},
    {"target", "exclusive", "true or false", "false", "Nobody else uses the target during a run",
     "exclusive: true"},
    {"target", "format", "array, ndjson or csv", "by the ending", "How the text is written",
     "format: array"},
    {"target", "pretty", "true or false", "false", "JSON with line breaks and indentation",
     "pretty: true"},
    {"policies", "on_conflict", "insert, skip, upsert or newer-than:FIELD", "insert",
     "A record whose key the target holds with other content", "on_conflict: upsert"},
    {"policies", "duplicates", "first, last or quarantine",
     "quarantine: the first stays, a later different one is quarantined",
     "Records of the source that share a key", "duplicates: last"},
    {"policies", "quarantine_max", "count or share (5%)", "no limit",
     "More quarantined records than this stop the run", "quarantine_max: 1%"},
    {"verify", "mode", "exact or sketch", "exact, or sketch where disk is short",
     "How the two sides are compared", "mode: sketch"},
    {"verify", "extra", "different or allow",
     "allow where the target held records before the first run",
     "What records of the target mean that the source does not have", "extra: different"},
    {"verify", "differences_max", "count", "1000", "Differences listed in the report",
     "differences_max: 100"},
    {"limits", "threads", "count", "one less than the cores, from 1 to 8", "Threads that read",
     "threads: 2"},
};

}  // namespace

std::span<const PlanKey> plan_keys() { return kKeys; }

}  // namespace decant::migration
