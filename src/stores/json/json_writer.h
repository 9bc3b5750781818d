// Writes one or more collections of the family, each into a file of its own, with one checkpoint
// for all: TARGET.decant-tmp.checkpoint holds it, with what each file must be cut back to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decant/store.h"
#include "stores/json/collection_output.h"
#include "stores/json/data_files.h"

namespace decant::stores {

class JsonWriter : public Writer {
 public:
  // `shapes` must outlive the writer. Nothing is opened before checkpoint() or the first stage():
  // a writer that is not asked for its checkpoint starts over.
  static Result<std::unique_ptr<JsonWriter>> open(const JsonConfig& config,
                                                  std::vector<WriteTarget> targets,
                                                  const WriteOptions& options, ShapeTable& shapes);

  Status stage(std::uint32_t target, std::span<const Record> records, StageResult& result) override;
  Result<std::vector<Outcome>> commit(std::string_view checkpoint) override;
  Result<std::string> checkpoint() override;
  Result<FinishResult> finish() override;

 private:
  JsonWriter(WriteOptions options, std::string checkpoint_path, ShapeTable& shapes)
      : options_(std::move(options)),
        checkpoint_path_(std::move(checkpoint_path)),
        shapes_(shapes) {}

  Status read_checkpoint();
  Status open_outputs(bool resume);
  Result<std::unique_ptr<CollectionOutput>> open_output(const OutputPlan& plan,
                                                        const json::Document* state);

  WriteOptions options_;
  std::string checkpoint_path_;
  ShapeTable& shapes_;
  std::vector<OutputPlan> plans_;
  std::vector<std::unique_ptr<CollectionOutput>> outputs_;  // empty until they are opened
  json::Document durable_;  // of the checkpoint file; null: there is none
  std::string checkpoint_;
  std::vector<std::string> notes_;
};

// Where the checkpoint and the lock of a target stand.
std::string target_base(const JsonConfig& config);

}  // namespace decant::stores
