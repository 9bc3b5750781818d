// One collection of a target being written, within one file. A JsonWriter holds one for each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "decant/store.h"
#include "json/document.h"
#include "stores/json/data_files.h"

namespace decant::stores {

// What the writer of one collection is told.
struct OutputPlan {
  DataFile file;  // the target's place; its stamp only where it exists
  bool exists = false;
  WriteTarget target;
  bool pretty = false;
  bool dry_run = false;
  bool want_existing = false;
  bool definition_beside = false;  // write it whatever the text can tell (a folder of collections)

  std::string place;  // file.path, or what it points to: the file that is replaced

  std::string temporary_path() const { return place + ".decant-tmp"; }
};

// One thread. The destructor leaves what is there for a later resume.
class CollectionOutput {
 public:
  virtual ~CollectionOutput() = default;
  virtual Status stage(std::span<const Record> records, StageResult& result) = 0;
  // Makes all that was staged durable, and gives what resume() needs to come back to here.
  virtual Result<json::Document> commit() = 0;
  // Takes the target's place, whole, if there is anything to change. Adds notes for the report.
  virtual Status finish(std::vector<std::string>& notes) = 0;
};

// The target is not there: its text is written as it will stand. `state`: of the commit to go on
// behind, or null.
Result<std::unique_ptr<CollectionOutput>> open_fresh_output(OutputPlan plan,
                                                            const json::Document* state);

// The target is there, or its columns are not known before the last record: what is staged goes to
// a journal, and finish() merges it with what is there, in one pass.
Result<std::unique_ptr<CollectionOutput>> open_merging_output(OutputPlan plan, ShapeTable& shapes,
                                                              const json::Document* state);

// Writes NAME.decant.json beside the file where its text cannot tell what `definition` says.
Status write_sidecar(const OutputPlan& plan, const Definition& definition);

}  // namespace decant::stores
