// The two sides of a comparison, record by record: what is read becomes records in the target's
// terms, with their digests. Used to read a side whole and to fetch single records of it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "decant/batch.h"
#include "mapping/mapping.h"
#include "model/canonical.h"
#include "model/conform.h"
#include "verify/difference.h"
#include "verify/fingerprint.h"
#include "verify/verify.h"

namespace decant::verify {

// Which fields count for this job.
ComparedFields compared_fields(const VerifyJob& job);

// A record as it is compared.
struct Made {
  const Record* record = nullptr;  // null: bad text of the target
  Origin origin;
  RecordDigest digest;
  bool aside = false;  // left alone, or refused by the target's types: only its key is of use
};

// The fingerprint of a digest, without a place.
Fingerprint fingerprint_of(const RecordDigest& digest, std::uint64_t key_hash_mask);

// What became of one batch of a source.
struct SourceWork {
  std::vector<Made> made;
  std::uint64_t left = 0;      // by this collection, also those that another one takes
  std::uint64_t excluded = 0;  // bad text, unmappable, no key, misfits
  std::uint64_t records = 0;   // without those that all collections leave

  mapping::MappedBatch mapped;  // these own what `made` points to
  mapping::MappedBatch left_mapped;
  Batch left_batch;
};

// Maps, conforms and digests the batches of one source. One thread.
class SourceSide {
 public:
  SourceSide(const VerifyJob& job, std::uint32_t source);

  // Fills `work`, whose records are valid as long as it, `batch` (changed in place) and this object
  // live. At most `records_max` records that are not left are taken, in source order.
  void take(Batch& batch, SourceWork& work, std::uint64_t records_max = UINT64_MAX);

 private:
  void make(Record& record, bool aside, Arena& arena, SourceWork& work);
  void make_left(const Batch& batch, SourceWork& work);
  static std::uint64_t cut(const Batch& batch, std::uint64_t records_max, SourceWork& work);

  const SourceInput& input_;
  const Definition* source_definition_ = nullptr;  // where it has a complement
  ShapeTable source_shapes_;
  ShapeTable target_shapes_;
  mapping::Mapper mapper_;
  std::unique_ptr<mapping::Mapper> left_mapper_;
  Conformer conformer_;
  Digester digester_;
};

// Digests the batches of the target. One thread.
class TargetSide {
 public:
  explicit TargetSide(const VerifyJob& job);
  // Clears and fills `made`.
  void take(const Batch& batch, std::vector<Made>& made);

 private:
  Digester digester_;
};

}  // namespace decant::verify
