// The calling thread's work: stages slots, ends commit groups, keeps the catalog, finishes. The
// order of the durable steps is drawn in copy.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "copy/accounts.h"
#include "copy/copy.h"
#include "copy/gate.h"
#include "copy/stager.h"

namespace decant::copy {

inline constexpr std::uint64_t group_bytes_max = 256u << 20;         // of the source
inline constexpr std::size_t group_catalog_bytes_max = 4u << 20;     // of quarantine entries
inline constexpr std::size_t held_slots_max = 2;                     // without transactions
inline constexpr std::uint64_t quarantine_share_records_min = 1000;  // before a share is judged

class Committer {
 public:
  Committer(const CopyJob& job, const std::vector<PartitionWork>& partitions);

  // Reads what an earlier part of the run left and settles its last group. The state is where the
  // copy goes on.
  Status open();
  const Accounts& accounts() const { return accounts_; }
  // Takes back what is not confirmed: after an Error, the books are those of the catalog.
  void forget_open_group();
  Phase phase() const { return accounts_.state().phase; }
  bool began_writing() const;

  void on_release(std::function<void(Slot*)> release) { release_ = std::move(release); }
  // Takes the slot over and releases it when it is done with.
  Status take(Slot* slot);
  // Ends the group where it has been open for long enough.
  Status tick();
  Status end_group();
  // After the last slot. The gate knows where withdrawn records came from.
  Status finish(Gate& gate, std::vector<std::string>& notes);

 private:
  Status settle(const std::string& pending, const std::string& reached);
  Status check_reached(const std::string& reached) const;
  std::uint64_t group_of(const std::string& reached) const;
  std::string pending_text() const;
  std::string carried_text() const;
  Status stage_slot(Slot& slot);
  std::size_t fitting_items(const Slot& slot, std::size_t from) const;
  Status stage_part(SlotPart part);
  void add_parts();
  void close_books(bool wrote);
  Status write_catalog(const std::string& confirmed, const std::string& pending,
                       const std::vector<FileBooks>& files, bool durable);
  Status write_state(bool durable);
  Status check_quarantine(bool at_end) const;
  using QuarantinedOrigins = std::unordered_set<std::uint64_t>;
  Result<QuarantinedOrigins> quarantined_origins();
  std::uint64_t origin_of(const SeenRecord& seen) const;
  Status withdraw(Gate& gate, const std::vector<Withdrawn>& withdrawn);
  std::string checkpoint_text(std::uint64_t group) const;
  void release_held();
  Status crash_point(std::string_view step) const;

  const CopyJob& job_;
  const std::vector<PartitionWork>& partitions_;
  Accounts accounts_;
  std::unique_ptr<Stager> stager_;
  std::function<void(Slot*)> release_;
  std::string confirmed_;             // blob of the last state that took effect
  std::vector<FileBooks> files_;      // confirmed, and not yet in the catalog
  std::vector<SlotPart> parts_;       // of the open group, without transactions
  std::vector<Slot*> held_;           // slots of parts_ that are taken whole
  std::vector<std::uint32_t> ended_;  // partitions that ended in the open group
  std::uint64_t staged_ = 0;          // records of the open group
  std::uint64_t source_bytes_ = 0;
  std::int64_t group_start_ms_ = 0;
  bool group_is_open_ = false;
};

}  // namespace decant::copy
