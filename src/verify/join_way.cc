#include <algorithm>

#include "verify/comparison.h"
#include "verify/partition_join.h"
#include "verify/resolver.h"

namespace decant::verify {
namespace {

// Left free for everybody else.
constexpr std::uint64_t kDiskReserveBytes = 64u << 20;

class SpillSink final : public FingerprintSink {
 public:
  explicit SpillSink(FingerprintWriter& writer) : writer_(writer) {}
  Status add(std::span<const Fingerprint> fingerprints) override {
    for (const Fingerprint& fingerprint : fingerprints) {
      DECANT_CHECK(writer_.add(fingerprint));
    }
    return ok_status();
  }

 private:
  FingerprintWriter& writer_;
};

}  // namespace

// The file of one reading thread; gone with this object.
struct Comparison::SpilledSide {
  SpilledSide(std::string file_path, std::unique_ptr<FingerprintWriter> file_writer)
      : path(std::move(file_path)), writer(std::move(file_writer)), sink(*writer) {}
  SpilledSide(SpilledSide&& other) noexcept
      : path(std::exchange(other.path, {})), writer(std::move(other.writer)), sink(*writer) {}
  ~SpilledSide() {
    if (!path.empty()) (void)remove_file(path).ok();
  }

  std::string path;
  std::unique_ptr<FingerprintWriter> writer;
  SpillSink sink;
};

// Says what the join needs, and whether it is there. An Error only where nothing else is allowed.
Result<bool> Comparison::enough_disk() {
  if (!has_disk()) return false;
  const std::uint64_t needed = 2 * fingerprint_bytes_for(plan_.records_expected);
  DECANT_ASSIGN(const std::uint64_t free, free_bytes(job_.spill_folder));
  const std::string said = "the exact join needs about " + std::to_string((needed >> 20) + 1) +
                           " MiB in " + job_.spill_folder + ", where " +
                           std::to_string(free >> 20) + " MiB are free";
  if (free >= needed + kDiskReserveBytes) {
    if (job_.events != nullptr) job_.events->log(LogLevel::debug, said);
    return true;
  }
  if (job_.mode == Mode::join) {
    return Error{ErrorCode::disk_full, said + "; make room there, or use `--sketch`"};
  }
  note(said + ": comparing by sketch");
  return false;
}

Result<bool> Comparison::by_join() {
  std::vector<SpilledSide> source;
  std::vector<SpilledSide> target;
  Status spilled = spill(source, target);
  if (!spilled.ok()) {
    if (spilled.error().code != ErrorCode::disk_full || job_.mode != Mode::automatic) {
      return std::move(spilled).error();
    }
    note("the disk ran full while fingerprints were spilled: comparing by sketch");
    return false;
  }
  DECANT_CHECK(join_spills(source, target));
  result_.mode = "join";
  return true;
}

Status Comparison::spill(std::vector<SpilledSide>& source, std::vector<SpilledSide>& target) {
  // Half of the threads begin with a side, and help with the other one, as far as it has partitions
  // for them.
  const unsigned threads = threads_of_both_sides();
  const unsigned source_threads = std::min(threads, threads_for(plan_.source, true));
  const unsigned target_threads = std::min(threads, threads_for(plan_.target, false));
  DECANT_CHECK(create_spills("source", source_threads, source));
  DECANT_CHECK(create_spills("target", target_threads, target));
  std::vector<ReadWorker> workers(threads);
  for (unsigned i = 0; i < threads; ++i) {
    ReadWorker& worker = workers[i];
    if (i < source_threads) worker.source = &source[i].sink;
    // From the other end, so that a single thread of each side is not the same one.
    if (threads - 1 - i < target_threads) worker.target = &target[threads - 1 - i].sink;
    worker.source_first = i < (threads + 1) / 2;
  }
  ReadPass pass(job_, plan_, *source_places_, *target_places_);
  DECANT_CHECK(pass.run(workers));
  std::uint64_t bytes = 0;
  for (auto* sides : {&source, &target}) {
    for (SpilledSide& side : *sides) {
      DECANT_CHECK(side.writer->finish());
      bytes += side.writer->bytes();
    }
  }
  take_counts(pass);
  result_.spill_bytes = bytes;
  return ok_status();
}

Status Comparison::create_spills(std::string_view side, unsigned threads,
                                 std::vector<SpilledSide>& out) {
  FingerprintHeader header;
  header.partitions = fingerprint_partitions_for(plan_.records_expected);
  header.plan = job_.plan_digest;
  header.definition = definition_digest_;
  header.seed = job_.seed;
  for (unsigned i = 0; i < threads; ++i) {
    std::string path =
        prefix() + "-" + std::string(side) + "-" + std::to_string(i) + ".fingerprints";
    DECANT_ASSIGN(std::unique_ptr<FingerprintWriter> writer,
                  FingerprintWriter::create(path, header));
    out.emplace_back(std::move(path), std::move(writer));
  }
  return ok_status();
}

Status Comparison::join_spills(std::vector<SpilledSide>& source, std::vector<SpilledSide>& target) {
  PartitionJoin::Files sources;
  PartitionJoin::Files targets;
  for (SpilledSide& side : source) {
    DECANT_ASSIGN(sources.emplace_back(), FingerprintFile::open(side.path));
  }
  for (SpilledSide& side : target) {
    DECANT_ASSIGN(targets.emplace_back(), FingerprintFile::open(side.path));
  }
  for (auto* files : {&sources, &targets}) {
    for (const auto& file : *files) {
      DECANT_CHECK(check_alike(sources.front()->header(), file->header()));
    }
  }
  Resolver resolver(job_, *source_places_, *target_places_, chunk_records(), findings_, result_);
  PartitionJoin join(sources, targets, threads_of_both_sides());
  while (true) {
    if (job_.stop.stop_requested()) {
      return Error{ErrorCode::interrupted, "verification was interrupted; run it again"};
    }
    DECANT_ASSIGN(const bool more, join.next(result_.equal, resolver));
    if (!more) break;
  }
  return resolver.finish();
}

}  // namespace decant::verify
