#include "verify/side.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace decant::verify {
namespace {

const Definition* definition_with_complement(const SourceInput& input) {
  for (const Definition& definition : input.view->definitions()) {
    if (definition.name == input.collection && !definition.complement.empty()) return &definition;
  }
  return nullptr;
}

Digester digester_for(const VerifyJob& job) {
  ComparedFields fields = compared_fields(job);
  return Digester(std::move(fields.key), std::move(fields.compared), std::move(fields.ignored));
}

// A target record without a key, or one that cannot be read, cannot be held against another one. It
// gets a fingerprint that no other record has, from its place.
RecordDigest digest_of_place(const Origin& origin) {
  const std::uint64_t place[3] = {origin.file, 0, origin.offset};
  const std::string_view bytes(reinterpret_cast<const char*>(place), sizeof place);
  return {hash128(bytes, 1), hash128(bytes, 2)};
}

}  // namespace

ComparedFields compared_fields(const VerifyJob& job) {
  ComparedFields fields{job.key, job.owned, job.once};
  // The complement belongs to the fields that are owned; what the store computes is its own affair,
  // unless the source computes the same.
  if (!fields.compared.empty() && !job.definition.complement.empty()) {
    fields.compared.push_back(job.definition.complement);
  }
  for (const Field& field : job.definition.fields) {
    const bool mirrored =
        std::find(job.mirrored.begin(), job.mirrored.end(), field.name) != job.mirrored.end();
    if (field.generated && !mirrored) fields.ignored.push_back(field.name);
  }
  return fields;
}

Fingerprint fingerprint_of(const RecordDigest& digest, std::uint64_t key_hash_mask) {
  return {digest.key.low & key_hash_mask, digest.content.low, digest.content.high, 0};
}

SourceSide::SourceSide(const VerifyJob& job, std::uint32_t source)
    : input_(job.sources[source]),
      source_definition_(definition_with_complement(input_)),
      mapper_(input_.mapping, target_shapes_),
      conformer_(job.definition, job.capabilities, job.owned, job.defaults.get(), job.mirrored),
      digester_(digester_for(job)) {
  if (input_.left_mapping != nullptr) {
    left_mapper_ = std::make_unique<mapping::Mapper>(input_.left_mapping, target_shapes_);
  }
}

void SourceSide::take(Batch& batch, SourceWork& work, std::uint64_t records_max) {
  work.made.clear();
  if (source_definition_ != nullptr) {
    restore_complement(*source_definition_, source_shapes_, batch);
  }
  mapper_.apply(batch, work.mapped);
  const std::vector<std::uint32_t>& left_here = work.mapped.left_by[input_.mapping_target];
  work.left = work.mapped.left.size() + left_here.size();
  work.records = batch.records.size() - work.mapped.left.size() + batch.bad.size();
  work.excluded = batch.bad.size() + work.mapped.rejections.size();
  const std::uint64_t end = work.records > records_max ? cut(batch, records_max, work) : UINT64_MAX;
  for (Record& record : work.mapped.targets[input_.mapping_target]) {
    if (record.source_index < end) make(record, false, work.mapped.arena, work);
  }
  if (work.left > 0) make_left(batch, work);
}

// Conforms and digests one mapped record. The exact words of a misfit do not matter here: the run
// said them.
void SourceSide::make(Record& record, bool aside, Arena& arena, SourceWork& work) {
  Misfit misfit;
  const bool fits = conformer_.conform(record, arena, misfit);
  RecordDigest digest;
  const bool has_key = digester_.digest(record, digest);
  if (!aside && (!fits || !has_key)) ++work.excluded;
  if (has_key) work.made.push_back({&record, record.origin, digest, aside || !fits});
}

// Records that the plan leaves alone: their keys are found, if they have one.
void SourceSide::make_left(const Batch& batch, SourceWork& work) {
  std::vector<Record>& left = work.left_batch.records;
  work.left_batch.clear();
  for (const auto* indexes : {&work.mapped.left, &work.mapped.left_by[input_.mapping_target]}) {
    for (const std::uint32_t index : *indexes) left.push_back(batch.records[index]);
  }
  std::vector<bool> unmapped(left.size(), left_mapper_ == nullptr);
  if (left_mapper_ != nullptr) {
    left_mapper_->apply(work.left_batch, work.left_mapped);
    for (Record& record : work.left_mapped.targets.front()) {
      make(record, true, work.left_mapped.arena, work);
    }
    for (const std::uint32_t index : work.left_mapped.left) unmapped[index] = true;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (unmapped[i]) make(left[i], true, work.left_batch.arena, work);
  }
}

// The index of the first record past the limit. What was counted of the batch is counted again.
std::uint64_t SourceSide::cut(const Batch& batch, std::uint64_t records_max, SourceWork& work) {
  std::vector<bool> is_left(batch.records.size());
  for (const std::uint32_t index : work.mapped.left) is_left[index] = true;
  const auto place = [](const Origin& origin) { return std::tuple(origin.file, origin.offset); };
  std::size_t bad = 0;
  std::uint64_t taken = 0;
  std::size_t index = 0;
  for (; index < batch.records.size(); ++index) {
    const Record& record = batch.records[index];
    while (bad < batch.bad.size() && taken < records_max &&
           place(batch.bad[bad].origin) < place(record.origin)) {
      ++bad;
      ++taken;
    }
    if (is_left[index]) continue;
    if (taken == records_max) break;
    ++taken;
  }
  while (index == batch.records.size() && bad < batch.bad.size() && taken < records_max) {
    ++bad;
    ++taken;
  }
  work.records = taken;
  work.excluded = bad;
  for (const mapping::SourceRejection& rejection : work.mapped.rejections) {
    if (rejection.source_index < index) ++work.excluded;
  }
  return index;
}

TargetSide::TargetSide(const VerifyJob& job) : digester_(digester_for(job)) {}

void TargetSide::take(const Batch& batch, std::vector<Made>& made) {
  made.clear();
  for (const Record& record : batch.records) {
    Made one{&record, record.origin, {}, false};
    if (!digester_.digest(record, one.digest)) one.digest = digest_of_place(record.origin);
    made.push_back(one);
  }
  for (const BadText& bad : batch.bad) {
    made.push_back({nullptr, bad.origin, digest_of_place(bad.origin), false});
  }
}

}  // namespace decant::verify
