// Books: where every source record of a run went. Pure data.
#pragma once

#include <cstdint>
#include <string>

#include "decant/store.h"

namespace decant {

struct Books {
  std::uint64_t read = 0;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t superseded = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t quarantined = 0;

  // Counts `count` records with this outcome as read. REQUIRES: one of the six outcomes above.
  void add(Outcome outcome, std::uint64_t count = 1);
  // `count` records turn out to have another outcome: what was read stays as it is.
  void move(Outcome from, Outcome to, std::uint64_t count = 1);
  void add(const Books& other);
  std::uint64_t count(Outcome outcome) const;
  // The law of conservation: read is the sum of the six.
  bool balanced() const;
  bool operator==(const Books&) const = default;

 private:
  std::uint64_t& field(Outcome outcome);
};

// One target collection. Where a source record makes records in several collections, each of them
// counts it, by its own record's outcome; the run's books count it once, by its worst.
struct CollectionBooks {
  std::string collection;
  Books books;
  std::uint64_t written = 0;  // target records inserted or updated
  std::uint64_t left = 0;     // source records that the plan leaves alone; not in books.read
  std::uint64_t removed = 0;  // by --prune or --delete-extra; the engine's to fill
  bool operator==(const CollectionBooks&) const = default;
};

// One source file.
struct FileBooks {
  std::uint32_t file = 0;  // index in View::files() of this run
  std::string path;
  Books books;
  std::uint64_t left = 0;
  bool complete = false;  // read to its end
  bool operator==(const FileBooks&) const = default;
};

// Which of two outcomes a source record takes that made target records of both.
Outcome worst(Outcome a, Outcome b);

}  // namespace decant
