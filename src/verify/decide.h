// What becomes of the records that share one real key. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "verify/fingerprint.h"
#include "verify/verify.h"

namespace decant::verify {

enum class Finding : std::uint8_t {
  equal,    // both
  missing,  // only `source`
  extra,    // only `target`
  differs,  // both have the key; the content is not the same
};

struct Verdict {
  Finding finding = Finding::equal;
  const Fingerprint* source = nullptr;
  const Fingerprint* target = nullptr;
};

// Source records that do not stand for a target record of their own.
struct NotHeld {
  std::uint64_t duplicates = 0;
  std::uint64_t excluded = 0;
};

// Both in the order of their sides. Of the source records that are not left aside, one stays, as
// the policy says: it is held against `target`, and every target record that it does not stand for
// is extra. Where the one that stays is excluded, or all are left aside, whatever the target holds
// is no matter.
void decide(std::span<const Fingerprint> source, std::span<const Fingerprint> target,
            DuplicatePolicy policy, std::vector<Verdict>& verdicts, NotHeld& aside);

inline Disposition disposition_of(const Fingerprint& source) {
  return static_cast<Disposition>(place_code::disposition(source.origin));
}

// Whether the target should hold a record of this key.
inline bool is_held_against_target(const Fingerprint& source) {
  const Disposition disposition = disposition_of(source);
  return disposition == Disposition::expected || disposition == Disposition::kept;
}

}  // namespace decant::verify
