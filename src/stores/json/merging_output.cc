#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "json/writer.h"
#include "model/canonical.h"
#include "model/order.h"
#include "stores/json/collection_output.h"
#include "stores/json/csv_rows.h"
#include "stores/json/existing_text.h"
#include "stores/json/journal.h"
#include "stores/json/key_index.h"
#include "stores/json/merged_record.h"
#include "stores/json/output_file.h"
#include "stores/json/record_layout.h"

namespace decant::stores {
namespace {

constexpr std::uint64_t kRemoved = UINT64_MAX;  // in `replaced_`

class MergingOutput : public CollectionOutput {
 public:
  MergingOutput(OutputPlan plan, ShapeTable& shapes)
      : plan_(std::move(plan)),
        shapes_(shapes),
        digester_(plan_.target.definition.key, plan_.target.owned, plan_.target.once),
        csv_(plan_.file.format.format == Format::csv) {}

  Status open(const json::Document* state);
  Status stage(std::span<const Record> records, StageResult& result) override;
  Result<json::Document> commit() override;
  Status finish(std::vector<std::string>& notes) override;

 private:
  Status index_existing();
  Status replay();
  Status stage_one(std::uint32_t index, const Record& record, StageResult& result);
  Result<Outcome> decide(const Record& record, const KeyEntry& there, std::uint32_t index,
                         StageResult& result);
  Status put(const Record& record, const RecordDigest& digest, const KeyEntry* there);
  Status remove(const RecordDigest& digest, const KeyEntry* there);
  Status apply(const JournalEntry& entry);
  Status read_old(const KeyEntry& there, Batch& batch);
  Result<bool> has_twin(const KeyEntry& there, std::uint32_t index, StageResult& result);
  bool fits_columns(std::uint32_t index, const Record& record, StageResult& result) const;
  void note_columns(const json::Document& state);
  Result<OutputFile> write_merged();
  Status write_existing(OutputFile& out, RecordLayout& layout, bool& first);
  Status write_inserted(OutputFile& out, RecordLayout& layout, bool& first);
  Status write_journalled(const JournalEntry& entry, OutputFile& out, RecordLayout& layout,
                          bool& first);
  bool changed() const { return replaced_count_ + inserted_count_ > 0 || !plan_.exists; }

  OutputPlan plan_;
  ShapeTable& shapes_;
  Digester digester_;
  bool csv_;
  bool pretty_ = false;
  std::optional<ExistingText> existing_;
  std::optional<KeyIndex> index_;
  std::optional<NumberTable> replaced_;  // record's number -> its new text in the journal
  std::optional<NumberTable> twins_;     // record's number -> 1 + offset of another one of its key
  std::optional<Journal> journal_;
  std::optional<PlaceParser> journal_parser_;
  TextPlace journal_place_;
  json::RecordWriter compact_;
  json::RecordWriter pretty_writer_{json::RecordWriter::Layout::pretty, 1};
  json::TextBuffer text_;
  std::vector<CsvColumn> columns_;
  std::size_t columns_existing_ = 0;
  std::uint64_t records_seen_ = 0;
  std::uint64_t replaced_count_ = 0;
  std::uint64_t inserted_count_ = 0;
  bool finished_ = false;
};

Status MergingOutput::open(const json::Document* state) {
  if (plan_.target.definition.key.empty() && plan_.exists) {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}' is there already: name the key its records are known by (--key "
                             "FIELD)",
                             plan_.file.path)};
  }
  DECANT_ASSIGN(KeyIndex index, KeyIndex::open());
  index_.emplace(std::move(index));
  DECANT_ASSIGN(NumberTable table, NumberTable::open());
  replaced_.emplace(std::move(table));
  DECANT_ASSIGN(NumberTable twins, NumberTable::open());
  twins_.emplace(std::move(twins));
  journal_place_.format = {Format::ndjson, Compression::none};
  journal_place_.declared = &plan_.target.definition;
  journal_parser_.emplace(journal_place_, shapes_, std::vector<std::string>{});
  pretty_ = plan_.pretty;
  if (plan_.exists) {
    DECANT_ASSIGN(ExistingText existing, ExistingText::open(plan_.file));
    existing_.emplace(std::move(existing));
    columns_ = existing_->columns();
    columns_existing_ = columns_.size();
    DECANT_CHECK(index_existing());
  }
  if (plan_.dry_run) {
    journal_.emplace(Journal::none());
    return ok_status();
  }
  const std::int64_t bytes = state == nullptr ? 0 : state->integer_or("bytes", 0);
  DECANT_ASSIGN(Journal journal,
                Journal::open(plan_.temporary_path(), static_cast<std::uint64_t>(bytes)));
  journal_.emplace(std::move(journal));
  if (state == nullptr) return ok_status();
  note_columns(*state);
  return replay();
}

