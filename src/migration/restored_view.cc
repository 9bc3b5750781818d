#include "migration/restored_view.h"

#include <algorithm>
#include <utility>

#include "model/conform.h"

namespace decant::migration {
namespace {

class RestoredReader final : public Reader {
 public:
  RestoredReader(std::unique_ptr<Reader> reader, const Definition& definition, ShapeTable& shapes)
      : reader_(std::move(reader)), definition_(definition), shapes_(shapes) {}

  Result<bool> next(Batch& batch) override {
    DECANT_ASSIGN(bool more, reader_->next(batch));
    if (more) restore_complement(definition_, shapes_, batch);
    return more;
  }

 private:
  std::unique_ptr<Reader> reader_;
  const Definition& definition_;
  ShapeTable& shapes_;
};

class RestoredView final : public View {
 public:
  explicit RestoredView(std::unique_ptr<View> view) : view_(std::move(view)) {}

  const std::vector<Definition>& definitions() const override { return view_->definitions(); }
  Result<std::vector<Partition>> partitions(std::string_view collection) override {
    return view_->partitions(collection);
  }
  Result<std::unique_ptr<Reader>> read(const Partition& partition,
                                       const ReadOptions& options) override {
    return restored(partition.collection, view_->read(partition, options));
  }
  Result<std::unique_ptr<Reader>> fetch(std::string_view collection,
                                        std::span<const Origin> origins) override {
    return restored(collection, view_->fetch(collection, origins));
  }
  const std::vector<std::string>& files() const override { return view_->files(); }
  Result<std::vector<std::string>> changes_seen() override { return view_->changes_seen(); }

 private:
  Result<std::unique_ptr<Reader>> restored(std::string_view collection,
                                           Result<std::unique_ptr<Reader>> reader) {
    if (!reader.ok()) return reader;
    for (const Definition& definition : view_->definitions()) {
      if (definition.name != collection || definition.complement.empty()) continue;
      return std::unique_ptr<Reader>(
          std::make_unique<RestoredReader>(std::move(*reader), definition, shapes_));
    }
    return reader;
  }

  ShapeTable shapes_;
  std::unique_ptr<View> view_;
};

}  // namespace

std::unique_ptr<View> restored_view(std::unique_ptr<View> view) {
  const std::vector<Definition>& definitions = view->definitions();
  bool any = std::any_of(definitions.begin(), definitions.end(), [](const Definition& definition) {
    return !definition.complement.empty();
  });
  if (!any) return view;
  return std::make_unique<RestoredView>(std::move(view));
}

}  // namespace decant::migration
