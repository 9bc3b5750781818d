// What verification costs beyond reading: spilling and joining fingerprints, filling and decoding
// sketches. Google Benchmark; items are records of one side.
#include <benchmark/benchmark.h>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>

#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "verify/fingerprint.h"
#include "verify/join.h"
#include "verify/sketch.h"
#include "verify/verify.h"

namespace decant::verify {
namespace {

std::vector<Fingerprint> fingerprints(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Fingerprint> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = {random(), random(), random(), i};
  return all;
}

std::string temporary_path(std::string_view name) {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder == nullptr ? "/tmp" : folder) + "/decant-bench-" +
         std::to_string(::getpid()) + "-" + std::string(name);
}

void must(const Status& status, benchmark::State& state) {
  if (!status.ok()) state.SkipWithError(status.error().message.c_str());
}

void spill(const std::vector<Fingerprint>& records, const std::string& path,
           benchmark::State& state) {
  FingerprintHeader header;
  header.partitions = fingerprint_partitions_for(records.size());
  auto writer = FingerprintWriter::create(path, header);
  if (!writer.ok()) return must(std::move(writer).error(), state);
  for (const Fingerprint& record : records) {
    if (Status status = (*writer)->add(record); !status.ok()) return must(status, state);
  }
  must((*writer)->finish(), state);
}

class CountGroups final : public GroupSink {
 public:
  Status add(const Group& /*group*/) override {
    ++groups;
    return ok_status();
  }
  std::uint64_t groups = 0;
};

std::uint64_t join(const std::string& source_path, const std::string& target_path,
                   benchmark::State& state) {
  auto source = FingerprintFile::open(source_path);
  auto target = FingerprintFile::open(target_path);
  if (!source.ok() || !target.ok()) {
    state.SkipWithError("open failed");
    return 0;
  }
  std::vector<Fingerprint> sources;
  std::vector<Fingerprint> targets;
  std::uint64_t equal = 0;
  CountGroups groups;
  Join one;
  const std::uint32_t partitions = (*source)->header().partitions;
  const unsigned bits = static_cast<unsigned>(std::countr_zero(partitions));
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    sources.clear();
    targets.clear();
    must((*source)->read(partition, sources), state);
    must((*target)->read(partition, targets), state);
    must(one.run(sources, targets, bits, equal, groups), state);
  }
  return equal;
}

void Spill(benchmark::State& state) {
  const auto records = fingerprints(static_cast<std::size_t>(state.range(0)), 1);
  const std::string path = temporary_path("spill");
  for (auto _ : state) spill(records, path, state);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  std::remove(path.c_str());
}
BENCHMARK(Spill)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void JoinSpilled(benchmark::State& state) {
  auto records = fingerprints(static_cast<std::size_t>(state.range(0)), 1);
  const std::string source = temporary_path("source");
  const std::string target = temporary_path("target");
  spill(records, source, state);
  std::shuffle(records.begin(), records.end(), std::mt19937_64(2));
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(1)); ++i) {
    records[i].digest_low ^= 1;
  }
  spill(records, target, state);
  const auto wanted = static_cast<std::uint64_t>(state.range(0) - state.range(1));
  for (auto _ : state) {
    if (join(source, target, state) != wanted) state.SkipWithError("a wrong answer");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  std::remove(source.c_str());
  std::remove(target.c_str());
}
BENCHMARK(JoinSpilled)
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 100'000})
    ->Args({10'000'000, 0})
    ->Unit(benchmark::kMillisecond);

void SketchAdd(benchmark::State& state) {
  const auto records = fingerprints(1'000'000, 1);
  Sketch sketch({sketch_cells_for(static_cast<std::uint64_t>(state.range(0))), 1, {}, {}});
  for (auto _ : state) {
    for (const Fingerprint& f : records) sketch.add(f.key, f.digest_low, f.digest_high);
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(SketchAdd)
    ->Arg(static_cast<std::int64_t>(sketch_differences_default))
    ->Arg(200'000)
    ->Unit(benchmark::kMillisecond);

void SketchDecode(benchmark::State& state) {
  const auto differences = static_cast<std::uint64_t>(state.range(0));
  const auto records = fingerprints(differences, 1);
  Sketch full({sketch_cells_for(differences), 1, {}, {}});
  for (const Fingerprint& f : records) full.add(f.key, f.digest_low, f.digest_high);
  for (auto _ : state) {
    Sketch copy = full;
    const auto found = std::move(copy).decode();
    if (!found.has_value() || found->size() != differences) state.SkipWithError("not decoded");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(SketchDecode)->Arg(8'192)->Arg(200'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace decant::verify

BENCHMARK_MAIN();