Status MergingOutput::index_existing() {
  DECANT_ASSIGN(auto reader, existing_->read(shapes_));
  Batch batch;
  while (true) {
    DECANT_ASSIGN(const bool more, reader->next(batch));
    if (!more) break;
    DECANT_CHECK(existing_->check_layout(batch.resume));
    for (const Record& record : batch.records) {
      RecordDigest digest;
      if (!digester_.digest(record, digest)) continue;  // stays as it is, known by no key
      KeyEntry entry;
      DECANT_ASSIGN(const bool known, index_->find(digest.key, entry));
      if (known) {  // the first one stands for the key
        DECANT_CHECK(twins_->set(entry.ordinal, record.origin.offset + 1));
        continue;
      }
      entry = {digest.key,
               digest.content,
               record.origin.ordinal,
               record.origin.offset,
               record.text_bytes,
               false,
               false};
      DECANT_CHECK(index_->put(entry));
    }
  }
  pretty_ = pretty_ || existing_->is_pretty();
  return ok_status();
}

void MergingOutput::note_columns(const json::Document& state) {
  records_seen_ = static_cast<std::uint64_t>(state.integer_or("records", 0));
  const json::Document* columns = state.find("columns");
  if (columns == nullptr) return;
  for (const json::Document& seen : columns->items()) {
    const std::string name = seen.text_or("name", "");
    const auto named = [&name](const CsvColumn& column) { return column.name == name; };
    if (std::any_of(columns_.begin(), columns_.end(), named)) continue;
    CsvColumn& column = columns_.emplace_back();
    column.name = name;
    column.present = static_cast<std::uint64_t>(seen.integer_or("present", 0));
    column.types = static_cast<std::uint32_t>(seen.integer_or("types", 0));
  }
}

// What an earlier writer staged, put into the index again. Where its finish() had already taken the
// target's place, the target holds it, and nothing is left to do.
Status MergingOutput::replay() {
  std::uint64_t position = 0;
  while (true) {
    DECANT_ASSIGN(const std::optional<JournalEntry> entry, journal_->next(position));
    if (!entry) return ok_status();
    DECANT_CHECK(apply(*entry));
  }
}

Status MergingOutput::apply(const JournalEntry& entry) {
  KeyEntry known;
  DECANT_ASSIGN(const bool found, index_->find(entry.key, known));
  if (!entry.put) {
    if (!found || known.removed) return ok_status();
    known.removed = true;
    if (known.ordinal != kNewRecord) {
      ++replaced_count_;
      DECANT_CHECK(replaced_->set(known.ordinal, kRemoved));
    }
    return index_->put(known);
  }
  if (found && !known.removed && known.content == entry.content) return ok_status();
  if (!found) known.ordinal = kNewRecord;
  known.key = entry.key;
  known.content = entry.content;
  known.offset = entry.offset;
  known.size = entry.size;
  known.in_journal = true;
  known.removed = false;
  if (known.ordinal == kNewRecord) {
    ++inserted_count_;
  } else {
    ++replaced_count_;
    DECANT_CHECK(replaced_->set(known.ordinal, entry.offset));
  }
  return index_->put(known);
}

