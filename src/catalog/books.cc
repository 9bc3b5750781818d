#include "decant/books.h"

#include <cassert>

namespace decant {
namespace {

// The worse the outcome, the higher: what is not in the target as the source has it comes first.
int severity(Outcome outcome) {
  switch (outcome) {
    case Outcome::unchanged:
      return 0;
    case Outcome::inserted:
      return 1;
    case Outcome::updated:
      return 2;
    case Outcome::duplicate:
      return 3;
    case Outcome::superseded:
      return 4;
    case Outcome::quarantined:
      return 5;
    case Outcome::removed:
    case Outcome::not_attempted:
    case Outcome::unknown:
      break;
  }
  return 6;
}

}  // namespace

std::uint64_t& Books::field(Outcome outcome) {
  switch (outcome) {
    case Outcome::inserted:
      return inserted;
    case Outcome::updated:
      return updated;
    case Outcome::unchanged:
      return unchanged;
    case Outcome::superseded:
      return superseded;
    case Outcome::duplicate:
      return duplicate;
    case Outcome::quarantined:
      return quarantined;
    case Outcome::removed:
    case Outcome::not_attempted:
    case Outcome::unknown:
      break;
  }
  assert(false && "not an outcome of the books");
  return quarantined;
}

void Books::add(Outcome outcome, std::uint64_t count) {
  read += count;
  field(outcome) += count;
}

void Books::move(Outcome from, Outcome to, std::uint64_t count) {
  assert(field(from) >= count);
  field(from) -= count;
  field(to) += count;
}

void Books::add(const Books& other) {
  read += other.read;
  inserted += other.inserted;
  updated += other.updated;
  unchanged += other.unchanged;
  superseded += other.superseded;
  duplicate += other.duplicate;
  quarantined += other.quarantined;
}

std::uint64_t Books::count(Outcome outcome) const {
  return const_cast<Books*>(this)->field(outcome);
}

bool Books::balanced() const {
  return read == inserted + updated + unchanged + superseded + duplicate + quarantined;
}

Outcome worst(Outcome a, Outcome b) { return severity(a) >= severity(b) ? a : b; }

}  // namespace decant
