// The plan: the YAML file that declares one migration, parsed and checked; or what two addresses
// and the options of a command say instead of one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/limits.h"
#include "decant/definition.h"
#include "decant/engine.h"
#include "decant/result.h"
#include "decant/store.h"
#include "mapping/node.h"
#include "mapping/rules.h"

namespace decant::migration {

// How many quarantined records stop a run: a count, or a share of those read.
struct QuarantineMax {
  std::optional<std::uint64_t> count;
  std::optional<double> share;  // 0 to 1
};

// What is not said is taken from the level above: command line, collection, plan, default.
struct Policies {
  std::optional<Policy> on_conflict;
  std::string newer_than;
  std::optional<Duplicates> duplicates;
  std::optional<QuarantineMax> quarantine_max;
};
Policies over(Policies upper, const Policies& lower);

struct StoreSpec {
  std::string address;
  StoreOptions options;
};

struct CollectionPlan {
  mapping::Rules rules;  // rules.target is the name in the target; empty: the only collection
  Policies policies;
};

enum class VerifyMode : std::uint8_t { automatic, exact, sketch };
enum class Extra : std::uint8_t { by_history, different, allow };

struct VerifySettings {
  VerifyMode mode = VerifyMode::automatic;
  Extra extra = Extra::by_history;
  std::uint64_t differences_max = differences_max_default;
};

struct Plan {
  std::string path;    // empty: no file, but two addresses
  std::string folder;  // what relative paths are relative to
  std::string name;    // identity; of two addresses: a digest of what makes them one migration
  StoreSpec source;
  StoreSpec target;
  std::vector<Definition> definitions;
  std::map<std::string, std::string> rename;  // COLLECTION or COLLECTION.FIELD: new name
  bool snake_case = false;
  std::vector<std::string> only;
  std::vector<std::string> skip;
  Policies policies;
  std::vector<CollectionPlan> collections;  // empty: all of the source, as they are
  VerifySettings verify;
  std::uint32_t threads = 0;
  // "plan.yaml:7:3: " of names that must match something: "only Art*", "rename f.x", ...
  std::map<std::string, std::string> places;
  // What the plan says, key by key ("collections.jobs.map.title"): so that a change can be named.
  std::vector<std::pair<std::string, std::string>> keys;

  Hash128 digest() const;  // over `keys`
};

// Reads and checks a plan file. Errors name file, line and column.
Result<Plan> load_plan(const std::string& path);
Result<Plan> parse_plan(std::string_view text, const std::string& path);

// The plan of a job: its file, or its two addresses (resolved); with the job's options laid over
// it.
Result<Plan> plan_of(const Job& job, const stores::Registry& registry);

// Every key of a plan that mapping::rule_keys() does not list, for the parser and the reference.
struct PlanKey {
  std::string_view scope;  // "plan", "source", "target", "policies", "verify", "limits"
  std::string_view key;
  std::string_view type;
  std::string_view initial;
  std::string_view meaning;
  std::string_view example;
};
std::span<const PlanKey> plan_keys();

// Where a catalog lives: `folder` where it is given, else .decant beside the plan or in the working
// folder. `place` is a plan, a folder or empty.
std::string catalog_folder(const std::string& folder, const std::string& place);

// Whether a name matches one of the patterns: * and ? as in a shell, else the whole name.
bool matches_any(const std::vector<std::string>& patterns, std::string_view name);

}  // namespace decant::migration
