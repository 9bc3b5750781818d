// The files behind an address as a View: which collections they hold, and readers for each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decant/store.h"
#include "stores/json/data_files.h"
#include "stores/json/text_place.h"

namespace decant::stores {

class FileView : public View {
 public:
  // Looks into each file once. `cache` and `shapes` must outlive the view.
  static Result<std::unique_ptr<FileView>> open(const JsonConfig& config,
                                                std::vector<DataFile> files, SectionCache& cache,
                                                ShapeTable& shapes);

  const std::vector<Definition>& definitions() const override { return definitions_; }
  Result<std::vector<Partition>> partitions(std::string_view collection) override;
  Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                       const ReadOptions& options) override;
  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override;
  const std::vector<std::string>& files() const override { return paths_; }
  Result<std::vector<std::string>> changes_seen() override;

 private:
  FileView(std::vector<DataFile> files, ShapeTable& shapes)
      : files_(std::move(files)), shapes_(shapes) {}

  Status add_file(const JsonConfig& config, std::uint32_t file, SectionCache& cache);
  void add_place(TextPlace place, const std::string& collection, const JsonConfig& config,
                 const std::vector<Definition>& sidecar);
  Result<std::size_t> collection_at(std::string_view name) const;

  std::vector<DataFile> files_;
  std::vector<std::string> paths_;
  ShapeTable& shapes_;
  std::vector<Definition> definitions_;
  std::vector<std::vector<TextPlace>> places_;  // by collection, in order of files
  std::vector<std::unique_ptr<const Definition>> declared_;
};

}  // namespace decant::stores
