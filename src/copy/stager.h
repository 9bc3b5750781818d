// The writer's side of the target: probing before the first write, chunks of the size the store
// wants, intended outcomes kept on a resume, and what a store without transactions answers late.
// One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "copy/accounts.h"
#include "copy/checkpoint.h"
#include "copy/copy.h"

namespace decant::copy {

inline constexpr int commit_rounds_max = 10;  // of records that a store has not taken yet

class Stager {
 public:
  // `began_writing`: an earlier part of this run has opened the target for writing.
  Stager(const CopyJob& job, bool began_writing);
  ~Stager();

  // The target's own checkpoint. Opens it for writing.
  Result<std::string> checkpoint();
  // Outcomes that the records to come were meant to have before the run was killed.
  void expect(const Intents& intents);
  bool expects_more() const;
  std::vector<IntentRun> expected() const;  // those that are not staged yet

  // Stages records [first, first + count) of the slot's work for `target`.
  Status stage(Slot& slot, std::uint32_t target, std::size_t first, std::size_t count,
               std::vector<Staged>& out);
  // Whether anything was written since the last commit.
  bool has_written() const { return has_written_; }
  bool began_writing() const { return began_writing_; }
  // Makes all that was staged since the last commit durable. `parts` are the group's, of a store
  // without transactions; their outcomes become the final ones. True where any changed.
  Result<bool> commit(std::string_view checkpoint, std::span<SlotPart> parts);
  // REQUIRES: all committed. Again until nothing is withdrawn.
  Result<FinishResult> finish();

 private:
  Status stage_chunk(Slot& slot, std::uint32_t target, std::size_t first, std::size_t count,
                     std::vector<Staged>& out);
  Status open_for_writing();
  void keep_intended(std::uint32_t target, std::vector<Outcome>& outcomes);
  Status commit_again(std::string_view checkpoint, std::span<SlotPart> parts,
                      std::vector<std::uint32_t>& unsettled);

  const CopyJob& job_;
  std::unique_ptr<Writer> writer_;
  bool writer_is_dry_ = false;
  bool began_writing_;
  bool has_written_ = false;
  std::uint64_t staged_ = 0;          // records since the last commit
  std::uint64_t only_looked_at_ = 0;  // the first of them, which no writer has been given
  StageResult result_;
  std::vector<std::deque<IntentRun>> expected_;  // by target
};

}  // namespace decant::copy
