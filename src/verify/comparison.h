// One comparison and its three ways: the exact join, the sketch, the sample. A way either gives the
// whole answer or says that another one has to.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/findings.h"
#include "verify/fingerprint.h"
#include "verify/join.h"
#include "verify/read_pass.h"
#include "verify/sketch.h"
#include "verify/suspects.h"
#include "verify/verify.h"

namespace decant::verify {

class Comparison {
 public:
  explicit Comparison(const VerifyJob& job) : job_(job), findings_(job, result_) {}
  Result<VerifyResult> run();

 private:
  Status choose_way();
  // True: the answer stands in result_. False: this way cannot give it; nothing was counted.
  Result<bool> by_join();
  Result<bool> by_sketch();
  Status by_sample();

  // Of the join.
  struct SpilledSide;
  bool has_disk() const { return !job_.spill_folder.empty(); }
  Result<bool> enough_disk();
  Status spill(std::vector<SpilledSide>& source, std::vector<SpilledSide>& target);
  Status create_spills(std::string_view side, unsigned threads, std::vector<SpilledSide>& out);
  Status join_spills(std::vector<SpilledSide>& source, std::vector<SpilledSide>& target);

  // Of the sketch.
  struct SketchAnswer;
  Result<std::optional<SketchAnswer>> decode_differences();
  Result<std::optional<SketchAnswer>> try_sketch(std::uint64_t differences, std::uint64_t seed,
                                                 std::uint64_t& estimate);
  Result<bool> resolve_suspects(SketchAnswer answer);
  bool target_keys_are_unique() const;

  // Joins two small sets in memory and resolves what differs.
  Status join_in_memory(std::vector<Fingerprint>& source, std::vector<Fingerprint>& target);

  // At least two; how many of them have something to do with one side; half of them.
  unsigned threads_of_both_sides() const;
  unsigned threads_for(const std::vector<ReadPlan::Task>& tasks, bool is_source) const;
  unsigned threads_of_side(const std::vector<ReadPlan::Task>& tasks, bool is_source) const;
  std::size_t chunk_records() const;
  void take_counts(const ReadPass& pass);
  Status see_changes();
  void note(std::string text);
  std::string prefix() const;

  const VerifyJob& job_;
  VerifyResult result_;
  Findings findings_;
  ReadPlan plan_;
  std::unique_ptr<PlaceBook> source_places_;
  std::unique_ptr<PlaceBook> target_places_;
  Hash128 definition_digest_;
};

}  // namespace decant::verify
