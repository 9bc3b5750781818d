// Resolves the groups that the join could not settle by digests: fetches their records in bounded
// chunks, tells real keys apart (a key hash may stand for several), decides, and names what differs
// field by field.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verify/decide.h"
#include "verify/fetcher.h"
#include "verify/findings.h"
#include "verify/join.h"
#include "verify/side.h"
#include "verify/verify.h"

namespace decant::verify {

// Records of one key hash that are held together; of more, one chunk after the other.
inline constexpr std::size_t group_records_max = 1024;
// Fingerprints that wait until their records are fetched, in order of place.
inline constexpr std::size_t waiting_records_max = 1u << 18;

// One thread.
class Resolver final : public GroupSink {
 public:
  // About `chunk_records` records of a side are held at once.
  Resolver(const VerifyJob& job, const PlaceBook& source_places, const PlaceBook& target_places,
           std::size_t chunk_records, Findings& findings, VerifyResult& result);

  Status add(const Group& group) override;
  // Resolves what still waits.
  Status finish() { return flush(); }

 private:
  // What waits for its records: fingerprints of the two lists below.
  struct Waiting {
    bool decided;  // a missing or an extra record, of which only the key is wanted
    std::uint32_t source_first, source_count;
    std::uint32_t target_first, target_count;
  };
  // The fingerprints of one real key.
  struct KeyGroup {
    std::vector<Fingerprint> source, target;
  };

  Status settle(const Group& group);
  Status wait(bool decided, std::span<const Fingerprint> source,
              std::span<const Fingerprint> target);
  Result<std::vector<std::uint32_t>> order_by_place() const;
  Status flush();
  Status resolve_chunk();
  Status fetch_chunk();
  Status check_stop() const;
  Status resolve(const Waiting& waiting);
  Status resolve_large(std::span<const Fingerprint> source, std::span<const Fingerprint> target);
  template <typename Fetch>
  Status resolve_key(KeyGroup& group, const Fetch& fetch);
  Status compare(const Fingerprint& fingerprint, const Fetched& source, const Fetched& target);
  bool is_kept(const Fingerprint& fingerprint, const Record& source, const Record& target) const;
  std::vector<FieldDifference> named_fields(const Record& source, const Record& target);
  void leave_out_defaults(std::vector<FieldDifference>& fields) const;
  Status report(DifferenceKind kind, const Fetched* source, const Fetched* target,
                std::vector<FieldDifference> fields);
  std::string real_key(const Fingerprint& fingerprint, const Record* record) const;

  const VerifyJob& job_;
  const PlaceBook& source_places_;
  const PlaceBook& target_places_;
  const std::size_t chunk_records_;
  const ComparedFields compared_;
  Findings& findings_;
  VerifyResult& result_;
  Fetcher fetcher_;
  ShapeTable restored_shapes_;

  std::vector<Waiting> waiting_;
  std::vector<Fingerprint> source_;
  std::vector<Fingerprint> target_;
  // The groups whose records are at hand.
  std::vector<Waiting> chunk_;
  std::vector<Fingerprint> chunk_source_;
  std::vector<Fingerprint> chunk_target_;
  std::vector<Fetched> source_fetched_;
  std::vector<Fetched> target_fetched_;
  std::vector<Verdict> verdicts_;
  Batch restored_source_;
  Batch restored_target_;
};

}  // namespace decant::verify
