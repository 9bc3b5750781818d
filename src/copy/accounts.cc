#include "copy/accounts.h"

#include <algorithm>

#include "base/limits.h"

namespace decant::copy {
SlotPart part_of(Slot& slot, std::size_t items_begin, std::size_t items_end) {
  SlotPart part;
  part.slot = &slot;
  part.items_begin = items_begin;
  part.items_end = items_end;
  if (items_begin == 0 && items_end == slot.items()) {
    part.records_end = slot.source.records.size();
    part.bad_end = slot.source.bad.size();
    return part;
  }
  std::size_t item = 0;
  for_each_item(slot.source, [&](std::size_t, bool is_bad) {
    std::size_t& begin = is_bad ? part.bad_begin : part.records_begin;
    std::size_t& end = is_bad ? part.bad_end : part.records_end;
    if (item < items_begin) ++begin;
    if (item < items_end) ++end;
    ++item;
  });
  return part;
}

Accounts::Accounts(const CopyJob& job, const std::vector<PartitionWork>& partitions)
    : job_(job), partitions_(partitions) {
  std::string hashed;
  std::uint64_t hash = 0;
  for (const PartitionWork& work : partitions) {
    hashed = work.partition.collection + '\0' + work.partition.id;
    hash = next_link(hash, hash128(hashed).low);
    prefix_.push_back(hash);
  }
  state_.targets.resize(job.targets.size());
  const std::vector<std::string>& files = job.source->files();
  files_.resize(files.size());
  touched_in_.resize(files.size(), UINT64_MAX);
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    files_[i].file = i;
    files_[i].path = files[i];
  }
  builders_.resize(job.targets.size());
  before_ = state_;
}

void Accounts::restore(Checkpoint state, const std::vector<FileBooks>& files) {
  for (const FileBooks& file : files) {
    if (file.file < files_.size()) {
      const std::string path = files_[file.file].path;
      files_[file.file] = file;
      files_[file.file].path = path;
    }
  }
  for (const FileBooks& file : state.files) {
    if (file.file < files_.size()) {
      const std::string path = files_[file.file].path;
      files_[file.file] = file;
      files_[file.file].path = path;
    }
  }
  state_ = std::move(state);
  state_.targets.resize(job_.targets.size());
}

void Accounts::begin_group() {
  state_.files.clear();
  before_ = state_;
  files_before_.clear();
  touched_.clear();
  ++groups_;
  intents_.clear();
  quarantine_.clear();
  closed_.clear();
  for (OutcomeRunsBuilder& builder : builders_) builder.clear();
  builders_partition_ = UINT32_MAX;
  outcomes_.clear();
  withdrawn_.clear();
  group_bytes_ = 0;
}

void Accounts::reset_group() {
  for (const FileBooks& file : files_before_) files_[file.file] = file;
  Checkpoint before = std::move(before_);
  state_ = before;
  begin_group();
}

FileBooks* Accounts::file_of(std::uint32_t file) {
  if (file >= files_.size()) return nullptr;
  if (touched_in_[file] != groups_) {
    touched_in_[file] = groups_;
    touched_.push_back(file);
    files_before_.push_back(files_[file]);
  }
  return &files_[file];
}

std::vector<FileBooks> Accounts::touched_files() const {
  std::vector<FileBooks> files;
  for (std::uint32_t file : touched_) files.push_back(files_[file]);
  std::sort(files.begin(), files.end(),
            [](const FileBooks& a, const FileBooks& b) { return a.file < b.file; });
  return files;
}

std::uint32_t Accounts::first_target(const Slot& slot) const {
  return job_.collections[partitions_[slot.partition].collection].targets.front();
}

void Accounts::add(const SlotPart& part) {
  Slot& slot = *part.slot;
  states_.assign(slot.states.begin(), slot.states.end());
  for (const Staged& staged : part.staged) add_staged(slot, staged);
  add_refused(part);
  add_items(part);
  const bool whole = part.items_end == slot.items();
  if (whole) state_.source_bytes += slot.source.source_bytes;
  state_.partition = slot.partition;
  state_.partitions = prefix_[slot.partition];
  state_.items = slot.first_item + part.items_end;
  state_.chain = slot.chain_after;
  if (!whole) {
    std::uint64_t chain = slot.chain_before;
    std::size_t item = 0;
    for_each_item(slot.source, [&](std::size_t index, bool is_bad) {
      if (item++ >= part.items_end) return;
      chain = next_link(chain, is_bad ? slot.bad_hashes[index] : slot.hashes[index]);
    });
    state_.chain = chain;
  }
}

