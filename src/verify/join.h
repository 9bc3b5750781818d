// The join of fingerprints: one partition of both sides in memory, records that share a key hash
// brought together as groups. Equal pairs are counted here; everything else is a group for somebody
// who can look at the records.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decant/result.h"
#include "verify/fingerprint.h"

namespace decant::verify {

// All fingerprints of one key hash. The spans are the receiver's to reorder, and valid during the
// call.
struct Group {
  std::span<Fingerprint> source;
  std::span<Fingerprint> target;
};

class GroupSink {
 public:
  virtual ~GroupSink() = default;
  virtual Status add(const Group& group) = 0;
};

// Joins one partition, whose keys all begin with the same `partition_bits` bits. Reorders both.
// `equal` grows by the pairs of one source record that is expected (or kept) and one target record
// with the same digest; every other group goes to `sink`, in order of key hash.
class Join {
 public:
  Status run(std::vector<Fingerprint>& source, std::vector<Fingerprint>& target,
             unsigned partition_bits, std::uint64_t& equal, GroupSink& sink);

 private:
  void sort_by_key(std::vector<Fingerprint>& fingerprints, unsigned partition_bits);

  std::vector<Fingerprint> scratch_;
  std::vector<std::uint32_t> starts_;
};

}  // namespace decant::verify