Status MergingOutput::stage(std::span<const Record> records, StageResult& result) {
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    DECANT_CHECK(stage_one(i, records[i], result));
  }
  return ok_status();
}

Status MergingOutput::stage_one(std::uint32_t index, const Record& record, StageResult& result) {
  const auto add = [&result](Outcome outcome) {
    result.outcomes.push_back(outcome);
    return ok_status();
  };
  RecordDigest digest;
  const bool keyed = !plan_.target.definition.key.empty();
  if (keyed && !digester_.digest(record, digest)) {
    result.rejections.push_back({index, "no_key", "a field of its key is missing or null"});
    return add(Outcome::quarantined);
  }
  // Without a key every record is a new one, known by its number.
  if (!keyed) digest.key = {records_seen_ + 1, 0};
  KeyEntry there;
  DECANT_ASSIGN(bool found, index_->find(digest.key, there));
  found = found && !there.removed;
  if (record.change == Change::remove) {
    if (!found) return add(Outcome::unchanged);
    DECANT_CHECK(remove(digest, &there));
    return add(Outcome::removed);
  }
  if (found && plan_.want_existing) {
    const std::size_t before = result.existing.records.size();
    DECANT_CHECK(read_old(there, result.existing));
    for (std::size_t i = before; i < result.existing.records.size(); ++i) {
      result.existing.records[i].source_index = index;
    }
  }
  if (found && there.content == digest.content) return add(Outcome::unchanged);
  if (!fits_columns(index, record, result)) return add(Outcome::quarantined);
  Outcome outcome = Outcome::inserted;
  if (found) {
    DECANT_ASSIGN(outcome, decide(record, there, index, result));
  }
  if (outcome == Outcome::updated) {
    DECANT_ASSIGN(const bool ambiguous, has_twin(there, index, result));
    if (ambiguous) return add(Outcome::quarantined);
  }
  if (outcome == Outcome::inserted || outcome == Outcome::updated) {
    DECANT_CHECK(put(record, digest, found ? &there : nullptr));
  }
  return add(outcome);
}

Result<Outcome> MergingOutput::decide(const Record& record, const KeyEntry& there,
                                      std::uint32_t index, StageResult& result) {
  switch (plan_.target.policy) {
    case Policy::insert:
      result.rejections.push_back(
          {index, "conflict",
           "the target holds this key with other content (--on-conflict upsert would replace it)"});
      return Outcome::quarantined;
    case Policy::skip:
      return Outcome::superseded;
    case Policy::upsert:
      return Outcome::updated;
    case Policy::newer_than:
      break;
  }
  Batch scratch;
  DECANT_CHECK(read_old(there, scratch));
  const Value now = record.find(plan_.target.newer_than);
  const Value then =
      scratch.records.empty() ? Value() : scratch.records[0].find(plan_.target.newer_than);
  const bool newer = now.is_present() &&
                     (!then.is_present() || order(now, then) == std::partial_ordering::greater);
  return newer ? Outcome::updated : Outcome::superseded;
}

// The file holds the key twice: which of the two is meant is not guessed.
Result<bool> MergingOutput::has_twin(const KeyEntry& there, std::uint32_t index,
                                     StageResult& result) {
  if (there.ordinal == kNewRecord) return false;
  DECANT_ASSIGN(const std::uint64_t twin, twins_->get(there.ordinal));
  if (twin == 0) return false;
  result.rejections.push_back(
      {index, "key_not_unique",
       fmt::format("'{}' holds this key twice, in the records at bytes {} and {}; take one of them "
                   "out, or name a key that is unique (--key)",
                   plan_.file.path, there.offset, twin - 1)});
  return true;
}

