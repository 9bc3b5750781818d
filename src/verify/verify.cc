#include "verify/verify.h"

#include <algorithm>
#include <array>

#include "verify/comparison.h"
#include "verify/resolver.h"

namespace decant::verify {
namespace {

// Of both sides: each holds buffers of its own.
constexpr unsigned kThreadsMax = 8;
constexpr std::uint64_t kRecordBytesUnknown = 1000;

// What makes fingerprints of two comparisons alike: which fields count, and as what.
Hash128 digest_of_definition(const VerifyJob& job) {
  std::string text = job.definition.name + '\n';
  for (const Field& field : job.definition.fields) {
    text += field.name + '\t' + std::string(to_string(field.type.kind)) +
            (field.nullable ? "\tnullable" : "") + (field.generated ? "\tgenerated" : "") + '\n';
  }
  for (const auto* names : {&job.key, &job.owned, &job.once, &job.mirrored}) {
    for (const std::string& name : *names) text += name + '\t';
    text += '\n';
  }
  return hash128(text);
}

std::vector<std::uint32_t> files_of_sources(const VerifyJob& job) {
  std::vector<std::uint32_t> files;
  for (const SourceInput& source : job.sources) {
    files.push_back(static_cast<std::uint32_t>(source.view->files().size()));
  }
  return files;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
  x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
  return x ^ x >> 32;
}

// Keeps the fingerprints whose keys hash lowest under a seed: the same keys on both sides.
class SampleSink final : public FingerprintSink {
 public:
  SampleSink(std::uint64_t size, std::uint64_t seed) : size_(size), seed_(mix(seed + 1)) {}

  Status add(std::span<const Fingerprint> fingerprints) override {
    for (const Fingerprint& fingerprint : fingerprints) {
      const std::uint64_t rank = mix(fingerprint.key ^ seed_);
      if (rank >= bound_) continue;
      heap_.emplace_back(rank, fingerprint);
      std::push_heap(heap_.begin(), heap_.end(), lower);
      if (heap_.size() <= size_) continue;
      // All of one rank go together, so that what is kept of a key is kept whole.
      bound_ = heap_.front().first;
      while (!heap_.empty() && heap_.front().first == bound_) {
        std::pop_heap(heap_.begin(), heap_.end(), lower);
        heap_.pop_back();
      }
    }
    return ok_status();
  }
  // Every key that ranks below it is here, whole.
  std::uint64_t bound() const { return bound_; }
  std::vector<Fingerprint> below(std::uint64_t bound) const {
    std::vector<Fingerprint> kept;
    for (const auto& [rank, fingerprint] : heap_) {
      if (rank < bound) kept.push_back(fingerprint);
    }
    return kept;
  }

 private:
  using Ranked = std::pair<std::uint64_t, Fingerprint>;
  static bool lower(const Ranked& a, const Ranked& b) { return a.first < b.first; }

