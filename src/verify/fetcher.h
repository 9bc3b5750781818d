// Fetches the records behind fingerprints, in the target's terms, and holds them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "decant/result.h"
#include "verify/fingerprint.h"
#include "verify/side.h"
#include "verify/verify.h"

namespace decant::verify {

struct Fetched {
  const Record* record = nullptr;  // null where the target's record cannot be read
  Origin origin;
  std::uint32_t source = 0;
};

// What it fetched is valid until release(). One thread for each side at a time.
class Fetcher {
 public:
  Fetcher(const VerifyJob& job, const PlaceBook& source_places, const PlaceBook& target_places);
  ~Fetcher();

  // One Fetched for each fingerprint, in their order. corrupt where a record is no longer what was
  // fingerprinted.
  Status fetch_source(std::span<const Fingerprint> fingerprints, std::vector<Fetched>& out);
  Status fetch_target(std::span<const Fingerprint> fingerprints, std::vector<Fetched>& out);
  void release();

 private:
  // A fingerprint that waits for its record.
  struct Wanted {
    std::uint32_t source;
    Origin origin;
    std::uint64_t digest_low;
    std::uint64_t digest_high;
    std::size_t index;
  };
  struct Held;
  // What is held of a side; its memory is used again.
  struct Pool {
    std::vector<std::unique_ptr<Held>> held;
    std::size_t in_use = 0;
  };

  static Status find_wanted(std::span<const Fingerprint> fingerprints, const PlaceBook& places,
                            std::vector<Wanted>& wanted);
  static std::vector<Origin> origins_of(std::span<const Wanted> wanted);
  static void hand_out(std::span<const Wanted> wanted, const std::vector<Made>& made,
                       std::vector<Fetched>& out, std::vector<bool>& found);
  static Status check_all_found(std::span<const Wanted> wanted, const std::vector<bool>& found,
                                std::string_view side, const View& view);
  Status fetch_one_source(std::uint32_t source, std::span<const Wanted> wanted,
                          std::vector<Fetched>& out, std::vector<bool>& found);
  static Held& next_held(Pool& pool);

  const VerifyJob& job_;
  const PlaceBook& source_places_;
  const PlaceBook& target_places_;
  std::vector<std::unique_ptr<SourceSide>> source_sides_;
  TargetSide target_side_;
  Pool held_source_;
  Pool held_target_;
};

// "jobs.json byte 9000"; empty where the view has no files.
std::string describe_place(const View& view, const Origin& origin);

}  // namespace decant::verify
