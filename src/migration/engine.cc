#include "decant/engine.h"

#include "migration/history.h"
#include "migration/inspect.h"
#include "migration/plan_command.h"
#include "migration/prepare.h"
#include "migration/run.h"

namespace decant {

struct Engine::State {
  Environment environment;
};

Engine::Engine(Environment environment)
    : state_(std::make_unique<State>(State{std::move(environment)})) {}
Engine::~Engine() = default;

Result<PlanReport> Engine::plan(const Job& job) {
  DECANT_ASSIGN(migration::Prepared prepared, migration::prepare(state_->environment, job));
  return migration::plan_report(state_->environment, prepared, job.options.scan);
}

Result<Report> Engine::run(const Job& job) { return migration::run(state_->environment, job); }

Result<Report> Engine::verify(const Job& job) {
  return migration::verify_command(state_->environment, job);
}

Result<Report> Engine::repair(const Job& job) {
  return migration::repair(state_->environment, job);
}

Result<InspectReport> Engine::inspect(const std::string& address) {
  return migration::inspect(state_->environment, address);
}

Result<StatusReport> Engine::status(const std::string& catalog_folder) {
  return migration::status(state_->environment, catalog_folder);
}

Status Engine::quarantine(const std::string& catalog_folder, const QuarantineQuery& query,
                          const std::function<Status(const QuarantineEntry&)>& visit) {
  return migration::quarantine(state_->environment, catalog_folder, query, visit);
}

}  // namespace decant
