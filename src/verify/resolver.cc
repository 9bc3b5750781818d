#include "verify/resolver.h"

#include <algorithm>
#include <compare>
#include <map>
#include <thread>
#include <tuple>

#include "model/order.h"

namespace decant::verify {
namespace {

constexpr std::size_t kFetchedBesideMin = 256;

bool same_digests(std::span<const Fingerprint> fingerprints, const Fingerprint& first) {
  return std::all_of(fingerprints.begin(), fingerprints.end(),
                     [&](const Fingerprint& f) { return f.same_digest(first); });
}

// Where in the source a record is, for the order of duplicates. Rows may have negative numbers.
auto order_of(const Place& place) {
  return std::tuple(place.source, place.origin.file,
                    static_cast<std::int64_t>(place.origin.offset));
}

// Brings records of one side into its order: it decides which of several is the first.
Status sort_by_place(const PlaceBook& places, std::span<Fingerprint> fingerprints) {
  if (fingerprints.size() < 2) return ok_status();
  std::vector<std::pair<Place, Fingerprint>> placed;
  for (const Fingerprint& fingerprint : fingerprints) {
    DECANT_ASSIGN(const Place place, places.unpack(fingerprint.origin));
    placed.emplace_back(place, fingerprint);
  }
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) {
    return order_of(a.first) < order_of(b.first);
  });
  for (std::size_t i = 0; i < placed.size(); ++i) fingerprints[i] = placed[i].second;
  return ok_status();
}

}  // namespace

Resolver::Resolver(const VerifyJob& job, const PlaceBook& source_places,
                   const PlaceBook& target_places, std::size_t chunk_records, Findings& findings,
                   VerifyResult& result)
    : job_(job),
      source_places_(source_places),
      target_places_(target_places),
      chunk_records_(chunk_records),
      compared_(compared_fields(job)),
      findings_(findings),
      result_(result),
      fetcher_(job, source_places, target_places) {}

Status Resolver::add(const Group& group) {
  // Digests hold the key: where all are the same, so is the key, and nothing has to be fetched.
  if (group.source.empty() || (same_digests(group.source, group.source.front()) &&
                               same_digests(group.target, group.source.front()))) {
    return settle(group);
  }
  if (group.target.empty() && group.source.size() == 1) return settle(group);
#if DECANT_MUTANT_KEY_HASH_IS_THE_KEY
  if (group.source.size() != 1 || group.target.size() != 1) return settle(group);
#endif
  return wait(false, group.source, group.target);
}

// Decides by digests alone. Records are fetched only where somebody wants to see their keys.
Status Resolver::settle(const Group& group) {
  DECANT_CHECK(sort_by_place(source_places_, group.source));
  DECANT_CHECK(sort_by_place(target_places_, group.target));
  verdicts_.clear();
  NotHeld not_held;
  decide(group.source, group.target, job_.duplicates, verdicts_, not_held);
  result_.duplicates += not_held.duplicates;
  result_.excluded += not_held.excluded;
  for (const Verdict& verdict : verdicts_) {
    switch (verdict.finding) {
      case Finding::missing:
        ++result_.missing;
        if (findings_.wants_more()) DECANT_CHECK(wait(true, {verdict.source, 1}, {}));
        break;
      case Finding::extra:
        ++result_.extra;
        if (job_.extra == ExtraPolicy::different && findings_.wants_more()) {
          DECANT_CHECK(wait(true, {}, {verdict.target, 1}));
        }
        break;
      default:
        ++result_.equal;
        break;
    }
  }
  return ok_status();
}

Status Resolver::wait(bool decided, std::span<const Fingerprint> source,
                      std::span<const Fingerprint> target) {
  if (source.size() + target.size() > group_records_max) return resolve_large(source, target);
  waiting_.push_back({decided, static_cast<std::uint32_t>(source_.size()),
                      static_cast<std::uint32_t>(source.size()),
                      static_cast<std::uint32_t>(target_.size()),
                      static_cast<std::uint32_t>(target.size())});
  source_.insert(source_.end(), source.begin(), source.end());
  target_.insert(target_.end(), target.begin(), target.end());
  if (source_.size() + target_.size() < waiting_records_max) return ok_status();
  return flush();
}

