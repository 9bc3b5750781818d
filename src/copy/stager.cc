#include "copy/stager.h"

#include <algorithm>
#include <utility>

namespace decant::copy {
namespace {

bool is_unsettled(Outcome outcome) {
  return outcome == Outcome::not_attempted || outcome == Outcome::unknown;
}

bool any_write(const std::vector<Outcome>& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), is_write);
}

Error answer_misses(std::uint64_t answered, std::uint64_t sent) {
  return Error{ErrorCode::corrupt, "the store answered for " + std::to_string(answered) + " of " +
                                       std::to_string(sent) +
                                       " records; what became of the others is not known: run the "
                                       "same command again"};
}

}  // namespace

Stager::Stager(const CopyJob& job, bool began_writing)
    : job_(job), began_writing_(began_writing), expected_(job.targets.size()) {}

Stager::~Stager() = default;

Status Stager::open_for_writing() {
  if (!began_writing_ && job_.before_first_write) DECANT_CHECK(job_.before_first_write());
  writer_.reset();
  DECANT_ASSIGN(writer_, job_.open_writer(false));
  writer_is_dry_ = false;
  only_looked_at_ = staged_;
  began_writing_ = true;
  return ok_status();
}

Result<std::string> Stager::checkpoint() {
  if (!writer_) DECANT_CHECK(open_for_writing());
  return writer_->checkpoint();
}

void Stager::expect(const Intents& intents) {
  for (const IntentRun& run : intents.runs()) {
    if (run.target < expected_.size()) expected_[run.target].push_back(run);
  }
}

bool Stager::expects_more() const {
  return std::any_of(expected_.begin(), expected_.end(),
                     [](const std::deque<IntentRun>& runs) { return !runs.empty(); });
}

std::vector<IntentRun> Stager::expected() const {
  std::vector<IntentRun> all;
  for (const std::deque<IntentRun>& runs : expected_)
    all.insert(all.end(), runs.begin(), runs.end());
  return all;
}

Status Stager::stage(Slot& slot, std::uint32_t target, std::size_t first, std::size_t count,
                     std::vector<Staged>& out) {
  if (!writer_) {
    // What was created for this run is empty: no need to look before it is written.
    const bool created = std::any_of(job_.targets.begin(), job_.targets.end(),
                                     [](const CopyTarget& each) { return each.write.created; });
    writer_is_dry_ = job_.run == nullptr || (!created && !began_writing_);
    if (writer_is_dry_) {
      DECANT_ASSIGN(writer_, job_.open_writer(true));
    } else {
      DECANT_CHECK(open_for_writing());
    }
  }
  const std::size_t chunk_max = std::max<std::size_t>(job_.capabilities.batch_records_max, 1);
  while (count > 0) {
    const std::size_t chunk = std::min(count, chunk_max);
    DECANT_CHECK(stage_chunk(slot, target, first, chunk, out));
    first += chunk;
    count -= chunk;
  }
  return ok_status();
}

Status Stager::stage_chunk(Slot& slot, std::uint32_t target, std::size_t first, std::size_t count,
                           std::vector<Staged>& out) {
  const std::span<const Record> records(slot.targets[target].records.data() + first, count);
  DECANT_CHECK(writer_->stage(target, records, result_));
  if (writer_is_dry_ && job_.run != nullptr && any_write(result_.outcomes)) {
    // The first write of the run: what was looked at so far stays as it is.
    DECANT_CHECK(open_for_writing());
    DECANT_CHECK(writer_->stage(target, records, result_));
  }
  has_written_ = has_written_ || any_write(result_.outcomes);
  staged_ += count;
  Staged& staged = out.emplace_back();
  staged.target = target;
  staged.first = first;
  staged.outcomes = std::move(result_.outcomes);
  staged.rejections = std::move(result_.rejections);
  result_.outcomes.clear();
  result_.rejections.clear();
  keep_intended(target, staged.outcomes);
  return ok_status();
}

// A record that the target holds as intended was written before the run was killed.
void Stager::keep_intended(std::uint32_t target, std::vector<Outcome>& outcomes) {
  std::deque<IntentRun>& runs = expected_[target];
  for (Outcome& outcome : outcomes) {
    if (runs.empty()) return;
#if !DECANT_MUTANT_FORGET_INTENTS
    if (outcome == Outcome::unchanged && is_write(runs.front().outcome)) {
      outcome = runs.front().outcome;
    }
#endif
    if (--runs.front().records == 0) runs.pop_front();
  }
}

