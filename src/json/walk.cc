#include "json/walk.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace decant::json {
namespace {

constexpr std::size_t kMembersCompared = 16;  // one with every other; more are sorted

}  // namespace

void Walk::enter(std::uint32_t begin, std::uint32_t end) {
  while (*next_ < begin) ++next_;
  end_ = end;
  fault_ = {};
  repeated_key_ = {};
  values_.clear();
  members_.clear();
}

bool Walk::refuse(const char* reason, const char* message, const char* at) {
  fault_ = {reason, message, at};
  return false;
}

bool Walk::refuse_at(std::uint32_t token, const char* message) {
  return refuse("syntax", token == kNone ? "the text ends too early" : message,
                text_ + (token == kNone ? end_ : token));
}

bool Walk::record(std::uint32_t begin, std::uint32_t end, ShapeWalker& walker, Batch& batch,
                  Record& record) {
  enter(begin, end);
  const std::uint32_t token = take();
  if (token == kNone || text_[token] != '{') {
    // A value of another kind is named as such only if it is one.
    Value value;
    if (!value_at(token, batch.arena, 0, value) || !nothing_follows()) return false;
    return refuse("not_an_object", "a record must be a JSON object", text_ + begin);
  }
  walker.start();
  if (!fields(walker, batch.arena) || !nothing_follows()) return false;
  record.shape = walker.finish(batch);
  const auto kept = batch.arena.allocate_array<Value>(values_.size());
  std::copy(values_.begin(), values_.end(), kept.begin());
  record.values = kept.data();
  return true;
}

bool Walk::value(std::uint32_t begin, std::uint32_t end, Arena& arena, Value& value) {
  enter(begin, end);
  return value_at(take(), arena, 0, value) && nothing_follows();
}

bool Walk::nothing_follows() {
  if (*next_ >= end_) return true;
  return refuse("syntax", "something stands behind the end of the value", text_ + *next_);
}

// The members of the record itself: their values stay on the stack, in order.
bool Walk::fields(ShapeWalker& walker, Arena& arena) {
  std::uint32_t token = take();
  if (token != kNone && text_[token] == '}') return true;
  while (true) {
    const bool is_string = token != kNone && text_[token] == '"';
    if (is_string && walker.step_predicted(text_ + token + 1) > 0) [[likely]] {
      if (!colon()) return false;
    } else if (!step(token, walker, arena)) {
      return false;
    }
    if (values_.size() == fields_max) {
      return refuse("too_many_fields", "the record has more fields than are kept", text_ + token);
    }
    Value value;
    if (!value_at(take(), arena, 1, value)) return false;
    values_.push_back(value);
    token = take();
    if (token != kNone && text_[token] == ',') {
      token = take();
      continue;
    }
    if (token != kNone && text_[token] == '}') return true;
    return refuse_at(token, "',' or '}' is expected");
  }
}

// A key that is not the one foreseen.
bool Walk::step(std::uint32_t token, ShapeWalker& walker, Arena& arena) {
  std::string_view field;
  if (!name(token, arena, field)) return false;
  if (field.size() > name_bytes_max) {
    return refuse("name_too_long", "a field's name is longer than is kept", text_ + token);
  }
#if DECANT_MUTANT_DUPLICATE_KEY_ACCEPTED
  if (!walker.step(field)) walker.step(std::string(field) + "_");
#else
  if (!walker.step(field)) {
    repeated_key_ = field;
    return refuse("duplicate_key", "a key stands twice in one object", text_ + token);
  }
#endif
  return true;
}

// A key and its colon.
bool Walk::name(std::uint32_t token, Arena& arena, std::string_view& out) {
  if (token == kNone || text_[token] != '"') return refuse_at(token, "a key in quotes is expected");
  bool plain = false;
  const char* end = nullptr;
  if (!read_string(text_ + token + 1, arena, out, plain, end, fault_)) return false;
  return colon();
}