// The groups come in order of their hashes. Their records are fetched in order of their places, so
// that each part of a side is read once.
Result<std::vector<std::uint32_t>> Resolver::order_by_place() const {
  struct At {
    bool source_only;
    std::uint32_t source, file;
    std::int64_t offset;
    std::uint32_t index;
    auto operator<=>(const At&) const = default;
  };
  std::vector<At> places;
  places.reserve(waiting_.size());
  for (std::uint32_t i = 0; i < waiting_.size(); ++i) {
    const Waiting& one = waiting_[i];
    const bool source_only = one.target_count == 0;
    DECANT_ASSIGN(const Place place, source_only
                                         ? source_places_.unpack(source_[one.source_first].origin)
                                         : target_places_.unpack(target_[one.target_first].origin));
    places.push_back({source_only, place.source, place.origin.file,
                      static_cast<std::int64_t>(place.origin.offset), i});
  }
  std::sort(places.begin(), places.end());
  std::vector<std::uint32_t> order;
  order.reserve(places.size());
  for (const At& at : places) order.push_back(at.index);
  return order;
}

Status Resolver::flush() {
  DECANT_ASSIGN(const std::vector<std::uint32_t> order, order_by_place());
  for (const std::uint32_t index : order) {
    Waiting one = waiting_[index];
    const auto source = std::span(source_).subspan(one.source_first, one.source_count);
    const auto target = std::span(target_).subspan(one.target_first, one.target_count);
    one.source_first = static_cast<std::uint32_t>(chunk_source_.size());
    one.target_first = static_cast<std::uint32_t>(chunk_target_.size());
    chunk_.push_back(one);
    chunk_source_.insert(chunk_source_.end(), source.begin(), source.end());
    chunk_target_.insert(chunk_target_.end(), target.begin(), target.end());
    if (std::max(chunk_source_.size(), chunk_target_.size()) < chunk_records_) continue;
    DECANT_CHECK(resolve_chunk());
  }
  waiting_.clear();
  source_.clear();
  target_.clear();
  return resolve_chunk();
}

Status Resolver::resolve_chunk() {
  DECANT_CHECK(check_stop());
  DECANT_CHECK(fetch_chunk());
  for (const Waiting& one : chunk_) DECANT_CHECK(resolve(one));
  fetcher_.release();
  chunk_.clear();
  chunk_source_.clear();
  chunk_target_.clear();
  return ok_status();
}

// Both sides beside one another where it is worth a thread.
Status Resolver::fetch_chunk() {
  if (std::min(chunk_source_.size(), chunk_target_.size()) < kFetchedBesideMin) {
    DECANT_CHECK(fetcher_.fetch_source(chunk_source_, source_fetched_));
    return fetcher_.fetch_target(chunk_target_, target_fetched_);
  }
  Status of_target = ok_status();
  Status of_source = ok_status();
  {
    const std::jthread beside(
        [&] { of_target = fetcher_.fetch_target(chunk_target_, target_fetched_); });
    of_source = fetcher_.fetch_source(chunk_source_, source_fetched_);
  }
  DECANT_CHECK(std::move(of_source));
  return of_target;
}

Status Resolver::check_stop() const {
  if (!job_.stop.stop_requested()) return ok_status();
  return Error{ErrorCode::interrupted, "verification was interrupted; run it again"};
}

Status Resolver::resolve(const Waiting& waiting) {
  if (waiting.decided && waiting.source_count == 1) {
    return report(DifferenceKind::missing, &source_fetched_[waiting.source_first], nullptr, {});
  }
  if (waiting.decided) {
    return report(DifferenceKind::extra, nullptr, &target_fetched_[waiting.target_first], {});
  }
  const auto source = std::span(chunk_source_).subspan(waiting.source_first, waiting.source_count);
  const auto target = std::span(chunk_target_).subspan(waiting.target_first, waiting.target_count);
  const auto source_fetched = std::span(source_fetched_).subspan(waiting.source_first);
  const auto target_fetched = std::span(target_fetched_).subspan(waiting.target_first);
  std::map<std::string, KeyGroup> keys;
  for (std::size_t i = 0; i < source.size(); ++i) {
    keys[real_key(source[i], source_fetched[i].record)].source.push_back(source[i]);
  }
  for (std::size_t i = 0; i < target.size(); ++i) {
    keys[real_key(target[i], target_fetched[i].record)].target.push_back(target[i]);
  }
  const auto fetched = [](std::span<const Fingerprint> side, std::span<const Fetched> records,
                          const Fingerprint* wanted) -> const Fetched* {
    if (wanted == nullptr) return nullptr;
    const auto at = std::find_if(side.begin(), side.end(), [&](const Fingerprint& one) {
      return one.origin == wanted->origin && one.same_digest(*wanted);
    });
    return &records[static_cast<std::size_t>(at - side.begin())];
  };
  const auto fetch = [&](const Verdict& verdict, const Fetched*& of_source,
                         const Fetched*& of_target) {
    of_source = fetched(source, source_fetched, verdict.source);
    of_target = fetched(target, target_fetched, verdict.target);
    return ok_status();
  };
  for (auto& [key, group] : keys) DECANT_CHECK(resolve_key(group, fetch));
  return ok_status();
}

