// Full verification of one target collection: the mapping of its source against what the target
// holds, every record and field, in both directions, in the target's declared types.
//
// Both sides are read once, in parallel; each record leaves a fingerprint (fingerprint.h) or goes
// into a sketch (sketch.h), and only records that differ are fetched and compared field by field.
// Memory is flat: see the limits below. Nothing is asked of the target but its View, and no catalog
// is needed: what cannot be read or mapped is `excluded`, duplicates are told by the join itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/limits.h"
#include "decant/definition.h"
#include "decant/events.h"
#include "decant/result.h"
#include "decant/store.h"
#include "mapping/mapping.h"
#include "verify/difference.h"

namespace decant::verify {

// Fetched and held at once while differences are named, a side.
inline constexpr std::size_t fetch_bytes_max = 2u << 20;
// The largest sketch of a side; more differences than it holds need the exact join.
inline constexpr std::size_t sketch_bytes_max = 16u << 20;
// What the first sketch of a verification holds.
inline constexpr std::uint64_t sketch_differences_default = 8192;

enum class Mode : std::uint8_t {
  automatic,  // the exact join; the sketch where disk is short
  join,
  sketch,  // no disk; the exact join only where the differences pass sketch_bytes_max
};

// What a run decided about one source record.
enum class Disposition : std::uint8_t {
  expected,  // the target must hold it as mapped
  excluded,  // quarantined: the target need not hold it; whatever it holds under its key is no
             // matter
  kept,      // superseded (skip, newer-than): the target may hold other content under its key
  aside,     // left alone by the plan: its key is not extra, nothing else is known of it
};

// The run's decisions, as the catalog keeps them. Asked for each record that was mapped and
// conformed, in source order within a partition; records that verification itself finds bad,
// unmappable or left are not asked for. Duplicates within the source need not be told.
class Dispositions {
 public:
  class Cursor {
   public:
    virtual ~Cursor() = default;
    // Origins of one call after the other rise, as they stand in the partition.
    virtual Disposition at(const Origin& origin) = 0;
  };
  virtual ~Dispositions() = default;
  // Thread-safe; each Cursor is used by one thread.
  virtual Result<std::unique_ptr<Cursor>> open(std::uint32_t source,
                                               const Partition& partition) = 0;
  // False: they say what is excluded only, and the policy says what is kept.
  virtual bool tells_kept() const { return true; }
};

// Dispositions held in memory: the exceptions only, all else is `expected`. 24 bytes each.
class ExceptionList final : public Dispositions {
 public:
  // `source`: index in VerifyJob::sources. In any order; not while a Cursor is open.
  void add(std::uint32_t source, const Origin& origin, Disposition disposition);
  std::size_t size() const { return entries_.size(); }
  Result<std::unique_ptr<Cursor>> open(std::uint32_t source, const Partition& partition) override;

 private:
  friend class ExceptionCursor;
  struct Entry {
    std::uint64_t offset;
    std::uint32_t file;
    std::uint32_t source;
    Disposition disposition;
  };
  std::vector<Entry> entries_;
  bool sorted_ = false;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
};

// What becomes of records that share a key within the source (the plan's `duplicates`).
enum class DuplicatePolicy : std::uint8_t {
  quarantine,  // the first stays; later equal ones are duplicates, later different ones excluded
  first,       // the first stays; the others are duplicates
  last,        // the last stays; the others are duplicates
};

enum class ExtraPolicy : std::uint8_t {
  different,  // an extra record is a difference
  allow,      // counted; neither listed nor part of the verdict
};

// One source collection that feeds the target collection.
struct SourceInput {
  View* view = nullptr;
  std::string collection;
  std::shared_ptr<const mapping::Mapping> mapping;
  std::uint32_t mapping_target = 0;  // index of this job's target in MappedBatch::targets
  // This target's rules alone, without `where`: finds the keys of records that were left. Where it
  // is null,
  // they are read from the source record's fields of the key's names.
  std::shared_ptr<const mapping::Mapping> left_mapping;
};

// A difference as it is found, for repair and the like. Valid during the call.
struct FoundDifference {
  DifferenceKind kind = DifferenceKind::missing;
  std::uint32_t source = 0;               // index in VerifyJob::sources; missing and different
  Origin source_origin;                   // missing and different
  Origin target_origin;                   // extra and different
  const Record* source_record = nullptr;  // mapped and conformed; missing and different
  const Record* target_record = nullptr;  // as the target holds it; extra and different
  const Difference* difference = nullptr;
};

struct VerifyJob {
  std::vector<SourceInput> sources;  // in the plan's order: it decides which duplicate is the first
  View* target = nullptr;
  Definition definition;           // of the target collection, as the target's describe() gave it
  Capabilities capabilities;       // of the target
  std::vector<std::string> key;    // fields of the target, in order
  std::vector<std::string> owned;  // as in WriteTarget; empty: all
  std::vector<std::string> once;   // as in WriteTarget: not compared
  std::shared_ptr<const Batch> defaults;  // as in WriteTarget
  std::vector<std::string> mirrored;      // as in WriteTarget: generated, and compared all the same

