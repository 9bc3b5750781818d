#include "verify/fetcher.h"

#include <algorithm>
#include <tuple>

namespace decant::verify {

struct Fetcher::Held {
  Batch batch;
  SourceWork work;
  std::vector<Made> made;  // of the target
};

Fetcher::Fetcher(const VerifyJob& job, const PlaceBook& source_places,
                 const PlaceBook& target_places)
    : job_(job),
      source_places_(source_places),
      target_places_(target_places),
      source_sides_(job.sources.size()),
      target_side_(job) {}
Fetcher::~Fetcher() = default;

void Fetcher::release() { held_source_.in_use = held_target_.in_use = 0; }

Status Fetcher::fetch_source(std::span<const Fingerprint> fingerprints, std::vector<Fetched>& out) {
  out.assign(fingerprints.size(), {});
  std::vector<Wanted> wanted;
  DECANT_CHECK(find_wanted(fingerprints, source_places_, wanted));
  std::vector<bool> found(fingerprints.size());
  std::size_t first = 0;
  while (first < wanted.size()) {
    const std::uint32_t source = wanted[first].source;
    std::size_t end = first;
    while (end < wanted.size() && wanted[end].source == source) ++end;
    DECANT_CHECK(
        fetch_one_source(source, std::span(wanted).subspan(first, end - first), out, found));
    first = end;
  }
  return ok_status();
}

Status Fetcher::fetch_one_source(std::uint32_t source, std::span<const Wanted> wanted,
                                 std::vector<Fetched>& out, std::vector<bool>& found) {
  const SourceInput& input = job_.sources[source];
  std::unique_ptr<SourceSide>& side = source_sides_[source];
  if (side == nullptr) side = std::make_unique<SourceSide>(job_, source);
  const std::vector<Origin> origins = origins_of(wanted);
  DECANT_ASSIGN(const std::unique_ptr<Reader> reader, input.view->fetch(input.collection, origins));
  while (true) {
    Held& held = next_held(held_source_);
    DECANT_ASSIGN(const bool more, reader->next(held.batch));
    if (!more) break;
    side->take(held.batch, held.work);
    hand_out(wanted, held.work.made, out, found);
  }
  --held_source_.in_use;
  return check_all_found(wanted, found, "source", *input.view);
}

Status Fetcher::fetch_target(std::span<const Fingerprint> fingerprints, std::vector<Fetched>& out) {
  out.assign(fingerprints.size(), {});
  if (fingerprints.empty()) return ok_status();
  std::vector<Wanted> wanted;
  DECANT_CHECK(find_wanted(fingerprints, target_places_, wanted));
  std::vector<bool> found(fingerprints.size());
  const std::vector<Origin> origins = origins_of(wanted);
  DECANT_ASSIGN(const std::unique_ptr<Reader> reader,
                job_.target->fetch(job_.definition.name, origins));
  while (true) {
    Held& held = next_held(held_target_);
    DECANT_ASSIGN(const bool more, reader->next(held.batch));
    if (!more) break;
    target_side_.take(held.batch, held.made);
    hand_out(wanted, held.made, out, found);
  }
  --held_target_.in_use;
  return check_all_found(wanted, found, "target", *job_.target);
}

// In the order in which they are fetched and found again.
Status Fetcher::find_wanted(std::span<const Fingerprint> fingerprints, const PlaceBook& places,
                            std::vector<Wanted>& wanted) {
  wanted.reserve(fingerprints.size());
  for (std::size_t i = 0; i < fingerprints.size(); ++i) {
    const Fingerprint& f = fingerprints[i];
    DECANT_ASSIGN(const Place place, places.unpack(f.origin));
    wanted.push_back({place.source, place.origin, f.digest_low, f.digest_high, i});
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return std::tie(a.source, a.origin.file, a.origin.offset) <
           std::tie(b.source, b.origin.file, b.origin.offset);
  });
  return ok_status();
}

std::vector<Origin> Fetcher::origins_of(std::span<const Wanted> wanted) {
  std::vector<Origin> origins;
  origins.reserve(wanted.size());
  for (const Wanted& one : wanted) {
    const bool again = !origins.empty() && origins.back().file == one.origin.file &&
                       origins.back().offset == one.origin.offset;
    if (!again) origins.push_back(one.origin);
  }
  return origins;
}

void Fetcher::hand_out(std::span<const Wanted> wanted, const std::vector<Made>& made,
                       std::vector<Fetched>& out, std::vector<bool>& found) {
  const auto place = [](const Origin& origin) { return std::tie(origin.file, origin.offset); };
  for (const Made& one : made) {
    auto at = std::lower_bound(
        wanted.begin(), wanted.end(), one.origin,
        [&](const Wanted& w, const Origin& origin) { return place(w.origin) < place(origin); });
    for (; at != wanted.end() && place(at->origin) == place(one.origin); ++at) {
      if (at->digest_low != one.digest.content.low || at->digest_high != one.digest.content.high) {
        continue;
      }
      out[at->index] = {one.record, one.origin, at->source};
      found[at->index] = true;
    }
  }
}

Status Fetcher::check_all_found(std::span<const Wanted> wanted, const std::vector<bool>& found,
                                std::string_view side, const View& view) {
  for (const Wanted& one : wanted) {
    if (found[one.index]) continue;
    std::string place = describe_place(view, one.origin);
    if (place.empty()) place = "row " + std::to_string(one.origin.offset);
    return Error{ErrorCode::corrupt, "the record of the " + std::string(side) + " at " + place +
                                         " changed while it was verified; verify again when "
                                         "nothing writes to it"};
  }
  return ok_status();
}

Fetcher::Held& Fetcher::next_held(Pool& pool) {
  if (pool.in_use == pool.held.size()) pool.held.push_back(std::make_unique<Held>());
  return *pool.held[pool.in_use++];
}

std::string describe_place(const View& view, const Origin& origin) {
  const std::vector<std::string>& files = view.files();
  if (origin.file >= files.size()) return {};
  return files[origin.file] + " byte " + std::to_string(origin.offset);
}

}  // namespace decant::verify
