// A View over records given as JSON texts: a seam for tests that need a source or target of exactly
// these records, at exactly these places.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decant/store.h"

namespace decant::testing {

struct MemoryRow {
  std::string text;  // one JSON object; anything else is bad text
  Origin origin;
};

class MemoryView final : public View {
 public:
  // Rows in source order; partitions of at most `partition_rows`, batches of at most `batch_rows`.
  MemoryView(Definition definition, std::vector<MemoryRow> rows, std::size_t partition_rows = 4096,
             std::size_t batch_rows = 100);
  // The same with ascending origins in one file.
  MemoryView(Definition definition, const std::vector<std::string>& texts);

  const std::vector<Definition>& definitions() const override { return definitions_; }
  Result<std::vector<Partition>> partitions(std::string_view collection) override;
  Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                       const ReadOptions& options) override;
  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override;
  const std::vector<std::string>& files() const override { return files_; }
  Result<std::vector<std::string>> changes_seen() override { return changes; }

  std::vector<MemoryRow>& rows() { return rows_; }
  std::vector<std::string> changes;        // what changes_seen() says
  std::size_t fail_after_rows = SIZE_MAX;  // read() fails past so many rows of a partition
  std::uint64_t row_bytes = 0;             // that a row stands for; 0: those of its text
  std::size_t fetched_at_once = 0;         // the most origins of one fetch()

 private:
  std::vector<Definition> definitions_;
  std::vector<std::string> files_;
  std::vector<MemoryRow> rows_;
  std::size_t partition_rows_;
  std::size_t batch_rows_;
  ShapeTable shapes_;
};

// The definition of a collection without declared types, as JSON files have it.
Definition open_definition(std::string name, std::vector<std::string> key);

}  // namespace decant::testing
