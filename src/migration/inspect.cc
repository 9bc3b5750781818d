#include "migration/inspect.h"

#include "mapping/statistics.h"
#include "migration/read_all.h"
#include "migration/restored_view.h"
#include "stores/registry.h"

namespace decant::migration {
namespace {

InspectField field_of(const mapping::FieldSummary& summary) {
  InspectField field;
  field.name = summary.name;
  field.present = summary.present;
  field.nulls = summary.nulls;
  field.distinct = summary.distinct;
  field.distinct_exact = summary.distinct_exact;
  field.examples = summary.examples;
  for (std::size_t type = 0; type < summary.types.size(); ++type) {
    if (summary.types[type] == 0) continue;
    field.types[std::string(to_string(static_cast<Type>(type)))] = summary.types[type];
  }
  return field;
}

std::string candidate_text(const mapping::KeyCandidate& candidate) {
  std::string text;
  for (const std::string& field : candidate.fields) text += (text.empty() ? "" : ",") + field;
  return candidate.proven ? text : text + " (by a sample of its values)";
}

Result<InspectCollection> inspect_collection(const Environment& environment, View& view,
                                             const Definition& definition) {
  InspectCollection report;
  report.name = definition.name;
  report.key = definition.key;
  mapping::FieldStatistics statistics;
  auto take = [&](std::uint32_t, const Batch& batch) {
    statistics.add(batch);
    report.bytes += batch.source_bytes;
    report.bad += batch.bad.size();
    for (const BadText& bad : batch.bad) ++report.bad_reasons[std::string(bad.reason)];
  };
  DECANT_CHECK(read_all(definition.name, environment.sink, environment.stop, view, take));
  mapping::CollectionSummary summary = statistics.summary();
  report.records = summary.records;
  for (const mapping::FieldSummary& field : summary.fields)
    report.fields.push_back(field_of(field));
  for (const mapping::KeyCandidate& candidate : summary.keys) {
    report.key_candidates.push_back(candidate_text(candidate));
  }
  return report;
}

}  // namespace

Result<InspectReport> inspect(const Environment& environment, const std::string& address) {
  DECANT_ASSIGN(stores::Address parsed, environment.registry->parse(address));
  StoreOptions options;
  options.stop = environment.stop;
  DECANT_ASSIGN(auto store, environment.registry->open(parsed, options));
  DECANT_ASSIGN(auto definitions, store->describe());
  DECANT_ASSIGN(auto opened, store->view());
  auto view = restored_view(std::move(opened));
  InspectReport report;
  report.address = store->name();
  for (const Definition& definition : definitions) {
    DECANT_ASSIGN(auto collection, inspect_collection(environment, *view, definition));
    report.collections.push_back(std::move(collection));
    for (const std::string& line : definition.left_behind) report.left_behind.push_back(line);
  }
  return report;
}

}  // namespace decant::migration
