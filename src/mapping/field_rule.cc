#include "mapping/field_rule.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "mapping/reference.h"
#include "model/canonical.h"

namespace decant::mapping {
namespace {

constexpr std::array kCasts = {Cast::integer, Cast::decimal, Cast::number,    Cast::real,
                               Cast::text,    Cast::boolean, Cast::timestamp, Cast::timestamp_local,
                               Cast::date,    Cast::json};

class RuleParser {
 public:
  RuleParser(std::string_view document, FieldRule& rule) : document_(document), rule_(rule) {}

  Status parse(const Node& node) {
    for (const auto& [key, value] : node.members) DECANT_CHECK(parse_part(key, value));
    return check(node);
  }

 private:
  Status parse_part(const Node& key, const Node& value) {
    const std::string& word = key.text;
    if (word == "from") {
      DECANT_ASSIGN(rule_.from, parse_names(value, "from", document_));
    } else if (word == "null_if") {
      if (value.is(Node::Form::list)) {
        for (const Node& item : value.items) rule_.null_if.push_back(Literal::of(item));
      } else {
        rule_.null_if.push_back(Literal::of(value));
      }
    } else if (word == "strip_prefix") {
      return parse_text(value, word, rule_.strip_prefix);
    } else if (word == "strip_suffix") {
      return parse_text(value, word, rule_.strip_suffix);
    } else if (word == "prefix") {
      return parse_text(value, word, rule_.prefix);
    } else if (word == "suffix") {
      return parse_text(value, word, rule_.suffix);
    } else if (word == "values") {
      return parse_values(value);
    } else if (word == "values_otherwise") {
      rule_.values_otherwise = Literal::of(value);
    } else if (word == "cast") {
      return parse_cast(value);
    } else if (word == "default") {
      return parse_default(value);
    } else if (word == "const") {
      rule_.constant = Literal::of(value);
    } else if (word == "whole") {
      return parse_whole(value);
    } else {
      return parse_flag(key, value);
    }
    return ok_status();
  }

  Status parse_flag(const Node& key, const Node& value) {
    if (key.text == "once") {
      if (!value.is(Node::Form::boolean)) return wrong(value, "`once` is true or false");
      rule_.once = value.as_boolean();
    } else if (key.text == "loss") {
      std::string reason;
      DECANT_CHECK(parse_text(value, key.text, reason));
      rule_.loss = std::move(reason);
    } else {
      return unknown_key(document_, key, known_keys(KeyReference::Scope::field));
    }
    return ok_status();
  }

  Status parse_text(const Node& value, std::string_view word, std::string& text) {
    if (!value.is(Node::Form::text)) {
      return wrong(value, "`" + std::string(word) + "` is text, not " +
                              std::string(to_string(value.form)) + "; put it in quotes");
    }
    if (value.text.empty()) return wrong(value, "`" + std::string(word) + "` is empty");
    text = value.text;
    return ok_status();
  }

  Status parse_values(const Node& value) {
    if (!value.is(Node::Form::map) || value.members.empty()) {
      return wrong(value, "`values` is a map of SOURCE: TARGET");
    }
    std::vector<std::string> seen;  // canonical: 1 and 1.0 are one value
    for (const auto& [from, to] : value.members) {
      Literal source = Literal::of(from);
      append_canonical(source.value(), seen.emplace_back());
      rule_.values.emplace_back(std::move(source), Literal::of(to));
    }
    std::sort(seen.begin(), seen.end());
    if (std::adjacent_find(seen.begin(), seen.end()) != seen.end()) {
      return wrong(value, "`values` names one value twice");
    }
    return ok_status();
  }

  Status parse_cast(const Node& value) {
    const auto found = std::find_if(kCasts.begin(), kCasts.end(),
                                    [&](Cast cast) { return value.text == to_string(cast); });
    if (value.is(Node::Form::text) && found != kCasts.end()) {
      rule_.cast = *found;
      return ok_status();
    }
    std::string message = "`cast` is one of";
    for (const Cast cast : kCasts) message += " " + std::string(to_string(cast));
    return wrong(value, message);
  }

