#include "copy/committer.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "model/canonical.h"

namespace decant::copy {

Committer::Committer(const CopyJob& job, const std::vector<PartitionWork>& partitions)
    : job_(job), partitions_(partitions), accounts_(job, partitions) {}

Status Committer::crash_point(std::string_view step) const {
  return job_.crash_point ? job_.crash_point(step) : ok_status();
}

bool Committer::began_writing() const {
  return stager_ ? stager_->began_writing() : accounts_.state().began_writing;
}

// Unlike that of any other run, also of one with another catalog.
std::string Committer::checkpoint_text(std::uint64_t group) const {
  if (job_.run == nullptr) return {};
  const catalog::RunInfo& run = job_.run->info();
  return std::to_string(run.id) + "-" + std::to_string(run.started_us) + ":" +
         std::to_string(group);
}

Status Committer::open() {
  if (job_.run == nullptr) {
    stager_ = std::make_unique<Stager>(job_, false);
    return ok_status();
  }
  DECANT_ASSIGN(catalog::CopyState stored, job_.run->copy_state());
  if (!stored.confirmed.empty()) {
    DECANT_ASSIGN(Checkpoint state, decode_checkpoint(stored.confirmed));
    DECANT_ASSIGN(std::vector<FileBooks> files, job_.run->file_books());
    accounts_.restore(std::move(state), files);
  }
  confirmed_ = std::move(stored.confirmed);
  const bool began = accounts_.state().began_writing || !stored.pending.empty();
  stager_ = std::make_unique<Stager>(job_, began);
  if (began && phase() != Phase::finished) {
    // Asked whatever the catalog says: a writer that is not asked starts over.
    DECANT_ASSIGN(const std::string reached, stager_->checkpoint());
    DECANT_CHECK(stored.pending.empty() ? check_reached(reached) : settle(stored.pending, reached));
  }
  const Checkpoint& state = accounts_.state();
  if (state.items > 0 && (state.partition >= partitions_.size() ||
                          accounts_.partitions_hash(state.partition) != state.partitions)) {
    return Error{ErrorCode::refused,
                 "the source does not have the same files or partitions as when the run stopped; "
                 "put them back as they were, or begin anew with --restart"};
  }
  if (state.items > 0) {
    job_.run->add_audit("the copy went on behind " + std::to_string(state.books.read) + " records");
  }
  return check_quarantine(false);
}

// The last group may or may not have taken effect.
Status Committer::settle(const std::string& pending, const std::string& reached) {
  DECANT_ASSIGN(PendingGroup group, decode_pending(pending));
  // Groups behind it that had nothing to write may have left their number.
  if (job_.capabilities.checkpoints && group_of(reached) >= group.after.group) {
    files_ = group.after.files;
    accounts_.restore(std::move(group.after), {});
    for (FileBooks& file : files_) {
      if (file.file < accounts_.files().size()) file.path = accounts_.files()[file.file].path;
    }
    confirmed_ = encode(accounts_.state());
    return ok_status();
  }
  DECANT_CHECK(check_reached(reached));
  DECANT_CHECK(job_.run->discard_group(group.after.group));
  const bool certain = job_.capabilities.transactions && job_.capabilities.checkpoints;
  if (!certain) stager_->expect(group.intents);
  return ok_status();
}

// The number of the group in a target's checkpoint; 0 where it is not one of this run.
std::uint64_t Committer::group_of(const std::string& reached) const {
  const std::string own = checkpoint_text(0);
  const std::string_view prefix = std::string_view(own).substr(0, own.size() - 1);
  std::uint64_t group = 0;
  if (reached.starts_with(prefix)) {
    std::from_chars(reached.data() + prefix.size(), reached.data() + reached.size(), group);
  }
  return group;
}

// A target that keeps checkpoints must stand at the last group that the catalog knows to have
// written, or at a later one, which had nothing to write. Else what the books hold is not there.
Status Committer::check_reached(const std::string& reached) const {
  const Checkpoint& state = accounts_.state();
  // finish() takes the checkpoint away, and may have done so before the run was killed.
  const bool may_be_gone = state.phase == Phase::finishing && reached.empty();
  if (!job_.capabilities.checkpoints || may_be_gone) return ok_status();
  if (group_of(reached) >= state.group_wrote) return ok_status();
  return Error{
      ErrorCode::refused,
      "the target does not hold what this run has written to it: it was put back, replaced "
      "or written to by another run since; put it back as this run left it, or begin anew "
      "with --restart"};
}

// What the group is about to do, for a run that is killed before it is confirmed.
std::string Committer::pending_text() const {
  PendingGroup pending{accounts_.state(), accounts_.intents()};
  pending.intents.add(stager_->expected());
  return encode(pending);
}

// Intents that wait beyond a group that is confirmed, as a group of no records behind it.
std::string Committer::carried_text() const {
  if (!stager_->expects_more()) return {};
  PendingGroup pending{accounts_.state(), {}};
  ++pending.after.group;
  pending.intents.add(stager_->expected());
  return encode(pending);
}

Status Committer::take(Slot* slot) {
  if (!group_is_open_) {
    accounts_.begin_group();
    group_is_open_ = true;
    group_start_ms_ = job_.clock->steady_ms();
  }
  if (slot->error) {
    Error error = std::move(*slot->error);
    release_(slot);
    DECANT_CHECK(end_group());
    return error;
  }
  if (slot->ends_partition) {
    ended_.push_back(slot->partition);
    if (job_.capabilities.transactions) accounts_.end_partition(slot->partition);
    release_(slot);
    return ok_status();
  }
  DECANT_CHECK(stage_slot(*slot));
  if (job_.capabilities.transactions) {
    release_(slot);
  } else {
    held_.push_back(slot);
    if (held_.size() >= held_slots_max) DECANT_CHECK(end_group());
    if (!group_is_open_) release_held();
  }
  Status within = check_quarantine(false);
  if (!within.ok()) DECANT_CHECK(end_group());
  return within;
}

Status Committer::stage_slot(Slot& slot) {
  const std::uint64_t staged_max = std::max(job_.capabilities.transaction_records_max, 1u);
  for (std::size_t from = 0; from < slot.items();) {
    if (!group_is_open_) {
      accounts_.begin_group();
      group_is_open_ = true;
      group_start_ms_ = job_.clock->steady_ms();
    }
    std::size_t to = fitting_items(slot, from);
    // A slot is cut only where it has to be: where it is larger than a transaction, or where the
    // group must not end before all that a killed run intended was staged again.
    if (to < slot.items() && staged_ > 0 && (to == from || !stager_->expects_more())) {
      DECANT_CHECK(end_group());
      continue;
    }
    to = std::max(to, from + 1);
    DECANT_CHECK(stage_part(part_of(slot, from, to)));
    from = to;
    if (from == slot.items()) source_bytes_ += slot.source.source_bytes;
    const bool full = staged_ >= staged_max;
    const bool large = (source_bytes_ >= group_bytes_max && staged_max != UINT32_MAX) ||
                       accounts_.group_bytes() >= group_catalog_bytes_max;
    if (full || (large && !stager_->expects_more())) DECANT_CHECK(end_group());
  }
  return ok_status();
}

// The end of the items from `from` on whose records fit into the open transaction.
std::size_t Committer::fitting_items(const Slot& slot, std::size_t from) const {
  const std::uint64_t staged_max = std::max(job_.capabilities.transaction_records_max, 1u);
  std::uint64_t room = staged_max > staged_ ? staged_max - staged_ : 0;
  std::uint64_t all = 0;
  for (const TargetWork& work : slot.targets) all += work.records.size();
  if (all <= room) return slot.items();
  std::vector<std::uint32_t> records(slot.source.records.size());
  for (const TargetWork& work : slot.targets) {
    for (const Record& record : work.records) ++records[record.source_index];
  }
  std::size_t item = 0;
  std::size_t end = 0;
  bool fits = true;
  for_each_item(slot.source, [&](std::size_t index, bool is_bad) {
    const std::uint64_t wanted = is_bad || item < from ? 0 : records[index];
    fits = fits && wanted <= room;
    ++item;
    if (!fits) return;
    room -= wanted;
    end = item;
  });
  return std::max(end, from);
}

Status Committer::stage_part(SlotPart part) {
  Slot& slot = *part.slot;
  for (std::uint32_t target = 0; target < slot.targets.size(); ++target) {
    const std::vector<Record>& records = slot.targets[target].records;
    auto before = [](const Record& record, std::size_t index) {
      return record.source_index < index;
    };
    auto begin = std::lower_bound(records.begin(), records.end(), part.records_begin, before);
    auto end = std::lower_bound(begin, records.end(), part.records_end, before);
    if (begin == end) continue;
    const auto count = static_cast<std::size_t>(end - begin);
    DECANT_CHECK(stager_->stage(slot, target, static_cast<std::size_t>(begin - records.begin()),
                                count, part.staged));
    staged_ += count;
  }
  if (job_.capabilities.transactions) {
    accounts_.add(part);
  } else {
    parts_.push_back(std::move(part));
  }
  return ok_status();
}

Status Committer::tick() {
  const std::uint32_t limit = job_.capabilities.transaction_ms_max;
  if (!group_is_open_ || limit == 0 || stager_->expects_more()) return ok_status();
  return job_.clock->steady_ms() - group_start_ms_ >= limit ? end_group() : ok_status();
}

void Committer::forget_open_group() {
  if (group_is_open_) accounts_.reset_group();
  group_is_open_ = false;
}

void Committer::release_held() {
  for (Slot* slot : held_) release_(slot);
  held_.clear();
}

Status Committer::end_group() {
  if (!group_is_open_) return ok_status();
  DECANT_CHECK(crash_point("staged"));
  if (!job_.capabilities.transactions) add_parts();
  const bool wrote = stager_->has_written();
  close_books(wrote);
  const std::uint64_t group = accounts_.state().group;
  if (job_.run != nullptr && wrote) {
#if DECANT_MUTANT_CHECKPOINT_BEFORE_DURABLE
    confirmed_ = encode(accounts_.state());
#endif
    DECANT_CHECK(write_catalog(confirmed_, pending_text(), files_, true));
    files_.clear();
    DECANT_CHECK(crash_point("intents"));
  }
  DECANT_ASSIGN(bool changed, stager_->commit(checkpoint_text(group), parts_));
  DECANT_CHECK(crash_point("committed"));
  if (changed) {
    accounts_.reset_group();
    add_parts();
    close_books(wrote);
  }
  confirmed_ = encode(accounts_.state());
  const std::vector<FileBooks> touched = accounts_.touched_files();
  files_.insert(files_.end(), touched.begin(), touched.end());
  if (job_.run != nullptr && (!wrote || changed)) {
    DECANT_CHECK(write_catalog(confirmed_, carried_text(), files_, changed));
    files_.clear();
  }
  parts_.clear();
  ended_.clear();
  staged_ = 0;
  source_bytes_ = 0;
  group_is_open_ = false;
  release_held();
  return crash_point("confirmed");
}

// Of a store without transactions: the books of the group, from what its parts have come to.
void Committer::add_parts() {
  for (const SlotPart& part : parts_) accounts_.add(part);
  for (std::uint32_t partition : ended_) accounts_.end_partition(partition);
}

void Committer::close_books(bool wrote) {
  Checkpoint& state = accounts_.state();
  ++state.group;
  if (wrote) {
    ++state.groups;
    state.group_wrote = state.group;
  }
  state.began_writing = stager_->began_writing();
  state.files = accounts_.touched_files();
}

Status Committer::write_catalog(const std::string& confirmed, const std::string& pending,
                                const std::vector<FileBooks>& files, bool durable) {
  const std::uint64_t group = accounts_.state().group;
  const std::vector<catalog::OutcomeRuns> outcomes = accounts_.outcomes(group);
  catalog::GroupWrite write;
  write.group = group;
  write.confirmed = confirmed;
  write.pending = pending;
  write.quarantine = accounts_.quarantine();
  write.closed = accounts_.closed();
  write.outcomes = outcomes;
  write.files = files;
  write.durable = durable;
  return job_.run->write_group(write);
}

// Each collection by its own limit.
Status Committer::check_quarantine(bool at_end) const {
  for (std::size_t i = 0; i < job_.targets.size(); ++i) {
    const CopyTarget& target = job_.targets[i];
    const Books& books = accounts_.state().targets[i].books;
    const std::string& name = target.write.definition.name;
    if (target.quarantine_max && books.quarantined > *target.quarantine_max) {
      return Error{ErrorCode::io, name + ": " + std::to_string(books.quarantined) +
                                      " records are in quarantine, and quarantine_max is " +
                                      std::to_string(*target.quarantine_max) +
                                      "; see `decant quarantine list`, then mend the source or "
                                      "the plan, or raise quarantine_max"};
    }
    const bool judged = at_end || books.read >= quarantine_share_records_min;
    if (target.quarantine_share_max && judged && books.read > 0 &&
        static_cast<double>(books.quarantined) >
            *target.quarantine_share_max * static_cast<double>(books.read)) {
      return Error{ErrorCode::io, name + ": " + std::to_string(books.quarantined) + " of " +
                                      std::to_string(books.read) +
                                      " records are in quarantine, more than the share that "
                                      "quarantine_max allows; see `decant quarantine list`"};
    }
  }
  return ok_status();
}

Status Committer::finish(Gate& gate, std::vector<std::string>& notes) {
  DECANT_CHECK(end_group());
  DECANT_CHECK(check_quarantine(true));
  if (phase() == Phase::copying) {
    accounts_.begin_group();
    accounts_.state().phase = Phase::finishing;
    if (job_.run != nullptr) DECANT_CHECK(write_state(false));
    DECANT_CHECK(crash_point("finishing"));
  }
  while (true) {
    DECANT_ASSIGN(FinishResult result, stager_->finish());
    notes.insert(notes.end(), std::make_move_iterator(result.notes.begin()),
                 std::make_move_iterator(result.notes.end()));
    if (result.withdrawn.empty()) break;
    DECANT_CHECK(withdraw(gate, result.withdrawn));
    if (job_.run == nullptr) break;
    DECANT_CHECK(crash_point("withdrawn"));
  }
  DECANT_CHECK(crash_point("finished"));
  accounts_.begin_group();
  accounts_.state().phase = Phase::finished;
  accounts_.state().withdrawn.clear();
  accounts_.state().began_writing = stager_->began_writing();
  if (job_.run == nullptr) return ok_status();
  const Checkpoint& state = accounts_.state();
  job_.run->add_audit("the copy ended: " + std::to_string(state.books.read) + " records read, " +
                      std::to_string(state.written) + " written, " +
                      std::to_string(state.books.quarantined) + " in quarantine");
  return write_state(false);
}

// The state as it is, outside of a group that is staged.
Status Committer::write_state(bool durable) {
  Checkpoint& state = accounts_.state();
  state.files = accounts_.touched_files();
  files_.insert(files_.end(), state.files.begin(), state.files.end());
  confirmed_ = encode(state);
  DECANT_CHECK(write_catalog(confirmed_, {}, files_, durable));
  files_.clear();
  return ok_status();
}

// Origins of source records that are in quarantine, so that each is moved once in the books,
// however many of its rows are refused.
Result<Committer::QuarantinedOrigins> Committer::quarantined_origins() {
  QuarantinedOrigins origins;
  if (job_.run == nullptr) return origins;
  DECANT_CHECK(job_.run->each_open_origin([&](std::uint64_t origin) { origins.insert(origin); }));
  return origins;
}

std::uint64_t Committer::origin_of(const SeenRecord& seen) const {
  const std::vector<std::string>& files = job_.source->files();
  const std::string_view file = seen.origin.file < files.size()
                                    ? std::string_view(files[seen.origin.file])
                                    : std::string_view();
  return catalog::origin_hash(job_.collections[seen.collection].name, file, seen.origin.ordinal,
                              seen.origin.offset);
}

// Rows that an index or a foreign key built at the end has refused: out of the target already, now
// moved in the books. The writer forgets them with the next call of finish(), so this is durable
// first; what a killed run has moved already is told by its keys.
Status Committer::withdraw(Gate& gate, const std::vector<Withdrawn>& withdrawn) {
  accounts_.begin_group();
  ++accounts_.state().group;
  const std::vector<std::uint64_t> moved = std::exchange(accounts_.state().withdrawn, {});
  struct Found {
    const Withdrawn* row;
    SeenRecord seen;
  };
  std::map<std::uint32_t, std::vector<Found>> by_collection;
  std::vector<std::uint64_t> keys;
  for (const Withdrawn& row : withdrawn) {
    Digester digester(job_.targets[row.target].write.definition.key, {});
    RecordDigest digest;
    const bool has_key = digester.digest(row.record.records.front(), digest);
    keys.push_back(digest.key.low ^ row.target);
#if !DECANT_MUTANT_WITHDRAWN_COUNTED_TWICE
    if (std::find(moved.begin(), moved.end(), keys.back()) != moved.end()) continue;
#endif
    std::optional<SeenRecord> seen;
    if (has_key) {
      DECANT_ASSIGN(seen, gate.find(row.target, digest.key));
    }
    if (!seen) {
      return Error{ErrorCode::corrupt,
                   job_.targets[row.target].write.definition.name +
                       ": a row that was taken out again for '" + row.reason +
                       "' is not one that this run wrote; it is kept in the table "
                       "decant_withdrawn of the target"};
    }
    by_collection[seen->collection].push_back({&row, *seen});
  }
  DECANT_ASSIGN(QuarantinedOrigins quarantined, quarantined_origins());
  auto move = [&](const Found& found, const Record* source) {
    const bool first = quarantined.insert(origin_of(found.seen)).second;
    accounts_.withdraw(*found.row, found.seen, source, first);
  };
  for (auto& [collection, rows] : by_collection) {
    using Place = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;
    std::multimap<Place, const Found*> waiting;  // a record may have made several rows
    std::vector<Origin> origins;
    for (const Found& found : rows) {
      const Origin& origin = found.seen.origin;
      const Place place = {origin.file, origin.ordinal, origin.offset};
      if (!waiting.contains(place)) origins.push_back(origin);
      waiting.emplace(place, &found);
    }
    DECANT_ASSIGN(std::unique_ptr<Reader> reader,
                  job_.source->fetch(job_.collections[collection].name, origins));
    Batch batch;
    while (true) {
      DECANT_ASSIGN(bool more, reader->next(batch));
      if (!more) break;
      for (const Record& record : batch.records) {
        const Origin& origin = record.origin;
        const auto [begin, end] = waiting.equal_range({origin.file, origin.ordinal, origin.offset});
        for (auto place = begin; place != end; ++place) move(*place->second, &record);
        waiting.erase(begin, end);
      }
    }
    for (const auto& [place, found] : waiting) move(*found, nullptr);
  }
  accounts_.state().withdrawn = std::move(keys);
  return job_.run == nullptr ? ok_status() : write_state(true);
}

}  // namespace decant::copy
