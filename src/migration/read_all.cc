#include "migration/read_all.h"

#include <chrono>

#include "base/limits.h"

namespace decant::migration {

Status read_all(const std::string& collection, EventSink* sink, const std::stop_token& stop,
                View& view, const TakeBatch& take) {
  DECANT_ASSIGN(std::vector<Partition> partitions, view.partitions(collection));
  Batch batch;
  Progress progress;
  progress.phase = "scan";
  progress.collection = collection;
  for (const Partition& partition : partitions) progress.bytes_total += partition.bytes;
  auto shown = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < partitions.size(); ++i) {
    DECANT_ASSIGN(auto reader, view.read(partitions[i], {}));
    progress.file = partitions[i].label;
    while (true) {
      if (stop.stop_requested()) {
        return Error{ErrorCode::interrupted, "interrupted while the source was read"};
      }
      DECANT_ASSIGN(bool more, reader->next(batch));
      if (!more) break;
      take(i, batch);
      progress.records += batch.records.size();
      progress.bytes += batch.source_bytes;
      auto now = std::chrono::steady_clock::now();
      if (sink == nullptr || now - shown < std::chrono::milliseconds(progress_interval_ms))
        continue;
      shown = now;
      sink->progress(progress);
    }
  }
  progress.records_total = progress.records;
  if (sink != nullptr) sink->progress(progress);
  return ok_status();
}

}  // namespace decant::migration
