#include "mapping/rules.h"

#include <algorithm>

#include "base/limits.h"
#include "mapping/field_rule.h"
#include "mapping/mapping.h"
#include "mapping/reference.h"

namespace decant::mapping {
namespace {

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class RulesParser {
 public:
  RulesParser(std::string_view target, std::string_view document) : document_(document) {
    rules_.document = document;
    rules_.target = target;
  }

  Result<Rules> parse(const Node& node, const std::vector<std::string_view>& other_keys) {
    if (!node.is(Node::Form::map) && !node.is(Node::Form::null)) {
      return error_at(document_, node.mark, "a collection is described by a map");
    }
    std::vector<std::string_view> known = known_keys(KeyReference::Scope::collection);
    for (const std::string_view key : known_keys(KeyReference::Scope::kind)) {
      if (key != "when") known.push_back(key);
    }
    known.insert(known.end(), other_keys.begin(), other_keys.end());
    Kind single;
    single.mark = node.mark;
    const Node* kinds = node.find("kinds");
    for (const auto& [key, value] : node.members) {
      if (!contains(known, key.text)) return unknown_key(document_, key, known);
      if (contains(other_keys, key.text)) continue;
      DECANT_CHECK(parse_key(key, value, kinds != nullptr, single));
    }
    if (kinds == nullptr) {
      DECANT_CHECK(finish_kind(single, node));
      rules_.kinds.push_back(std::move(single));
    }
    return std::move(rules_);
  }

 private:
  Status parse_key(const Node& key, const Node& value, bool has_kinds, Kind& single) {
    if (key.text == "from") {
      DECANT_ASSIGN(rules_.from, parse_names(value, "from", document_));
    } else if (key.text == "key") {
      DECANT_ASSIGN(rules_.key, parse_names(value, "key", document_));
    } else if (key.text == "where") {
      DECANT_ASSIGN(rules_.where, parse_condition(value, document_));
    } else if (key.text == "kinds") {
      return parse_kinds(value);
    } else if (key.text == "otherwise") {
      return parse_otherwise(value);
    } else if (has_kinds) {
      return error_at(document_, key.mark,
                      "`" + key.text + "` stands inside of each kind, where there are `kinds`");
    } else {
      return parse_kind_key(key, value, single);
    }
    return ok_status();
  }

  Status parse_otherwise(const Node& value) {
    if (value.text == "leave") {
      rules_.otherwise = Otherwise::leave;
    } else if (value.text != "quarantine") {
      return error_at(document_, value.mark, "`otherwise` is quarantine or leave");
    }
    return ok_status();
  }

  Status parse_kinds(const Node& node) {
    if (!node.is(Node::Form::map) || node.members.empty()) {
      return error_at(document_, node.mark, "`kinds` is a map of NAME: kind");
    }
    for (const auto& [name, value] : node.members) {
      if (!rules_.kinds.empty() && rules_.kinds.back().when.empty()) {
        return error_at(document_, name.mark,
                        "kind '" + name.text + "' never applies: the one before it has no `when`");
      }
      Kind kind;
      kind.name = name.text;
      kind.mark = name.mark;
      if (!value.is(Node::Form::map)) {
        return error_at(document_, value.mark, "kind '" + name.text + "' is described by a map");
      }
      for (const auto& [key, part] : value.members) {
        if (key.text == "when") {
          DECANT_ASSIGN(kind.when, parse_condition(part, document_));
        } else {
          DECANT_CHECK(parse_kind_key(key, part, kind));
        }
      }
      DECANT_CHECK(finish_kind(kind, value));
      rules_.kinds.push_back(std::move(kind));
    }
    return ok_status();
  }

  Status parse_kind_key(const Node& key, const Node& value, Kind& kind) {
    if (key.text == "map") return parse_map(value, kind);
    if (key.text == "rest") return parse_rest(value, kind);
    if (key.text == "drop") return parse_drop(value, kind);
    return unknown_key(document_, key, known_keys(KeyReference::Scope::kind));
  }

  Status parse_map(const Node& node, Kind& kind) {
    if (!node.is(Node::Form::map)) {
      return error_at(document_, node.mark, "`map` is a map of TARGET FIELD: rule");
    }
    if (node.members.size() > fields_max) {
      return error_at(document_, node.mark, "more than " + std::to_string(fields_max) + " rules");
    }
    for (const auto& [target, rule_node] : node.members) {
      if (target.text.empty() || target.text.size() > name_bytes_max) {
        return error_at(document_, target.mark,
                        "a field's name has 1 to " + std::to_string(name_bytes_max) + " bytes");
      }
      if (target.text == kSourceNotes) {
        return error_at(document_, target.mark,
                        "'" + target.text + "' is a field of Decant's own; use another name");
      }
      DECANT_ASSIGN(FieldRule rule, parse_field_rule(target, rule_node, document_));
      kind.map.push_back(std::move(rule));
    }
    return ok_status();
  }

  Status parse_rest(const Node& node, Kind& kind) {
    if (node.is(Node::Form::text) && node.text == "keep") {
      kind.rest = Rest::keep;
      return ok_status();
    }
    if (node.is(Node::Form::text) && node.text == "drop") {
      kind.rest = Rest::drop;
      return ok_status();
    }
    if (node.is(Node::Form::map) && node.members.size() == 1) {
      const auto& [key, value] = node.members.front();
      if (key.text != "into" && key.text != "drop") {
        return unknown_key(document_, key, {"into", "drop"});
      }
      if (value.is(Node::Form::text) && !value.text.empty() && value.text != kSourceNotes) {
        kind.rest = key.text == "into" ? Rest::into : Rest::drop;
        if (kind.rest == Rest::into) kind.rest_into = value.text;
        if (kind.rest == Rest::drop) kind.rest_loss = value.text;
        return ok_status();
      }
    }
    return error_at(document_, node.mark, "`rest` is keep, drop, {into: FIELD} or {drop: REASON}");
  }

  Status parse_drop(const Node& node, Kind& kind) {
    if (node.is(Node::Form::map)) {
      for (const auto& [field, reason] : node.members) {
        DECANT_CHECK(add_drop(field, &reason, kind));
      }
      return ok_status();
    }
    if (!node.is(Node::Form::list)) {
      return error_at(document_, node.mark, "`drop` is a map of FIELD: reason");
    }
    for (const Node& item : node.items) {
      for (const auto& [key, value] : item.members) {
        if (key.text != "field" && key.text != "reason") {
          return unknown_key(document_, key, {"field", "reason"});
        }
      }
      const Node* field = item.find("field");
      if (field == nullptr) {
        return error_at(document_, item.mark, "an item of `drop` is {field: NAME, reason: TEXT}");
      }
      DECANT_CHECK(add_drop(*field, item.find("reason"), kind));
    }
    return ok_status();
  }

  Status add_drop(const Node& field, const Node* reason, Kind& kind) {
    if (!field.is_scalar() || field.text.empty()) {
      return error_at(document_, field.mark, "a dropped field is a name");
    }
    if (reason == nullptr || !reason->is(Node::Form::text) || reason->text.empty()) {
      return error_at(document_, reason == nullptr ? field.mark : reason->mark,
                      "dropping field '" + field.text + "' needs a reason: why may it be lost?");
    }
    if (kind.drop.size() == fields_max) {
      return error_at(document_, field.mark, "more than " + std::to_string(fields_max) + " drops");
    }
    kind.drop.push_back({field.text, reason->text, field.mark});
    return ok_status();
  }

  // What only the kind as a whole can tell.
  Status finish_kind(Kind& kind, const Node& node) {
    if (node.find("map") == nullptr && kind.drop.empty() && kind.rest == Rest::error) {
      kind.rest = Rest::keep;  // nothing is said: copied as it is
    }
    if (kind.map.empty() && kind.rest != Rest::keep && kind.rest != Rest::into) {
      return error_at(document_, kind.mark, "no field is mapped; say `rest: keep` to copy them");
    }
    std::vector<std::string_view> targets;
    std::vector<std::string_view> sources;
    std::size_t whole = 0;
    for (const FieldRule& rule : kind.map) {
      targets.push_back(rule.target);
      sources.insert(sources.end(), rule.from.begin(), rule.from.end());
      if (rule.whole && ++whole > 1) {
        return error_at(document_, rule.mark, "the whole record is kept in another field already");
      }
    }
    std::sort(targets.begin(), targets.end());
    const auto twice = std::adjacent_find(targets.begin(), targets.end());
    if (twice != targets.end()) {
      return error_at(document_, kind.mark, "field '" + std::string(*twice) + "' is mapped twice");
    }
    if (kind.rest == Rest::into &&
        std::binary_search(targets.begin(), targets.end(), std::string_view(kind.rest_into))) {
      return error_at(document_, kind.mark,
                      "`rest: {into: " + kind.rest_into + "}` names a field that `map` makes");
    }
    std::sort(sources.begin(), sources.end());
    std::vector<std::string_view> dropped;
    for (const DroppedField& drop : kind.drop) {
      if (std::binary_search(sources.begin(), sources.end(), std::string_view(drop.field))) {
        return error_at(document_, drop.mark, "field '" + drop.field + "' is mapped and dropped");
      }
      if (contains(dropped, drop.field)) {
        return error_at(document_, drop.mark, "field '" + drop.field + "' is dropped twice");
      }
      dropped.push_back(drop.field);
    }
    return ok_status();
  }

  std::string_view document_;
  Rules rules_;
};

}  // namespace

bool Rules::is_identity() const {
  return where.empty() && kinds.size() == 1 && kinds[0].when.empty() && kinds[0].map.empty() &&
         kinds[0].drop.empty() && kinds[0].rest == Rest::keep;
}

std::vector<std::string> Rules::once() const {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) {
    for (const FieldRule& rule : kind.map) {
      if (rule.once && std::find(names.begin(), names.end(), rule.target) == names.end()) {
        names.push_back(rule.target);
      }
    }
  }
  return names;
}

std::vector<std::string> Rules::owned() const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Kind& kind : kinds) {
    if (kind.rest == Rest::keep) return {};
    for (const FieldRule& rule : kind.map) add(rule.target);
    if (kind.rest == Rest::into) add(kind.rest_into);
  }
  return names;
}

Rules copy_rules(std::string_view target) {
  Rules rules;
  rules.target = target;
  rules.kinds.emplace_back();
  rules.kinds.back().rest = Rest::keep;
  return rules;
}

Result<Rules> parse_rules(const Node& collection, std::string_view target,
                          std::string_view document,
                          const std::vector<std::string_view>& other_keys) {
  return RulesParser(target, document).parse(collection, other_keys);
}

}  // namespace decant::mapping
