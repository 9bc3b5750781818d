// RapidCheck generators of values and records, the nasty ones first: NUL, astral and combining
// characters, numbers past 64 bits, -0, NaN, empty and nested things.
//
// A Specimen owns what it holds, so that RapidCheck can copy, shrink and print it; in() makes the
// Value of it. Programs that use this header link rapidcheck.
#pragma once

#include <rapidcheck.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "decant/batch.h"

namespace decant::testing {

struct Specimen {
  Type type = Type::null;
  std::int64_t number = 0;  // boolean, int64, moments
  std::int16_t zone_minutes = 0;
  double real = 0;
  std::string text = {};  // text, bytes, decimal, uuid, foreign
  Interval interval{};
  std::vector<Specimen> items = {};                            // list, sets
  std::vector<std::pair<std::string, Specimen>> members = {};  // no name twice

  Value in(Arena& arena) const;
};

// Fields by name; no name twice.
using SpecimenRecord = std::vector<std::pair<std::string, Specimen>>;

// The record with its values, name views and shape in `batch` and `shapes`; also added to it.
Record add_record(const SpecimenRecord& specimen, ShapeTable& shapes, Batch& batch);

rc::Gen<std::string> nasty_text();  // valid UTF-8
rc::Gen<std::string> nasty_bytes();
rc::Gen<std::string> decimal_text();  // JSON's grammar, within the limits
rc::Gen<double> nasty_real();         // also NaN and the infinities

// What JSON says: null, boolean, int64, decimal, text, list, map.
rc::Gen<Specimen> json_value(int depth = 3);
// Every Type but absent.
rc::Gen<Specimen> any_value(int depth = 3);
// One value of `type`; nested ones hold json_value()s.
rc::Gen<Specimen> value_of(Type type, int depth = 2);
// 1 to 12 fields with distinct names, some of them nasty.
rc::Gen<SpecimenRecord> record_of(rc::Gen<Specimen> value);

// For RapidCheck's reports.
void showValue(const Specimen& specimen, std::ostream& out);

}  // namespace decant::testing
