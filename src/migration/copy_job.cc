#include "migration/copy_job.h"

#include <algorithm>
#include <thread>

#include "migration/session.h"

namespace decant::migration {
namespace {

std::uint32_t reader_threads(const Plan& plan) {
  constexpr std::uint32_t kReadersMax = 8;
  if (plan.threads > 0) return plan.threads;
  std::uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  return std::clamp(cores - 1, 1u, kReadersMax);  // one core writes
}

copy::CopyLimits copy_limits(const Prepared& prepared, const JobOptions& options) {
  copy::CopyLimits limits;
  limits.threads = reader_threads(prepared.plan);
  limits.records = options.limit;
  return limits;
}

std::vector<copy::SourceCollection> sources_of(const Prepared& prepared) {
  std::vector<copy::SourceCollection> sources;
  for (const SourceFeed& feed : prepared.feeds) {
    sources.push_back({feed.collection, feed.mapping, feed.targets});
  }
  return sources;
}

}  // namespace

copy::CopyJob copy_job(const Environment& environment, const Job& job, Prepared& prepared,
                       const CopyPurpose& purpose) {
  copy::CopyJob task;
  task.source = prepared.resolved.source_view.get();
  task.collections = sources_of(prepared);
  task.targets = copy_targets(prepared);
  for (copy::CopyTarget& target : task.targets) {
    if (purpose.on_conflict) target.write.policy = *purpose.on_conflict;
  }
  task.capabilities = prepared.resolved.target->capabilities();
  task.run = purpose.run;
  task.spill_folder = purpose.spill_folder;
  task.limits = copy_limits(prepared, job.options);
  task.clock = environment.clock;
  task.events = environment.sink;
  task.stop = environment.stop;
  Store* target = prepared.resolved.target.get();
  bool exclusive = prepared.plan.target.options.exclusive;
  std::vector<WriteTarget> writes;
  for (const copy::CopyTarget& entry : task.targets) writes.push_back(entry.write);
  task.open_writer = [=, name = prepared.plan.name, stop = environment.stop](bool dry_run) {
    WriteOptions options;
    options.dry_run = dry_run;
    options.exclusive = exclusive;
    options.checkpoint_name = name;
    options.stop = stop;
    return target->writer(writes, options);
  };
  if (catalog::Run* run = purpose.run) {
    task.before_first_write = [&prepared, run] { return create_collections(prepared, *run); };
  }
  return task;
}

void take_copy(const copy::CopyResult& result, Report& report) {
  report.books = result.books;
  report.left = result.left;
  report.written = result.written;
  report.bytes_read = result.source_bytes;
  for (const CollectionBooks& books : result.collections) {
    CollectionReport& collection = report.collections.emplace_back();
    collection.name = books.collection;
    collection.books = books.books;
    collection.left = books.left;
    collection.removed = books.removed;
    collection.written = books.written;
    report.removed += books.removed;
  }
  report.files = result.files;
  for (const std::string& note : result.notes) report.notes.push_back(note);
  for (const std::string& change : result.source_changes) {
    report.notes.push_back("the source changed during the run: " + change);
    report.source_changed = true;
  }
}

}  // namespace decant::migration