void Accounts::add_staged(const Slot& slot, const Staged& staged) {
  const TargetWork& work = slot.targets[staged.target];
  TargetBooks& books = state_.targets[staged.target];
  std::size_t rejection = 0;
  std::uint32_t neighbour = UINT32_MAX;
  for (std::size_t i = 0; i < staged.outcomes.size(); ++i) {
    const Record& record = work.records[staged.first + i];
    // What was kept from the target in between (a duplicate, a record that was left) has no run.
    if (record.source_index > neighbour || i == 0) builders_[staged.target].gap();
    neighbour = record.source_index + 1;
    const Outcome outcome = staged.outcomes[i];
    ItemState& state = states_[record.source_index];
    state = state == kUndecided ? state_of(outcome)
                                : state_of(worst(static_cast<Outcome>(state), outcome));
    books.books.add(outcome);
    if (is_write(outcome)) {
      ++books.written;
      ++state_.written;
    }
    intents_.add(staged.target, outcome);
    add_outcome_run(slot, staged.target, outcome,
                    slot.source.records[record.source_index].origin.offset);
    if (outcome != Outcome::quarantined) continue;
    while (rejection < staged.rejections.size() && staged.rejections[rejection].index < i) {
      ++rejection;
    }
    const bool known =
        rejection < staged.rejections.size() && staged.rejections[rejection].index == i;
    put_quarantine(slot, slot.source.records[record.source_index], staged.target, &record,
                   known ? std::string_view(staged.rejections[rejection].reason) : kRefusedByStore,
                   known ? staged.rejections[rejection].message
                         : "the store refused it and did not say why; write it alone to see");
  }
}

void Accounts::add_outcome_run(const Slot& slot, std::uint32_t target, Outcome outcome,
                               std::uint64_t offset) {
  if (builders_partition_ != slot.partition) {
    flush_outcomes();
    builders_partition_ = slot.partition;
  }
  builders_[target].add(outcome, offset);
}

void Accounts::flush_outcomes() {
  for (std::uint32_t target = 0; target < builders_.size(); ++target) {
    OutcomeRunsBuilder& builder = builders_[target];
    if (!builder.empty()) {
      const Partition& partition = partitions_[builders_partition_].partition;
      outcomes_.push_back({0, target, partition.collection, partition.id, builder.encode()});
      group_bytes_ += outcomes_.back().blob.size();
    }
    builder.clear();
  }
}

void Accounts::flush_withdrawn() {
  for (const auto& [place, offsets] : withdrawn_) {
    const auto& [target, collection, file] = place;
    OutcomeRunsBuilder builder;
    for (const std::uint64_t offset : offsets) {
      builder.gap();
      builder.add(Outcome::quarantined, offset);
    }
    outcomes_.push_back({0, target, job_.collections[collection].name, withdrawn_partition(file),
                         builder.encode()});
  }
  withdrawn_.clear();
}

std::vector<catalog::OutcomeRuns> Accounts::outcomes(std::uint64_t group) {
  flush_outcomes();
  flush_withdrawn();
  builders_partition_ = UINT32_MAX;
  for (catalog::OutcomeRuns& runs : outcomes_) runs.group = group;
  return outcomes_;
}

void Accounts::add_refused(const SlotPart& part) {
  const Slot& slot = *part.slot;
  auto is_in = [&](std::uint32_t index) {
    return index >= part.records_begin && index < part.records_end;
  };
  for (const Refused& refused : slot.refused) {
    if (!is_in(refused.source_index)) continue;
    state_.targets[refused.target].books.add(Outcome::quarantined);
    put_quarantine(slot, slot.source.records[refused.source_index], refused.target,
                   refused.record ? &*refused.record : nullptr, refused.reason, refused.message);
  }
  for (const Repeated& repeated : slot.repeated) {
    if (is_in(repeated.source_index)) {
      state_.targets[repeated.target].books.add(Outcome::duplicate);
    }
  }
  const std::string& source = job_.collections[partitions_[slot.partition].collection].name;
  for (std::uint32_t index : slot.may_close) {
    if (!is_in(index) || states_[index] == state_of(Outcome::quarantined)) continue;
    const Origin& origin = slot.source.records[index].origin;
    const std::string_view file = origin.file < files_.size()
                                      ? std::string_view(files_[origin.file].path)
                                      : std::string_view();
    closed_.push_back(catalog::origin_hash(source, file, origin.ordinal, origin.offset));
  }
}

