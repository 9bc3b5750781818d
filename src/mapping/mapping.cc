#include "mapping/mapping.h"

#include <algorithm>

#include "mapping/compiled_mapping.h"
#include "model/temporal.h"

namespace decant::mapping {

bool CompiledKind::takes(std::string_view field) const {
  const auto drops = [&](const DroppedField& drop) { return drop.field == field; };
  if (std::any_of(kind->drop.begin(), kind->drop.end(), drops)) return true;
  return std::any_of(rules.begin(), rules.end(), [&](const CompiledRule& rule) {
    const auto& from = rule.rule().from;
    return std::find(from.begin(), from.end(), field) != from.end();
  });
}

bool CompiledKind::makes(std::string_view target_field) const {
  if (kind->rest == Rest::into && kind->rest_into == target_field) return true;
  return std::any_of(rules.begin(), rules.end(),
                     [&](const CompiledRule& rule) { return rule.rule().target == target_field; });
}

Mapping::Mapping() : state_(std::make_unique<State>()) {}
Mapping::~Mapping() = default;

Result<std::shared_ptr<const Mapping>> Mapping::compile(std::vector<Rules> rules,
                                                        const CompileOptions& options) {
  const std::shared_ptr<Mapping> mapping(new Mapping());
  State& state = *mapping->state_;
  state.rules = std::move(rules);
  TemporalText buffer;
  state.run_time = print_timestamp(options.run.run_time_us, 0, buffer);
  state.identity = state.rules.size() == 1 && state.rules.front().is_identity();
  CastMemory memory{&state.arena};
  for (const Rules& one : state.rules) {
    CompiledTarget& target = state.targets.emplace_back();
    target.rules = &one;
    for (const Kind& kind : one.kinds) {
      CompiledKind& compiled = target.kinds.emplace_back();
      compiled.kind = &kind;
      for (const FieldRule& rule : kind.map) {
        DECANT_ASSIGN(CompiledRule made, CompiledRule::compile(rule, state.run_time, options.source,
                                                               one.document, memory));
        const bool forgets = made.reads_source() && !made.is_exact();
        compiled.keeps_notes = compiled.keeps_notes || (options.keep_notes && forgets);
        compiled.rules.push_back(std::move(made));
      }
    }
  }
  return std::shared_ptr<const Mapping>(mapping);
}

std::shared_ptr<const Mapping> Mapping::identity() {
  const std::shared_ptr<Mapping> mapping(new Mapping());
  mapping->state_->identity = true;
  return mapping;
}

const std::vector<Rules>& Mapping::rules() const { return state_->rules; }
bool Mapping::is_identity() const { return state_->identity; }

void MappedBatch::clear() {
  arena.clear();
  for (std::vector<Record>& records : targets) records.clear();
  left.clear();
  for (std::vector<std::uint32_t>& indexes : left_by) indexes.clear();
  rejections.clear();
  shapes.clear();
}

}  // namespace decant::mapping
