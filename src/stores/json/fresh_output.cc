#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "json/definition_json.h"
#include "json/writer.h"
#include "stores/json/collection_output.h"
#include "stores/json/output_file.h"
#include "stores/json/record_layout.h"
#include "stores/json/typed.h"

namespace decant::stores {
namespace {

class FreshOutput : public CollectionOutput {
 public:
  explicit FreshOutput(OutputPlan plan)
      : plan_(std::move(plan)), layout_(plan_.file.format.format, plan_.pretty) {}

  Status open(const json::Document* state) {
    if (plan_.dry_run) return ok_status();
    const std::string path = plan_.temporary_path();
    if (state == nullptr) {
      DECANT_ASSIGN(OutputFile file, OutputFile::create(path, plan_.file.format.compression));
      file_.emplace(std::move(file));
      return file_->write(layout_.opening());
    }
    records_ = static_cast<std::uint64_t>(state->integer_or("records", 0));
    const auto bytes = static_cast<std::uint64_t>(state->integer_or("bytes", 0));
    DECANT_ASSIGN(OutputFile file, OutputFile::reopen(path, plan_.file.format.compression, bytes));
    file_.emplace(std::move(file));
    return ok_status();
  }

  Status stage(std::span<const Record> records, StageResult& result) override {
    text_.clear();
    for (const Record& record : records) {
      // Nothing is there that could be taken away.
      const bool put = record.change == Change::put;
      result.outcomes.push_back(put ? Outcome::inserted : Outcome::unchanged);
      if (!put || plan_.dry_run) continue;
      text_.append(layout_.between(records_ == 0));
      layout_.write(record, text_);
      ++records_;
    }
    return file_ ? file_->write(text_.view()) : ok_status();
  }

  Result<json::Document> commit() override {
    json::Document state = json::Document::map();
    state.add("mode", "fresh");
    if (!file_) return state;
    DECANT_ASSIGN(const std::uint64_t bytes, file_->sync());
    state.add("bytes", bytes);
    state.add("records", records_);
    return state;
  }

  Status finish(std::vector<std::string>&) override {
    if (!file_) return ok_status();
    DECANT_CHECK(file_->write(layout_.closing(records_ == 0)));
    const Result<std::uint64_t> synced = file_->sync();
    if (!synced.ok()) return synced.error();
    if (path_exists(plan_.file.path)) {
      return Error{ErrorCode::refused,
                   fmt::format("'{}' was not there when this run began, and is now; move it away, "
                               "then run the same command again",
                               plan_.file.path)};
    }
    DECANT_CHECK(write_sidecar(plan_, plan_.target.definition));
    file_.reset();
    return rename_file(plan_.temporary_path(), plan_.place);
  }

 private:
  OutputPlan plan_;
  RecordLayout layout_;
  std::optional<OutputFile> file_;
  json::TextBuffer text_;
  std::uint64_t records_ = 0;
};

}  // namespace

Result<std::unique_ptr<CollectionOutput>> open_fresh_output(OutputPlan plan,
                                                            const json::Document* state) {
  auto output = std::make_unique<FreshOutput>(std::move(plan));
  DECANT_CHECK(output->open(state));
  return std::unique_ptr<CollectionOutput>(std::move(output));
}

Status write_sidecar(const OutputPlan& plan, const Definition& definition) {
  const bool csv = plan.file.format.format == Format::csv;
  const auto untold = [csv](const Field& field) {
    const FieldKind kind = field.type.kind;
    if (needs_declaration(kind)) return true;
    if (!csv) return false;
    return field.nullable || kind == FieldKind::boolean || kind == FieldKind::json ||
           kind == FieldKind::list || kind == FieldKind::map;
  };
  const bool wanted =
      std::any_of(definition.fields.begin(), definition.fields.end(), untold) ||
      (plan.definition_beside && (!definition.fields.empty() || !definition.key.empty()));
  const std::string path = sidecar_of(plan.file.path);
  if (!wanted) return ok_status();
  const std::string text = json::definitions_to_json({&definition, 1});
  if (path_exists(path)) {
    const Result<std::string> there = read_file(path, text.size() + 1);
    if (there.ok() && *there == text) return ok_status();
  }
  return write_file_atomically(path, text);
}

}  // namespace decant::stores
