// The complement: what a record says and its table cannot hold, as one JSON value.
//
//   {"nulls": [names], "absent": [names], "fields": {name: value}}      empty members are left out
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "decant/batch.h"

namespace decant {

inline constexpr std::string_view kComplementNulls = "nulls";
inline constexpr std::string_view kComplementAbsent = "absent";
inline constexpr std::string_view kComplementFields = "fields";

// Gathers the notes on one record. The names must outlive the value that build() makes.
class ComplementNotes {
 public:
  void clear() {
    nulls_.clear();
    absent_.clear();
    fields_.clear();
  }
  bool empty() const { return nulls_.empty() && absent_.empty() && fields_.empty(); }
  void null(std::string_view name) { nulls_.push_back(name); }
  void absent(std::string_view name) { absent_.push_back(name); }
  void field(std::string_view name, const Value& value) { fields_.push_back({name, value}); }
  Value build(Arena& arena) const;

 private:
  std::vector<std::string_view> nulls_;
  std::vector<std::string_view> absent_;
  std::vector<Member> fields_;
};

// A complement taken apart, by view.
struct Complement {
  std::span<const Value> nulls;
  std::span<const Value> absent;
  std::span<const Member> fields;
};

// False where `value` is not one of Decant's making.
bool read_complement(const Value& value, Complement& out);

}  // namespace decant
