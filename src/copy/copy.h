// Copy: the partitions of a source, through a mapping, into the collections of a target, with
// balanced books and a checkpoint that survives a kill anywhere.
//
// Threads: `threads` readers parse, map, conform and digest; whichever of them completes the next
// batch in source order also decides on duplicates; the calling thread stages, commits and keeps
// the catalog. Batches reach it in source order whatever the number of threads, so books and target
// do not depend on it. Memory is bounded by batches_in_flight_max and by the seen keys' fixed
// table, which all targets that are fed at a time share.
//
// A commit group: stage everything; write intents, quarantine and checkpoint into the catalog
// (durable); commit the target with the group's number as its checkpoint; the next group's catalog
// transaction confirms it. After a kill the target's checkpoint says whether the last group took
// effect; where a store has none, it is staged again and what the target holds as intended keeps
// its intended outcome.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "catalog/catalog.h"
#include "decant/books.h"
#include "decant/events.h"
#include "decant/result.h"
#include "decant/store.h"
#include "mapping/mapping.h"

namespace decant::copy {

// Words of the quarantine that copy itself gives.
inline constexpr std::string_view kNoKey = "no_key";
inline constexpr std::string_view kDuplicateKeyDiffers = "duplicate_key_differs";
inline constexpr std::string_view kRefusedByStore = "refused_by_store";

// `last` costs one more pass over the source, before the first write.
using decant::Duplicates;

struct SourceCollection {
  std::string name;
  std::shared_ptr<const mapping::Mapping> mapping;
  // For each target of the mapping (in the order of its rules; identity: one) the index in
  // CopyJob::targets.
  std::vector<std::uint32_t> targets;
};

struct CopyTarget {
  WriteTarget write;  // its definition.key must not be empty, unless key_generated
  Duplicates duplicates = Duplicates::quarantine;
  std::optional<std::uint64_t> quarantine_max = {};  // more of them stop the run
  // Of the records of this collection; judged from 1,000 on and at the end.
  std::optional<double> quarantine_share_max = {};
  // Which records it gets of those that the mapping makes for it; null: all. Called by several
  // threads; `collection`: index in CopyJob::collections.
  std::function<bool(std::uint32_t collection, const Origin& origin)> takes = nullptr;
};

struct CopyLimits {
  std::uint32_t threads = 1;
  // Of each source collection: so many records are taken, counted after `where`; every further one
  // is `left` (counted, neither mapped nor written).
  std::optional<std::uint64_t> records;
  std::uint32_t batch_records = batch_records_default;
  std::uint32_t batch_bytes = batch_bytes_default;
};

// Where a test may end the process' work: called with the name of each step ("staged", "intents",
// "committed", "confirmed", "finishing", "finished"); an Error stops right there, like a kill.
using CrashPoint = std::function<Status(std::string_view step)>;

struct CopyJob {
  View* source = nullptr;
  std::vector<SourceCollection> collections;  // in order: parents before children
  std::vector<CopyTarget> targets;
  Capabilities capabilities;  // of the target store
  // Opens a writer for all of `targets`, with want_existing false and, where asked, dry_run. Called
  // with dry_run first where nothing is known to need writing yet: a run that writes nothing never
  // opens the target for writing.
  std::function<Result<std::unique_ptr<Writer>>(bool dry_run)> open_writer;
  // Called once, before the target is opened for writing for the first time in this run.
  std::function<Status()> before_first_write;

  catalog::Run* run = nullptr;  // null: a dry run; nothing is left behind
  std::string spill_folder;     // made when needed, gone after success; dry run: not used
  CopyLimits limits;
  const Clock* clock = nullptr;
  EventSink* events = nullptr;  // may be null
  std::stop_token stop;
  CrashPoint crash_point;  // tests only
};

struct CopyResult {
  // Not ok: why it stopped. interrupted and every other Error leave a run that can be resumed. The
  // books then say what is confirmed so far.
  Status status = ok_status();
  Books books;                               // of source records
  std::vector<CollectionBooks> collections;  // as CopyJob::targets
  std::vector<FileBooks> files;              // of sources with files, in their order
  std::uint64_t left = 0;
  std::uint64_t written = 0;  // target records
  std::uint64_t source_bytes = 0;
  std::uint64_t groups = 0;        // commit groups that wrote
  bool wrote = false;              // the target was opened for writing, now or before a resume
  std::vector<std::string> notes;  // the writer's, for the report
  std::vector<std::string> source_changes;  // View::changes_seen(): not empty means not clean
};

// Never throws; see CopyResult::status.
CopyResult copy(const CopyJob& job);

}  // namespace decant::copy
