#include "mapping/verdict.h"

#include <algorithm>
#include <optional>
#include <set>

#include "mapping/fidelity.h"
#include "model/describe_value.h"

namespace decant::mapping {
namespace {

using Check = FieldVerdict::Check;
using Side = FieldVerdict::Side;

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

FieldKind kind_of(const Value& value) {
  switch (value.type()) {
    case Type::boolean:
      return FieldKind::boolean;
    case Type::int64:
      return FieldKind::integer;
    case Type::decimal:
      return FieldKind::decimal;
    case Type::text:
      return FieldKind::text;
    default:
      return FieldKind::any;
  }
}

FieldKind kind_of(Cast cast) { return field_kind(to_string(cast)).value_or(FieldKind::any); }

// What a rule makes, as far as its parts tell; any where they do not.
FieldKind made_kind(const FieldRule& rule, FieldKind source) {
  if (rule.constant) return kind_of(rule.constant->value());
  if (rule.whole) return FieldKind::json;
  FieldKind kind = source;
  if (!rule.prefix.empty() || !rule.suffix.empty() || !rule.strip_prefix.empty() ||
      !rule.strip_suffix.empty()) {
    kind = FieldKind::text;
  }
  if (!rule.values.empty()) {
    kind = kind_of(rule.values.front().second.value());
    for (const auto& [from, to] : rule.values) {
      if (kind_of(to.value()) != kind) kind = FieldKind::any;
    }
    if (rule.values_otherwise && kind_of(rule.values_otherwise->value()) != kind) {
      kind = FieldKind::any;
    }
  }
  if (rule.cast != Cast::none) kind = kind_of(rule.cast);
  if (rule.default_run_time && kind != FieldKind::text) return FieldKind::any;
  if (rule.default_value && kind_of(rule.default_value->value()) != kind) return FieldKind::any;
  return kind;
}

// Whether every value of the one kind is a value of the other.
bool always_fits(FieldKind from, const FieldType& to) {
  if (to.length_max != 0) return false;
  if (to.kind == FieldKind::any || to.kind == FieldKind::json) return true;
  if (to.kind == FieldKind::decimal && (to.precision != 0 || to.scale != 0)) return false;
  if (from == to.kind) return true;
  const bool number = to.kind == FieldKind::decimal || to.kind == FieldKind::number;
  return number && from == FieldKind::integer;
}

class Judge {
 public:
  Judge(const std::vector<Field>& source, const Definition& target, const VerdictOptions& options)
      : source_(source), target_(target), options_(options) {}

  void judge(const Kind& kind, std::uint32_t index) {
    kind_ = &kind;
    kind_index_ = index;
    for (std::size_t i = 0; i < kind.map.size(); ++i) {
      judge_rule(kind.map[i], static_cast<std::int32_t>(i));
    }
    const std::vector<std::string> names = source_names();
    if (kind.rest == Rest::keep) {
      for (const std::string& name : names) {
        if (!is_taken(name)) judge_target(name, -1, kind_of_source(name), "kept as it is", {}, {});
      }
    } else if (kind.rest == Rest::into) {
      judge_target(kind.rest_into, -1, FieldKind::json, "the rest of the record", {}, {});
    }
    for (const std::string& name : names) judge_source(name);
    if (source_.empty() && kind.rest == Rest::drop) lose("*", "all other fields are dropped");
  }

  std::vector<FieldVerdict> take() { return std::move(verdicts_); }

 private:
  FieldVerdict make(Side side, std::string_view field) const {
    FieldVerdict verdict;
    verdict.side = side;
    verdict.kind = kind_->name;
    verdict.field = field;
    verdict.kind_index = kind_index_;
    return verdict;
  }

  const Field* source_field(std::string_view name) const {
    for (const Field& field : source_) {
      if (field.name == name) return &field;
    }
    return nullptr;
  }
  FieldKind kind_of_source(std::string_view name) const {
    const Field* field = source_field(name);
    return field == nullptr ? FieldKind::any : field->type.kind;
  }

  // Known ones, and those that the rules name.
  std::vector<std::string> source_names() const {
    std::vector<std::string> names;
    std::set<std::string_view> seen;
    const auto add = [&](const std::string& name) {
      if (seen.insert(name).second) names.push_back(name);
    };
    for (const Field& field : source_) {
      if (!field.hidden) add(field.name);
    }
    for (const FieldRule& rule : kind_->map) {
      for (const std::string& name : rule.from) add(name);
    }
    for (const DroppedField& drop : kind_->drop) add(drop.field);
    return names;
  }

