// The canonical form: one byte encoding per value, so that two stores holding the same fact give
// the same bytes. Format in docs/formats.md (Fingerprint).
//
// Numbers by value (1, 1.0, 1e0, 1.0 as a double; -0 is 0; a double is the shortest decimal that
// reads back to it), sets sorted and without repeats, map keys sorted bytewise, timestamps in UTC,
// text by bytes. Absent fields and members leave no trace; null, "" , [] and {} do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "decant/batch.h"

namespace decant {

void append_canonical(const Value& value, std::string& out);

// Equality as SEMANTICS defines it: the same canonical bytes.
bool equal(const Value& a, const Value& b);

// What a record is known by in fingerprints, sketches and the list of seen keys.
struct RecordDigest {
  Hash128 key;      // over the key's values in order
  Hash128 content;  // over key and every compared field: name and canonical form
};

// Computes digests for records of any shape; what a shape needs is worked out once per shape.
// Not thread-safe: one a thread.
class Digester {
 public:
  // `compared`: the fields that count (empty: all). `ignored`: fields that never count
  // (`once` fields, the complement where it is compared in parts).
  Digester(std::vector<std::string> key, std::vector<std::string> compared,
           std::vector<std::string> ignored = {});
  ~Digester();
  Digester(Digester&&) noexcept;

  // False where a key field is absent or null: such a record has no identity (reason "no_key").
  bool digest(const Record& record, RecordDigest& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant
