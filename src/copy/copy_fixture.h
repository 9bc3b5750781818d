// What tests of the copy share: a generated source, a target that is a real store, and a run that
// can be cut off at any step. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "copy/copy.h"
#include "decant/store.h"
#include "testing/memory_view.h"
#include "testing/temporary_folder.h"

namespace decant::copy {

class StillClock final : public Clock {
 public:
  std::int64_t now_us() const override { return 1'700'000'000'000'000; }
  std::int64_t steady_ms() const override { return 0; }
};

enum class TargetKind : std::uint8_t {
  fresh_sqlite,   // made for the run: loaded in bulk
  shared_sqlite,  // there before, with a row of its own
  fresh_ndjson,   // a file that is made for the run
  shared_ndjson,  // there before, and merged into
  testing,        // imitates DynamoDB: no transactions, no checkpoints, no order
};

// A job and what happened to it, in a folder of its own.
class CopyRun {
 public:
  explicit CopyRun(TargetKind kind);
  ~CopyRun();

  // Set before run().
  std::vector<testing::MemoryRow> rows;
  std::size_t partition_rows = 500;
  std::size_t fail_after_rows = SIZE_MAX;  // of a partition: the source ends with an Error
  Definition wanted;                       // id INTEGER key, name TEXT, n INTEGER
  Policy policy = Policy::insert;
  Duplicates duplicates = Duplicates::quarantine;
  std::vector<std::string> owned;
  std::string second;  // a second target of the same shape: each record makes one in both
  std::string rules;   // of the plan's language; empty: records pass as they are
  CopyLimits limits;
  std::optional<std::uint64_t> quarantine_max;
  std::optional<double> quarantine_share_max;
  std::uint32_t transaction_records = 0;  // 0: the store's own
  bool one_transaction = false;           // the store asks for all in one
  std::uint64_t row_bytes = 0;            // of the source, that a row stands for; 0: its text's
  bool dry_run = false;
  bool restart = false;
  std::stop_token stop;
  EventSink* events = nullptr;
  std::function<Status()> before_first_write;

  // Runs to the end, or to the `stop_at`-th crash point (from 1; 0: none). What was open is gone
  // afterwards, as after a kill.
  CopyResult run(std::size_t stop_at = 0);
  std::size_t steps() const { return steps_; }  // crash points that the last run() passed

  // SQL for a target that is there before: the table and what belongs to it, instead of `wanted`'s.
  std::string table_sql;
  bool is_file() const {
    return kind_ == TargetKind::fresh_ndjson || kind_ == TargetKind::shared_ndjson;
  }

  // What the target holds: key -> canonical form of the record.
  std::map<std::string, std::string> target();
  // What the quarantine holds, without ids and runs: one text an entry, sorted.
  std::vector<std::string> quarantine(bool closed_too = false);
  const std::string& folder() const { return folder_.path(); }
  // The file or log that is written to.
  std::string target_path() const;
  std::string catalog_path() const { return folder_ / ".decant/catalog.db"; }

 private:
  std::unique_ptr<Store> open_target();
  CopyResult run_with(catalog::Run* run, std::size_t stop_at);
  void prepare_target();

  TargetKind kind_;
  testing::TemporaryFolder folder_;
  StillClock clock_;
  std::size_t steps_ = 0;
};

// Records with ids below `keys`, some of them again (equal or not), some bad text, some without a
// key, some that do not fit.
std::vector<testing::MemoryRow> dirty_rows(std::size_t count, std::uint64_t keys,
                                           std::uint64_t seed);

}  // namespace decant::copy
