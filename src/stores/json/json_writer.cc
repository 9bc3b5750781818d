#include "stores/json/json_writer.h"

#include <fmt/format.h>

#include "json/base64.h"

namespace decant::stores {
namespace {

constexpr std::int64_t kCheckpointFormat = 1;
constexpr std::size_t kCheckpointBytesMax = 64u << 20;

std::string encoded(std::string_view bytes) {
  std::string text(json::base64_bytes(bytes.size()), '\0');
  json::encode_base64(bytes, text.data());
  return text;
}

Result<std::string> decoded(const std::string& text, const std::string& path) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (!json::decode_base64(text, bytes.data(), size)) {
    return Error{ErrorCode::corrupt,
                 fmt::format("'{}' is damaged; start again with --restart", path)};
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string target_base(const JsonConfig& config) {
  std::string base = config.path;
  while (base.size() > 1 && base.back() == '/') base.pop_back();
  return base;
}

Result<std::unique_ptr<JsonWriter>> JsonWriter::open(const JsonConfig& config,
                                                     std::vector<WriteTarget> targets,
                                                     const WriteOptions& options,
                                                     ShapeTable& shapes) {
  const std::string base = target_base(config);
  std::unique_ptr<JsonWriter> writer(
      new JsonWriter(options, base + ".decant-tmp.checkpoint", shapes));
  if (!config.is_folder() && targets.size() > 1) {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}' is one file, and {} collections are to be written; name a "
                             "folder",
                             config.path, targets.size())};
  }
  if (config.is_folder() && !options.dry_run) DECANT_CHECK(make_lasting_directories(base));
  for (WriteTarget& target : targets) {
    OutputPlan plan;
    DECANT_ASSIGN(plan.file, target_file(config, target.definition.name));
    plan.place = behind_links(plan.file.path);
    plan.exists = path_exists(plan.file.path);
    plan.target = std::move(target);
    plan.pretty = config.options.pretty;
    plan.dry_run = options.dry_run;
    plan.want_existing = options.want_existing;
    plan.definition_beside = config.is_folder();
    writer->plans_.push_back(std::move(plan));
  }
  if (!options.dry_run) DECANT_CHECK(writer->read_checkpoint());
  return writer;
}

Status JsonWriter::read_checkpoint() {
  if (!path_exists(checkpoint_path_)) return ok_status();
  DECANT_ASSIGN(const std::string text, read_file(checkpoint_path_, kCheckpointBytesMax));
  DECANT_ASSIGN(json::Document document, json::parse_document(text, checkpoint_path_));
  if (document.integer_or("format", 0) > kCheckpointFormat) {
    return Error{ErrorCode::refused,
                 fmt::format("'{}' was written by a newer version; use that one to go on",
                             checkpoint_path_)};
  }
  if (document.text_or("name", "") != options_.checkpoint_name) {
    notes_.push_back(fmt::format("an unfinished write by '{}' was dropped: '{}'",
                                 document.text_or("name", ""), checkpoint_path_));
    return ok_status();
  }
  DECANT_ASSIGN(checkpoint_, decoded(document.text_or("checkpoint", ""), checkpoint_path_));
  durable_ = std::move(document);
  return ok_status();
}

Result<std::unique_ptr<CollectionOutput>> JsonWriter::open_output(const OutputPlan& plan,
                                                                  const json::Document* state) {
  const bool fresh_state = state != nullptr && state->text_or("mode", "") == "fresh";
  if (state != nullptr && !path_exists(plan.temporary_path())) {
    if (!plan.exists) {
      return Error{ErrorCode::corrupt,
                   fmt::format("'{}' is gone, and with it what was written; start again with "
                               "--restart",
                               plan.temporary_path())};
    }
    // finish() had taken the target's place before it ended.
    state = nullptr;
  }
  if (fresh_state && state != nullptr) return open_fresh_output(plan, state);
  const bool columns_known = plan.file.format.format != Format::csv;
  if (state == nullptr && !plan.exists && columns_known) return open_fresh_output(plan, nullptr);
  return open_merging_output(plan, shapes_, state);
}

Status JsonWriter::open_outputs(bool resume) {
  if (!outputs_.empty()) return ok_status();
  const json::Document* states = resume ? durable_.find("outputs") : nullptr;
  // Started over: what an earlier writer left must not be found by a later one.
  if (!resume && !options_.dry_run) DECANT_CHECK(remove_file(checkpoint_path_));
  for (const OutputPlan& plan : plans_) {
    const json::Document* state = states == nullptr ? nullptr : states->find(plan.file.path);
    DECANT_ASSIGN(auto output, open_output(plan, state));
    outputs_.push_back(std::move(output));
  }
  return ok_status();
}

Result<std::string> JsonWriter::checkpoint() {
  DECANT_CHECK(open_outputs(durable_.is(json::Document::Form::map)));
  return checkpoint_;
}

Status JsonWriter::stage(std::uint32_t target, std::span<const Record> records,
                         StageResult& result) {
  DECANT_CHECK(open_outputs(false));
  result.clear();
  return outputs_[target]->stage(records, result);
}

Result<std::vector<Outcome>> JsonWriter::commit(std::string_view checkpoint) {
  DECANT_CHECK(open_outputs(false));
  checkpoint_ = checkpoint;
  if (options_.dry_run) return std::vector<Outcome>{};
  json::Document document = json::Document::map();
  document.add("format", kCheckpointFormat);
  document.add("name", options_.checkpoint_name);
  document.add("checkpoint", encoded(checkpoint));
  json::Document states = json::Document::map();
#if DECANT_MUTANT_FILE_CHECKPOINT_BEFORE_DURABLE
  json::Document early = document;
  early.add("outputs", durable_.find("outputs") != nullptr ? *durable_.find("outputs") : states);
  DECANT_CHECK(write_file_atomically(checkpoint_path_, early.to_text()));
#endif
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    DECANT_ASSIGN(json::Document state, outputs_[i]->commit());
    states.add(plans_[i].file.path, std::move(state));
  }
  document.add("outputs", std::move(states));
#if !DECANT_MUTANT_FILE_CHECKPOINT_BEFORE_DURABLE
  DECANT_CHECK(write_file_atomically(checkpoint_path_, document.to_text()));
#endif
  durable_ = std::move(document);
  return std::vector<Outcome>{};
}

Result<FinishResult> JsonWriter::finish() {
  DECANT_CHECK(open_outputs(durable_.is(json::Document::Form::map)));
  FinishResult result;
  for (auto& output : outputs_) DECANT_CHECK(output->finish(notes_));
  result.notes = std::move(notes_);
  if (!options_.dry_run) DECANT_CHECK(remove_file(checkpoint_path_));
  return result;
}

}  // namespace decant::stores
