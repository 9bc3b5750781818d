// Checkpoints: a place to resume reading from, a blob of the catalog, and what stands beside an
// unfinished target are understood or refused, never trusted.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "catalog/blob.h"
#include "copy/checkpoint.h"
#include "copy/outcome_runs.h"
#include "decant/store.h"
#include "stores/json/json_store.h"

namespace {

using namespace decant;

constexpr std::string_view kLines =
    "{\"id\":1}\n{\"id\":2,\"t\":\"x\"}\n\n{\"id\":3}\n[4]\n{\"id\":5}\n";

const std::string& folder() {
  static const std::string path = [] {
    std::string name =
        std::filesystem::temp_directory_path() / ("decant-fuzz-" + std::to_string(getpid()));
    std::filesystem::create_directories(name);
    std::ofstream(name + "/in.ndjson") << kLines;
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(
          std::filesystem::temp_directory_path() / ("decant-fuzz-" + std::to_string(getpid())),
          ignored);
    });
    return name;
  }();
  return path;
}

void resume_reading(std::string_view token) {
  auto store = stores::open_json_store({folder() + "/in.ndjson", "", "ndjson"}, {});
  if (!store.ok()) std::abort();
  auto view = store.value()->view();
  if (!view.ok()) std::abort();
  auto partitions = view.value()->partitions(view.value()->definitions().at(0).name);
  if (!partitions.ok() || partitions.value().empty()) std::abort();
  ReadOptions options;
  options.resume = token;
  auto reader = view.value()->read(partitions.value()[0], options);
  if (!reader.ok()) return;
  Batch batch;
  for (int batches = 0; batches < 16; ++batches) {
    auto more = reader.value()->next(batch);
    if (!more.ok() || !more.value()) return;
    for (const Record& record : batch.records) {
      if (record.origin.offset > kLines.size()) std::abort();
    }
  }
  std::abort();  // five lines do not make sixteen batches
}

void read_blob(std::string_view bytes) {
  catalog::BlobReader reader(bytes);
  if (!reader.ok()) return;
  while (reader.ok() && !reader.at_end()) {
    if (bytes.size() % 2 == 0) {
      static_cast<void>(reader.number());
    } else {
      static_cast<void>(reader.text());
    }
  }
}

// The state of a copy. A checksum is put behind the bytes, or nothing would come past it.
void resume_copying(std::string_view bytes) {
  const std::string blob = catalog::sealed(std::string(bytes));
  auto checkpoint = copy::decode_checkpoint(blob);
  if (checkpoint.ok()) {
    auto again = copy::decode_checkpoint(copy::encode(checkpoint.value()));
    if (!again.ok() || !(again.value() == checkpoint.value())) std::abort();
  }
  auto pending = copy::decode_pending(blob);
  if (pending.ok()) {
    auto again = copy::decode_pending(copy::encode(pending.value()));
    if (!again.ok() || again.value().intents.runs() != pending.value().intents.runs()) {
      std::abort();
    }
  }
  auto runs = copy::decode_outcome_runs(blob);
  if (runs.ok()) {
    copy::OutcomeCursor cursor(runs.value());
    for (std::uint64_t offset = 0; offset < 64; ++offset) static_cast<void>(cursor.at(offset));
  }
}

void resume_writing(std::string_view bytes) {
  const std::string target = folder() + "/out.ndjson";
  std::ofstream(target + ".decant-tmp.checkpoint", std::ios::binary) << bytes;
  std::ofstream(target + ".decant-tmp", std::ios::binary) << kLines;
  StoreOptions options;
  options.for_write = true;
  auto store = stores::open_json_store({target, "", "ndjson"}, options);
  if (!store.ok()) return;
  WriteTarget write_target;
  write_target.definition.name = "out";
  write_target.definition.key = {"id"};
  write_target.definition.open = true;
  WriteOptions write_options;
  write_options.checkpoint_name = "fuzz";
  auto writer = store.value()->writer({write_target}, write_options);
  if (writer.ok()) static_cast<void>(writer.value()->checkpoint());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  resume_reading(bytes);
  read_blob(bytes);
  resume_copying(bytes);
  resume_writing(bytes);
  return 0;
}
