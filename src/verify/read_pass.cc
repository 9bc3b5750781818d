#include "verify/read_pass.h"

#include <algorithm>
#include <thread>

#include "verify/side.h"

namespace decant::verify {
namespace {

// A record takes at least about so many bytes of a store's estimate of its size.
constexpr std::uint64_t kRecordBytesAssumed = 100;

std::uint64_t records_of(const std::vector<ReadPlan::Task>& tasks) {
  std::uint64_t records = 0;
  std::uint64_t bytes_uncounted = 0;
  for (const ReadPlan::Task& task : tasks) {
    records += task.partition.records;
    if (task.partition.records == 0) bytes_uncounted += task.partition.bytes;
  }
  return records + bytes_uncounted / kRecordBytesAssumed;
}

// Reading only these is enough where the plan owns some fields.
std::vector<std::string> fields_to_read(const VerifyJob& job) {
  if (job.owned.empty()) return {};
  std::vector<std::string> fields = job.key;
  for (const std::string& field : compared_fields(job).compared) {
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.push_back(field);
  }
  return fields;
}

}  // namespace

Result<ReadPlan> ReadPlan::make(const VerifyJob& job) {
  ReadPlan plan;
  for (std::uint32_t i = 0; i < job.sources.size(); ++i) {
    const SourceInput& input = job.sources[i];
    DECANT_ASSIGN(std::vector<Partition> partitions, input.view->partitions(input.collection));
    for (Partition& partition : partitions) plan.source.push_back({i, std::move(partition)});
  }
  DECANT_ASSIGN(std::vector<Partition> partitions, job.target->partitions(job.definition.name));
  for (Partition& partition : partitions) plan.target.push_back({0, std::move(partition)});
  for (const Task& task : plan.source) plan.bytes += task.partition.bytes;
  for (const Task& task : plan.target) plan.bytes += task.partition.bytes;
  plan.records_expected = job.records_expected;
  if (plan.records_expected == 0) {
    plan.records_expected = std::max(records_of(plan.source), records_of(plan.target));
  }
  return plan;
}

Status ReadPass::run(std::span<const ReadWorker> workers) {
  target_fields_ = fields_to_read(job_);
  const std::stop_callback pass_on(job_.stop, [this] { stop_.request_stop(); });
  {
    std::vector<std::jthread> threads;
    for (const ReadWorker& worker : workers) threads.emplace_back([&] { work(worker); });
  }
  if (job_.stop.stop_requested()) {
    return Error{ErrorCode::interrupted, "verification was interrupted; run it again"};
  }
  if (!status_.ok()) return std::move(status_);
  advance(0, 0, true);
  return ok_status();
}

void ReadPass::work(const ReadWorker& worker) {
  if (worker.source != nullptr && worker.source_first) read_source(*worker.source);
  if (worker.target != nullptr) read_target(*worker.target);
  if (worker.source != nullptr && !worker.source_first) read_source(*worker.source);
}

void ReadPass::read_source(FingerprintSink& sink) {
  std::vector<std::unique_ptr<SourceSide>> sides(job_.sources.size());
  ReadCounts counts;
  Status status = ok_status();
  while (status.ok()) {
    const std::size_t index = next_source_.fetch_add(1);
    if (index >= plan_.source.size()) break;
    const ReadPlan::Task& task = plan_.source[index];
    std::unique_ptr<SourceSide>& side = sides[task.source];
    if (side == nullptr) side = std::make_unique<SourceSide>(job_, task.source);
    status = read_source_partition(task, *side, sink, counts);
  }
  finish(std::move(status), counts, source_counts_);
}

Status ReadPass::read_source_partition(const ReadPlan::Task& task, SourceSide& side,
                                       FingerprintSink& sink, ReadCounts& counts) {
  const std::uint64_t limit = job_.source_limit.value_or(UINT64_MAX);
  if (counts.records >= limit) return ok_status();
  std::unique_ptr<Dispositions::Cursor> cursor;
  if (job_.dispositions != nullptr) {
    DECANT_ASSIGN(cursor, job_.dispositions->open(task.source, task.partition));
  }
  DECANT_ASSIGN(const std::unique_ptr<Reader> reader,
                job_.sources[task.source].view->read(task.partition, {}));
  Batch batch;
  SourceWork work;
  while (counts.records < limit) {
    DECANT_CHECK(check_stop());
    DECANT_ASSIGN(const bool more, reader->next(batch));
    if (!more) break;
    const std::uint64_t bytes = batch.source_bytes;
    side.take(batch, work, limit - counts.records);
    DECANT_CHECK(fingerprint_source(task.source, work, cursor.get(), sink, counts));
    counts.records += work.records;
    counts.left += work.left;
    counts.excluded += work.excluded;
    counts.bytes += bytes;
    advance(work.records + work.left, bytes);
  }
  return ok_status();
}

Status ReadPass::fingerprint_source(std::uint32_t source, const SourceWork& work,
                                    Dispositions::Cursor* cursor, FingerprintSink& sink,
                                    ReadCounts& counts) {
  std::vector<Fingerprint> fingerprints;
  fingerprints.reserve(work.made.size());
  const bool needs_places = sink.needs_places();
  for (const Made& made : work.made) {
    Place place{source, made.origin, 0};
    Disposition disposition = Disposition::aside;
    if (!made.aside) {
      disposition = cursor == nullptr ? Disposition::expected : cursor->at(place.origin);
      if (disposition == Disposition::excluded) ++counts.excluded;
    }
    place.disposition = static_cast<std::uint8_t>(disposition);
    Fingerprint fingerprint = fingerprint_of(made.digest, job_.key_hash_mask);
    if (needs_places) {
      DECANT_ASSIGN(fingerprint.origin, source_places_.pack(place));
    } else {
      fingerprint.origin = std::uint64_t{place.disposition} << place_code::kDispositionShift;
    }
    fingerprints.push_back(fingerprint);
  }
  return sink.add(fingerprints);
}

void ReadPass::read_target(FingerprintSink& sink) {
  TargetSide side(job_);
  ReadCounts counts;
  Status status = ok_status();
  while (status.ok()) {
    const std::size_t index = next_target_.fetch_add(1);
    if (index >= plan_.target.size()) break;
    status = read_target_partition(plan_.target[index], side, sink, counts);
  }
  finish(std::move(status), counts, target_counts_);
}

Status ReadPass::read_target_partition(const ReadPlan::Task& task, TargetSide& side,
                                       FingerprintSink& sink, ReadCounts& counts) {
  ReadOptions options;
  options.fields = target_fields_;
  DECANT_ASSIGN(const std::unique_ptr<Reader> reader, job_.target->read(task.partition, options));
  Batch batch;
  std::vector<Made> mades;
  std::vector<Fingerprint> fingerprints;
  const bool needs_places = sink.needs_places();
  while (true) {
    DECANT_CHECK(check_stop());
    DECANT_ASSIGN(const bool more, reader->next(batch));
    if (!more) break;
    side.take(batch, mades);
    fingerprints.clear();
    for (const Made& made : mades) {
      Fingerprint fingerprint = fingerprint_of(made.digest, job_.key_hash_mask);
      if (needs_places) {
        DECANT_ASSIGN(fingerprint.origin, target_places_.pack({0, made.origin, 0}));
      }
      fingerprints.push_back(fingerprint);
    }
    DECANT_CHECK(sink.add(fingerprints));
    counts.records += mades.size();
    counts.bytes += batch.source_bytes;
    advance(mades.size(), batch.source_bytes);
  }
  return ok_status();
}

Status ReadPass::check_stop() const {
  if (!stop_.stop_requested()) return ok_status();
  return Error{ErrorCode::interrupted, "verification was interrupted; run it again"};
}

// The first error ends the pass; what other threads say after it only follows from it.
void ReadPass::finish(Status status, const ReadCounts& counts, ReadCounts& total) {
  const std::lock_guard lock(mutex_);
  total.records += counts.records;
  total.left += counts.left;
  total.excluded += counts.excluded;
  total.bytes += counts.bytes;
  if (status.ok()) return;
  if (status_.ok()) status_ = std::move(status);
  stop_.request_stop();
}

void ReadPass::advance(std::uint64_t records, std::uint64_t bytes, bool last) {
  if (job_.events == nullptr) return;
  const std::lock_guard lock(mutex_);
  progress_records_ += records;
  progress_bytes_ += bytes;
  const auto now = std::chrono::steady_clock::now();
  if (!last && now - progress_at_ < std::chrono::milliseconds(progress_interval_ms)) return;
  progress_at_ = now;
  Progress progress;
  progress.phase = "verify";
  progress.collection = job_.definition.name;
  progress.records = progress_records_;
  progress.bytes = progress_bytes_;
  progress.bytes_total = plan_.bytes;
  job_.events->progress(progress);
}

}  // namespace decant::verify
