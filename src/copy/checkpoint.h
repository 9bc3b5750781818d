// The durable state of a copy: how far it is, the books up to there, and what the commit group that
// is about to take effect intends. Blobs of the catalog; format in docs/formats.md, Checkpoint.
// Decoding is safe on any bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decant/books.h"
#include "decant/result.h"
#include "decant/store.h"

namespace decant::copy {

inline constexpr std::uint64_t kCheckpointFormat = 1;

enum class Phase : std::uint8_t {
  copying,
  finishing,  // every record is committed; the writer builds what waits for the end
  finished,
};

struct TargetBooks {
  Books books;
  std::uint64_t written = 0;
  std::uint64_t left = 0;
  bool operator==(const TargetBooks&) const = default;
};

struct Checkpoint {
  std::uint64_t group = 0;  // number of the last commit group in it
  Phase phase = Phase::copying;
  bool began_writing = false;  // the target was opened for writing
  // Up to here: so many records and bad texts of this partition (all of those before it).
  std::uint32_t partition = 0;
  std::uint64_t items = 0;
  std::uint64_t chain = 0;  // over what was read so far; a source that was changed gives another
  std::uint64_t partitions = 0;  // over the partitions so far, this one included

  Books books;
  std::uint64_t left = 0;
  std::uint64_t written = 0;
  std::uint64_t source_bytes = 0;
  std::uint64_t groups = 0;       // that wrote
  std::uint64_t group_wrote = 0;  // number of the last of them; 0: none yet
  std::vector<TargetBooks> targets;
  std::vector<FileBooks> files;          // touched by the last group; without their paths
  std::vector<std::uint64_t> withdrawn;  // keys in the last answer of Writer::finish()
  bool operator==(const Checkpoint&) const = default;
};

// Outcomes of the records of a group, in the order in which they were staged.
struct IntentRun {
  std::uint32_t target = 0;
  Outcome outcome = Outcome::inserted;
  std::uint64_t records = 0;
  bool operator==(const IntentRun&) const = default;
};

class Intents {
 public:
  void add(std::uint32_t target, Outcome outcome, std::uint64_t records = 1);
  void add(const std::vector<IntentRun>& runs) {
    runs_.insert(runs_.end(), runs.begin(), runs.end());
  }
  void clear() { runs_.clear(); }
  bool empty() const { return runs_.empty(); }
  const std::vector<IntentRun>& runs() const { return runs_; }
  std::vector<IntentRun>& runs() { return runs_; }

 private:
  std::vector<IntentRun> runs_;
};

// What a group would make of the state, if it takes effect. Behind its own intents stand those of
// a killed run that it does not reach; a group that only carries such ones has no records.
struct PendingGroup {
  Checkpoint after;
  Intents intents;
};

std::string encode(const Checkpoint& checkpoint);
std::string encode(const PendingGroup& pending);
// corrupt: not what was written. refused: a newer format.
Result<Checkpoint> decode_checkpoint(std::string_view blob);
Result<PendingGroup> decode_pending(std::string_view blob);

}  // namespace decant::copy
