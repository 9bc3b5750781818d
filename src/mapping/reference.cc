#include "mapping/reference.h"

namespace decant::mapping {
namespace {

using Scope = KeyReference::Scope;

constexpr KeyReference kRuleKeys[] = {
    {Scope::collection, "from", "NAME or list of them", "the collection of the same name",
     "The source collections whose records become records of this one.", "from: [jobs, old_jobs]"},
    {Scope::collection, "key", "FIELD or list of them", "the target's key, else the source's",
     "The target fields that tell one record from every other.", "key: [control_number, year]"},
    {Scope::collection, "where", "condition", "all records",
     "Which records are taken; the others are left alone, and counted as left.",
     "where: {status: active}"},
    {Scope::collection, "kinds", "map of NAME: kind", "one kind, for all records",
     "The sorts of records in one collection; the first whose `when` holds maps the record.",
     "kinds: {job: {when: {PK: {prefix: 'JOB#'}}, rest: keep}}"},
    {Scope::collection, "otherwise", "quarantine | leave", "quarantine",
     "What becomes of a record that is of no kind.", "otherwise: leave"},
    {Scope::kind, "when", "condition", "",
     "Which records are of this kind. Only inside of `kinds`.", "when: {PK: {prefix: 'JOB#'}}"},
    {Scope::kind, "map", "map of TARGET: rule", "",
     "How each target field is made: a source field's name, or a rule.",
     "map: {full_name: name, role: {from: role, default: user}}"},
    {Scope::kind, "rest", "keep | drop | {into: FIELD} | {drop: REASON}", "",
     "What becomes of the source fields that nothing else names. Without it, such a field is an "
     "error of the plan; without `map` and `drop`, too, all fields are kept.",
     "rest: {into: extra}"},
    {Scope::kind, "drop", "map of FIELD: reason", "",
     "Source fields that are given up, and why. Also a list of {field, reason}.",
     "drop: {legacy_id: nobody has read it since 2019}"},
    {Scope::field, "from", "FIELD or list of them", "the field of the target's name",
     "The source field; of several spellings, the first that the record has.",
     "title: {from: [job_title, Job Title]}"},
    {Scope::field, "null_if", "value or list of them", "",
     "Values that stand for nothing: they become null.",
     "salary: {from: salary, null_if: [NA, '']}"},
    {Scope::field, "strip_prefix", "text", "",
     "Taken off the front; a text that does not begin so is quarantined (prefix_missing).",
     "job_id: {from: PK, strip_prefix: 'JOB#'}"},
    {Scope::field, "strip_suffix", "text", "",
     "Taken off the end; a text that does not end so is quarantined (suffix_missing).",
     "hours: {from: hours, strip_suffix: ' h'}"},
    {Scope::field, "prefix", "text", "", "Put in front of a text, an integer or a decimal.",
     "PK: {from: id, prefix: 'JOB#'}"},
    {Scope::field, "suffix", "text", "", "Put behind a text, an integer or a decimal.",
     "file: {from: name, suffix: .json}"},
    {Scope::field, "values", "map of SOURCE: TARGET", "",
     "A value table. A value that is not in it is quarantined (no_value); null passes.",
     "status: {from: active, values: {true: active, false: inactive}}"},
    {Scope::field, "values_otherwise", "value", "",
     "What every value that is not in `values` becomes.",
     "status: {from: state, values: {open: active}, values_otherwise: unknown}"},
    {Scope::field, "cast",
     "integer | decimal | number | real | text | boolean | timestamp | timestamp_local | date | "
     "json",
     "", "Another type, strictly: a value that does not fit is quarantined (cast).",
     "year: {from: year, cast: integer}"},
    {Scope::field, "default", "value or {run_time: iso}", "",
     "Where the source has no such field. 0, false, '' and null are there; the run time is that of "
     "the migration's first run.",
     "role: {from: role, default: user}"},
    {Scope::field, "const", "value", "", "The same in every record. Without `from`.",
     "entity: {const: JOB}"},
    {Scope::field, "whole", "true | json", "",
     "The whole source record, in one field of nested values. Without `from`.",
     "raw: {whole: true}"},
    {Scope::field, "once", "true | false", "false",
     "Written when the record is inserted, never again, and not compared.",
     "created_at: {from: created_at, default: {run_time: iso}, once: true}"},
    {Scope::field, "loss", "text", "",
     "Why it is right that something of this field is lost; without it `run` refuses.",
     "year: {from: date, strip_suffix: '-01-01', loss: only years were ever entered}"},
    {Scope::condition, "prefix", "text", "", "A text that begins so.", "PK: {prefix: 'JOB#'}"},
    {Scope::condition, "one_of", "list of values", "", "Equal to one of them.",
     "status: {one_of: [open, paused]}"},
    {Scope::condition, "range", "[LOW, HIGH]", "",
     "Between the two, both included; null for no bound. Numbers by value, text by bytes, times "
     "by moment.",
     "score: {range: [0, 10]}"},
    {Scope::condition, "pattern", "text", "",
     "A text that matches as a whole: ECMAScript syntax without backreferences and lookahead.",
     "posted: {pattern: '\\d{4}-\\d{2}-\\d{2}'}"},
    {Scope::condition, "present", "true | false", "",
     "Whether the record has the field; null, '' and 0 are there.", "email: {present: false}"},
    {Scope::condition, "any", "list of conditions", "",
     "At least one of them holds. It stands where a field's name would.",
     "any: [{status: open}, {urgent: true}]"},
};

}  // namespace

std::span<const KeyReference> rule_keys() { return kRuleKeys; }

std::vector<std::string_view> known_keys(KeyReference::Scope scope) {
  std::vector<std::string_view> keys;
  for (const KeyReference& entry : kRuleKeys) {
    if (entry.scope == scope) keys.push_back(entry.key);
  }
  return keys;
}

std::string_view to_string(KeyReference::Scope scope) {
  switch (scope) {
    case Scope::collection:
      return "collection";
    case Scope::kind:
      return "kind";
    case Scope::field:
      return "field";
    case Scope::condition:
      return "condition";
  }
  return "";
}

}  // namespace decant::mapping