// More records of one key than are held at once: they are fetched in chunks to tell their real
// keys, and again where something is to be said of them.
Status Resolver::resolve_large(std::span<const Fingerprint> source,
                               std::span<const Fingerprint> target) {
  std::map<std::string, KeyGroup> keys;
  std::vector<Fetched> fetched;
  for (const bool is_source : {true, false}) {
    std::span<const Fingerprint> left = is_source ? source : target;
    while (!left.empty()) {
      DECANT_CHECK(check_stop());
      const auto chunk = left.first(std::min(left.size(), chunk_records_));
      DECANT_CHECK(is_source ? fetcher_.fetch_source(chunk, fetched)
                             : fetcher_.fetch_target(chunk, fetched));
      for (std::size_t i = 0; i < chunk.size(); ++i) {
        KeyGroup& group = keys[real_key(chunk[i], fetched[i].record)];
        (is_source ? group.source : group.target).push_back(chunk[i]);
      }
      fetcher_.release();
      left = left.subspan(chunk.size());
    }
  }
  std::vector<Fetched> sources;
  std::vector<Fetched> targets;
  const auto fetch = [&](const Verdict& verdict, const Fetched*& of_source,
                         const Fetched*& of_target) -> Status {
    fetcher_.release();
    if (verdict.source != nullptr) {
      DECANT_CHECK(fetcher_.fetch_source({verdict.source, 1}, sources));
      of_source = &sources[0];
    }
    if (verdict.target != nullptr) {
      DECANT_CHECK(fetcher_.fetch_target({verdict.target, 1}, targets));
      of_target = &targets[0];
    }
    return ok_status();
  };
  for (auto& [key, group] : keys) DECANT_CHECK(resolve_key(group, fetch));
  fetcher_.release();
  return ok_status();
}

// All records of one real key. `fetch` gives the records behind a verdict.
template <typename Fetch>
Status Resolver::resolve_key(KeyGroup& group, const Fetch& fetch) {
  DECANT_CHECK(sort_by_place(source_places_, group.source));
  DECANT_CHECK(sort_by_place(target_places_, group.target));
  std::vector<Verdict> verdicts;
  NotHeld not_held;
  decide(group.source, group.target, job_.duplicates, verdicts, not_held);
  result_.duplicates += not_held.duplicates;
  result_.excluded += not_held.excluded;
  for (const Verdict& verdict : verdicts) {
    const bool is_counted_only =
        verdict.finding == Finding::equal ||
        (verdict.finding == Finding::extra && job_.extra == ExtraPolicy::allow);
    const Fetched* source = nullptr;
    const Fetched* target = nullptr;
    if (!is_counted_only) DECANT_CHECK(fetch(verdict, source, target));
    switch (verdict.finding) {
      case Finding::equal:
        ++result_.equal;
        break;
      case Finding::missing:
        ++result_.missing;
        DECANT_CHECK(report(DifferenceKind::missing, source, nullptr, {}));
        break;
      case Finding::extra:
        ++result_.extra;
        if (is_counted_only) break;
        DECANT_CHECK(report(DifferenceKind::extra, nullptr, target, {}));
        break;
      case Finding::differs:
        DECANT_CHECK(compare(*verdict.source, *source, *target));
        break;
    }
  }
  return ok_status();
}

