#include "mapping/compiled_rule.h"

#include <algorithm>
#include <cstring>

#include "json/writer.h"
#include "mapping/fidelity.h"
#include "mapping/mapping.h"
#include "model/describe_value.h"

namespace decant::mapping {
namespace {

bool is_plain(std::string_view text) { return Literal::text(text).value().is_plain(); }

}  // namespace

Result<CompiledRule> CompiledRule::compile(const FieldRule& rule, std::string_view run_time,
                                           const std::vector<Field>& source,
                                           std::string_view document, CastMemory& memory) {
  CompiledRule compiled;
  compiled.rule_ = &rule;
  if (rule.constant) compiled.initial_ = rule.constant->value();
  if (rule.default_value) compiled.initial_ = rule.default_value->value();
  if (rule.default_run_time) compiled.initial_ = Value::text(run_time, true);
  if (!compiled.reads_source()) return compiled;

  const FieldKind kind = source_kind(rule, source);
  compiled.exact_ = rule_conditions(rule, kind).empty();
  compiled.undo_ = undo_cast(rule.cast, kind);
  if (!rule.null_if.empty()) compiled.parts_ |= kNullIf;
  const bool strips = !rule.strip_prefix.empty() || !rule.strip_suffix.empty();
  if (strips) compiled.parts_ |= kStrip;
  if (!rule.prefix.empty() || !rule.suffix.empty()) {
    compiled.parts_ |= kAffix;
    compiled.affix_plain_ = is_plain(rule.prefix) && is_plain(rule.suffix);
    // What was put around a number is taken off again, and then it is a number again.
    if (!strips) compiled.undo_ = cast_to(kind);
  }
  if (!rule.values.empty()) {
    compiled.parts_ |= kValues;
  } else if (rule.cast != Cast::none) {
    compiled.parts_ |= kCastTo;
  }

  std::vector<std::pair<Value, Value>> there;
  std::vector<std::pair<Value, Value>> back;
  const auto result_of = [&](const Literal& literal, Value& result) {
    result = literal.value();
    return result.is_null() || cast_value(result, rule.cast, memory);
  };
  for (const auto& [from, to] : rule.values) {
    Value result;
    if (!result_of(to, result)) {
      return error_at(document, rule.mark,
                      "field '" + rule.target + "': the table gives " + describe(to.value()) +
                          ", which is no " + std::string(to_string(rule.cast)));
    }
    there.emplace_back(from.value(), result);
    back.emplace_back(result, from.value());
  }
  if (rule.values_otherwise && !result_of(*rule.values_otherwise, compiled.otherwise_)) {
    return error_at(document, rule.mark,
                    "field '" + rule.target + "': `values_otherwise` is no " +
                        std::string(to_string(rule.cast)));
  }
  compiled.table_ = ValueTable(std::move(there));
  compiled.table_back_ = ValueTable(std::move(back));
  return compiled;
}

// In the order of SEMANTICS: null_if, text, values, cast.
bool CompiledRule::apply(Value& value, CastMemory& memory, Failure& failure) const {
  if ((parts_ & kNullIf) != 0) {
    for (const Literal& literal : rule_->null_if) {
      if (is_literal(value, literal.value())) value = Value::null();
    }
  }
  if (value.is_null()) {
    const Value* named = (parts_ & kValues) != 0 ? table_.find(value) : nullptr;
    if (named != nullptr) value = *named;
    return true;
  }
  if ((parts_ & kStrip) != 0 && !strip(value, rule_->strip_prefix, rule_->strip_suffix, failure)) {
    return false;
  }
  if ((parts_ & kAffix) != 0) {
    const bool digits = value.is(Type::int64) || value.is(Type::decimal);
    if (!value.is(Type::text) && !(digits && cast_value(value, Cast::text, memory))) {
      return fail(failure, kNotText, value,
                  "takes no prefix or suffix; `cast` it, or map it alone");
    }
    put_around(value, rule_->prefix, rule_->suffix, *memory.arena);
  }
  if ((parts_ & kValues) != 0) return look_up(value, failure);
#if DECANT_MUTANT_CAST_PASSES
  if ((parts_ & kCastTo) != 0) cast_value(value, rule_->cast, memory);
#else
  if ((parts_ & kCastTo) != 0 && !cast_value(value, rule_->cast, memory)) {
    return fail(failure, kCast, value,
                "is no " + std::string(to_string(rule_->cast)) + "; mend the record, or the rule");
  }
#endif
  return true;
}

bool CompiledRule::look_up(Value& value, Failure& failure) const {
  const Value* found = table_.find(value);
#if DECANT_MUTANT_TABLE_MISS_PASSES
  if (found == nullptr) return true;
#endif
  if (found == nullptr && otherwise_.is_absent()) {
    return fail(failure, kNoValue, value,
                "is not in the table; add it to `values`, or say `values_otherwise`");
  }
  value = found != nullptr ? *found : otherwise_;
  return true;
}

bool CompiledRule::strip(Value& value, std::string_view front, std::string_view back,
                         Failure& failure) const {
  if (!value.is(Type::text)) {
    return fail(failure, kNotText, value, "is no text, from which something could be taken off");
  }
  std::string_view text = value.as_text();
  if (!text.starts_with(front)) {
    return fail(failure, kPrefixMissing, value, "does not begin with '" + std::string(front) + "'");
  }
  text.remove_prefix(front.size());
  if (!text.ends_with(back)) {
    return fail(failure, kSuffixMissing, value, "does not end with '" + std::string(back) + "'");
  }
  text.remove_suffix(back.size());
  value = Value::text(text, value.is_plain());
  return true;
}

void CompiledRule::put_around(Value& value, std::string_view front, std::string_view back,
                              Arena& arena) const {
  const std::string_view text = value.as_text();
  const std::size_t size = front.size() + text.size() + back.size();
  char* memory = arena.allocate(size, 1);
  std::memcpy(memory, front.data(), front.size());
  if (!text.empty()) std::memcpy(memory + front.size(), text.data(), text.size());
  if (!back.empty()) std::memcpy(memory + front.size() + text.size(), back.data(), back.size());
  value = Value::text({memory, size}, value.is_plain() && affix_plain_);
}

bool CompiledRule::backward(Value& value, CastMemory& memory, Failure& failure) const {
  if (value.is_absent()) return true;
  if ((parts_ & kValues) != 0) {
    const Value* found = table_back_.find(value);
    if (found != nullptr) {
      value = *found;
    } else if (!value.is_null()) {
      return fail(failure, kNoValue, value, "is no result of the table; it has no way back");
    }
  }
  if (value.is_null()) return true;
  const bool texts = (parts_ & (kStrip | kAffix)) != 0;
  if ((parts_ & kCastTo) != 0) {
    const Cast undo = texts ? Cast::text : undo_;
    if (rule_->cast == Cast::json && undo == Cast::text) {
      value = Value::text(memory.arena->copy(json::to_json(value)));
    } else if (!cast_value(value, undo, memory)) {
      return fail(failure, kCast, value,
                  "cannot be brought back to " + std::string(to_string(undo)));
    }
  }
  if (!texts) return true;
  if (!strip(value, rule_->prefix, rule_->suffix, failure)) return false;
  if ((parts_ & kStrip) != 0) {
    put_around(value, rule_->strip_prefix, rule_->strip_suffix, *memory.arena);
    const Value stripped = Value::text(value.as_text());  // what is added back may need escapes
    value = stripped;
  } else if (undo_ != Cast::none && undo_ != Cast::text && !cast_value(value, undo_, memory)) {
    return fail(failure, kCast, value, "cannot be brought back to a number");
  }
  return true;
}

bool CompiledRule::fail(Failure& failure, std::string_view reason, const Value& value,
                        std::string_view what) const {
  failure.reason = reason;
  failure.message = "field '" + rule_->from.front() + "'";
  if (rule_->target != rule_->from.front()) failure.message += " (for '" + rule_->target + "')";
  failure.message += " holds " + describe(value) + ", which " + std::string(what);
  return false;
}

}  // namespace decant::mapping