  // Where `dispositions` do not tell what is kept, the policy alone says what is kept: under skip a
  // record whose content differs, under newer_than one that is not strictly newer than the
  // target's.
  Policy policy = Policy::insert;
  std::string newer_than;
  DuplicatePolicy duplicates = DuplicatePolicy::quarantine;
  ExtraPolicy extra = ExtraPolicy::different;
  Dispositions* dispositions = nullptr;
  // Only the first so many source records that are not left (`--limit`).
  std::optional<std::uint64_t> source_limit;

  Mode mode = Mode::automatic;
  std::uint64_t sample = 0;            // not 0: a quick look at so many records, whatever the mode
  std::uint64_t seed = 0;              // of the sketch and the sample
  std::uint64_t records_expected = 0;  // of the larger side, where the caller knows; 0: estimated
  std::string spill_folder;            // must exist; empty: there is no disk
  Hash128 plan_digest;
  unsigned threads = 2;  // half of them a side, at least one

  std::uint64_t differences_max = differences_max_default;
  // NDJSON, one difference a line, each with its `collection`; lines are added to what stands
  // there. Empty: none.
  std::string differences_file;
  std::function<Status(const FoundDifference&)> on_difference;  // called by verify()'s own thread

  EventSink* events = nullptr;  // may be null
  std::stop_token stop;

  // Bits of the key hash that are used. For tests: few bits make keys collide.
  std::uint64_t key_hash_mask = UINT64_MAX;
};

struct VerifyResult {
  std::string mode;            // "join", "sketch" or "sample": what gave the answer
  std::uint64_t compared = 0;  // source records held against the target: equal + the next three
  std::uint64_t equal = 0;
  std::uint64_t missing = 0;
  std::uint64_t different = 0;
  std::uint64_t kept = 0;
  std::uint64_t extra = 0;       // target records that no source record stands for
  std::uint64_t excluded = 0;    // source records: quarantined, or bad when read again
  std::uint64_t duplicates = 0;  // source records: another one with their key stays
  std::uint64_t left = 0;
  std::uint64_t source_records = 0;  // read, without those left; bad text included
  std::uint64_t target_records = 0;
  std::uint64_t source_bytes = 0;
  std::uint64_t target_bytes = 0;
  std::uint64_t spill_bytes = 0;
  ExtraPolicy extra_policy = ExtraPolicy::different;
  std::vector<Difference> differences;    // the first differences_max of them
  std::vector<std::string> changes_seen;  // of both views: the answer is not about one state
  std::vector<std::string> notes;         // one line each: why another way was taken, ...

  // No difference was found, and both sides stood still.
  bool clean() const {
    return missing == 0 && different == 0 && (extra == 0 || extra_policy == ExtraPolicy::allow) &&
           changes_seen.empty();
  }
  // False for a sample: a quick look proves nothing.
  bool proves() const { return mode != "sample"; }
};

// Compares. An Error is a failure to compare (lost store, torn file, disk full, interrupted), never
// a difference. Temporary files in spill_folder are gone when it returns.
Result<VerifyResult> verify(const VerifyJob& job);

}  // namespace decant::verify
