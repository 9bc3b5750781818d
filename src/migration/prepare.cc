#include "migration/prepare.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "json/definition_json.h"
#include "json/document.h"
#include "migration/plan_command.h"

namespace decant::migration {
namespace {

Status read_created(catalog::Run& run, History& history) {
  DECANT_ASSIGN(auto created, run.fact(kCreatedFact));
  if (!created) return ok_status();
  DECANT_ASSIGN(history.created, json::definitions_from_json(*created, "the catalog"));
  return ok_status();
}

Status read_held(catalog::Run& run, History& history) {
  DECANT_ASSIGN(auto held, run.migration_fact(kHeldFact));
  if (!held) return ok_status();
  DECANT_ASSIGN(json::Document names, json::parse_document(*held, "the catalog"));
  for (const json::Document& name : names.items()) history.held.push_back(name.as_text());
  history.first_run_seen = true;
  return ok_status();
}

Result<History> read_history(const Environment& environment, const std::string& folder,
                             const std::string& migration) {
  History history;
  std::string path = catalog_path(folder);
  if (!path_exists(path)) return history;
  DECANT_ASSIGN(auto catalog,
                catalog::Catalog::open(path, catalog::CatalogMode::read_only, *environment.clock));
  DECANT_ASSIGN(auto found, catalog->find(migration));
  if (!found) return history;
  history.run_time_us = found->run_time_us;
  DECANT_ASSIGN(auto runs, catalog->runs(found->id));
  for (const catalog::RunInfo& info : runs) {
    if (info.command == "repair") continue;
    history.last_run = info.id;
    history.unfinished = info.state != catalog::RunState::finished;
  }
  if (!history.last_run) return history;
  DECANT_ASSIGN(auto run, catalog->run(*history.last_run));
  DECANT_CHECK(read_held(*run, history));
  if (history.unfinished) DECANT_CHECK(read_created(*run, history));
  return history;
}

// Lossy fields without a reason stop a run before anything happens.
Status refuse_losses(const Prepared& prepared) {
  for (const ResolvedCollection& collection : prepared.resolved.collections) {
    for (const mapping::FieldVerdict& verdict : verdicts_of(prepared, collection)) {
      if (verdict.fidelity != mapping::Fidelity::lossy || verdict.declared) continue;
      return Error{ErrorCode::refused,
                   fmt::format("collection '{}', field '{}' loses something: {}; say why that is "
                               "right with 'loss: REASON' (decant plan shows all of them)",
                               collection.name, verdict.field, verdict.text)};
    }
  }
  return ok_status();
}

}  // namespace

bool was_created(const History& history, std::string_view collection) {
  return std::any_of(history.created.begin(), history.created.end(),
                     [&](const Definition& definition) { return definition.name == collection; });
}

Result<Prepared> prepare(const Environment& environment, const Job& job) {
  Prepared prepared;
  DECANT_ASSIGN(prepared.plan, plan_of(job, *environment.registry));
  prepared.folder = catalog_folder(job.options.catalog, job.plan_path);
  DECANT_ASSIGN(prepared.history, read_history(environment, prepared.folder, prepared.plan.name));
  prepared.run_time_us = job.options.run_time_us.value_or(
      prepared.history.run_time_us.value_or(environment.clock->now_us()));
  ResolveOptions options;
  options.registry = environment.registry;
  options.sink = environment.sink;
  options.stop = environment.stop;
  options.run_time_us = prepared.run_time_us;
  options.created = prepared.history.created;
  DECANT_ASSIGN(prepared.resolved, resolve(prepared.plan, options));
  DECANT_ASSIGN(prepared.feeds, source_feeds(prepared.resolved, prepared.run_time_us));
  return prepared;
}

void announce(const Environment& environment, const Prepared& prepared) {
  environment.sink->log(LogLevel::info, fmt::format("{} -> {}", prepared.resolved.source->name(),
                                                    prepared.resolved.target->name()));
}

Result<Prepared> prepare_to_write(const Environment& environment, const Job& job) {
  DECANT_ASSIGN(Prepared prepared, prepare(environment, job));
  announce(environment, prepared);
  DECANT_CHECK(refuse_losses(prepared));
  return prepared;
}

}  // namespace decant::migration
