#include "verify/decide.h"

namespace decant::verify {
namespace {

const Fingerprint* the_one_that_stays(std::span<const Fingerprint> source, DuplicatePolicy policy) {
  const Fingerprint* stays = nullptr;
  for (const Fingerprint& record : source) {
    if (disposition_of(record) == Disposition::aside) continue;
    if (stays == nullptr || policy == DuplicatePolicy::last) stays = &record;
  }
  return stays;
}

void count_the_others(std::span<const Fingerprint> source, const Fingerprint& stays,
                      DuplicatePolicy policy, NotHeld& not_held) {
  for (const Fingerprint& record : source) {
    // The ones that the run excluded were counted when they were read.
    if (&record == &stays || disposition_of(record) == Disposition::aside ||
        disposition_of(record) == Disposition::excluded) {
      continue;
    }
    if (policy == DuplicatePolicy::quarantine && !record.same_digest(stays)) {
      ++not_held.excluded;
    } else {
      ++not_held.duplicates;
    }
  }
}

}  // namespace

void decide(std::span<const Fingerprint> source, std::span<const Fingerprint> target,
            DuplicatePolicy policy, std::vector<Verdict>& verdicts, NotHeld& not_held) {
  const Fingerprint* stays = the_one_that_stays(source, policy);
  if (stays == nullptr) {
    if (!source.empty()) return;  // all left aside
    for (const Fingerprint& record : target) {
      verdicts.push_back({Finding::extra, nullptr, &record});
    }
    return;
  }
  count_the_others(source, *stays, policy, not_held);
  if (disposition_of(*stays) == Disposition::excluded) return;
  if (target.empty()) {
    verdicts.push_back({Finding::missing, stays, nullptr});
    return;
  }
  const Fingerprint* partner = &target.front();
  for (const Fingerprint& record : target) {
    if (record.same_digest(*stays)) {
      partner = &record;
      break;
    }
  }
  const bool same = partner->same_digest(*stays);
  verdicts.push_back({same ? Finding::equal : Finding::differs, stays, partner});
#if !DECANT_MUTANT_TARGET_DUPLICATES_IGNORED
  for (const Fingerprint& record : target) {
    if (&record != partner) verdicts.push_back({Finding::extra, nullptr, &record});
  }
#endif
}

}  // namespace decant::verify