  const std::uint64_t size_;
  const std::uint64_t seed_;
  std::uint64_t bound_ = UINT64_MAX;
  std::vector<Ranked> heap_;  // the highest rank in front
};

}  // namespace

Result<VerifyResult> verify(const VerifyJob& job) { return Comparison(job).run(); }

Result<VerifyResult> Comparison::run() {
  const std::string place = "verify '" + job_.definition.name + "'";
  result_.extra_policy = job_.extra;
  definition_digest_ = digest_of_definition(job_);
  auto plan = ReadPlan::make(job_);
  if (!plan.ok()) return std::move(plan).error().in(place);
  plan_ = std::move(plan).value();
  const std::string spill = has_disk() ? prefix() : "";
  source_places_ = std::make_unique<PlaceBook>(files_of_sources(job_),
                                               spill.empty() ? "" : spill + "-source.places");
  target_places_ = std::make_unique<PlaceBook>(
      std::vector{static_cast<std::uint32_t>(job_.target->files().size())},
      spill.empty() ? "" : spill + "-target.places");

  Status status = findings_.open();
  if (status.ok()) status = choose_way();
  if (status.ok()) status = findings_.finish();
  if (status.ok()) status = see_changes();
  if (!status.ok()) return std::move(status).error().in(place);
  result_.compared = result_.equal + result_.missing + result_.different + result_.kept;
  return std::move(result_);
}

Status Comparison::choose_way() {
  if (job_.sample != 0) return by_sample();
  if (job_.mode != Mode::sketch) {
    DECANT_ASSIGN(const bool room, enough_disk());
    if (room) {
      DECANT_ASSIGN(const bool done, by_join());
      if (done) return ok_status();
    }
  }
  DECANT_ASSIGN(const bool done, by_sketch());
  if (done) return ok_status();
  DECANT_ASSIGN(const bool room, enough_disk());
  if (room) {
    DECANT_ASSIGN(const bool joined, by_join());
    if (joined) return ok_status();
  }
  return Error{ErrorCode::disk_full,
               "there are more differences than a sketch of " +
                   std::to_string(sketch_bytes_max >> 20) +
                   " MiB holds, and the exact join needs " +
                   std::to_string(2 * fingerprint_bytes_for(plan_.records_expected) >> 20) +
                   " MiB of disk" + (has_disk() ? " in " + job_.spill_folder : std::string()) +
                   "; make room there, then verify again"};
}

Status Comparison::by_sample() {
  SampleSink source(job_.sample, job_.seed);
  SampleSink target(job_.sample, job_.seed);
  ReadPass pass(job_, plan_, *source_places_, *target_places_);
  DECANT_CHECK(pass.run(std::array{ReadWorker{&source, nullptr}, ReadWorker{nullptr, &target}}));
  take_counts(pass);
  result_.mode = "sample";
  const std::uint64_t bound = std::min(source.bound(), target.bound());
  std::vector<Fingerprint> sources = source.below(bound);
  std::vector<Fingerprint> targets = target.below(bound);
  DECANT_CHECK(join_in_memory(sources, targets));
  note("a sample of " + std::to_string(job_.sample) +
       " keys is a quick look: it proves nothing about the other records");
  return ok_status();
}

Status Comparison::join_in_memory(std::vector<Fingerprint>& source,
                                  std::vector<Fingerprint>& target) {
  Resolver resolver(job_, *source_places_, *target_places_, chunk_records(), findings_, result_);
  DECANT_CHECK(Join().run(source, target, 0, result_.equal, resolver));
  return resolver.finish();
}

unsigned Comparison::threads_of_both_sides() const {
  return std::clamp(job_.threads, 2u, kThreadsMax);
}

unsigned Comparison::threads_for(const std::vector<ReadPlan::Task>& tasks, bool is_source) const {
  // Which records are the first of a limit is known only in order.
  if (is_source && job_.source_limit) return 1;
  return static_cast<unsigned>(std::clamp<std::size_t>(tasks.size(), 1, kThreadsMax));
}

unsigned Comparison::threads_of_side(const std::vector<ReadPlan::Task>& tasks,
                                     bool is_source) const {
  return std::min(threads_of_both_sides() / 2, threads_for(tasks, is_source));
}

std::size_t Comparison::chunk_records() const {
  const std::uint64_t records = result_.source_records + result_.target_records;
  const std::uint64_t bytes = result_.source_bytes + result_.target_bytes;
  const std::uint64_t each = records == 0 || bytes == 0
                                 ? kRecordBytesUnknown
                                 : std::max<std::uint64_t>(bytes / records, 1);
  return std::clamp<std::size_t>(fetch_bytes_max / each, 64, 16'384);
}

void Comparison::take_counts(const ReadPass& pass) {
  result_.source_records = pass.source().records;
  result_.source_bytes = pass.source().bytes;
  result_.left = pass.source().left;
  result_.excluded = pass.source().excluded;
  result_.target_records = pass.target().records;
  result_.target_bytes = pass.target().bytes;
}

Status Comparison::see_changes() {
  std::vector<View*> views{job_.target};
  for (const SourceInput& source : job_.sources) {
    if (std::find(views.begin(), views.end(), source.view) == views.end()) {
      views.push_back(source.view);
    }
  }
  for (View* view : views) {
    DECANT_ASSIGN(std::vector<std::string> changes, view->changes_seen());
    for (std::string& change : changes) result_.changes_seen.push_back(std::move(change));
  }
  return ok_status();
}

void Comparison::note(std::string text) {
  if (job_.events != nullptr) {
    job_.events->log(LogLevel::info, "verify '" + job_.definition.name + "': " + text);
  }
  result_.notes.push_back(std::move(text));
}

// Of the temporary files; several collections may be verified in one folder.
std::string Comparison::prefix() const {
  char name[17];
  const std::uint64_t hash = hash128(job_.definition.name).low;
  static constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned i = 0; i < 16; ++i) name[i] = kDigits[hash >> (60 - 4 * i) & 15];
  name[16] = '\0';
  return job_.spill_folder + "/verify-" + name;
}

}  // namespace decant::verify
