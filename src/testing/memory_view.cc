#include "testing/memory_view.h"

#include <algorithm>
#include <tuple>

#include "json/reader.h"

namespace decant::testing {
namespace {

// Parses chosen rows, in their order.
class RowReader final : public Reader {
 public:
  RowReader(std::vector<const MemoryRow*> rows, std::size_t batch_rows, std::size_t fail_after,
            std::uint64_t row_bytes, ShapeTable& shapes)
      : rows_(std::move(rows)),
        batch_rows_(batch_rows),
        fail_after_(fail_after),
        row_bytes_(row_bytes),
        parser_(shapes) {}

  Result<bool> next(Batch& batch) override {
    batch.clear();
    if (next_ >= fail_after_) {
      return Error{ErrorCode::io, "memory: reading failed, as the test asked"};
    }
    const std::size_t end = std::min(rows_.size(), next_ + batch_rows_);
    std::size_t bytes = json::kPaddingBytes;
    for (std::size_t i = next_; i < end; ++i) bytes += rows_[i]->text.size();
    char* text = batch.arena.allocate(bytes);
    std::vector<json::RecordText> records;
    std::size_t at = 0;
    for (; next_ < end; ++next_) {
      const MemoryRow& row = *rows_[next_];
      std::copy(row.text.begin(), row.text.end(), text + at);
      records.push_back({at, row.text.size(), row.origin});
      at += row.text.size();
    }
    std::fill(text + at, text + bytes, '\0');
    parser_.parse({text, at}, records, batch);
    batch.source_bytes = row_bytes_ > 0 ? row_bytes_ * records.size() : at;
    return !records.empty();
  }

 private:
  std::vector<const MemoryRow*> rows_;
  std::size_t next_ = 0;
  std::size_t batch_rows_;
  std::size_t fail_after_;
  std::uint64_t row_bytes_;
  json::RecordParser parser_;
};

std::vector<MemoryRow> with_origins(const std::vector<std::string>& texts) {
  std::vector<MemoryRow> rows;
  std::uint64_t offset = 0;
  for (const std::string& text : texts) {
    rows.push_back({text, {0, rows.size(), offset}});
    offset += text.size() + 1;
  }
  return rows;
}

}  // namespace

MemoryView::MemoryView(Definition definition, std::vector<MemoryRow> rows,
                       std::size_t partition_rows, std::size_t batch_rows)
    : definitions_{std::move(definition)},
      rows_(std::move(rows)),
      partition_rows_(partition_rows),
      batch_rows_(batch_rows) {
  std::uint32_t files = 1;
  for (const MemoryRow& row : rows_) files = std::max(files, row.origin.file + 1);
  if (files > 1000) return;  // a test of places, not of names
  for (std::uint32_t i = 0; i < files; ++i) files_.push_back("file" + std::to_string(i) + ".json");
}

MemoryView::MemoryView(Definition definition, const std::vector<std::string>& texts)
    : MemoryView(std::move(definition), with_origins(texts)) {}

Result<std::vector<Partition>> MemoryView::partitions(std::string_view collection) {
  if (collection != definitions_.front().name) {
    return Error{ErrorCode::not_found, "memory: no collection '" + std::string(collection) + "'"};
  }
  std::vector<Partition> partitions;
  for (std::size_t first = 0; first < rows_.size(); first += partition_rows_) {
    Partition partition;
    partition.collection = collection;
    partition.id = std::to_string(first);
    partition.records = std::min(partition_rows_, rows_.size() - first);
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

Result<std::unique_ptr<Reader>> MemoryView::read(const Partition& partition,
                                                 const ReadOptions& /*options*/) {
  const std::size_t first = std::stoul(partition.id);
  const std::size_t end = std::min(rows_.size(), first + partition_rows_);
  std::vector<const MemoryRow*> rows;
  for (std::size_t i = first; i < end; ++i) rows.push_back(&rows_[i]);
  return std::unique_ptr<Reader>(std::make_unique<RowReader>(std::move(rows), batch_rows_,
                                                             fail_after_rows, row_bytes, shapes_));
}

Result<std::unique_ptr<Reader>> MemoryView::fetch(std::string_view /*collection*/,
                                                  std::span<const Origin> origins) {
  fetched_at_once = std::max(fetched_at_once, origins.size());
  const auto place = [](const Origin& origin) { return std::tuple(origin.file, origin.offset); };
  std::vector<std::tuple<std::uint32_t, std::uint64_t>> wanted;
  for (const Origin& origin : origins) wanted.push_back(place(origin));
  std::sort(wanted.begin(), wanted.end());
  std::vector<const MemoryRow*> rows;
  for (const MemoryRow& row : rows_) {
    if (std::binary_search(wanted.begin(), wanted.end(), place(row.origin))) rows.push_back(&row);
  }
  return std::unique_ptr<Reader>(
      std::make_unique<RowReader>(std::move(rows), batch_rows_, SIZE_MAX, row_bytes, shapes_));
}

Definition open_definition(std::string name, std::vector<std::string> key) {
  Definition definition;
  definition.name = std::move(name);
  definition.key = std::move(key);
  definition.open = true;
  return definition;
}

}  // namespace decant::testing