bool Walk::value_at(std::uint32_t token, Arena& arena, unsigned depth, Value& value) {
  if (token == kNone) return refuse_at(token, "");
  const char* at = text_ + token;
  switch (*at) {
    case '"':
      return text(token, arena, value);
    case '{':
      return map(token, arena, depth + 1, value);
    case '[':
      if (depth + 1 > nesting_max) {
        return refuse("nesting", "lists and maps are nested too deeply", at);
      }
      return list(arena, depth + 1, value);
    case 't':
    case 'f':
    case 'n':
      return literal(token, value);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return read_number(at, text_ + end_, value, fault_);
    default:
      return refuse_at(token, "a value is expected");
  }
}

bool Walk::literal(std::uint32_t token, Value& value) {
  const char* at = text_ + token;
  std::size_t size = 4;
  if (std::memcmp(at, "true", 4) == 0) {
    value = Value::boolean(true);
  } else if (std::memcmp(at, "null", 4) == 0) {
    value = Value::null();
  } else if (std::memcmp(at, "false", 5) == 0) {
    value = Value::boolean(false);
    size = 5;
  } else {
    size = 0;
  }
  if (size == 0 || token + size > end_ || !scalar_ends(at + size, text_ + end_)) {
    return refuse_at(token, "a value is expected: true, false or null are what it comes close to");
  }
  return true;
}

bool Walk::text(std::uint32_t token, Arena& arena, Value& value) {
  std::string_view read;
  bool plain = false;
  const char* end = nullptr;
  if (!read_string(text_ + token + 1, arena, read, plain, end, fault_)) return false;
  value = Value::text(read, plain);
  return true;
}

bool Walk::list(Arena& arena, unsigned depth, Value& value) {
  const std::size_t base = values_.size();
  std::uint32_t token = take();
  if (token == kNone || text_[token] != ']') {
    while (true) {
      Value item;
      if (!value_at(token, arena, depth, item)) return false;
      values_.push_back(item);
      token = take();
      if (token != kNone && text_[token] == ',') {
        token = take();
        continue;
      }
      if (token != kNone && text_[token] == ']') break;
      return refuse_at(token, "',' or ']' is expected");
    }
  }
  const auto kept = arena.allocate_array<Value>(values_.size() - base);
  std::copy(values_.begin() + static_cast<std::ptrdiff_t>(base), values_.end(), kept.begin());
  values_.resize(base);
  value = Value::items(kept);
  return true;
}

bool Walk::map(std::uint32_t token, Arena& arena, unsigned depth, Value& value) {
  if (depth > nesting_max) {
    return refuse("nesting", "lists and maps are nested too deeply", text_ + token);
  }
  const std::uint32_t opening = token;
  const std::size_t base = members_.size();
  token = take();
  if (token == kNone || text_[token] != '}') {
    while (true) {
      std::string_view key;
      if (!name(token, arena, key)) return false;
      Value item;
      if (!value_at(take(), arena, depth, item)) return false;
      members_.push_back({key, item});
      token = take();
      if (token != kNone && text_[token] == ',') {
        token = take();
        continue;
      }
      if (token != kNone && text_[token] == '}') break;
      return refuse_at(token, "',' or '}' is expected");
    }
  }
  if (!members_differ(base)) {
    return refuse("duplicate_key", "a key stands twice in one object", text_ + opening);
  }
  const auto kept = arena.allocate_array<Member>(members_.size() - base);
  std::copy(members_.begin() + static_cast<std::ptrdiff_t>(base), members_.end(), kept.begin());
  members_.resize(base);
  value = Value::map(kept);
  return true;
}

// False where two of the members from `base` on have one name.
bool Walk::members_differ(std::size_t base) {
  const std::size_t count = members_.size() - base;
  const Member* members = members_.data() + base;
  if (count <= kMembersCompared) {
    for (std::size_t i = 1; i < count; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].name == members[j].name) {
          repeated_key_ = members[i].name;
          return false;
        }
      }
    }
    return true;
  }
  names_.clear();
  for (std::size_t i = 0; i < count; ++i) names_.push_back(members[i].name);
  std::sort(names_.begin(), names_.end());
  const auto repeated = std::adjacent_find(names_.begin(), names_.end());
  if (repeated == names_.end()) return true;
  repeated_key_ = *repeated;
  return false;
}

}  // namespace decant::json
