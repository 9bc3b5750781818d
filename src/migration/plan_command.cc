#include "migration/plan_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "migration/read_all.h"

namespace decant::migration {
namespace {

mapping::VerdictOptions verdict_options(const Prepared& prepared,
                                        const ResolvedCollection& collection) {
  mapping::VerdictOptions options;
  options.keeps_notes = collection.keep_notes;
  options.types_fit = collection.origin == DefinitionOrigin::inferred;
  options.nulls = prepared.resolved.target->capabilities().nulls;
  return options;
}

FieldVerdictReport report_of(const mapping::FieldVerdict& verdict) {
  FieldVerdictReport report;
  report.side = verdict.side == mapping::FieldVerdict::Side::target ? "target" : "source";
  report.kind = verdict.kind;
  report.field = verdict.field;
  report.verdict = std::string(mapping::to_string(verdict.fidelity));
  report.text = verdict.text;
  report.reason = verdict.reason;
  report.consequence = verdict.consequence;
  report.declared = verdict.declared;
  return report;
}

// What one target collection's scan needs of one source collection.
struct ScanOf {
  std::uint32_t collection;
  mapping::Scan scan;
};

std::vector<ScanOf> scans_of(const Prepared& prepared, const SourceFeed& feed) {
  std::vector<ScanOf> scans;
  for (std::uint32_t place = 0; place < feed.targets.size(); ++place) {
    const ResolvedCollection& collection = prepared.resolved.collections[feed.targets[place]];
    scans.push_back(
        {feed.targets[place], mapping::Scan(feed.mapping, place, verdicts_of(prepared, collection),
                                            collection.definition)});
  }
  return scans;
}

std::string example_text(const Prepared& prepared, const mapping::ScanExample& example) {
  const auto& files = prepared.resolved.source_view->files();
  std::string place = example.origin.file < files.size() ? files[example.origin.file] + " " : "";
  return fmt::format("{}record {}: {}", place, example.origin.ordinal, example.value);
}

void take_scan(const Prepared& prepared, const mapping::Scan::Summary& summary,
               CollectionPlanReport& report) {
  report.records = report.records.value_or(0) + summary.records;
  for (const mapping::ScanCount& count : summary.counts) {
    FieldVerdictReport& field = report.fields[count.verdict];
    field.breaking = field.breaking.value_or(0) + count.records;
    for (const mapping::ScanExample& example : count.examples) {
      field.examples.push_back(example_text(prepared, example));
    }
  }
  if (summary.quarantined > 0) {
    report.notes.push_back(
        fmt::format("{} records cannot be mapped and would go to quarantine", summary.quarantined));
  }
}

Status scan_source(const Environment& environment, Prepared& prepared, PlanReport& report) {
  for (const SourceFeed& feed : prepared.feeds) {
    std::vector<ScanOf> scans = scans_of(prepared, feed);
    std::uint64_t bad = 0;
    auto take = [&](std::uint32_t, const Batch& batch) {
      bad += batch.bad.size();
      for (ScanOf& entry : scans) entry.scan.add(batch);
    };
    DECANT_CHECK(read_all(feed.collection, environment.sink, environment.stop,
                          *prepared.resolved.source_view, take));
    for (std::uint32_t index : feed.targets) report.collections[index].bad += bad;
    for (ScanOf& entry : scans) {
      take_scan(prepared, entry.scan.summary(), report.collections[entry.collection]);
    }
  }
  return ok_status();
}

RunOutcome outcome_of(const PlanReport& report) {
  for (const CollectionPlanReport& collection : report.collections) {
    if (!collection.problems.empty()) return RunOutcome::attention;
  }
  return RunOutcome::clean;
}

}  // namespace

std::vector<mapping::FieldVerdict> verdicts_of(const Prepared& prepared,
                                               const ResolvedCollection& collection) {
  return mapping::verdicts(collection.rules, collection.seen_fields, collection.definition,
                           verdict_options(prepared, collection));
}

Result<PlanReport> plan_report(const Environment& environment, Prepared& prepared, bool scan) {
  PlanReport report;
  report.migration = prepared.plan.name;
  report.source = prepared.resolved.source->name();
  report.target = prepared.resolved.target->name();
  report.left_behind = prepared.resolved.left_behind;
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    CollectionPlanReport& entry = report.collections.emplace_back();
    for (const std::string& name : collection.from) {
      entry.source += (entry.source.empty() ? "" : ", ") + name;
    }
    entry.target = collection.name;
    entry.key = collection.key;
    entry.definition = collection.definition;
    entry.exists = collection.exists;
    entry.notes = collection.notes;
    for (const mapping::FieldVerdict& verdict : verdicts_of(prepared, collection)) {
      entry.fields.push_back(report_of(verdict));
      if (verdict.fidelity != mapping::Fidelity::lossy || verdict.declared) continue;
      entry.problems.push_back(
          fmt::format("'{}' loses something: {}; a run refuses it without 'loss: REASON'",
                      verdict.field, verdict.text));
    }
  }
  if (scan) DECANT_CHECK(scan_source(environment, prepared, report));
  report.outcome = outcome_of(report);
  return report;
}

}  // namespace decant::migration
