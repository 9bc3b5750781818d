#include "copy/checkpoint.h"

#include "catalog/blob.h"

namespace decant::copy {
namespace {

using catalog::BlobReader;
using catalog::BlobWriter;

void write_books(const Books& books, BlobWriter& writer) {
  for (std::uint64_t count : {books.read, books.inserted, books.updated, books.unchanged,
                              books.superseded, books.duplicate, books.quarantined}) {
    writer.number(count);
  }
}

Books read_books(BlobReader& reader) {
  Books books;
  books.read = reader.number();
  books.inserted = reader.number();
  books.updated = reader.number();
  books.unchanged = reader.number();
  books.superseded = reader.number();
  books.duplicate = reader.number();
  books.quarantined = reader.number();
  return books;
}

void write_checkpoint(const Checkpoint& checkpoint, BlobWriter& writer) {
  writer.number(checkpoint.group);
  writer.number(static_cast<std::uint64_t>(checkpoint.phase));
  writer.boolean(checkpoint.began_writing);
  writer.number(checkpoint.partition);
  writer.number(checkpoint.items);
  writer.number(checkpoint.chain);
  writer.number(checkpoint.partitions);
  write_books(checkpoint.books, writer);
  writer.number(checkpoint.left);
  writer.number(checkpoint.written);
  writer.number(checkpoint.source_bytes);
  writer.number(checkpoint.groups);
  writer.number(checkpoint.group_wrote);
  writer.number(checkpoint.targets.size());
  for (const TargetBooks& target : checkpoint.targets) {
    write_books(target.books, writer);
    writer.number(target.written);
    writer.number(target.left);
  }
  writer.number(checkpoint.files.size());
  for (const FileBooks& file : checkpoint.files) {
    writer.number(file.file);
    write_books(file.books, writer);
    writer.number(file.left);
    writer.boolean(file.complete);
  }
  writer.number(checkpoint.withdrawn.size());
  for (std::uint64_t key : checkpoint.withdrawn) writer.number(key);
}

// True where all of it makes sense.
bool read_checkpoint(BlobReader& reader, Checkpoint& checkpoint) {
  checkpoint.group = reader.number();
  const std::uint64_t phase = reader.number();
  checkpoint.began_writing = reader.boolean();
  checkpoint.partition = static_cast<std::uint32_t>(reader.number());
  checkpoint.items = reader.number();
  checkpoint.chain = reader.number();
  checkpoint.partitions = reader.number();
  checkpoint.books = read_books(reader);
  checkpoint.left = reader.number();
  checkpoint.written = reader.number();
  checkpoint.source_bytes = reader.number();
  checkpoint.groups = reader.number();
  checkpoint.group_wrote = reader.number();
  checkpoint.targets.resize(reader.count());
  for (TargetBooks& target : checkpoint.targets) {
    target.books = read_books(reader);
    target.written = reader.number();
    target.left = reader.number();
  }
  checkpoint.files.resize(reader.count());
  for (FileBooks& file : checkpoint.files) {
    file.file = static_cast<std::uint32_t>(reader.number());
    file.books = read_books(reader);
    file.left = reader.number();
    file.complete = reader.boolean();
  }
  checkpoint.withdrawn.resize(reader.count());
  for (std::uint64_t& key : checkpoint.withdrawn) key = reader.number();
  if (!reader.ok() || phase > static_cast<std::uint64_t>(Phase::finished)) return false;
  checkpoint.phase = static_cast<Phase>(phase);
  return checkpoint.books.balanced();
}

Error unreadable(std::string_view what) {
  return Error{ErrorCode::corrupt, "the " + std::string(what) +
                                       " in the catalog is not what was written; put a copy of "
                                       "the catalog back, or begin anew with --restart"};
}

Status check_format(BlobReader& reader, std::string_view what) {
  const std::uint64_t format = reader.number();
  if (!reader.ok() || format == 0) return unreadable(what);
  if (format <= kCheckpointFormat) return ok_status();
  return Error{ErrorCode::refused, "the " + std::string(what) + " in the catalog has format " +
                                       std::to_string(format) + ", this program knows " +
                                       std::to_string(kCheckpointFormat) +
                                       "; go on with the newer version that began the run"};
}

}  // namespace

void Intents::add(std::uint32_t target, Outcome outcome, std::uint64_t records) {
  if (!runs_.empty() && runs_.back().target == target && runs_.back().outcome == outcome) {
    runs_.back().records += records;
  } else {
    runs_.push_back({target, outcome, records});
  }
}

std::string encode(const Checkpoint& checkpoint) {
  BlobWriter writer;
  writer.number(kCheckpointFormat);
  write_checkpoint(checkpoint, writer);
  return writer.finish();
}

std::string encode(const PendingGroup& pending) {
  BlobWriter writer;
  writer.number(kCheckpointFormat);
  write_checkpoint(pending.after, writer);
  writer.number(pending.intents.runs().size());
  for (const IntentRun& run : pending.intents.runs()) {
    writer.number(run.target);
    writer.number(static_cast<std::uint64_t>(run.outcome));
    writer.number(run.records);
  }
  return writer.finish();
}

Result<Checkpoint> decode_checkpoint(std::string_view blob) {
  BlobReader reader(blob);
  DECANT_CHECK(check_format(reader, "checkpoint"));
  Checkpoint checkpoint;
  if (!read_checkpoint(reader, checkpoint) || !reader.at_end()) return unreadable("checkpoint");
  return checkpoint;
}

Result<PendingGroup> decode_pending(std::string_view blob) {
  BlobReader reader(blob);
  DECANT_CHECK(check_format(reader, "list of intents"));
  PendingGroup pending;
  if (!read_checkpoint(reader, pending.after)) return unreadable("list of intents");
  const std::uint64_t runs = reader.count();
  for (std::uint64_t i = 0; i < runs && reader.ok(); ++i) {
    IntentRun run;
    run.target = static_cast<std::uint32_t>(reader.number());
    const std::uint64_t outcome = reader.number();
    run.records = reader.number();
    if (outcome > static_cast<std::uint64_t>(Outcome::quarantined)) {
      return unreadable("list of intents");
    }
    run.outcome = static_cast<Outcome>(outcome);
    pending.intents.runs().push_back(run);
  }
  if (!reader.at_end()) return unreadable("list of intents");
  return pending;
}

}  // namespace decant::copy