  bool reads(const FieldRule& rule, std::string_view name) const {
    return std::find(rule.from.begin(), rule.from.end(), name) != rule.from.end();
  }
  bool is_taken(std::string_view name) const {
    return std::any_of(kind_->map.begin(), kind_->map.end(),
                       [&](const FieldRule& rule) { return reads(rule, name); }) ||
           std::any_of(kind_->drop.begin(), kind_->drop.end(),
                       [&](const DroppedField& drop) { return drop.field == name; });
  }

  std::vector<RuleCondition> conditions(const FieldRule& rule) const {
    if (options_.keeps_notes) return {};
    return rule_conditions(rule, source_kind(rule, source_));
  }

  static std::string story(const FieldRule& rule) {
    if (rule.constant) return "always " + describe(rule.constant->value());
    if (rule.whole) return "the whole record";
    std::string text = "from " + quoted(rule.from.front());
    for (std::size_t i = 1; i < rule.from.size(); ++i) text += ", else " + quoted(rule.from[i]);
    return text;
  }

  void judge_rule(const FieldRule& rule, std::int32_t index) {
    judge_target(rule.target, index, made_kind(rule, source_kind(rule, source_)), story(rule),
                 conditions(rule), rule.loss);
  }

  // The target field's own verdicts: what the rule forgets, and what the target cannot hold.
  void judge_target(const std::string& name, std::int32_t rule, FieldKind made,
                    const std::string& text, const std::vector<RuleCondition>& conditions,
                    const std::optional<std::string>& loss) {
    const std::size_t before = verdicts_.size();
    if (!conditions.empty()) add_undo(make(Side::target, name), rule, conditions, loss);
    if (!options_.types_fit && !target_.open && !target_.fields.empty()) {
      judge_fit(name, rule, made);
    }
    if (verdicts_.size() > before) return;
    FieldVerdict verdict = make(Side::target, name);
    verdict.text = text;
    verdict.rule_index = rule;
    verdicts_.push_back(std::move(verdict));
  }

  void add_undo(FieldVerdict verdict, std::int32_t rule,
                const std::vector<RuleCondition>& conditions,
                const std::optional<std::string>& loss) {
    verdict.fidelity = Fidelity::conditional;
    for (const RuleCondition& condition : conditions) {
      if (!verdict.text.empty()) verdict.text += "; ";
      verdict.text += condition.holds;
      if (!verdict.consequence.empty()) verdict.consequence += "; ";
      verdict.consequence += condition.consequence;
    }
    verdict.reason = loss.value_or("");
    verdict.declared = loss.has_value();
    verdict.countable = true;
    verdict.check = Check::undone;
    verdict.rule_index = rule;
    verdicts_.push_back(std::move(verdict));
  }

  void add_fit(const std::string& name, std::int32_t rule, Check check, std::string text,
               std::string consequence) {
    FieldVerdict verdict = make(Side::target, name);
    verdict.fidelity = Fidelity::conditional;
    verdict.text = std::move(text);
    verdict.consequence = std::move(consequence);
    verdict.countable = true;
    verdict.check = check;
    verdict.rule_index = rule;
    verdicts_.push_back(std::move(verdict));
  }

  void judge_fit(const std::string& name, std::int32_t rule, FieldKind made) {
    const Field* field = target_.find(name);
    if (field == nullptr) {
      if (!target_.complement.empty()) return;
      return add_fit(name, rule, Check::held,
                     "no record holds " + quoted(name) + ": the target has no such field",
                     "the record goes to quarantine");
    }
    if (!always_fits(made, field->type)) {
      add_fit(name, rule, Check::type,
              "every value of " + quoted(name) + " is a value of type " +
                  std::string(to_string(field->type.kind)),
              "the record goes to quarantine");
    }
    const bool key = std::find(target_.key.begin(), target_.key.end(), name) != target_.key.end();
    if (field->required && field->default_sql.empty() && !(key && target_.key_generated)) {
      if (!always_there(rule)) {
        add_fit(name, rule, Check::required,
                "every record holds " + quoted(name) + ": it is NOT NULL",
                "the record goes to quarantine");
      }
    } else if (!options_.nulls && target_.complement.empty()) {
      if (field->nullable && !always_there(rule)) {
        add_fit(name, rule, Check::no_absent, "every record holds " + quoted(name),
                "an absent field reads back as null");
      } else if (!field->nullable && may_be_null(name, rule)) {
        add_fit(name, rule, Check::no_null, "no record holds null in " + quoted(name),
                "null reads back as an absent field");
      }
    }
  }

