#include "copy/slot.h"

namespace decant::copy {

void Slot::clear() {
  ends_partition = false;
  error.reset();
  source.clear();
  mapped.clear();
  arena.clear();
  for (TargetWork& work : targets) {
    // A target that this batch had nothing for may get nothing again: its memory goes.
    if (work.records.empty()) work = TargetWork();
    work.records.clear();
    work.entries.clear();
    work.keyless.clear();
  }
  states.clear();
  bad_states.clear();
  hashes.clear();
  bad_hashes.clear();
  refused.clear();
  repeated.clear();
  may_close.clear();
  first_item = 0;
  chain_before = 0;
  chain_after = 0;
  bytes = 0;
}

}  // namespace decant::copy
