// The catalog: Decant's own durable state, in one SQLite file of mode 0600. Format in
// docs/formats.md, Catalog.
//
// What is in it is never guessed: every row carries a checksum, the schema is compared with the
// one of this format, and SQLite's integrity check runs when it is opened. Damage is
// ErrorCode::corrupt and names the file; a newer format is refused.
//
// Each write is one transaction. A kill loses none. write_group(), quarantine() and end() survive a
// power cut, too (WAL, synchronous FULL: one fsync), and with them all that was written before.
// A Catalog and its Runs are used by one thread at a time.
// Several processes may have the file open; two runs of one migration are kept apart by the
// target's lock, not by the catalog.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "decant/books.h"
#include "decant/result.h"

namespace decant::catalog {

inline constexpr std::int64_t kCatalogFormat = 1;
inline constexpr std::size_t audit_lines_max = 100'000;  // the oldest go first

enum class RunState : std::uint8_t {
  running,      // or killed: whoever has the target's lock knows
  finished,     // ran to its end; `outcome` says how it came out. The only one not resumed
  failed,       // stopped by an error; resumable
  interrupted,  // asked to stop; resumable
};
std::string_view to_string(RunState state);

// One resolved key of a plan or of a copy's options: {"target", "sqlite:/data/jobs.db#jobs"}.
struct PlanKey {
  std::string key;
  std::string value;
  bool operator==(const PlanKey&) const = default;
};

struct MigrationInfo {
  std::int64_t id = 0;
  std::string name;
  std::vector<PlanKey> keys;  // of the last run
  std::int64_t run_time_us = 0;
  std::int64_t created_us = 0;
};

struct RunInfo {
  std::int64_t id = 0;
  std::int64_t number = 0;  // within its migration, from 1
  RunState state = RunState::running;
  std::string command;  // "copy", "run", "repair"
  std::string outcome;  // of a finished one: "clean", "attention", "failed"
  std::int64_t started_us = 0;
  std::int64_t ended_us = 0;  // 0: not ended
  std::string report;         // the JSON report of an ended run
};

// A record that could not be written. One entry for each (migration, collection, origin, digest,
// reason).
struct QuarantineEntry {
  std::int64_t id = 0;         // 0 when handed in
  std::int64_t migration = 0;  // its id; 0 when handed in
  std::int64_t first_run = 0;
  std::int64_t last_run = 0;
  bool closed = false;     // the record of this origin was written since
  std::string collection;  // the target collection
  std::string source;      // the source collection
  std::string file;        // empty for stores without files
  std::uint64_t ordinal = 0;
  std::uint64_t offset = 0;
  std::string key;     // the target key as a JSON object; empty where it has none
  std::string reason;  // a word of docs/formats.md, Quarantine
  std::string message;
  std::string record;    // the source record as JSON text, or the bad text as it stands
  bool is_text = false;  // `record` is bad text
  Hash128 digest;        // of `record`
};

// What tells the place of a record in the source from every other: source collection, file and
// ordinal (or, without files, what the store finds it by).
std::uint64_t origin_hash(std::string_view source, std::string_view file, std::uint64_t ordinal,
                          std::uint64_t offset);

struct QuarantineFilter {
  std::string migration = {};  // empty: all
  std::string collection = {};
  std::string reason = {};
  std::int64_t run = 0;  // id of the last run that met it; 0: any
  bool closed_too = false;
  std::uint64_t limit = 0;  // so many at most; 0: all
};

struct VerificationRow {
  std::string collection = {};
  std::string mode = {};  // "join", "sketch", "sample"
  std::uint64_t compared = 0;
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t different = 0;
  std::uint64_t excluded = 0;
  std::uint64_t kept = 0;
  std::int64_t time_us = 0;  // filled by the catalog
};

// Outcomes that are not plain success, of one partition of the source and one target collection,
// within one commit group; see copy/outcome_runs.h for the blob.
struct OutcomeRuns {
  std::uint64_t group = 0;
  std::uint32_t target = 0;
  std::string collection;  // of the source
  std::string partition;   // Partition::id
  std::string blob;
};

// One transaction of a copy: what a commit group is about to do and what became of the one before.
struct GroupWrite {
  std::uint64_t group = 0;
  std::string_view confirmed = {};  // the copy's state up to the last group that took effect
  std::string_view pending =
      {};  // state and intents of the group about to be committed; may be empty
  std::span<const QuarantineEntry> quarantine = {};  // of `group`
  std::span<const std::uint64_t> closed = {};        // origin_hash of records that were written
  std::span<const OutcomeRuns> outcomes = {};        // of `group`
  std::span<const FileBooks> files = {};             // books of files up to the confirmed group
  bool durable = true;  // false: a power cut may take it until the next durable write
};

struct CopyState {
  std::string confirmed;  // empty: nothing was confirmed yet
  std::string pending;    // not known to have taken effect
};

// One run of a migration; the copy and the engine write through it. Valid while its Catalog is.
class Run {
 public:
  virtual ~Run() = default;

