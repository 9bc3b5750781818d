// Store: where records live. One interface for all stores; adding one touches its folder and the
// registry. Calls block. Every object here is used by one thread at a time; objects made from one
// Store may be used by different threads at once, each has its own connection.
//
// The order in which a run uses it:
//   describe -> native -> lock -> create -> [View: partitions -> read ... ] -> [Writer: stage,
//   commit, stage, commit, ..., finish] -> View of the target for verification.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/result.h"

namespace decant {

// What a store is able to do. A deviation is a named capability, never an `if` on the store.
struct Capabilities {
  std::uint32_t batch_records_max = 100'000;  // records in one stage() call
  // Records between two commits; UINT32_MAX: all in one, however large.
  std::uint32_t transaction_records_max = 100'000;
  std::uint32_t transaction_ms_max = 0;  // 0: no bound; else commit after this time
  bool transactions =
      true;  // what was staged since the last commit takes effect whole or not at all
  bool checkpoints = true;  // the checkpoint of a commit is durable with its data, and read back
  bool ordered = true;      // records take effect in the order in which they were staged
  bool snapshot = true;     // all readers of one View see one state
  bool nulls = false;       // tells null and absent apart by itself
  bool nested = false;      // holds lists and maps natively
  bool sets = false;
  bool folds_names = false;  // names of collections that differ in letter case only are one
  bool schema = true;        // has definitions; otherwise every collection is `open`
  bool deletes = true;
  bool reads = true;                     // false: write only
  bool reads_beside_writes = true;       // a View does not keep a Writer of the same place out
  bool server = false;                   // not backed up without being asked
  std::uint32_t decimal_digits_max = 0;  // 0: any
  std::uint32_t record_bytes_max = 0;    // 0: no limit of its own
};

enum class Policy : std::uint8_t { insert, skip, upsert, newer_than };

// Records of one source that share a key.
enum class Duplicates : std::uint8_t {
  quarantine,  // the default: the first stays; a later equal one is `duplicate`, a later different
               // one is quarantined
  first,       // the first stays; the others are `duplicate`
  last,        // the last stays; the others are `duplicate`
};

// The outcome of one record. The first six are the books'.
enum class Outcome : std::uint8_t {
  inserted,
  updated,
  unchanged,
  superseded,
  duplicate,
  quarantined,
  removed,        // Change::remove took effect
  not_attempted,  // the call ended before this record
  unknown,        // sent, and no answer came
};
std::string_view to_string(Outcome outcome);

// Why one record cannot be written. `reason` is a word of docs/formats.md, Quarantine.
struct Rejection {
  std::uint32_t index = 0;  // in the staged span
  std::string reason;       // "check", "not_null", "unique", "foreign_key", "type", "conflict", ...
  std::string message;      // names the field or constraint and the remedy
};

struct Partition {
  std::string collection;
  std::string id;           // opaque to all but the store; stable from run to run
  std::string label;        // for people: a file's path, a range of keys
  std::uint32_t file = 0;   // index in View::files(), where there are files
  std::uint64_t bytes = 0;  // estimates, 0 = unknown
  std::uint64_t records = 0;
};

struct ReadOptions {
  std::string_view resume;             // Batch::resume of an earlier read; empty: from the start
  std::uint32_t batch_records = 1024;  // a batch ends at the first of the two
  std::uint32_t batch_bytes = 1 << 20;
  std::span<const std::string> fields = {};  // only these, where the store can; empty: all
};

// Reads one partition, in the store's order.
class Reader {
 public:
  virtual ~Reader() = default;
  // Clears and fills `batch`. False at the end, with the batch empty. A torn source (a file cut
  // off in the middle) is an Error with its name and byte.
  virtual Result<bool> next(Batch& batch) = 0;
};

// A consistent state of a store, for reading. Thread-safe: read() may be called from several
// threads; each Reader is used by one.
class View {
 public:
  virtual ~View() = default;
  virtual const std::vector<Definition>& definitions() const = 0;
  // In source order. Does not depend on the number of threads.
  virtual Result<std::vector<Partition>> partitions(std::string_view collection) = 0;
  virtual Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                               const ReadOptions& options) = 0;
  // The records at these places (as Origins of earlier reads of the same state), in any order,
  // each with its origin. A place without a record is left out.
  virtual Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                                std::span<const Origin> origins) = 0;
  // The paths behind Origin::file, bytewise sorted; empty for stores without files.
  virtual const std::vector<std::string>& files() const = 0;
  // What was seen to change under this view since it was opened ("jobs.json: size was 10, is 12").
  virtual Result<std::vector<std::string>> changes_seen() = 0;
};

// How one collection is written.
struct WriteTarget {
  Definition definition;  // as native() or describe() gave it
  Policy policy = Policy::insert;
  std::string newer_than;  // field, for Policy::newer_than
  std::vector<std::string>
      owned;  // fields the plan owns; others are not touched or compared. Empty: all
  std::vector<std::string> once;  // written on insert only, and not compared
  std::vector<std::string>
      mirrored;          // generated fields that the source computes alike: compared, never written
  bool created = false;  // create() made it in this migration: it may be loaded in bulk
  // As Store::defaults() gave it; null: none. Shared by writers and by verification.
  std::shared_ptr<const Batch> defaults = nullptr;
};

