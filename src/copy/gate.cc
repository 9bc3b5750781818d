#include "copy/gate.h"

#include <algorithm>
#include <utility>

namespace decant::copy {
namespace {

constexpr std::size_t kOpenOriginWords = 1u << 17;  // 1 MiB

// Takes the records whose source record is not to be written out of the work.
void remove_undue(const std::vector<ItemState>& states, TargetWork& work) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < work.records.size(); ++i) {
    const ItemState state = states[work.records[i].source_index];
    if (state == kLeft || state == kDone) continue;
    work.records[kept] = work.records[i];
    work.entries[kept] = work.entries[i];
    if (!work.keyless.empty()) work.keyless[kept] = work.keyless[i];
    ++kept;
  }
  work.records.resize(kept);
  work.entries.resize(kept);
  if (!work.keyless.empty()) work.keyless.resize(kept);
}

void remove_undue(Slot& slot) {
  for (TargetWork& work : slot.targets) remove_undue(slot.states, work);
  auto is_undue = [&](const auto& entry) {
    const ItemState state = slot.states[entry.source_index];
    return state == kLeft || state == kDone;
  };
  std::erase_if(slot.refused, is_undue);
  std::erase_if(slot.repeated, is_undue);
}

}  // namespace

void OpenOrigins::add(std::uint64_t origin) {
  if (words_.empty()) words_.resize(kOpenOriginWords);
  for (std::uint64_t part : {origin, origin >> 32}) {
    words_[(part >> 6) % kOpenOriginWords] |= std::uint64_t{1} << (part & 63);
  }
}

bool OpenOrigins::may_hold(std::uint64_t origin) const {
  for (std::uint64_t part : {origin, origin >> 32}) {
    if ((words_[(part >> 6) % kOpenOriginWords] >> (part & 63) & 1) == 0) return false;
  }
  return true;
}

Gate::Gate(const CopyJob& job, const std::vector<PartitionWork>& partitions, Purpose purpose,
           std::string spill_folder)
    : job_(job), partitions_(partitions), purpose_(purpose) {
  open_seen(spill_folder);
  const std::size_t sorted_max =
      std::max(sort_entries_in_memory_max / std::max<std::size_t>(job.targets.size(), 1),
               sort_entries_in_memory_min);
  for (const CopyTarget& target : job.targets) {
    const bool wants_last = target.duplicates == Duplicates::last;
    last_.push_back(wants_last && purpose == Purpose::find_last
                        ? std::make_unique<LastOfKey>(spill_folder, sorted_max)
                        : nullptr);
  }
  taken_.resize(job.collections.size());
  past_limit_ = std::make_unique<std::atomic<bool>[]>(job.collections.size());
}

Gate::~Gate() = default;

// One memory for all targets, shared by those that are fed at the same time; see retire_before().
void Gate::open_seen(const std::string& spill_folder) {
  const auto collections = static_cast<std::uint32_t>(job_.collections.size());
  std::vector<std::uint32_t> first_fed(job_.targets.size(), collections);
  last_fed_.resize(job_.targets.size());
  for (std::uint32_t i = 0; i < collections; ++i) {
    for (const std::uint32_t target : job_.collections[i].targets) {
      first_fed[target] = std::min(first_fed[target], i);
      last_fed_[target] = i;
    }
  }
  std::size_t at_once = 1;
  for (std::uint32_t i = 0; i < collections; ++i) {
    std::size_t fed = 0;
    for (std::size_t target = 0; target < last_fed_.size(); ++target) {
      fed += first_fed[target] <= i && i <= last_fed_[target] ? 1 : 0;
    }
    at_once = std::max(at_once, fed);
  }
  SeenKeys::Options options;
  options.folder = spill_folder;
  options.keys_in_memory_max = std::max(seen_keys_in_memory_max / at_once, seen_keys_in_memory_min);
  options.filter_bytes = std::max(seen_filter_bytes / at_once, seen_filter_bytes_min);
  for (std::size_t i = 0; i < job_.targets.size(); ++i) seen_.emplace_back(options);
}

// Gives back the memory of targets that are fed no more.
Status Gate::retire_before(std::uint32_t collection) {
  const std::uint32_t ended = std::exchange(collection_, collection);
  for (std::size_t target = 0; target < seen_.size(); ++target) {
    const bool ends = last_fed_[target] >= ended && last_fed_[target] < collection;
    if (ends) DECANT_CHECK(seen_[target].retire());
  }
  return ok_status();
}

bool Gate::pass(Slot& slot) {
  if (slot.error) return true;
  Status status = decide(slot);
  if (!status.ok()) {
    slot.error = std::move(status).error();
    return true;
  }
  if (slot.ends_partition) return true;
  auto is_done = [](ItemState state) { return state == kDone; };
  return !std::all_of(slot.states.begin(), slot.states.end(), is_done) ||
         !std::all_of(slot.bad_states.begin(), slot.bad_states.end(), is_done);
}