bool MergingOutput::fits_columns(std::uint32_t index, const Record& record,
                                 StageResult& result) const {
  if (!csv_) return true;
  for (const CsvColumn& column : columns_) {
    if (holds(column, record.find(column.name))) continue;
    result.rejections.push_back(
        {index, "type",
         fmt::format("column '{}' cannot hold this value so that it comes back; declare the "
                     "column json in '{}'",
                     column.name, sidecar_of(plan_.file.path))});
    return false;
  }
  return true;
}

Status MergingOutput::remove(const RecordDigest& digest, const KeyEntry*) {
  JournalEntry entry;
  entry.put = false;
  entry.key = digest.key;
  DECANT_CHECK(journal_->append(entry, {}));
  return apply(entry);
}

Status MergingOutput::put(const Record& record, const RecordDigest& digest, const KeyEntry* there) {
  Batch scratch;
  Record whole = record;
  const bool partly = !plan_.target.owned.empty() || !plan_.target.once.empty();
  if (there != nullptr && partly) {
    DECANT_CHECK(read_old(*there, scratch));
    if (!scratch.records.empty()) {
      const Record old = scratch.records[0];
      whole = merged_record(record, old, plan_.target, shapes_, scratch);
    }
  }
  ++records_seen_;
  if (csv_) note_fields(whole, columns_);
  text_.clear();
  json::RecordWriter& writer = pretty_ && !csv_ ? pretty_writer_ : compact_;
  writer.write(whole, text_);
  JournalEntry entry;
  entry.key = digest.key;
  entry.content = digest.content;
  DECANT_CHECK(journal_->append(entry, text_.view()));
  return apply(entry);
}

// Appends the record behind `there`, with its types, if its text can still be read.
Status MergingOutput::read_old(const KeyEntry& there, Batch& batch) {
  if (!there.in_journal) return existing_->read_one(there.offset, there.size, shapes_, batch);
  if (plan_.dry_run) return ok_status();
  DECANT_ASSIGN(const std::string text, journal_->text_of(there.offset, there.size));
  const json::Piece piece{0, text.size(), false};
  journal_parser_->parse(text, 0, {&piece, 1}, 0, batch);
  return ok_status();
}

Result<json::Document> MergingOutput::commit() {
  json::Document state = json::Document::map();
  state.add("mode", "merge");
  DECANT_ASSIGN(const std::uint64_t bytes, journal_->sync());
  state.add("bytes", bytes);
  state.add("records", records_seen_);
  if (!csv_) return state;
  json::Document& columns = state.add("columns", json::Document::list());
  for (const CsvColumn& column : columns_) {
    json::Document& seen = columns.add(json::Document::map());
    seen.add("name", column.name);
    seen.add("present", column.present);
    seen.add("types", static_cast<std::int64_t>(column.types));
  }
  return state;
}

Status MergingOutput::finish(std::vector<std::string>& notes) {
  if (plan_.dry_run || finished_) return ok_status();
  if (!changed()) {
    finished_ = true;
    notes.push_back(
        fmt::format("'{}': nothing changed; the file was left as it is", plan_.file.path));
    return remove_file(plan_.temporary_path());
  }
  {
    DECANT_ASSIGN(OutputFile merged, write_merged());
    const Result<std::uint64_t> synced = merged.sync();
    if (!synced.ok()) return synced.error();
    if (plan_.exists) {
      DECANT_CHECK(existing_->check_unchanged());
      DECANT_CHECK(keep_owner(plan_.file.path, merged.file(), notes));
    }
  }
  if (!plan_.exists && path_exists(plan_.file.path)) {
    return Error{ErrorCode::refused,
                 fmt::format("'{}' was not there when this run began, and is now; move it away, "
                             "then run the same command again",
                             plan_.file.path)};
  }
  Definition definition = plan_.target.definition;
  for (const CsvColumn& column : columns_) column.declare_in(definition);
  DECANT_CHECK(write_sidecar(plan_, definition));
  DECANT_CHECK(rename_file(plan_.place + ".decant-new", plan_.place));
  finished_ = true;
  return remove_file(plan_.temporary_path());
}