struct WriteOptions {
  bool dry_run = false;        // decide on outcomes, write nothing, open read-only
  bool exclusive = false;      // nobody else uses the target: indexes may be dropped and made again
  bool want_existing = false;  // fill StageResult::existing
  std::string checkpoint_name;  // the migration: whose checkpoint this is
  std::stop_token stop = {};
};

struct StageResult {
  std::vector<Outcome> outcomes;      // one for each staged record
  std::vector<Rejection> rejections;  // for each `quarantined` one
  Batch existing;                     // where asked: what was there, source_index = index staged
  void clear();
};

// Taken out of the target again, because a constraint that was built after the load refused it.
struct Withdrawn {
  std::uint32_t target = 0;  // index in the writer's targets
  std::string reason;        // as Rejection
  std::string message;
  Batch record;  // exactly one record: what was written
};

struct FinishResult {
  std::vector<Withdrawn> withdrawn;
  std::vector<std::string> notes;  // for the report, one line each
};

// Writes into one or more collections of a store. One thread.
//
// stage() decides what becomes of each record, and (with transactions) writes it into the open
// transaction; nothing is durable before commit(). Without transactions stage() only looks, and
// commit() sends. The caller makes its intents durable between the two.
// The destructor aborts what was not committed, and never throws.
class Writer {
 public:
  virtual ~Writer() = default;
  // `records` have a shape whose fields are those of targets[target].definition, by name; they are
  // conformed to it (conform.h). REQUIRES: at most batch_records_max records, no key twice.
  // An Error means that nothing of this call was staged or that the run must stop.
  virtual Status stage(std::uint32_t target, std::span<const Record> records,
                       StageResult& result) = 0;
  // Makes all that was staged durable, with `checkpoint`. Gives the final outcome of each record
  // where it is not what stage() said (stores without transactions), in order of staging; empty:
  // all as staged. On Error the outcome is unknown if its code is in_doubt, else nothing was done.
  virtual Result<std::vector<Outcome>> commit(std::string_view checkpoint) = 0;
  // The checkpoint of the last commit that is durable in the target, by this or an earlier writer
  // of the same checkpoint_name. Empty: none.
  virtual Result<std::string> checkpoint() = 0;
  // Builds what waits for the end (indexes, constraints, the rename of a file), removes Decant's
  // own traces (the checkpoint) and makes all durable. Can be repeated after a kill.
  // Where it withdraws records, call it again once they are noted durably, until it withdraws
  // none: only then what was withdrawn is forgotten and the traces go. One call gives a bounded
  // number of them.
  virtual Result<FinishResult> finish() = 0;
};

struct CreateOptions {
  bool dry_run = false;  // only check
};

struct CreateResult {
  bool created = false;                  // it was not there
  bool file_created = false;             // nor was the file or database
  Definition definition;                 // as it now stands
  std::vector<std::string> differences;  // where it was there and differs from the one asked for
};

// The exclusive right to run a migration into a target; released by the destructor or by death.
class Lock {
 public:
  virtual ~Lock() = default;
};

struct Preflight {
  std::uint64_t bytes_needed = 0;  // an estimate by the caller
};

class Store {
 public:
  virtual ~Store() = default;
  // As resolved, without a password.
  virtual std::string name() const = 0;
  // What tells this target from every other one (path and inode, server and database).
  virtual std::string identity() const = 0;
  virtual Capabilities capabilities() const = 0;
  // All collections the address names. not_found where the place itself is missing.
  virtual Result<std::vector<Definition>> describe() = 0;
  // What create() would make of a wanted definition here: types in this store's words, names
  // checked. An Error names the field and the `rename:` key to write.
  virtual Result<Definition> native(const Definition& wanted) const = 0;
  // What the store fills in where a record lacks a field of `definition`: one record, whose fields
  // are those with a default, as they read back; no record where there are none. A default that
  // reads the clock gives the run time. One that cannot be told beforehand (random(), ...) is not
  // in it: the store fills it in, and where the source lacks the field it is not compared.
  virtual Result<Batch> defaults(const Definition& definition, std::int64_t run_time_us) const {
    static_cast<void>(definition);
    static_cast<void>(run_time_us);
    return Batch{};
  }
  // Creates the collection, or checks that it is as wanted.
  virtual Result<CreateResult> create(const Definition& wanted, const CreateOptions& options) = 0;
  virtual Result<std::unique_ptr<View>> view() = 0;
  virtual Result<std::unique_ptr<Writer>> writer(std::vector<WriteTarget> targets,
                                                 const WriteOptions& options) = 0;
  // `owner` is one line about the run. refused, with the owner's line, where another one lives.
  virtual Result<std::unique_ptr<Lock>> lock(std::string_view owner) = 0;
  // Space and permissions for a write, before the first one.
  virtual Status preflight(const Preflight& wanted) = 0;
};

// How a store is asked for, beyond its address; the plan's `source:` and `target:` maps.
struct StoreOptions {
  std::string records;               // JSON Pointer to the records inside of a document
  std::vector<std::string> columns;  // CSV: names where there is no header
  std::string format;                // "array", "ndjson", "csv"; empty: by the ending
  bool pretty = false;               // JSON output
  std::string collection;            // name of the one collection, where the place does not say it
  std::vector<Definition> definitions;  // declared shapes (CSV types)
  bool exclusive = false;
  bool for_write = false;     // a missing place is not an error
  std::stop_token stop = {};  // ends a read that waits, or that finds no end of a record
};

}  // namespace decant
