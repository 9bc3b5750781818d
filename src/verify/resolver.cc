#include "verify/resolver.h"

#include <algorithm>
#include <tuple>

#include "model/order.h"

namespace decant::verify {
namespace {

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
  if (source.size() > group_records_max || target.size() > group_records_max) {
    return Error{ErrorCode::invalid, "collection '" + job_.definition.name + "': more than " +
                                         std::to_string(group_records_max) +
                                         " different records have the same key; name the fields "
                                         "that identify a record with `--key`"};
  }
  waiting_.push_back({decided, static_cast<std::uint32_t>(source_.size()),
                      static_cast<std::uint32_t>(source.size()),
                      static_cast<std::uint32_t>(target_.size()),
                      static_cast<std::uint32_t>(target.size())});
  source_.insert(source_.end(), source.begin(), source.end());
  target_.insert(target_.end(), target.begin(), target.end());
  if (source_.size() < chunk_records_ && target_.size() < chunk_records_) return ok_status();
  return flush();
}

Status Resolver::flush() {
  if (waiting_.empty()) return ok_status();
  if (job_.stop.stop_requested()) {
    return Error{ErrorCode::interrupted, "verification was interrupted; run it again"};
  }
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  DECANT_CHECK(fetcher_.fetch_source(source_, source_fetched_));
  DECANT_CHECK(fetcher_.fetch_target(target_, target_fetched_));
  for (const Waiting& one : waiting) DECANT_CHECK(resolve(one));
  fetcher_.release();
  source_.clear();
  target_.clear();
  waiting.clear();
  waiting_.swap(waiting);  // its memory is used again
  return ok_status();
}

Status Resolver::resolve(const Waiting& waiting) {
  if (waiting.decided && waiting.source_count == 1) {
    return report(DifferenceKind::missing, &source_fetched_[waiting.source_first], nullptr, {});
  }
  if (waiting.decided) {
    return report(DifferenceKind::extra, nullptr, &target_fetched_[waiting.target_first], {});
  }
  const auto source = std::span(source_).subspan(waiting.source_first, waiting.source_count);
  const auto target = std::span(target_).subspan(waiting.target_first, waiting.target_count);
  std::vector<Keyed> sources;
  std::vector<Keyed> targets;
  key_all(source, std::span(source_fetched_).subspan(waiting.source_first), sources);
  key_all(target, std::span(target_fetched_).subspan(waiting.target_first), targets);
  std::size_t s = 0;
  std::size_t t = 0;
  while (s < sources.size() || t < targets.size()) {
    const std::string& key =
        t == targets.size() || (s < sources.size() && sources[s].key <= targets[t].key)
            ? sources[s].key
            : targets[t].key;
    std::size_t s_end = s;
    std::size_t t_end = t;
    while (s_end < sources.size() && sources[s_end].key == key) ++s_end;
    while (t_end < targets.size() && targets[t_end].key == key) ++t_end;
    DECANT_CHECK(resolve_key(std::span(sources).subspan(s, s_end - s),
                             std::span(targets).subspan(t, t_end - t)));
    s = s_end;
    t = t_end;
  }
  return ok_status();
}

// All records of one real key, with their records at hand.
Status Resolver::resolve_key(std::span<const Keyed> source, std::span<const Keyed> target) {
  std::vector<Fingerprint> sources;
  std::vector<Fingerprint> targets;
  for (const Keyed& one : source) sources.push_back(one.fingerprint);
  for (const Keyed& one : target) targets.push_back(one.fingerprint);
  DECANT_CHECK(sort_by_place(source_places_, sources));
  DECANT_CHECK(sort_by_place(target_places_, targets));
  const auto fetched = [](std::span<const Keyed> side, const Fingerprint& wanted) {
    return std::find_if(side.begin(), side.end(),
                        [&](const Keyed& one) {
                          return one.fingerprint.origin == wanted.origin &&
                                 one.fingerprint.same_digest(wanted);
                        })
        ->fetched;
  };
  std::vector<Verdict> verdicts;
  NotHeld not_held;
  decide(sources, targets, job_.duplicates, verdicts, not_held);
  result_.duplicates += not_held.duplicates;
  result_.excluded += not_held.excluded;
  for (const Verdict& verdict : verdicts) {
    switch (verdict.finding) {
      case Finding::equal:
        ++result_.equal;
        break;
      case Finding::missing:
        ++result_.missing;
        DECANT_CHECK(
            report(DifferenceKind::missing, fetched(source, *verdict.source), nullptr, {}));
        break;
      case Finding::extra:
        ++result_.extra;
        if (job_.extra == ExtraPolicy::allow) break;
        DECANT_CHECK(report(DifferenceKind::extra, nullptr, fetched(target, *verdict.target), {}));
        break;
      case Finding::differs:
        DECANT_CHECK(compare(*verdict.source, *fetched(source, *verdict.source),
                             *fetched(target, *verdict.target)));
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

void Resolver::key_all(std::span<const Fingerprint> fingerprints, std::span<const Fetched> fetched,
                       std::vector<Keyed>& out) const {
  out.reserve(fingerprints.size());
  for (std::size_t i = 0; i < fingerprints.size(); ++i) {
    out.push_back({real_key(fingerprints[i], fetched[i].record), fingerprints[i], &fetched[i]});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
}

}  // namespace decant::verify
