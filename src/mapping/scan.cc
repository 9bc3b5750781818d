#include <algorithm>
#include <tuple>

#include "mapping/program.h"
#include "mapping/verdict.h"
#include "model/conform.h"
#include "model/describe_value.h"

namespace decant::mapping {
namespace {

using Check = FieldVerdict::Check;

constexpr std::size_t kExamplesMax = 3;

bool is_before(const Origin& a, const Origin& b) {
  return std::tie(a.file, a.ordinal, a.offset) < std::tie(b.file, b.ordinal, b.offset);
}

bool earlier(const ScanExample& a, const ScanExample& b) { return is_before(a.origin, b.origin); }

}  // namespace

struct Scan::State {
  State(std::shared_ptr<const Mapping> compiled, std::uint32_t which, std::vector<FieldVerdict> all,
        const Definition& definition)
      : mapping(std::move(compiled)),
        index(which),
        verdicts(std::move(all)),
        target(definition),
        mapper(mapping, shapes) {}

  bool breaks(const FieldVerdict& verdict, const Record& source, const Record& made);
  std::string shown(const FieldVerdict& verdict, const Record& source, const Record& made) const;
  void count(const Record& source, const Record& made);
  void note(ScanCount& one, ScanExample example);

  std::shared_ptr<const Mapping> mapping;  // shared with the other threads' scans
  std::uint32_t index;
  std::vector<FieldVerdict> verdicts;
  Definition target;
  ShapeTable shapes;
  Mapper mapper;
  MappedBatch mapped;
  Arena arena;
  CastMemory memory;
  Misfit misfit;
  Summary summary;
};

Scan::Scan(std::shared_ptr<const Mapping> mapping, std::uint32_t index,
           std::vector<FieldVerdict> verdicts, const Definition& target)
    : state_(std::make_unique<State>(std::move(mapping), index, std::move(verdicts), target)) {
  for (std::size_t i = 0; i < state_->verdicts.size(); ++i) {
    if (!state_->verdicts[i].countable) continue;
    ScanCount& count = state_->summary.counts.emplace_back();
    count.verdict = i;
  }
}
Scan::~Scan() = default;
Scan::Scan(Scan&&) noexcept = default;

void Scan::add(const Batch& source) {
  State& state = *state_;
  state.mapper.apply(source, state.mapped);
  state.arena.clear();
  state.memory.arena = &state.arena;
  const std::vector<Record>& made = state.mapped.targets[state.index];
  state.summary.records += made.size() + state.mapped.rejections.size();
  state.summary.quarantined += state.mapped.rejections.size();
  state.summary.left += source.records.size() - made.size() - state.mapped.rejections.size();
  for (const Record& record : made) state.count(source.records[record.source_index], record);
}

void Scan::State::count(const Record& source, const Record& made) {
  std::uint32_t kind = 0;
  if (!mapping->rules().empty()) {
    const std::vector<Kind>& kinds = mapping->rules()[index].kinds;
    while (kind + 1 < kinds.size() && !holds(kinds[kind].when, source)) ++kind;
  }
  for (ScanCount& one : summary.counts) {
    const FieldVerdict& verdict = verdicts[one.verdict];
    if (verdict.kind_index != kind || !breaks(verdict, source, made)) continue;
    ++one.records;
    if (one.examples.size() < kExamplesMax ||
        is_before(source.origin, one.examples.back().origin)) {
      note(one, {source.origin, shown(verdict, source, made)});
    }
  }
}

void Scan::State::note(ScanCount& one, ScanExample example) {
  const auto place = std::upper_bound(one.examples.begin(), one.examples.end(), example, earlier);
  one.examples.insert(place, std::move(example));
  if (one.examples.size() > kExamplesMax) one.examples.pop_back();
}

bool Scan::State::breaks(const FieldVerdict& verdict, const Record& source, const Record& made) {
  if (verdict.check == Check::undone) {
    const auto at = static_cast<std::size_t>(verdict.rule_index);
    const CompiledRule& rule = mapping->state().targets[index].kinds[verdict.kind_index].rules[at];
    const auto source_at = [&](std::size_t i) { return source.find(rule.rule().from[i]); };
    // The rules' fields come first in a mapped record, in their order.
    return forgets(rule, made.values[at], source_at, memory);
  }
  Value value = made.find(verdict.field);
  switch (verdict.check) {
    case Check::type: {
      const Field* field = target.find(verdict.field);
      return field != nullptr && value.is_present() && !conform(value, field->type, arena, misfit);
    }
    case Check::held:
      return !value.is_absent();
    case Check::required:
      return !value.is_present();
    case Check::no_null:
      return value.is_null();
    case Check::no_absent:
      return value.is_absent();
    default:
      return false;
  }
}

// What the source said: of several spellings the first that is there.
std::string Scan::State::shown(const FieldVerdict& verdict, const Record& source,
                               const Record& made) const {
  Value value = made.find(verdict.field);
  if (verdict.rule_index >= 0) {
    const Kind& kind = mapping->rules()[index].kinds[verdict.kind_index];
    const FieldRule& rule = kind.map[static_cast<std::size_t>(verdict.rule_index)];
    if (!rule.from.empty()) value = Value::absent();
    for (auto name = rule.from.rbegin(); name != rule.from.rend(); ++name) {
      const Value one = source.find(*name);
      if (!one.is_absent()) value = one;
    }
  }
  return describe(value);
}

void Scan::merge(const Scan& other) {
  Summary& mine = state_->summary;
  const Summary& theirs = other.state_->summary;
  mine.records += theirs.records;
  mine.left += theirs.left;
  mine.quarantined += theirs.quarantined;
  for (std::size_t i = 0; i < mine.counts.size(); ++i) {
    mine.counts[i].records += theirs.counts[i].records;
    for (const ScanExample& example : theirs.counts[i].examples) {
      state_->note(mine.counts[i], example);
    }
  }
}

Scan::Summary Scan::summary() const { return state_->summary; }

}  // namespace decant::mapping