// Each source record once, in the books of the run and of its file.
void Accounts::add_items(const SlotPart& part) {
  const Slot& slot = *part.slot;
  TargetBooks& first = state_.targets[first_target(slot)];
  const auto& targets = job_.collections[partitions_[slot.partition].collection].targets;
  auto count = [&](ItemState state, const Origin& origin) {
    if (state == kDone) return false;
    FileBooks* file = file_of(origin.file);
    if (state == kLeft || state == kUndecided) {
      ++state_.left;
      for (const std::uint32_t target : targets) ++state_.targets[target].left;
      if (file != nullptr) ++file->left;
      return false;
    }
    const auto outcome = static_cast<Outcome>(state);
    state_.books.add(outcome);
    if (file != nullptr) file->books.add(outcome);
    return true;
  };
  for (std::size_t i = part.records_begin; i < part.records_end; ++i) {
    count(states_[i], slot.source.records[i].origin);
  }
  // What one collection leaves and another one takes is left by the first alone.
  for (std::size_t place = 0; place < slot.mapped.left_by.size(); ++place) {
    for (const std::uint32_t index : slot.mapped.left_by[place]) {
      const bool here = index >= part.records_begin && index < part.records_end;
      const bool counted = here && states_[index] != kDone && states_[index] != kLeft &&
                           states_[index] != kUndecided;
      if (counted) ++state_.targets[targets[place]].left;
    }
  }
  for (std::size_t i = part.bad_begin; i < part.bad_end; ++i) {
    if (!count(slot.bad_states[i], slot.source.bad[i].origin)) continue;
    first.books.add(Outcome::quarantined);
    put_bad(slot, slot.source.bad[i]);
  }
}

void Accounts::end_partition(std::uint32_t partition) {
  const std::uint32_t file = partitions_[partition].partition.file;
  const bool goes_on = partition + 1 < partitions_.size() &&
                       partitions_[partition + 1].partition.file == file &&
                       partitions_[partition + 1].collection == partitions_[partition].collection;
  FileBooks* books = goes_on ? nullptr : file_of(file);
  if (books != nullptr) books->complete = true;
}

catalog::QuarantineEntry Accounts::entry_at(std::uint32_t collection, std::uint32_t target,
                                            const Origin& origin) const {
  catalog::QuarantineEntry entry;
  entry.collection = job_.targets[target].write.definition.name;
  entry.source = job_.collections[collection].name;
  if (origin.file < files_.size()) entry.file = files_[origin.file].path;
  entry.ordinal = origin.ordinal;
  entry.offset = origin.offset;
  return entry;
}

// The key as a JSON object; empty where the record does not hold all of it.
std::string Accounts::key_text(std::uint32_t target, const Record& record) {
  text_.clear();
  for (const std::string& name : job_.targets[target].write.definition.key) {
    const Value value = record.find(name);
    if (value.is_absent()) return {};
    text_.append(text_.empty() ? '{' : ',');
    json::write_text(name, text_);
    text_.append(':');
    json::write_value(value, text_);
  }
  if (text_.empty()) return {};
  text_.append('}');
  return std::string(text_.view());
}

void Accounts::put_quarantine(const Slot& slot, const Record& source, std::uint32_t target,
                              const Record* record, std::string_view reason, std::string message) {
  catalog::QuarantineEntry entry =
      entry_at(partitions_[slot.partition].collection, target, source.origin);
  if (record != nullptr) entry.key = key_text(target, *record);
  entry.reason = std::string(reason);
  entry.message = std::move(message);
  text_.clear();
  record_writer_.write(source, text_);
  entry.record = std::string(text_.view());
  push(std::move(entry));
}

void Accounts::put_bad(const Slot& slot, const BadText& bad) {
  catalog::QuarantineEntry entry =
      entry_at(partitions_[slot.partition].collection, first_target(slot), bad.origin);
  entry.reason = std::string(bad.reason);
  entry.message = std::string(bad.message);
  entry.record = std::string(bad.text.substr(0, quarantine_text_bytes_max));
  entry.is_text = true;
  push(std::move(entry));
}

void Accounts::push(catalog::QuarantineEntry entry) {
  entry.digest = hash128(entry.record);
  group_bytes_ += entry.record.size() + entry.message.size() + sizeof entry;
  quarantine_.push_back(std::move(entry));
}

// What was written was `inserted` where the collection was made for this run, which is the rule
// where indexes are built at the end.
void Accounts::withdraw(const Withdrawn& withdrawn, const SeenRecord& seen, const Record* source,
                        bool first) {
  const Record& record = withdrawn.record.records.front();
  auto written = [](const Books& books) {
    return books.inserted > 0 ? Outcome::inserted : Outcome::updated;
  };
  auto move = [&](Books& books) {
    const Outcome from = written(books);
    if (books.count(from) > 0) books.move(from, Outcome::quarantined);
  };
  if (first) move(state_.books);
  TargetBooks& target = state_.targets[withdrawn.target];
  move(target.books);
  if (target.written > 0) --target.written;
  if (state_.written > 0) --state_.written;
  FileBooks* file = first ? file_of(seen.origin.file) : nullptr;
  if (file != nullptr) move(file->books);
  catalog::QuarantineEntry entry = entry_at(seen.collection, withdrawn.target, seen.origin);
  withdrawn_[{withdrawn.target, seen.collection, seen.origin.file}].insert(seen.origin.offset);
  entry.key = key_text(withdrawn.target, record);
  entry.reason = withdrawn.reason;
  entry.message = withdrawn.message;
  text_.clear();
  record_writer_.write(source != nullptr ? *source : record, text_);
  entry.record = std::string(text_.view());
  push(std::move(entry));
}

}  // namespace decant::copy
