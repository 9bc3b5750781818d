#include "verify/join.h"

#include <algorithm>
#include <bit>

#include "verify/decide.h"

namespace decant::verify {
namespace {

constexpr std::size_t kInsertionSortMax = 16;

bool by_key(const Fingerprint& a, const Fingerprint& b) { return a.key < b.key; }

void sort_small(Fingerprint* first, Fingerprint* last) {
  if (static_cast<std::size_t>(last - first) > kInsertionSortMax) {
    std::sort(first, last, by_key);
    return;
  }
  for (Fingerprint* at = first + 1; at < last; ++at) {
    const Fingerprint moving = *at;
    Fingerprint* to = at;
    for (; to > first && moving.key < (to - 1)->key; --to) *to = *(to - 1);
    *to = moving;
  }
}

std::size_t end_of_run(const std::vector<Fingerprint>& fingerprints, std::size_t first) {
  std::size_t end = first;
  while (end < fingerprints.size() && fingerprints[end].key == fingerprints[first].key) ++end;
  return end;
}

}  // namespace

Status Join::run(std::vector<Fingerprint>& source, std::vector<Fingerprint>& target,
                 unsigned partition_bits, std::uint64_t& equal, GroupSink& sink) {
  sort_by_key(source, partition_bits);
  sort_by_key(target, partition_bits);
  std::size_t s = 0;
  std::size_t t = 0;
  while (s < source.size() || t < target.size()) {
    const bool take_source =
        s < source.size() && (t == target.size() || source[s].key <= target[t].key);
    const bool take_target =
        t < target.size() && (s == source.size() || target[t].key <= source[s].key);
    const std::size_t s_end = take_source ? end_of_run(source, s) : s;
    const std::size_t t_end = take_target ? end_of_run(target, t) : t;
#if DECANT_MUTANT_COUNTS_INSTEAD_OF_COMPARISON
    const bool same = s_end - s == 1 && t_end - t == 1;
#else
    const bool same = s_end - s == 1 && t_end - t == 1 && source[s].same_digest(target[t]) &&
                      is_held_against_target(source[s]);
#endif
    if (same) {
      ++equal;
    } else {
      DECANT_CHECK(sink.add(
          {std::span(source).subspan(s, s_end - s), std::span(target).subspan(t, t_end - t)}));
    }
    s = s_end;
    t = t_end;
  }
  return ok_status();
}

// Hashes are evenly spread: dealt into about as many buckets as there are fingerprints, almost
// every bucket holds one or two.
void Join::sort_by_key(std::vector<Fingerprint>& fingerprints, unsigned partition_bits) {
  const std::size_t size = fingerprints.size();
  if (size < 2) return;
  const unsigned bits = static_cast<unsigned>(std::bit_width(size - 1));
  const auto bucket_of = [&](const Fingerprint& f) {
    return f.key << partition_bits >> (64 - bits);
  };
  starts_.assign((std::size_t{1} << bits) + 1, 0);
  for (const Fingerprint& f : fingerprints) ++starts_[bucket_of(f) + 1];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  scratch_.resize(size);
  for (const Fingerprint& f : fingerprints) scratch_[starts_[bucket_of(f)]++] = f;
  fingerprints.swap(scratch_);
  // Now starts_[b] is where bucket b ends.
  std::size_t first = 0;
  for (std::size_t b = 0; b + 1 < starts_.size(); ++b) {
    const std::size_t end = starts_[b];
    if (end - first > 1) sort_small(&fingerprints[first], &fingerprints[first] + (end - first));
    first = end;
  }
}

}  // namespace decant::verify