  // Neither absent nor null, whatever the record holds.
  bool always_there(std::int32_t index) const {
    if (index < 0) return false;
    const FieldRule& rule = kind_->map[static_cast<std::size_t>(index)];
    if (rule.constant) return !rule.constant->value().is_null();
    if (rule.whole) return true;
    const Field* field = source_field(rule.from.front());
    return field != nullptr && field->required && !gives_null(rule);
  }

  static bool gives_null(const FieldRule& rule) {
    if (!rule.null_if.empty()) return true;
    if (rule.default_value && rule.default_value->value().is_null()) return true;
    if (rule.values_otherwise && rule.values_otherwise->value().is_null()) return true;
    return std::any_of(rule.values.begin(), rule.values.end(),
                       [](const auto& entry) { return entry.second.value().is_null(); });
  }

  bool field_may_be_null(std::string_view name) const {
    const Field* field = source_field(name);
    return field == nullptr || field->nullable || field->type.kind == FieldKind::any ||
           field->type.kind == FieldKind::json;
  }
  bool may_be_null(const std::string& name, std::int32_t index) const {
    if (index < 0) return name != kind_->rest_into && field_may_be_null(name);
    const FieldRule& rule = kind_->map[static_cast<std::size_t>(index)];
    if (rule.constant) return rule.constant->value().is_null();
    return gives_null(rule) || std::any_of(rule.from.begin(), rule.from.end(),
                                           [&](const auto& one) { return field_may_be_null(one); });
  }

  void lose(const std::string& name, std::string text) {
    FieldVerdict verdict = make(Side::source, name);
    verdict.fidelity = Fidelity::lossy;
    verdict.text = std::move(text);
    verdict.reason = kind_->rest_loss.value_or("");
    verdict.declared = kind_->rest_loss.has_value();
    verdicts_.push_back(std::move(verdict));
  }

  // A source field is lossless where one way out of the record is.
  void judge_source(const std::string& name) {
    FieldVerdict verdict = make(Side::source, name);
    for (const DroppedField& drop : kind_->drop) {
      if (drop.field != name) continue;
      verdict.fidelity = Fidelity::lossy;
      verdict.text = "dropped";
      verdict.reason = drop.reason;
      verdict.declared = true;
      verdicts_.push_back(std::move(verdict));
      return;
    }
    std::int32_t conditional = -1;
    for (std::size_t i = 0; i < kind_->map.size(); ++i) {
      const FieldRule& rule = kind_->map[i];
      if (rule.whole || (reads(rule, name) && conditions(rule).empty())) {
        verdict.text = (rule.whole ? "in " : "to ") + quoted(rule.target);
        verdict.rule_index = static_cast<std::int32_t>(i);
        verdicts_.push_back(std::move(verdict));
        return;
      }
      if (conditional < 0 && reads(rule, name)) conditional = static_cast<std::int32_t>(i);
    }
    if (conditional >= 0) {
      const FieldRule& rule = kind_->map[static_cast<std::size_t>(conditional)];
      return add_undo(std::move(verdict), conditional, conditions(rule), rule.loss);
    }
    if (kind_->rest == Rest::drop) return lose(name, "dropped with the rest");
    if (kind_->rest == Rest::error) return lose(name, "not mapped");
    verdict.text = kind_->rest == Rest::keep ? "kept" : "in " + quoted(kind_->rest_into);
    verdicts_.push_back(std::move(verdict));
  }

  const std::vector<Field>& source_;
  const Definition& target_;
  const VerdictOptions& options_;
  const Kind* kind_ = nullptr;
  std::uint32_t kind_index_ = 0;
  std::vector<FieldVerdict> verdicts_;
};

}  // namespace

std::string_view to_string(Fidelity fidelity) {
  switch (fidelity) {
    case Fidelity::lossless:
      return "lossless";
    case Fidelity::conditional:
      return "conditional";
    case Fidelity::lossy:
      return "lossy";
  }
  return "";
}

std::vector<FieldVerdict> verdicts(const Rules& rules, const std::vector<Field>& source,
                                   const Definition& target, const VerdictOptions& options) {
  Judge judge(source, target, options);
  for (std::uint32_t i = 0; i < rules.kinds.size(); ++i) judge.judge(rules.kinds[i], i);
  return judge.take();
}

}  // namespace decant::mapping
