#include "copy/preparer.h"

#include <utility>

namespace decant::copy {
namespace {

constexpr std::uint64_t kRefusedHash = 0x7265667573656420u;

std::uint64_t rotated(std::uint64_t value, unsigned bits) {
  return (value << bits) | (value >> (64 - bits));
}

}  // namespace

struct Preparer::Target {
  Target(const WriteTarget& write, const Capabilities& capabilities)
      : conformer(write.definition, capabilities, write.owned, write.defaults.get(),
                  write.mirrored),
        digester(write.definition.key, write.owned, write.once),
        key_generated(write.definition.key_generated) {}
  Conformer conformer;
  Digester digester;
  bool key_generated;
  Misfit misfit;
};

Preparer::Preparer(const CopyJob& job, ShapeTable& target_shapes)
    : job_(job), target_shapes_(target_shapes) {
  mappers_.resize(job.collections.size());
  targets_.resize(job.targets.size());
}

Preparer::~Preparer() = default;

mapping::Mapper& Preparer::mapper_of(std::uint32_t collection) {
  if (!mappers_[collection]) {
    mappers_[collection] =
        std::make_unique<mapping::Mapper>(job_.collections[collection].mapping, target_shapes_);
  }
  return *mappers_[collection];
}

Preparer::Target& Preparer::target_of(std::uint32_t target) {
  if (!targets_[target]) {
    targets_[target] = std::make_unique<Target>(job_.targets[target].write, job_.capabilities);
  }
  return *targets_[target];
}

void Preparer::leave(Slot& slot) {
  slot.states.assign(slot.source.records.size(), kLeft);
  slot.hashes.assign(slot.source.records.size(), 0);
  slot.bad_states.assign(slot.source.bad.size(), kLeft);
  slot.bad_hashes.assign(slot.source.bad.size(), 0);
}

void Preparer::prepare(std::uint32_t collection, Slot& slot) {
  const SourceCollection& source = job_.collections[collection];
  slot.targets.resize(job_.targets.size());
  slot.states.assign(slot.source.records.size(), kUndecided);
  slot.hashes.assign(slot.source.records.size(), 0);
  slot.bad_states.assign(slot.source.bad.size(), state_of(Outcome::quarantined));
  for (const BadText& bad : slot.source.bad) {
    slot.bad_hashes.push_back(hash128(bad.text, kRefusedHash).low | 1);
  }
  mapper_of(collection).apply(slot.source, slot.mapped);
  for (std::uint32_t index : slot.mapped.left) slot.states[index] = kLeft;
  for (mapping::SourceRejection& rejection : slot.mapped.rejections) {
    slot.states[rejection.source_index] = state_of(Outcome::quarantined);
    slot.hashes[rejection.source_index] = kRefusedHash;
    slot.refused.push_back({rejection.source_index, source.targets.front(), rejection.reason,
                            std::move(rejection.message), std::nullopt});
  }
  for (std::size_t i = 0; i < slot.mapped.targets.size(); ++i) {
    const std::uint32_t target = source.targets[i];
    if (const auto& takes = job_.targets[target].takes) {
      std::erase_if(slot.mapped.targets[i],
                    [&](const Record& record) { return !takes(collection, record.origin); });
    }
    prepare_target(target, slot.mapped.targets[i], slot);
  }
  for (TargetWork& work : slot.targets) {
    for (SeenKeys::Entry& entry : work.entries) entry.collection = collection;
  }
  slot.bytes =
      slot.source.arena.bytes_used() + slot.mapped.arena.bytes_used() + slot.arena.bytes_used();
}

void Preparer::prepare_target(std::uint32_t index, std::span<const Record> mapped, Slot& slot) {
  Target& target = target_of(index);
  TargetWork& work = slot.targets[index];
  work.records.reserve(work.records.size() + mapped.size());
  auto refuse = [&](const Record& record, std::string_view reason, std::string message) {
    slot.states[record.source_index] = state_of(Outcome::quarantined);
    slot.hashes[record.source_index] ^= kRefusedHash;
    slot.refused.push_back({record.source_index, index, reason, std::move(message), record});
  };
  for (const Record& record : mapped) {
    Record& conformed = work.records.emplace_back(record);
    if (!target.conformer.conform(conformed, slot.arena, target.misfit)) {
      work.records.pop_back();
      refuse(record, target.misfit.reason, std::move(target.misfit.message));
      continue;
    }
    SeenKeys::Entry entry;
    entry.origin = slot.source.records[record.source_index].origin;
    const bool has_key = target.digester.digest(conformed, entry.digest);
    if (!has_key && !target.key_generated) {
      work.records.pop_back();
      refuse(record, kNoKey,
             "a field of the key is absent or null; give it a value in the source, or a default in "
             "the plan");
      continue;
    }
    if (!has_key) work.keyless.resize(work.entries.size(), 0);
    if (!has_key || !work.keyless.empty()) work.keyless.push_back(has_key ? 0 : 1);
    // XOR, since a source record may make several; rotated, so that two equal ones do not cancel.
    slot.hashes[record.source_index] =
        rotated(slot.hashes[record.source_index], 7) ^ entry.digest.key.low ^
        rotated(entry.digest.content.low, 32) ^ (entry.origin.ordinal + 1);
    work.entries.push_back(entry);
  }
}

}  // namespace decant::copy