  virtual const MigrationInfo& migration() const = 0;
  virtual const RunInfo& info() const = 0;
  virtual bool resumed() const = 0;  // goes on with a run that was not finished
  std::int64_t run_time_us() const { return migration().run_time_us; }

  // Small durable facts, of the run or of the migration ("created jobs": "1").
  virtual Result<std::optional<std::string>> fact(std::string_view name) = 0;
  virtual Status set_fact(std::string_view name, std::string_view value) = 0;
  virtual Result<std::optional<std::string>> migration_fact(std::string_view name) = 0;
  virtual Status set_migration_fact(std::string_view name, std::string_view value) = 0;

  // --- the copy's
  virtual Result<CopyState> copy_state() = 0;
  virtual Status write_group(const GroupWrite& write) = 0;
  // Takes back what write_group said of a group that did not take effect.
  virtual Status discard_group(std::uint64_t group) = 0;
  virtual Result<std::vector<FileBooks>> file_books() = 0;
  // In order of group. `partition` empty: all of the collection.
  virtual Status each_outcome_runs(std::string_view collection, std::string_view partition,
                                   std::uint32_t target,
                                   const std::function<Status(const OutcomeRuns&)>& visit) = 0;
  // Entries of this migration that are open; origin_hash of each.
  virtual Status each_open_origin(const std::function<void(std::uint64_t)>& visit) = 0;

  // --- the engine's
  // Entries found outside of a copy (repair). Durable.
  virtual Status quarantine(std::span<const QuarantineEntry> entries) = 0;
  // Durable with the next write or end().
  virtual void add_verification(VerificationRow row) = 0;
  virtual void add_audit(std::string_view line) = 0;
  // Ends the run, with all that waits, in one transaction.
  virtual Status end(RunState state, std::string_view outcome, std::string_view report) = 0;
};

struct BeginOptions {
  std::string migration;      // its name; for `copy`, made from its addresses and mapping options
  std::string command;        // "copy", "run", "repair"
  std::vector<PlanKey> keys;  // everything that the run's meaning depends on, in a fixed order
  std::optional<std::int64_t> run_time_us;  // --run-time; else the first run's clock
  bool restart = false;                     // a new run, whatever was left unfinished
};

enum class CatalogMode : std::uint8_t {
  read_only,  // not_found where there is none; leaves no file behind
  write,      // makes it, and its folder (0700), where there is none
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  static Result<std::unique_ptr<Catalog>> open(const std::string& path, CatalogMode mode,
                                               const Clock& clock);

  // Starts a run, or goes on with the last one if that is unfinished (`command` "repair" never
  // does). refused (exit 4), naming the keys that differ, where the last run is unfinished and its
  // keys are others; refused, too, where it has another run time than --run-time says.
  virtual Result<std::unique_ptr<Run>> begin(const BeginOptions& options) = 0;

  virtual Result<std::vector<MigrationInfo>> migrations() = 0;
  virtual Result<std::optional<MigrationInfo>> find(std::string_view migration) = 0;
  virtual Result<std::vector<RunInfo>> runs(std::int64_t migration_id) = 0;  // oldest first
  // A run for reading only: its books, outcomes and facts.
  virtual Result<std::unique_ptr<Run>> run(std::int64_t run_id) = 0;
  virtual Result<std::vector<VerificationRow>> verifications(std::int64_t run_id) = 0;
  virtual Result<std::vector<std::string>> audit(std::int64_t migration_id) = 0;
  // In order of id.
  virtual Status each_quarantined(const QuarantineFilter& filter,
                                  const std::function<Status(const QuarantineEntry&)>& visit) = 0;
  virtual Result<std::optional<QuarantineEntry>> quarantined(std::int64_t id) = 0;
  // Folds the write-ahead log into the file; the destructor does it too, but cannot say why not.
  virtual Status close() = 0;
};

}  // namespace decant::catalog
