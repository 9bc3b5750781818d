#include "mapping/fidelity.h"

#include <algorithm>

#include "mapping/cast.h"
#include "mapping/value_table.h"
#include "model/describe_value.h"

namespace decant::mapping {
namespace {

bool is_number(FieldKind kind) {
  return kind == FieldKind::integer || kind == FieldKind::decimal || kind == FieldKind::number ||
         kind == FieldKind::real;
}

std::string quoted(const std::string& name) { return "'" + name + "'"; }

std::string list_of(const std::vector<Literal>& values) {
  std::string text;
  for (const Literal& value : values) {
    if (!text.empty()) text += " or ";
    text += describe(value.value());
  }
  return text;
}

// Whether the cast, and the cast back, give the same value for all that the kind can hold.
bool cast_is_exact(Cast cast, FieldKind kind) {
  switch (cast) {
    case Cast::none:
      return true;
    case Cast::integer:
    case Cast::decimal:
    case Cast::number:
    case Cast::real:
      return is_number(kind) || (cast == Cast::integer && kind == FieldKind::boolean);
    case Cast::text:
      return is_number(kind) || kind == FieldKind::text || kind == FieldKind::boolean ||
             kind == FieldKind::timestamp || kind == FieldKind::timestamp_local ||
             kind == FieldKind::date;
    case Cast::boolean:
      return is_number(kind) || kind == FieldKind::text || kind == FieldKind::boolean;
    case Cast::timestamp:
      return kind == FieldKind::timestamp;
    case Cast::timestamp_local:
      return kind == FieldKind::timestamp_local;
    case Cast::date:
      return kind == FieldKind::date;
    case Cast::json:
      return false;
  }
  return false;
}

RuleCondition cast_condition(const std::string& field, Cast cast, FieldKind kind) {
  const std::string holder = quoted(field) + " holds ";
  if (cast == Cast::text) {
    return {holder + "text in every record", "the way back gives text"};
  }
  if (cast == Cast::real && kind != FieldKind::text) {
    return {holder + "numbers in every record", "the way back gives a number"};
  }
  if (cast == Cast::json) {
    return {holder + "compact JSON text in every record", "the way back gives compact JSON"};
  }
  return {holder + "text as " + std::string(to_string(cast)) + " is printed, in every record",
          "the way back gives the printed form"};
}

void add_table_conditions(const FieldRule& rule, std::vector<RuleCondition>& conditions) {
  std::vector<Literal> second;  // keys whose result another key gave before
  bool gives_null = false;
  for (std::size_t i = 0; i < rule.values.size(); ++i) {
    gives_null = gives_null || rule.values[i].second.value().is_null();
    for (std::size_t j = 0; j < i; ++j) {
      if (is_literal(rule.values[i].second.value(), rule.values[j].second.value())) {
        second.push_back(rule.values[i].first);
        break;
      }
    }
  }
  const std::string field = quoted(rule.from.front());
  if (!second.empty()) {
    conditions.push_back({"no record holds " + list_of(second) + " in " + field,
                          "the way back gives the table's first value of that result"});
  }
  const auto names_null = [](const auto& entry) { return entry.first.value().is_null(); };
  if (gives_null && std::none_of(rule.values.begin(), rule.values.end(), names_null)) {
    conditions.push_back(
        {"no record holds null in " + field, "the way back gives the table's value for null"});
  }
  if (rule.values_otherwise) {
    conditions.push_back({"every value of " + field + " is in the table",
                          "the way back cannot tell which value it was"});
  }
}

}  // namespace

Cast undo_cast(Cast cast, FieldKind kind) {
  if (cast == Cast::none) return Cast::none;
  if (is_number(kind) && cast == Cast::boolean) return Cast::integer;
  const Cast known = cast_to(kind);
  if (known != Cast::none) return known;
  return cast == Cast::text || cast == Cast::real ? Cast::none : Cast::text;
}

FieldKind source_kind(const FieldRule& rule, const std::vector<Field>& source) {
  if (rule.from.empty()) return FieldKind::any;
  const auto found = std::find_if(source.begin(), source.end(), [&](const Field& field) {
    return field.name == rule.from.front();
  });
  return found == source.end() ? FieldKind::any : found->type.kind;
}

std::vector<RuleCondition> rule_conditions(const FieldRule& rule, FieldKind kind) {
  std::vector<RuleCondition> conditions;
  if (rule.from.empty()) return conditions;
  const std::string& field = rule.from.front();
  if (rule.from.size() > 1) {
    conditions.push_back({"no record spells " + quoted(field) + " otherwise, or twice",
                          "the way back writes " + quoted(field) + " alone"});
  }
  if (!rule.null_if.empty()) {
    conditions.push_back({"no record holds " + list_of(rule.null_if) + " in " + quoted(field),
                          "the way back gives null"});
  }
  const bool affix = !rule.prefix.empty() || !rule.suffix.empty();
  const bool strip = !rule.strip_prefix.empty() || !rule.strip_suffix.empty();
  if (affix && !strip && kind != FieldKind::text && kind != FieldKind::integer &&
      kind != FieldKind::decimal) {
    conditions.push_back(
        {quoted(field) + " holds text in every record", "the way back gives text"});
  }
  if (!rule.values.empty()) {
    add_table_conditions(rule, conditions);
  } else {
    const FieldKind before_cast = affix || strip ? FieldKind::text : kind;
    if (!cast_is_exact(rule.cast, before_cast)) {
      conditions.push_back(cast_condition(field, rule.cast, before_cast));
    }
  }
  if (rule.default_value || rule.default_run_time) {
    conditions.push_back({"every record holds " + quoted(field),
                          "the way back writes " +
                              (rule.default_run_time ? std::string("the run time")
                                                     : describe(rule.default_value->value())) +
                              " where nothing was"});
  }
  return conditions;
}

}  // namespace decant::mapping
