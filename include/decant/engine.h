// Engine: the library as a whole. The command line and the service are two clients of it.
//
// The engine never prints, asks or exits: events, questions, time and the wish to stop are passed
// in. One Engine is used by one thread at a time; it starts and joins its own threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "decant/events.h"
#include "decant/report.h"
#include "decant/result.h"
#include "decant/store.h"

namespace decant {

namespace stores {
class Registry;
}
class Clock;

// What a caller may ask beyond the plan; an absent option leaves what the plan says.
struct JobOptions {
  bool dry_run = false;
  bool yes = false;
  bool scan = false;  // `plan`: read all of the source and count
  bool no_verify = false;
  bool sketch = false;        // verify by sketch instead of the exact join
  bool restart = false;       // begin a new run although an unfinished one could be resumed
  bool exclusive = false;     // nobody else uses the target
  std::uint64_t sample = 0;   // verify: a quick look at N records; 0: all
  std::uint32_t threads = 0;  // 0: the plan's, else the number of cores, at most 8
  std::optional<std::uint64_t> limit;
  std::optional<Policy> on_conflict;
  std::string newer_than;  // the field, for Policy::newer_than
  std::optional<Duplicates> duplicates;
  // COLLECTION (target name; empty: the only one), FIELDS.
  std::vector<std::pair<std::string, std::vector<std::string>>> keys;
  std::vector<std::string> where;  // conditions as in a plan, YAML: "status: active"
  std::vector<std::string> only;   // patterns of collections
  std::vector<std::string> skip;
  std::optional<std::int64_t> run_time_us;  // microseconds since 1970, UTC
  std::string catalog;                      // folder; empty: .decant beside the plan, or here
};

// What to work on: a plan file, or two addresses.
struct Job {
  std::string plan_path;
  std::string source;
  std::string target;
  JobOptions options;
};

struct Environment {
  const stores::Registry* registry = nullptr;
  const Clock* clock = nullptr;
  EventSink* sink = nullptr;
  Ask* ask = nullptr;  // null: nobody can be asked
  std::stop_token stop;
};

class Engine {
 public:
  explicit Engine(Environment environment);
  ~Engine();

  // Resolves addresses, definitions and mapping; verdict for each field. Writes nothing.
  Result<PlanReport> plan(const Job& job);
  // Copies, and verifies unless told otherwise. Resumes an unfinished run of the same plan.
  Result<Report> run(const Job& job);
  Result<Report> verify(const Job& job);
  // Verifies, and writes what is missing or different.
  Result<Report> repair(const Job& job);
  // What a store holds: fields, types, presence, candidates for keys.
  Result<InspectReport> inspect(const std::string& address);
  // Migrations and runs of a catalog.
  Result<StatusReport> status(const std::string& catalog_folder);
  // Entries in order of id, one at a time.
  Status quarantine(const std::string& catalog_folder, const QuarantineQuery& query,
                    const std::function<Status(const QuarantineEntry&)>& visit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant
