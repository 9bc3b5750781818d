#include "mapping/condition.h"

#include <algorithm>
#include <compare>
#include <optional>

#include "mapping/pattern.h"
#include "mapping/reference.h"
#include "model/canonical.h"
#include "model/order.h"
#include "model/temporal.h"

namespace decant::mapping {
namespace {

class ConditionParser {
 public:
  explicit ConditionParser(std::string_view document) : document_(document) {}

  Result<Condition> parse(const Node& node) {
    if (!node.is(Node::Form::map) || node.members.empty()) {
      return error_at(document_, node.mark, "a condition is a map, such as {FIELD: VALUE}");
    }
    Condition condition;
    for (const auto& [key, value] : node.members) {
      if (key.text == "any" && value.is(Node::Form::list)) {
        DECANT_CHECK(parse_any(value, condition));
      } else {
        DECANT_CHECK(parse_field(key, value, condition));
      }
    }
    return condition;
  }

 private:
  Status parse_any(const Node& list, Condition& condition) {
    if (list.items.empty()) {
      return error_at(document_, list.mark,
                      "`any` with nothing in it never holds; name conditions");
    }
    std::vector<Condition> alternatives;
    for (const Node& item : list.items) {
      DECANT_ASSIGN(Condition alternative, parse(item));
      alternatives.push_back(std::move(alternative));
    }
    condition.any.push_back(std::move(alternatives));
    return ok_status();
  }

  Status parse_field(const Node& key, const Node& value, Condition& condition) {
    if (value.is(Node::Form::list)) {
      return error_at(document_, value.mark, "to test for several values, say {one_of: [...]}");
    }
    if (value.is_scalar()) {
      FieldTest test;
      test.field = key.text;
      test.values.push_back(Literal::of(value));
      condition.tests.push_back(std::move(test));
      return ok_status();
    }
    if (value.members.empty()) {
      return error_at(document_, value.mark, "a test is missing: prefix, one_of, range, ...");
    }
    for (const auto& [word, operand] : value.members) {
      DECANT_ASSIGN(FieldTest test, parse_test(word, operand));
      test.field = key.text;
      condition.tests.push_back(std::move(test));
    }
    return ok_status();
  }

  Result<FieldTest> parse_test(const Node& word, const Node& operand) {
    FieldTest test;
    if (word.text == "prefix") {
      test.kind = FieldTest::Kind::prefix;
      DECANT_CHECK(expect(operand, Node::Form::text, "prefix"));
      test.text = operand.text;
    } else if (word.text == "pattern") {
      test.kind = FieldTest::Kind::pattern;
      DECANT_CHECK(expect(operand, Node::Form::text, "pattern"));
      test.text = operand.text;
      auto compiled = Pattern::compile(test.text);
      if (!compiled.ok()) return error_at(document_, operand.mark, compiled.error().message);
      test.pattern = std::move(compiled).value();
    } else if (word.text == "present") {
      test.kind = FieldTest::Kind::present;
      DECANT_CHECK(expect(operand, Node::Form::boolean, "present"));
      test.present = operand.as_boolean();
    } else if (word.text == "one_of") {
      test.kind = FieldTest::Kind::one_of;
      DECANT_CHECK(expect(operand, Node::Form::list, "one_of"));
      for (const Node& item : operand.items) test.values.push_back(Literal::of(item));
    } else if (word.text == "range") {
      test.kind = FieldTest::Kind::range;
      DECANT_CHECK(parse_range(operand, test));
    } else {
      std::vector<std::string_view> known = known_keys(KeyReference::Scope::condition);
      std::erase(known, "any");  // stands where a field's name would
      return unknown_key(document_, word, known);
    }
    return test;
  }

  Status parse_range(const Node& operand, FieldTest& test) {
    if (!operand.is(Node::Form::list) || operand.items.size() != 2) {
      return error_at(document_, operand.mark, "`range` is [LOW, HIGH]; null for no bound");
    }
    for (const Node& bound : operand.items) {
      if (!bound.is(Node::Form::null) && !bound.is(Node::Form::number) &&
          !bound.is(Node::Form::text)) {
        return error_at(document_, bound.mark, "a bound of `range` is a number, a text or null");
      }
      test.values.push_back(Literal::of(bound));
    }
    return ok_status();
  }

  Status expect(const Node& node, Node::Form form, std::string_view word) {
    if (node.is(form)) return ok_status();
    return error_at(document_, node.mark,
                    "`" + std::string(word) + "` is " + std::string(to_string(form)) + ", not " +
                        std::string(to_string(node.form)));
  }

  std::string_view document_;
};

// The moment that `bound` writes, in the type of `value`.
std::optional<std::int64_t> moment(const Value& value, std::string_view bound) {
  switch (value.type()) {
    case Type::timestamp: {
      const auto time = parse_timestamp(bound);
      return time ? std::optional(time->microseconds) : std::nullopt;
    }
    case Type::timestamp_local:
      return parse_timestamp_local(bound);
    case Type::date:
      return parse_date(bound);
    case Type::time:
      return parse_time(bound);
    default:
      return std::nullopt;
  }
}

std::partial_ordering compare_bound(const Value& value, const Value& bound) {
  if (bound.is(Type::text) && !value.is(Type::text)) {
    const auto time = moment(value, bound.as_text());
    if (!time) return std::partial_ordering::unordered;
    return value.as_int64() <=> *time;
  }
  return order(value, bound);
}

bool in_range(const FieldTest& test, const Value& value) {
  const Value& low = test.values[0].value();
  const Value& high = test.values[1].value();
  if (!value.is_present()) return false;
  if (low.is_null() && high.is_null()) return true;
  return (low.is_null() || compare_bound(value, low) >= 0) &&
         (high.is_null() || compare_bound(value, high) <= 0);
}

}  // namespace

Result<Condition> parse_condition(const Node& node, std::string_view document_name) {
  return ConditionParser(document_name).parse(node);
}

Condition both(Condition a, Condition b) {
  std::move(b.tests.begin(), b.tests.end(), std::back_inserter(a.tests));
  std::move(b.any.begin(), b.any.end(), std::back_inserter(a.any));
  return a;
}

bool holds(const FieldTest& test, const Value& value) {
  if (test.kind == FieldTest::Kind::present) return value.is_absent() != test.present;
  if (value.is_absent()) return false;
  switch (test.kind) {
    case FieldTest::Kind::equals:
    case FieldTest::Kind::one_of:
      return std::any_of(test.values.begin(), test.values.end(), [&](const Literal& literal) {
        if (value.is(Type::text) && literal.value().is(Type::text)) {
          return value.as_text() == literal.value().as_text();
        }
        return equal(value, literal.value());
      });
    case FieldTest::Kind::prefix:
      return value.is(Type::text) && value.as_text().starts_with(test.text);
    case FieldTest::Kind::pattern:
      return value.is(Type::text) && test.pattern->matches(value.as_text());
    case FieldTest::Kind::range:
      return in_range(test, value);
    case FieldTest::Kind::present:
      break;
  }
  return false;
}

bool holds(const Condition& condition, const Record& record) {
  return std::all_of(condition.tests.begin(), condition.tests.end(),
                     [&](const FieldTest& test) { return holds(test, record.find(test.field)); }) &&
         std::all_of(condition.any.begin(), condition.any.end(),
                     [&](const std::vector<Condition>& alternatives) {
                       return std::any_of(alternatives.begin(), alternatives.end(),
                                          [&](const Condition& one) { return holds(one, record); });
                     });
}

}  // namespace decant::mapping
