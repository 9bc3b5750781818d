// The join of spilled fingerprints, partition by partition: several threads read, sort and compare
// partitions ahead; what they could not settle comes out in order of the partitions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "decant/result.h"
#include "verify/fingerprint.h"
#include "verify/join.h"

namespace decant::verify {

class PartitionJoin {
 public:
  using Files = std::vector<std::unique_ptr<FingerprintFile>>;

  // The files of each side must be alike (check_alike) and outlive this object.
  PartitionJoin(const Files& source, const Files& target, unsigned threads);
  ~PartitionJoin();

  // The next partition: how many records are equal, and its other groups to `sink`. False behind
  // the last one. One thread.
  Result<bool> next(std::uint64_t& equal, GroupSink& sink);

 private:
  struct Slot;

  void work();
  void fill(std::uint32_t partition, Join& join, Slot& slot);

  const Files& source_;
  const Files& target_;
  std::uint32_t partitions_;
  unsigned partition_bits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Slot>> slots_;  // partition p in slot p modulo their number
  std::uint32_t started_ = 0;
  std::uint32_t given_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace decant::verify
