// Readers on threads of their own, and the gate; gives slots in source order.
//
// Each reader thread takes the next partition and fills slots; whichever thread brings the batch
// that is next in source order takes it, and all that wait behind it, through the gate. At most
// batches_in_flight_max slots and bytes_in_flight_max bytes are on their way; only the partition
// that is next for the gate may go past that by a few slots, so that nothing can lock up.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "copy/copy.h"
#include "copy/gate.h"
#include "copy/preparer.h"
#include "copy/slot.h"
#include "decant/batch.h"

namespace decant::copy {

inline constexpr std::uint64_t bytes_in_flight_max = 64u << 20;
inline constexpr std::uint32_t slots_past_limit_max = 3;  // of the partition the gate waits for
inline constexpr std::uint32_t reader_threads_max = 16;

class Pipeline {
 public:
  // All outlive the pipeline. The threads start at once.
  Pipeline(const CopyJob& job, const std::vector<PartitionWork>& partitions, Gate& gate);
  // Stops the threads and waits for them. No slot may be in use any more.
  ~Pipeline();

  // The next slot in source order; null at the end, or (with `waited` true) after `wait_ms`.
  Slot* next(std::uint32_t wait_ms, bool& waited);
  void release(Slot* slot);

 private:
  struct Lane {  // slots of one partition that wait for the gate
    std::deque<Slot*> slots;
    std::uint32_t outstanding = 0;  // all of its slots that were not released
  };

  void read_partitions();
  // False where the pipeline stops.
  bool read_partition(std::uint32_t partition, Preparer& preparer);
  Slot* acquire(std::uint32_t partition);
  void submit(Slot* slot);
  void drain(std::unique_lock<std::mutex>& lock);
  void release_locked(Slot* slot);

  const CopyJob& job_;
  const std::vector<PartitionWork>& partitions_;
  Gate& gate_;
  ShapeTable target_shapes_;
  std::vector<std::unique_ptr<Preparer>> preparers_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  std::map<std::uint32_t, Lane> lanes_;
  std::deque<Slot*> ready_;           // past the gate
  std::uint32_t next_partition_ = 0;  // for a reader to take
  std::uint32_t current_ = 0;         // the partition whose slots the gate takes
  std::uint32_t in_flight_ = 0;
  std::uint64_t bytes_in_flight_ = 0;
  bool gate_is_busy_ = false;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace decant::copy