Status Gate::decide(Slot& slot) {
  if (slot.partition != partition_) {
    partition_ = slot.partition;
    items_ = 0;
    const std::uint32_t collection = partitions_[slot.partition].collection;
    if (collection != collection_) DECANT_CHECK(retire_before(collection));
  }
  slot.first_item = items_;
  slot.chain_before = chain_;
  apply_limit(partitions_[slot.partition].collection, slot);
  extend_chain(slot);
#if DECANT_MUTANT_RESUME_FORGETS_KEYS
  const bool looks = !resume_ || slot.partition >= resume_->partition;
#else
  const bool looks = true;
#endif
  for (std::uint32_t target = 0; looks && target < slot.targets.size(); ++target) {
    DECANT_CHECK(find_repeated(target, slot));
  }
  DECANT_CHECK(drop_done(slot));
  if (!open_origins_.empty()) mark_open(slot);
  return ok_status();
}

// A limit counts records after all filters: what `where` leaves does not use it up.
void Gate::apply_limit(std::uint32_t collection, Slot& slot) {
  if (!job_.limits.records) return;
  std::uint64_t& taken = taken_[collection];
  const std::uint64_t limit = *job_.limits.records;
  bool cut = false;
  for_each_item(slot.source, [&](std::size_t index, bool is_bad) {
    ItemState& state = is_bad ? slot.bad_states[index] : slot.states[index];
#if DECANT_MUTANT_LIMIT_BEFORE_FILTER
    if (taken++ >= limit && state != kLeft) {
      state = kLeft;
      cut = true;
    }
#else
    if (taken >= limit) {
      cut = true;
      state = kLeft;
      (is_bad ? slot.bad_hashes[index] : slot.hashes[index]) = 0;
    } else if (state != kLeft) {
      ++taken;
    }
#endif
  });
  if (cut) remove_undue(slot);
  if (taken >= limit) past_limit_[collection].store(true, std::memory_order_relaxed);
}

void Gate::extend_chain(Slot& slot) {
  for_each_item(slot.source, [&](std::size_t index, bool is_bad) {
    if (resume_ && resume_->partition == partition_ && resume_->items == items_) {
      resume_verified_ = resume_->chain == chain_;
    }
    ++items_;
    chain_ = next_link(chain_, is_bad ? slot.bad_hashes[index] : slot.hashes[index]);
  });
  slot.chain_after = chain_;
}

Status Gate::find_repeated(std::uint32_t target, Slot& slot) {
  if (slot.targets[target].records.empty()) return ok_status();
  const bool wants_last = job_.targets[target].duplicates == Duplicates::last;
  if (purpose_ == Purpose::copy) {
    return wants_last ? keep_last(target, slot) : keep_first(target, slot);
  }
  if (!wants_last) return ok_status();
  const TargetWork& work = slot.targets[target];
  for (std::size_t i = 0; i < work.entries.size(); ++i) {
    if (!work.keyless.empty() && work.keyless[i] != 0) continue;
    DECANT_CHECK(last_[target]->add(work.entries[i].digest.key));
  }
  return ok_status();
}

Status Gate::keep_first(std::uint32_t target, Slot& slot) {
  TargetWork& work = slot.targets[target];
  std::span<const SeenKeys::Entry> entries = work.entries;
  if (!work.keyless.empty()) {
    keyed_.clear();
    for (std::size_t i = 0; i < work.entries.size(); ++i) {
      if (work.keyless[i] == 0) keyed_.push_back(work.entries[i]);
    }
    entries = keyed_;
  }
  DECANT_CHECK(seen_[target].add(entries, first_));
  std::size_t kept = 0;
  std::size_t keyed = 0;
  for (std::size_t i = 0; i < work.records.size(); ++i) {
    const bool has_key = work.keyless.empty() || work.keyless[i] == 0;
    const std::uint64_t first = has_key ? first_[keyed++] : SeenKeys::kNew;
    bool refused = first != SeenKeys::kNew;
    if (refused) DECANT_CHECK(judge_repeated(target, i, first, slot, refused));
    if (refused) continue;
    if (kept != i) {
      work.records[kept] = work.records[i];
      work.entries[kept] = work.entries[i];
    }
    ++kept;
  }
  work.records.resize(kept);
  work.entries.resize(kept);
  work.keyless.clear();
  return ok_status();
}

