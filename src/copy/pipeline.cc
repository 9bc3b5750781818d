#include "copy/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/limits.h"

namespace decant::copy {

Pipeline::Pipeline(const CopyJob& job, const std::vector<PartitionWork>& partitions, Gate& gate)
    : job_(job), partitions_(partitions), gate_(gate) {
  const std::uint32_t wanted = std::clamp(job.limits.threads, 1u, reader_threads_max);
  const std::uint32_t threads =
      std::min<std::uint32_t>(wanted, static_cast<std::uint32_t>(partitions.size()));
  for (std::uint32_t i = 0; i < threads; ++i) {
    preparers_.push_back(std::make_unique<Preparer>(job, target_shapes_));
  }
  for (std::uint32_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i] {
      Preparer& preparer = *preparers_[i];
      while (true) {
        std::uint32_t partition = 0;
        {
          std::lock_guard lock(mutex_);
          if (stopping_ || next_partition_ == partitions_.size()) return;
          partition = next_partition_++;
        }
        if (!read_partition(partition, preparer)) return;
      }
    });
  }
}

Pipeline::~Pipeline() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool Pipeline::read_partition(std::uint32_t partition, Preparer& preparer) {
  const PartitionWork& work = partitions_[partition];
  ReadOptions options;
  options.batch_records = job_.limits.batch_records;
  if (job_.capabilities.transaction_records_max > 0) {
    options.batch_records =
        std::min(options.batch_records, job_.capabilities.transaction_records_max);
  }
  options.batch_bytes = job_.limits.batch_bytes;
  Result<std::unique_ptr<Reader>> reader = job_.source->read(work.partition, options);
  while (true) {
    Slot* slot = acquire(partition);
    if (slot == nullptr) return false;
    slot->partition = partition;
    if (!reader.ok()) {
      slot->error = reader.error();
    } else {
      Result<bool> more = (*reader)->next(slot->source);
      if (!more.ok()) {
        slot->source.clear();
        slot->error = std::move(more).error();
      } else if (!*more) {
        slot->source.clear();
        slot->ends_partition = true;
      } else if (gate_.is_past_limit(work.collection)) {
        Preparer::leave(*slot);
      } else {
        preparer.prepare(work.collection, *slot);
      }
    }
    const bool last = slot->error.has_value() || slot->ends_partition;
    const bool failed = slot->error.has_value();
    submit(slot);
    if (last) return !failed;
  }
}

Slot* Pipeline::acquire(std::uint32_t partition) {
  std::unique_lock lock(mutex_);
  Lane& lane = lanes_[partition];
  changed_.wait(lock, [&] {
    if (stopping_) return true;
    if (in_flight_ < batches_in_flight_max && bytes_in_flight_ < bytes_in_flight_max) return true;
    return partition == current_ && lane.outstanding < slots_past_limit_max;
  });
  if (stopping_) return nullptr;
  ++in_flight_;
  ++lane.outstanding;
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Slot>());
    return slots_.back().get();
  }
  Slot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void Pipeline::submit(Slot* slot) {
  std::unique_lock lock(mutex_);
  bytes_in_flight_ += slot->bytes;
  lanes_[slot->partition].slots.push_back(slot);
  if (!gate_is_busy_) drain(lock);
}

// Takes all that is next in source order through the gate. One thread at a time; slots that come in
// the meantime are taken by the same thread.
void Pipeline::drain(std::unique_lock<std::mutex>& lock) {
  gate_is_busy_ = true;
  while (!stopping_) {
    auto lane = lanes_.find(current_);
    if (lane == lanes_.end() || lane->second.slots.empty()) break;
    Slot* slot = lane->second.slots.front();
    lane->second.slots.pop_front();
    lock.unlock();
    const bool wanted = gate_.pass(*slot);
    lock.lock();
    if (slot->ends_partition) ++current_;
    if (wanted) {
      ready_.push_back(slot);
    } else {
      release_locked(slot);
    }
    changed_.notify_all();
  }
  gate_is_busy_ = false;
}

Slot* Pipeline::next(std::uint32_t wait_ms, bool& waited) {
  std::unique_lock lock(mutex_);
  auto is_there = [&] { return !ready_.empty() || current_ == partitions_.size(); };
  waited = !changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), is_there);
  if (ready_.empty()) return nullptr;
  Slot* slot = ready_.front();
  ready_.pop_front();
  return slot;
}

void Pipeline::release(Slot* slot) {
  std::lock_guard lock(mutex_);
  release_locked(slot);
  changed_.notify_all();
}

void Pipeline::release_locked(Slot* slot) {
  --in_flight_;
  bytes_in_flight_ -= slot->bytes;
  auto lane = lanes_.find(slot->partition);
  if (--lane->second.outstanding == 0 && lane->first < current_) lanes_.erase(lane);
  slot->clear();
  free_.push_back(slot);
}

}  // namespace decant::copy
