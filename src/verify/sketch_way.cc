#include <algorithm>
#include <set>
#include <tuple>

#include "verify/comparison.h"
#include "verify/decide.h"

namespace decant::verify {
namespace {

// Keys to look at again, and the fingerprints of them that are held; more need the exact join.
constexpr std::size_t kSuspectsMax = 1u << 19;
constexpr std::size_t kCollectedMax = 1u << 19;
constexpr unsigned kAttemptsMax = 4;
constexpr std::size_t kHelpersSketchBytesMax = 4u << 20;  // of a sketch that each thread has

class SketchSink final : public FingerprintSink {
 public:
  // `seen`: null where keys need not be looked at for repeats.
  SketchSink(const SketchHeader& header, bool is_source, SeenKeys* seen, KeySet* repeated)
      : sketch_(header), is_source_(is_source), seen_(seen), repeated_(repeated) {}

  Status add(std::span<const Fingerprint> fingerprints) override {
    held_.clear();
    for (const Fingerprint& f : fingerprints) {
      if (is_source_ && !is_held_against_target(f)) continue;
      held_.push_back({f.key, f.digest_low, f.digest_high});
      if (seen_ != nullptr && seen_->test_and_set(f.key) && repeated_->size() < kSuspectsMax) {
        repeated_->insert(f.key);
      }
    }
    sketch_.add(held_);
    return ok_status();
  }
  bool needs_places() const override { return false; }
  Sketch& sketch() { return sketch_; }

 private:
  Sketch sketch_;
  std::vector<SketchRecord> held_;  // of one add()
  const bool is_source_;
  SeenKeys* seen_;
  KeySet* repeated_;
};

// Keeps the fingerprints of some keys.
class CollectSink final : public FingerprintSink {
 public:
  explicit CollectSink(const KeySet& keys) : keys_(keys) {}
  Status add(std::span<const Fingerprint> fingerprints) override {
    for (const Fingerprint& f : fingerprints) {
      if (collected_.size() < kCollectedMax && keys_.contains(f.key)) collected_.push_back(f);
    }
    return ok_status();
  }
  std::vector<Fingerprint>& collected() { return collected_; }

 private:
  const KeySet& keys_;
  std::vector<Fingerprint> collected_;
};

auto element(const SketchDifference& d) { return std::tie(d.key, d.digest_low, d.digest_high); }

bool all_cancel(std::vector<SketchDifference>& elements) {
  std::sort(elements.begin(), elements.end(),
            [](const auto& a, const auto& b) { return element(a) < element(b); });
  std::size_t first = 0;
  while (first < elements.size()) {
    std::int64_t sum = 0;
    std::size_t end = first;
    for (; end < elements.size() && element(elements[end]) == element(elements[first]); ++end) {
      sum += elements[end].count;
    }
    if (sum != 0) return false;
    first = end;
  }
  return true;
}

// Whether what was found again is what the sketch said. `held` are the source's records in it.
bool agrees(std::vector<SketchDifference> said, const std::vector<Fingerprint>& source,
            const std::vector<Fingerprint>& target, std::uint64_t& held) {
  // What was found is taken from what was said: nothing may be left.
  said.reserve(said.size() + source.size() + target.size());
  for (const Fingerprint& f : source) {
    if (!is_held_against_target(f)) continue;
    said.push_back({f.key, f.digest_low, f.digest_high, -1});
    ++held;
  }
  for (const Fingerprint& f : target) said.push_back({f.key, f.digest_low, f.digest_high, 1});
  return all_cancel(said);
}

}  // namespace

// What the sketch said: the differences, and the keys that the target may hold more than once.
struct Comparison::SketchAnswer {
  std::vector<SketchDifference> differences;
  KeySet suspects;
  std::uint64_t held = 0;  // source records in the sketch
};

Result<bool> Comparison::by_sketch() {
  DECANT_ASSIGN(std::optional<SketchAnswer> answer, decode_differences());
  if (!answer.has_value()) return false;
  if (answer->suspects.size() == 0) {
    result_.equal = answer->held;
    result_.mode = "sketch";
    return true;
  }
  return resolve_suspects(std::move(*answer));
}

// Sketches both sides, larger where the estimate says so. Nothing: the exact join has to do it.
Result<std::optional<Comparison::SketchAnswer>> Comparison::decode_differences() {
  std::uint64_t capacity = sketch_differences_default;
  for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
    std::uint64_t estimate = 0;
    DECANT_ASSIGN(std::optional<SketchAnswer> answer,
                  try_sketch(capacity, job_.seed + attempt, estimate));
    if (answer.has_value()) return answer;
    const std::uint64_t needed = estimate + estimate / 20 + 64;
    capacity = std::max(needed, capacity + capacity / 4);
    if (sketch_bytes_for(sketch_cells_for(capacity)) > sketch_bytes_max) {
      note("about " + std::to_string(estimate) +
           " differences are more than a sketch holds: the exact join is needed");
      return std::optional<SketchAnswer>();
    }
    note("about " + std::to_string(estimate) + " differences: comparing again by a sketch of " +
         std::to_string(sketch_bytes_for(sketch_cells_for(capacity)) >> 10) + " KiB");
  }
  return std::optional<SketchAnswer>();
}

