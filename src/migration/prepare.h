// What every command does first: read the plan, look what the catalog knows of the migration, and
// resolve. Writes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "decant/engine.h"
#include "migration/plan.h"
#include "migration/resolve.h"

namespace decant::migration {

// What the catalog says of a migration before a command begins.
struct History {
  std::optional<std::int64_t> run_time_us;
  std::vector<std::string> held;    // target collections that held records before the first run
  bool first_run_seen = false;      // `held` is known
  std::vector<Definition> created;  // by the last run, if that is unfinished
  std::optional<std::int64_t> last_run;  // id of the last `copy`, `run` that was begun
  bool unfinished = false;
};

struct Prepared {
  Plan plan;
  std::string folder;  // of the catalog
  History history;
  std::int64_t run_time_us = 0;
  Resolved resolved;
  std::vector<SourceFeed> feeds;
};

Result<Prepared> prepare(const Environment& environment, const Job& job);

// Tells the resolved addresses.
void announce(const Environment& environment, const Prepared& prepared);

// What every command does that writes: prepares, announces, and refuses a plan that loses something
// without a reason.
Result<Prepared> prepare_to_write(const Environment& environment, const Job& job);

inline std::string catalog_path(const std::string& folder) { return folder + "/catalog.db"; }

// Names of the facts that a run leaves in the catalog.
inline constexpr std::string_view kHeldFact = "held";        // of the migration: JSON list of names
inline constexpr std::string_view kCreatedFact = "created";  // of a run: definitions as JSON

// Whether a collection of the target was made by the unfinished run that is gone on with.
bool was_created(const History& history, std::string_view collection);

}  // namespace decant::migration