// The record has the key of an earlier one. `refused` stays true, unless it may be written.
Status Gate::judge_repeated(std::uint32_t target, std::size_t index, std::uint64_t first,
                            Slot& slot, bool& refused) {
  const TargetWork& work = slot.targets[target];
  const Record& record = work.records[index];
  ItemState& state = slot.states[record.source_index];
#if DECANT_MUTANT_LAST_ONE_WINS
  (void)first;
  (void)state;
  refused = false;
  return ok_status();
#else
  bool equal = job_.targets[target].duplicates != Duplicates::quarantine;
  if (!equal) {
    DECANT_ASSIGN(SeenRecord earlier, seen_[target].record(first));
    equal = earlier.content == work.entries[index].digest.content;
    if (!equal) {
      slot.refused.push_back({record.source_index, target, kDuplicateKeyDiffers,
                              "its key is that of " + place_of(earlier) +
                                  ", and the two differ; mend one of them, or say --duplicates "
                                  "first or last",
                              record});
    }
  }
  if (equal) slot.repeated.push_back({record.source_index, target});
  const Outcome outcome = equal ? Outcome::duplicate : Outcome::quarantined;
  state = state == kUndecided ? state_of(outcome)
                              : state_of(worst(static_cast<Outcome>(state), outcome));
  refused = true;
  return ok_status();
#endif
}

Status Gate::keep_last(std::uint32_t target, Slot& slot) {
  TargetWork& work = slot.targets[target];
  keyed_.clear();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < work.records.size(); ++i) {
    const bool has_key = work.keyless.empty() || work.keyless[i] == 0;
    if (has_key) {
      DECANT_ASSIGN(bool repeated, last_[target]->is_repeated_later());
      if (repeated) {
        ItemState& state = slot.states[work.records[i].source_index];
        slot.repeated.push_back({work.records[i].source_index, target});
        state = state == kUndecided
                    ? state_of(Outcome::duplicate)
                    : state_of(worst(static_cast<Outcome>(state), Outcome::duplicate));
        continue;
      }
      keyed_.push_back(work.entries[i]);
    }
    work.records[kept] = work.records[i];
    work.entries[kept] = work.entries[i];
    ++kept;
  }
  work.records.resize(kept);
  work.entries.resize(kept);
  work.keyless.clear();
  return seen_[target].add(keyed_, first_);
}

// What an earlier part of this run has committed already is only looked at, so that the keys are
// known and a changed source is noticed.
Status Gate::drop_done(Slot& slot) {
  if (!resume_) return ok_status();
  const Error changed = {ErrorCode::refused,
                         partitions_[resume_->partition].partition.label +
                             ": what was read of it before the run stopped has changed since; put "
                             "it back as it was, or begin anew with --restart"};
  const bool before = slot.partition < resume_->partition;
  const bool within = slot.partition == resume_->partition;
  if (within && slot.ends_partition && items_ < resume_->items) return changed;
  if (before || (within && slot.first_item < resume_->items)) {
    std::uint64_t number = slot.first_item;
    for_each_item(slot.source, [&](std::size_t index, bool is_bad) {
      const bool done = before || number++ < resume_->items;
      if (done) (is_bad ? slot.bad_states[index] : slot.states[index]) = kDone;
    });
    remove_undue(slot);
  }
  const bool reached = (within && items_ >= resume_->items) || slot.partition > resume_->partition;
  if (!reached) return ok_status();
  // Where the place is the end of this slot, no item behind it was there to compare the chain.
  const bool at_end = within && items_ == resume_->items;
  const bool same = at_end ? resume_->chain == chain_ : resume_verified_;
  if (!same) return changed;
  if (!at_end || slot.ends_partition) resume_.reset();
  return ok_status();
}

void Gate::mark_open(Slot& slot) {
  const PartitionWork& work = partitions_[slot.partition];
  const std::vector<std::string>& files = job_.source->files();
  const std::string_view source = job_.collections[work.collection].name;
  for (std::uint32_t i = 0; i < slot.states.size(); ++i) {
    const ItemState state = slot.states[i];
    if (state == kLeft || state == kDone) continue;
    const Origin& origin = slot.source.records[i].origin;
    const std::string_view file =
        origin.file < files.size() ? std::string_view(files[origin.file]) : std::string_view();
    if (open_origins_.may_hold(catalog::origin_hash(source, file, origin.ordinal, origin.offset))) {
      slot.may_close.push_back(i);
    }
  }
}

std::string Gate::place_of(const SeenRecord& record) const {
  const std::vector<std::string>& files = job_.source->files();
  if (record.origin.file < files.size()) {
    return "record " + std::to_string(record.origin.ordinal) + " of " + files[record.origin.file];
  }
  return "the record at " + std::to_string(record.origin.offset) + " of " +
         job_.collections[record.collection].name;
}

Result<std::optional<SeenRecord>> Gate::find(std::uint32_t target, const Hash128& key) {
  return seen_[target].find(key);
}

}  // namespace decant::copy