Result<std::optional<Comparison::SketchAnswer>> Comparison::try_sketch(std::uint64_t differences,
                                                                       std::uint64_t seed,
                                                                       std::uint64_t& estimate) {
  const SketchHeader header{sketch_cells_for(differences), seed, job_.plan_digest,
                            definition_digest_};
  std::optional<SeenKeys> seen;
  KeySet repeated;
  // Equal repeats on both sides cancel: where the target may hold a key twice, they are looked for.
  if (!target_keys_are_unique()) seen.emplace(plan_.records_expected);
  std::vector<std::unique_ptr<SketchSink>> sinks;
  std::vector<ReadWorker> workers;
  const unsigned source_threads = threads_of_side(plan_.source, true);
  for (unsigned i = 0; i < source_threads; ++i) {
    sinks.push_back(std::make_unique<SketchSink>(header, true, nullptr, nullptr));
    workers.push_back({sinks.back().get(), nullptr});
  }
  const unsigned target_threads = seen.has_value() ? 1 : threads_of_side(plan_.target, false);
  for (unsigned i = 0; i < target_threads; ++i) {
    sinks.push_back(
        std::make_unique<SketchSink>(header, false, seen ? &*seen : nullptr, &repeated));
    workers.push_back({nullptr, sinks.back().get()});
  }
  const bool small = sketch_bytes_for(sketch_cells_for(differences)) <= kHelpersSketchBytesMax;
  for (unsigned i = 0; i < source_threads && small && !seen.has_value(); ++i) {
    // Who is done with the source helps with the target.
    sinks.push_back(std::make_unique<SketchSink>(header, false, nullptr, &repeated));
    workers[i].target = sinks.back().get();
  }
  ReadPass pass(job_, plan_, *source_places_, *target_places_);
  DECANT_CHECK(pass.run(workers));
  take_counts(pass);
  seen.reset();

  Sketch& total = sinks.front()->sketch();
  for (std::size_t i = 1; i < source_threads; ++i) DECANT_CHECK(total.merge(sinks[i]->sketch()));
  SketchAnswer answer;
  answer.held = total.records();
  for (std::size_t i = source_threads; i < sinks.size(); ++i) {
    DECANT_CHECK(total.subtract(sinks[i]->sketch()));
  }
  sinks.resize(1);
  estimate = total.estimate();
  if (repeated.size() >= kSuspectsMax) {
    estimate = std::max<std::uint64_t>(estimate, plan_.records_expected);
    return std::optional<SketchAnswer>();
  }
  std::optional<std::vector<SketchDifference>> decoded = std::move(total).decode();
  if (!decoded.has_value()) return std::optional<SketchAnswer>();
  answer.differences = std::move(*decoded);
  answer.suspects = std::move(repeated);
  for (const SketchDifference& one : answer.differences) answer.suspects.insert(one.key);
  return std::optional<SketchAnswer>(std::move(answer));
}

// Reads both sides again for the records behind the suspects, and joins those exactly.
Result<bool> Comparison::resolve_suspects(SketchAnswer answer) {
  std::vector<std::unique_ptr<CollectSink>> sinks;
  std::vector<ReadWorker> workers;
  const unsigned source_threads = threads_of_side(plan_.source, true);
  for (unsigned i = 0; i < source_threads; ++i) {
    sinks.push_back(std::make_unique<CollectSink>(answer.suspects));
    workers.push_back({sinks.back().get(), nullptr});
  }
  for (unsigned i = 0; i < threads_of_side(plan_.target, false); ++i) {
    sinks.push_back(std::make_unique<CollectSink>(answer.suspects));
    workers.push_back({nullptr, sinks.back().get()});
  }
  ReadPass pass(job_, plan_, *source_places_, *target_places_);
  DECANT_CHECK(pass.run(workers));
  take_counts(pass);
  std::vector<Fingerprint> source;
  std::vector<Fingerprint> target;
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    std::vector<Fingerprint> from = std::move(sinks[i]->collected());
    std::vector<Fingerprint>& to = i < source_threads ? source : target;
    if (to.empty()) {
      to = std::move(from);
    } else {
      to.insert(to.end(), from.begin(), from.end());
    }
  }
  sinks.clear();
  answer.suspects = {};
  if (source.size() >= kCollectedMax || target.size() >= kCollectedMax) {
    note("many records share the keys that differ: the exact join is needed");
    return false;
  }

  std::uint64_t held = 0;
  if (!agrees(std::move(answer.differences), source, target, held)) {
    note("the two readings of the sketch do not agree: the exact join is needed");
    return false;
  }
  result_.equal = answer.held - held;
  DECANT_CHECK(join_in_memory(source, target));
  result_.mode = "sketch";
  return true;
}

// Whether the target itself makes sure that no key is there twice.
bool Comparison::target_keys_are_unique() const {
  if (!job_.capabilities.schema || job_.definition.is_view || job_.definition.open) return false;
  const std::set<std::string> key(job_.key.begin(), job_.key.end());
  const auto& declared = job_.definition.key;
  if (key == std::set<std::string>(declared.begin(), declared.end())) return true;
  return std::any_of(job_.definition.indexes.begin(), job_.definition.indexes.end(),
                     [&](const Index& index) {
                       std::set<std::string> fields;
                       for (const IndexPart& part : index.parts) fields.insert(part.field);
                       return index.unique && index.where.empty() && fields == key;
                     });
}

}  // namespace decant::verify