// Two records of one key whose digests differ.
Status Resolver::compare(const Fingerprint& fingerprint, const Fetched& source,
                         const Fetched& target) {
  if (is_kept(fingerprint, *source.record, *target.record)) {
    ++result_.kept;
    return ok_status();
  }
  std::vector<FieldDifference> fields = named_fields(*source.record, *target.record);
  if (fields.empty()) {
    return Error{ErrorCode::corrupt,
                 "internal error: two records of collection '" + job_.definition.name +
                     "' have different digests and no field that differs (source: offset " +
                     std::to_string(source.origin.offset) + " of file " +
                     std::to_string(source.origin.file) + "); please report it with the record"};
  }
  leave_out_defaults(fields);
  if (fields.empty()) {
    ++result_.equal;
    return ok_status();
  }
  ++result_.different;
  return report(DifferenceKind::different, &source, &target, std::move(fields));
}

bool Resolver::is_kept(const Fingerprint& fingerprint, const Record& source,
                       const Record& target) const {
  if (disposition_of(fingerprint) == Disposition::kept) return true;
  if (job_.dispositions != nullptr && job_.dispositions->tells_kept()) return false;
  if (job_.policy == Policy::skip) return true;
  if (job_.policy != Policy::newer_than) return false;
  const Value ours = source.find(job_.newer_than);
  const Value theirs = target.find(job_.newer_than);
  const bool newer = ours.is_present() && (!theirs.is_present() ||
                                           order(ours, theirs) == std::partial_ordering::greater);
  return !newer;
}

// The complement is taken apart on both sides, so that a difference in it has its field's name.
std::vector<FieldDifference> Resolver::named_fields(const Record& source, const Record& target) {
  std::vector<FieldDifference> fields = compare_fields(source, target, compared_);
  const std::string& complement = job_.definition.complement;
  const bool in_complement = !complement.empty() && std::any_of(fields.begin(), fields.end(),
                                                                [&](const FieldDifference& f) {
                                                                  return f.name == complement;
                                                                });
  if (!in_complement) return fields;
  restored_source_.clear();
  restored_target_.clear();
  restored_source_.records.push_back(source);
  restored_target_.records.push_back(target);
  restore_complement(job_.definition, restored_shapes_, restored_source_);
  restore_complement(job_.definition, restored_shapes_, restored_target_);
  // Fields of the complement belong to the record, whatever fields the plan names.
  ComparedFields all{compared_.key, {}, compared_.ignored};
  std::vector<FieldDifference> named =
      compare_fields(restored_source_.records[0], restored_target_.records[0],
                     compared_.compared.empty() ? compared_ : all);
  return named.empty() ? fields : named;
}

// A field that the source lacks, and that only the target's store can fill in (random(), ...), is
// as it should be. All other defaults stand in the source's record already.
void Resolver::leave_out_defaults(std::vector<FieldDifference>& fields) const {
  std::erase_if(fields, [&](const FieldDifference& difference) {
    const Field* field = job_.definition.find(difference.name);
    return field != nullptr && field->required && !field->default_sql.empty() &&
           difference.source.empty() && !difference.target.empty();
  });
}

Status Resolver::report(DifferenceKind kind, const Fetched* source, const Fetched* target,
                        std::vector<FieldDifference> fields) {
  if (!findings_.wants_more()) return ok_status();
  FoundDifference found;
  found.kind = kind;
  Difference difference;
  difference.kind = kind;
  difference.fields = std::move(fields);
  const Record* shown = nullptr;
  if (target != nullptr) {
    found.target_origin = target->origin;
    found.target_record = target->record;
    shown = target->record;
    difference.place = describe_place(*job_.target, target->origin);
  }
  if (source != nullptr) {
    found.source = source->source;
    found.source_origin = source->origin;
    found.source_record = source->record;
    shown = source->record;
    difference.place = describe_place(*job_.sources[source->source].view, source->origin);
  }
  if (shown != nullptr) difference.key = render_key(*shown, job_.key);
  return findings_.add(found, std::move(difference));
}

// The bytes of the key's values; of a record without a key, bytes that nothing else has.
std::string Resolver::real_key(const Fingerprint& fingerprint, const Record* record) const {
  std::string bytes;
  for (const std::string& field : job_.key) {
    const Value value = record == nullptr ? Value::absent() : record->find(field);
    if (!value.is_present()) return "\xff" + std::to_string(fingerprint.origin);
    append_canonical(value, bytes);
  }
  return bytes;
}

}  // namespace decant::verify
