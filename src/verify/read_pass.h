// One reading of both sides, in parallel: partitions are handed to reading threads in order, each
// thread turns records into fingerprints and gives them to sinks of its own. A thread that is done
// with its own side helps with the other one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include "decant/events.h"
#include "decant/result.h"
#include "verify/fingerprint.h"
#include "verify/verify.h"

namespace decant::verify {

// Takes the fingerprints of one reading thread.
class FingerprintSink {
 public:
  virtual ~FingerprintSink() = default;
  virtual Status add(std::span<const Fingerprint> fingerprints) = 0;
  // False: of `origin` only the disposition is filled.
  virtual bool needs_places() const { return true; }
};

struct ReadCounts {
  std::uint64_t records = 0;  // without those left
  std::uint64_t left = 0;
  std::uint64_t excluded = 0;
  std::uint64_t bytes = 0;
};

// What is to be read of both sides.
struct ReadPlan {
  struct Task {
    std::uint32_t source = 0;
    Partition partition;
  };
  std::vector<Task> source;
  std::vector<Task> target;
  std::uint64_t bytes = 0;             // of both sides, as far as the stores can tell
  std::uint64_t records_expected = 0;  // of the larger side: known, or estimated

  static Result<ReadPlan> make(const VerifyJob& job);
};

// One reading thread. A side without a sink is not read by it.
struct ReadWorker {
  FingerprintSink* source = nullptr;
  FingerprintSink* target = nullptr;
  bool source_first = true;
};

class ReadPass {
 public:
  ReadPass(const VerifyJob& job, const ReadPlan& plan, PlaceBook& source_places,
           PlaceBook& target_places)
      : job_(job), plan_(plan), source_places_(source_places), target_places_(target_places) {}

  // Returns when all are done. After an error or a stop the sinks are in no certain state.
  Status run(std::span<const ReadWorker> workers);

  const ReadCounts& source() const { return source_counts_; }
  const ReadCounts& target() const { return target_counts_; }

 private:
  void work(const ReadWorker& worker);
  void read_source(FingerprintSink& sink);
  void read_target(FingerprintSink& sink);
  Status read_source_partition(const ReadPlan::Task& task, class SourceSide& side,
                               FingerprintSink& sink, ReadCounts& counts);
  Status read_target_partition(const ReadPlan::Task& task, class TargetSide& side,
                               FingerprintSink& sink, ReadCounts& counts);
  Status fingerprint_source(std::uint32_t source, const struct SourceWork& work,
                            Dispositions::Cursor* cursor, FingerprintSink& sink,
                            ReadCounts& counts);
  Status check_stop() const;
  void finish(Status status, const ReadCounts& counts, ReadCounts& total);
  void advance(std::uint64_t records, std::uint64_t bytes, bool last = false);

  const VerifyJob& job_;
  const ReadPlan& plan_;
  PlaceBook& source_places_;
  PlaceBook& target_places_;
  std::vector<std::string> target_fields_;

  std::atomic<std::size_t> next_source_{0};
  std::atomic<std::size_t> next_target_{0};
  std::stop_source stop_;
  std::mutex mutex_;  // guards what follows
  Status status_ = ok_status();
  ReadCounts source_counts_;
  ReadCounts target_counts_;
  std::uint64_t progress_records_ = 0;
  std::uint64_t progress_bytes_ = 0;
  std::chrono::steady_clock::time_point progress_at_{};
};

}  // namespace decant::verify
