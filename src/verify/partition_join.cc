#include "verify/partition_join.h"

#include <algorithm>
#include <bit>
#include <span>

namespace decant::verify {
namespace {

// Enough for a disk; more of them would only hold more memory.
constexpr unsigned kThreadsMax = 4;

Status read_all(const PartitionJoin::Files& files, std::uint32_t partition,
                std::vector<Fingerprint>& out) {
  for (const std::unique_ptr<FingerprintFile>& file : files) {
    DECANT_CHECK(file->read(partition, out));
  }
  return ok_status();
}

// Keeps the groups that a join could not settle.
class GroupKeeper final : public GroupSink {
 public:
  Status add(const Group& group) override {
    counts_.push_back({static_cast<std::uint32_t>(group.source.size()),
                       static_cast<std::uint32_t>(group.target.size())});
    source_.insert(source_.end(), group.source.begin(), group.source.end());
    target_.insert(target_.end(), group.target.begin(), group.target.end());
    return ok_status();
  }

  Status hand_on(GroupSink& sink) {
    std::span<Fingerprint> source(source_);
    std::span<Fingerprint> target(target_);
    for (const Count& count : counts_) {
      DECANT_CHECK(sink.add({source.first(count.source), target.first(count.target)}));
      source = source.subspan(count.source);
      target = target.subspan(count.target);
    }
    return ok_status();
  }

  void clear() {
    counts_.clear();
    source_.clear();
    target_.clear();
  }

 private:
  struct Count {
    std::uint32_t source, target;
  };
  std::vector<Count> counts_;
  std::vector<Fingerprint> source_;
  std::vector<Fingerprint> target_;
};

}  // namespace

struct PartitionJoin::Slot {
  std::vector<Fingerprint> source;
  std::vector<Fingerprint> target;
  GroupKeeper groups;
  std::uint64_t equal = 0;
  Status status = ok_status();
  bool ready = false;
};

PartitionJoin::PartitionJoin(const Files& source, const Files& target, unsigned threads)
    : source_(source),
      target_(target),
      partitions_(source.front()->header().partitions),
      partition_bits_(static_cast<unsigned>(std::countr_zero(partitions_))) {
  threads = std::min(threads, kThreadsMax);
  for (unsigned i = 0; i < threads + 1; ++i) slots_.push_back(std::make_unique<Slot>());
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

PartitionJoin::~PartitionJoin() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void PartitionJoin::work() {
  Join join;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return stopping_ || started_ == partitions_ || started_ - given_ < slots_.size();
    });
    if (stopping_ || started_ == partitions_) return;
    const std::uint32_t partition = started_++;
    Slot& slot = *slots_[partition % slots_.size()];
    lock.unlock();
    fill(partition, join, slot);
    lock.lock();
    slot.ready = true;
    changed_.notify_all();
  }
}

void PartitionJoin::fill(std::uint32_t partition, Join& join, Slot& slot) {
  slot.equal = 0;
  slot.source.clear();
  slot.target.clear();
  slot.groups.clear();
  slot.status = read_all(source_, partition, slot.source);
  if (slot.status.ok()) slot.status = read_all(target_, partition, slot.target);
  if (!slot.status.ok()) return;
  slot.status = join.run(slot.source, slot.target, partition_bits_, slot.equal, slot.groups);
}

Result<bool> PartitionJoin::next(std::uint64_t& equal, GroupSink& sink) {
  if (given_ == partitions_) return false;
  Slot& slot = *slots_[given_ % slots_.size()];
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slot.ready; });
  }
  DECANT_CHECK(std::move(slot.status));
  equal += slot.equal;
  DECANT_CHECK(slot.groups.hand_on(sink));
  {
    const std::lock_guard lock(mutex_);
    slot.ready = false;
    ++given_;
  }
  changed_.notify_all();
  return true;
}

}  // namespace decant::verify