Result<bool> Stager::commit(std::string_view checkpoint, std::span<SlotPart> parts) {
  if (!writer_) return false;
  DECANT_ASSIGN(std::vector<Outcome> answer, writer_->commit(checkpoint));
  has_written_ = false;
  const std::uint64_t looked_at = std::exchange(only_looked_at_, 0);
  const std::uint64_t sent = std::exchange(staged_, 0) - looked_at;
  if (answer.empty()) return false;
  if (answer.size() != sent) return answer_misses(answer.size(), sent);
  // Those that were staged with a writer that only looked are settled.
  answer.insert(answer.begin(), static_cast<std::size_t>(looked_at), Outcome::unchanged);
  std::vector<std::uint32_t> unsettled;  // numbers of records, in the order of staging
  std::uint32_t number = 0;
  bool changed = false;
  for (SlotPart& part : parts) {
    for (Staged& staged : part.staged) {
      for (Outcome& outcome : staged.outcomes) {
        const Outcome said = answer[number];
        if (number < looked_at) {
          ++number;
          continue;
        }
        if (is_unsettled(said)) {
          unsettled.push_back(number);
        } else if (said != outcome && !(said == Outcome::unchanged && is_write(outcome))) {
          outcome = said;
          changed = true;
        }
        ++number;
      }
    }
  }
  for (int round = 0; round < commit_rounds_max && !unsettled.empty(); ++round) {
    changed = true;
    DECANT_CHECK(commit_again(checkpoint, parts, unsettled));
  }
  if (!unsettled.empty()) {
    return Error{ErrorCode::in_doubt,
                 std::to_string(unsettled.size()) + " records were sent " +
                     std::to_string(commit_rounds_max) +
                     " times, and the store has not taken them; run the same command again when "
                     "it answers"};
  }
  return changed;
}

// Looks at the records whose fate is not known and sends those that are not there.
Status Stager::commit_again(std::string_view checkpoint, std::span<SlotPart> parts,
                            std::vector<std::uint32_t>& unsettled) {
  std::vector<Outcome*> sent;  // of the records that are staged now, in order
  std::vector<std::uint32_t> numbers;
  std::uint32_t number = 0;
  std::size_t next = 0;
  for (SlotPart& part : parts) {
    for (Staged& staged : part.staged) {
      const TargetWork& work = part.slot->targets[staged.target];
      for (std::size_t i = 0; i < staged.outcomes.size(); ++i, ++number) {
        if (next == unsettled.size() || unsettled[next] != number) continue;
        ++next;
        const std::span<const Record> one(&work.records[staged.first + i], 1);
        DECANT_CHECK(writer_->stage(staged.target, one, result_));
        const Outcome now = result_.outcomes.front();
        if (now != Outcome::unchanged || !is_write(staged.outcomes[i])) staged.outcomes[i] = now;
        for (Rejection& rejection : result_.rejections) {
          rejection.index = static_cast<std::uint32_t>(i);
          staged.rejections.push_back(std::move(rejection));
        }
        sent.push_back(&staged.outcomes[i]);
        numbers.push_back(number);
      }
    }
  }
  DECANT_ASSIGN(std::vector<Outcome> answer, writer_->commit(checkpoint));
  has_written_ = false;
  unsettled.clear();
  if (!answer.empty() && answer.size() != sent.size()) {
    return answer_misses(answer.size(), sent.size());
  }
  for (std::size_t i = 0; i < answer.size(); ++i) {
    if (is_unsettled(answer[i])) {
      unsettled.push_back(numbers[i]);
    } else if (answer[i] != Outcome::unchanged || !is_write(*sent[i])) {
      *sent[i] = answer[i];
    }
  }
  return ok_status();
}

Result<FinishResult> Stager::finish() {
  const bool created = std::any_of(job_.targets.begin(), job_.targets.end(),
                                   [](const CopyTarget& each) { return each.write.created; });
  if (job_.run == nullptr || (!began_writing_ && !created)) {
    FinishResult nothing;
    if (job_.run == nullptr && writer_) return writer_->finish();
    return nothing;
  }
  if (!writer_ || writer_is_dry_) {
    // Nothing was written: what does not exist yet is made, and gets its indexes.
    DECANT_CHECK(open_for_writing());
  }
  return writer_->finish();
}

}  // namespace decant::copy
