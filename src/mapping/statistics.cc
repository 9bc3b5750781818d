#include "mapping/statistics.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "model/canonical_writer.h"
#include "model/describe_value.h"

namespace decant::mapping {
namespace {

constexpr std::size_t kExamplesMax = 3;
constexpr std::size_t kWideFields = 32;  // these get kDistinctMax each, all others kFewDistinct
constexpr std::size_t kFewDistinct = 1024;

// Different hashes, or a fair sample of them: those with `low_bits` zeros at the end.
class HashSample {
 public:
  explicit HashSample(std::size_t hashes_max) : max_(hashes_max) {}

  // False where the hash was there before.
  bool add(std::uint64_t hash) {
    if ((hash & mask_) != 0) return true;
    if (!insert(hash)) return false;
    if (count_ > max_) thin();
    return true;
  }
  bool is_exact() const { return mask_ == 0; }
  std::uint64_t estimate() const { return count_ * (mask_ + 1); }
  void release() { *this = HashSample(0); }

 private:
  bool insert(std::uint64_t hash) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    // The sample looks at the low bits, the table at the high ones.
    std::size_t at = (hash >> 32) & (slots_.size() - 1);
    const std::uint64_t stored = hash == 0 ? 1 : hash;
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == stored) return false;
    }
    slots_[at] = stored;
    ++count_;
    return true;
  }
  void grow() { rebuild(std::max<std::size_t>(64, slots_.size() * 2)); }
  void thin() {
    mask_ = mask_ * 2 + 1;
    rebuild(slots_.size());
  }
  void rebuild(std::size_t size) {
    std::vector<std::uint64_t> old(size, 0);
    old.swap(slots_);
    count_ = 0;
    for (const std::uint64_t hash : old) {
      if (hash != 0 && (hash & mask_) == 0) insert(hash);
    }
  }

  std::size_t max_;
  std::size_t count_ = 0;
  std::uint64_t mask_ = 0;
  std::vector<std::uint64_t> slots_;  // 0: free
};

bool may_be_key(Type type) {
  return type == Type::int64 || type == Type::decimal || type == Type::text || type == Type::uuid ||
         type == Type::bytes;
}

}  // namespace

struct FieldStatistics::State {
  struct One {
    FieldSummary summary;
    std::vector<std::uint64_t> example_hashes;
    HashSample sample;
    bool unique = true;
    bool key_types = true;
    std::uint64_t hash = 0;       // of this record's value
    std::uint64_t in_record = 0;  // number of the record that `hash` is of
  };
  struct Pair {
    std::uint32_t a;
    std::uint32_t b;
    HashSample sample{kDistinctMax};
    bool unique = true;
  };

  std::uint32_t field_of(std::string_view name);
  void add_value(One& field, const Value& value);
  void add_pairs();

  CanonicalWriter writer;
  std::uint64_t records = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t left_out = 0;
  std::vector<std::unique_ptr<One>> fields;
  std::unordered_map<std::string_view, std::uint32_t> by_name;
  std::vector<Pair> pairs;  // of the first kKeyPartsMax fields of the first record
};

FieldStatistics::FieldStatistics() : state_(std::make_unique<State>()) {}
FieldStatistics::~FieldStatistics() = default;
FieldStatistics::FieldStatistics(FieldStatistics&&) noexcept = default;

void FieldStatistics::add(const Batch& batch) {
  State& state = *state_;
  for (const Record& record : batch.records) {
    ++state.records;
    state.text_bytes += record.text_bytes;
    for (std::size_t i = 0; i < record.shape->size(); ++i) {
      if (record.values[i].is_absent()) continue;
      const std::uint32_t field = state.field_of(record.shape->name(i));
      if (field < state.fields.size()) state.add_value(*state.fields[field], record.values[i]);
    }
    state.add_pairs();
  }
}

std::uint32_t FieldStatistics::State::field_of(std::string_view name) {
  const auto found = by_name.find(name);
  if (found != by_name.end()) return found->second;
  if (fields.size() == kStatisticsFieldsMax) {
    ++left_out;
    return UINT32_MAX;
  }
  const auto index = static_cast<std::uint32_t>(fields.size());
  const std::size_t most = index < kWideFields ? kDistinctMax : kFewDistinct;
  fields.push_back(std::make_unique<One>(One{{}, {}, HashSample(most)}));
  fields.back()->summary.name = name;
  by_name.emplace(fields.back()->summary.name, index);
  // A field that came later is absent in the first record: no part of a key.
  if (records == 1 && index < kKeyPartsMax) {
    for (std::uint32_t other = 0; other < index; ++other) pairs.push_back(Pair{other, index});
  }
  return index;
}

void FieldStatistics::State::add_value(One& field, const Value& value) {
  FieldSummary& summary = field.summary;
  ++summary.present;
  ++summary.types[static_cast<std::size_t>(value.type())];
  if (value.is_null()) {
    ++summary.nulls;
    return;
  }
  if (value.is(Type::text)) {
    summary.text_bytes_max =
        std::max<std::uint64_t>(summary.text_bytes_max, value.as_text().size());
  }
  field.key_types = field.key_types && may_be_key(value.type());
  writer.clear();
  writer.append(value);
  field.hash = hash128(writer.bytes()).low;
  field.in_record = records;
  if (!field.sample.add(field.hash)) field.unique = false;
  if (field.example_hashes.size() == kExamplesMax) return;
  const auto& known = field.example_hashes;
  if (std::find(known.begin(), known.end(), field.hash) != known.end()) return;
  field.example_hashes.push_back(field.hash);
  summary.examples.push_back(describe(value));
}

void FieldStatistics::State::add_pairs() {
  for (Pair& pair : pairs) {
    if (!pair.unique) continue;
    const One& a = *fields[pair.a];
    const One& b = *fields[pair.b];
    const bool both =
        a.in_record == records && b.in_record == records && a.key_types && b.key_types;
    const std::uint64_t parts[2] = {a.hash, b.hash};
    if (both &&
        pair.sample.add(hash128({reinterpret_cast<const char*>(parts), sizeof parts}).low)) {
      continue;
    }
    pair.unique = false;
    pair.sample.release();
  }
}

CollectionSummary FieldStatistics::summary() const {
  CollectionSummary result;
  result.records = state_->records;
  result.text_bytes = state_->text_bytes;
  result.values_left_out = state_->left_out;
  std::vector<bool> single;
  for (const auto& field : state_->fields) {
    FieldSummary summary = field->summary;
    summary.distinct = field->sample.estimate();
    summary.distinct_exact = field->sample.is_exact();
    single.push_back(field->unique && field->key_types && summary.nulls == 0 &&
                     summary.present == state_->records);
    if (single.back()) result.keys.push_back({{summary.name}, field->sample.is_exact()});
    result.fields.push_back(std::move(summary));
  }
  for (const State::Pair& pair : state_->pairs) {
    if (!pair.unique || single[pair.a] || single[pair.b]) continue;
    result.keys.push_back(
        {{result.fields[pair.a].name, result.fields[pair.b].name}, pair.sample.is_exact()});
  }
  return result;
}

}  // namespace decant::mapping