  Status parse_default(const Node& value) {
    const Node* run_time = value.is(Node::Form::map) ? value.find("run_time") : nullptr;
    if (run_time == nullptr || value.members.size() != 1) {
      rule_.default_value = Literal::of(value);
      return ok_status();
    }
    if (run_time->text != "iso") return wrong(*run_time, "`run_time` is iso");
    rule_.default_run_time = true;
    return ok_status();
  }

  Status parse_whole(const Node& value) {
    if (value.is(Node::Form::boolean) ? !value.as_boolean() : value.text != "json") {
      return wrong(value, "`whole` is true; leave it out otherwise");
    }
    rule_.whole = true;
    return ok_status();
  }

  Status check(const Node& node) {
    const bool parts = !rule_.from.empty() || !rule_.null_if.empty() ||
                       !rule_.strip_prefix.empty() || !rule_.strip_suffix.empty() ||
                       !rule_.prefix.empty() || !rule_.suffix.empty() || !rule_.values.empty() ||
                       rule_.cast != Cast::none || rule_.default_value.has_value() ||
                       rule_.default_run_time;
    if (rule_.values_otherwise && rule_.values.empty()) {
      return wrong(node, "`values_otherwise` needs `values`");
    }
    if (rule_.constant && rule_.whole) return wrong(node, "`const` and `whole` in one rule");
    if ((rule_.constant || rule_.whole) && parts) {
      return wrong(node, std::string(rule_.constant ? "`const`" : "`whole`") +
                             " stands alone: only `once` and `loss` may be beside it");
    }
    if (!rule_.constant && !rule_.whole && rule_.from.empty()) rule_.from = {rule_.target};
    return ok_status();
  }

  Error wrong(const Node& node, std::string_view message) {
    return error_at(document_, node.mark, "field '" + rule_.target + "': " + std::string(message));
  }

  std::string_view document_;
  FieldRule& rule_;
};

}  // namespace

std::string_view to_string(Cast cast) {
  switch (cast) {
    case Cast::none:
      return "none";
    case Cast::integer:
      return "integer";
    case Cast::decimal:
      return "decimal";
    case Cast::number:
      return "number";
    case Cast::real:
      return "real";
    case Cast::text:
      return "text";
    case Cast::boolean:
      return "boolean";
    case Cast::timestamp:
      return "timestamp";
    case Cast::timestamp_local:
      return "timestamp_local";
    case Cast::date:
      return "date";
    case Cast::json:
      return "json";
  }
  return "";
}

Result<std::vector<std::string>> parse_names(const Node& node, std::string_view what,
                                             std::string_view document) {
  const std::string word = "`" + std::string(what) + "`";
  std::vector<std::string> names;
  const auto add = [&](const Node& name) -> Status {
    if (!name.is(Node::Form::text)) {
      return error_at(document, name.mark,
                      word + " is a name, not " + std::string(to_string(name.form)) +
                          "; put it in quotes if it is meant");
    }
    if (name.text.size() > name_bytes_max) {
      return error_at(document, name.mark,
                      "a name longer than " + std::to_string(name_bytes_max) + " bytes");
    }
    if (std::find(names.begin(), names.end(), name.text) != names.end()) {
      return error_at(document, name.mark, word + " names '" + name.text + "' twice");
    }
    names.push_back(name.text);
    return ok_status();
  };
  if (node.is(Node::Form::list)) {
    if (node.items.empty()) return error_at(document, node.mark, word + " is an empty list");
    if (node.items.size() > fields_max) {
      return error_at(document, node.mark, word + " names more than " + std::to_string(fields_max));
    }
    for (const Node& item : node.items) DECANT_CHECK(add(item));
  } else {
    DECANT_CHECK(add(node));
  }
  return names;
}

Result<FieldRule> parse_field_rule(const Node& target, const Node& node,
                                   std::string_view document) {
  FieldRule rule;
  rule.target = target.text;
  rule.mark = target.mark;
  if (node.is(Node::Form::text)) {
    DECANT_ASSIGN(rule.from, parse_names(node, "from", document));
  } else if (node.is(Node::Form::map)) {
    DECANT_CHECK(RuleParser(document, rule).parse(node));
  } else {
    return error_at(document, node.mark,
                    "field '" + target.text +
                        "': the rule is a source field's name or a map, not " +
                        std::string(to_string(node.form)) + "; a fixed value is {const: VALUE}");
  }
  return rule;
}

}  // namespace decant::mapping