Result<OutputFile> MergingOutput::write_merged() {
  DECANT_ASSIGN(OutputFile out,
                OutputFile::create(plan_.place + ".decant-new", plan_.file.format.compression));
  const Format format = existing_ ? existing_->format() : plan_.file.format.format;
  RecordLayout layout(format, pretty_);
  if (csv_) {
    for (CsvColumn& column : columns_) {
      // Rows that are there have none of the fields that came now.
      const bool added = columns_existing_ != 0;
      column.decide(added ? UINT64_MAX : records_seen_);
    }
    text_.clear();
    write_csv_header(columns_.empty() ? declared_columns(plan_.target.definition) : columns_,
                     text_);
    DECANT_CHECK(out.write(text_.view()));
  }
  DECANT_CHECK(out.write(layout.opening()));
  bool first = true;
  if (existing_) DECANT_CHECK(write_existing(out, layout, first));
  DECANT_CHECK(write_inserted(out, layout, first));
  DECANT_CHECK(out.write(layout.closing(first)));
  return out;
}

Status MergingOutput::write_existing(OutputFile& out, RecordLayout& layout, bool& first) {
  std::uint64_t ordinal = 0;
  const std::string added(columns_.size() - columns_existing_, ',');
  return existing_->each_text([&](std::string_view record) -> Status {
    DECANT_ASSIGN(const std::uint64_t replaced, replaced_->get(ordinal++));
    if (replaced == kRemoved) return ok_status();
    if (replaced != 0) {
      DECANT_ASSIGN(const JournalEntry entry, journal_->entry_of(replaced));
      return write_journalled(entry, out, layout, first);
    }
    text_.clear();
    text_.append(layout.between(first));
    text_.append(record);
    text_.append(added);
    if (layout.ends_lines()) text_.append('\n');
    first = false;
    return out.write(text_.view());
  });
}

Status MergingOutput::write_inserted(OutputFile& out, RecordLayout& layout, bool& first) {
  std::uint64_t position = 0;
  while (true) {
    DECANT_ASSIGN(const std::optional<JournalEntry> entry, journal_->next(position));
    if (!entry) return ok_status();
    if (!entry->put) continue;
    KeyEntry known;
    DECANT_ASSIGN(const bool found, index_->find(entry->key, known));
    // Only the last put of a key that was not there counts.
    const bool counts =
        found && !known.removed && known.ordinal == kNewRecord && known.offset == entry->offset;
    if (counts) DECANT_CHECK(write_journalled(*entry, out, layout, first));
  }
}

Status MergingOutput::write_journalled(const JournalEntry& entry, OutputFile& out,
                                       RecordLayout& layout, bool& first) {
  DECANT_ASSIGN(const std::string record, journal_->text_of(entry.offset, entry.size));
  text_.clear();
  if (csv_) {
    Batch batch;
    const json::Piece piece{0, record.size(), false};
    journal_parser_->parse(record, 0, {&piece, 1}, 0, batch);
    if (batch.records.size() != 1) {
      return Error{ErrorCode::corrupt, fmt::format("'{}' is damaged at byte {}; start again with "
                                                   "--restart",
                                                   plan_.temporary_path(), entry.offset)};
    }
    write_csv_row(batch.records[0], columns_, text_);
  } else {
    text_.append(layout.between(first));
    text_.append(record);
    if (layout.ends_lines()) text_.append('\n');
  }
  first = false;
  return out.write(text_.view());
}

}  // namespace

Result<std::unique_ptr<CollectionOutput>> open_merging_output(OutputPlan plan, ShapeTable& shapes,
                                                              const json::Document* state) {
  auto output = std::make_unique<MergingOutput>(std::move(plan), shapes);
  DECANT_CHECK(output->open(state));
  return std::unique_ptr<CollectionOutput>(std::move(output));
}

}  // namespace decant::stores
