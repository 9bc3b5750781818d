// The canonical form over JSON records: two values are equal where, and only where, their canonical
// bytes are the same; neither permuted keys nor another spelling of a number changes them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "json/reader.h"
#include "json/writer.h"
#include "model/canonical.h"

using namespace decant;

namespace {

std::string canonical(const Value& value) {
  std::string bytes;
  append_canonical(value, bytes);
  return bytes;
}

// The same fact in other words: members in reverse, numbers with an exponent or as decimals.
Value respell(const Value& value, Arena& arena) {
  switch (value.type()) {
    case Type::int64:
      return Value::decimal(arena.copy(std::to_string(value.as_int64()) + ".0"));
    case Type::decimal: {
      const std::string_view text = value.as_text();
      if (text.find_first_of("eE") != std::string_view::npos || text.size() > 500) return value;
      return Value::decimal(arena.copy(std::string(text) + "e0"));
    }
    case Type::list: {
      const auto items = arena.allocate_array<Value>(value.as_items().size());
      std::transform(value.as_items().begin(), value.as_items().end(), items.begin(),
                     [&](const Value& item) { return respell(item, arena); });
      return Value::items(items);
    }
    case Type::map: {
      const auto members = arena.allocate_array<Member>(value.as_members().size());
      std::transform(value.as_members().rbegin(), value.as_members().rend(), members.begin(),
                     [&](const Member& m) {
                       return Member{m.name, respell(m.value, arena)};
                     });
      return Value::map(members);
    }
    default:
      return value;
  }
}

void collect(const Value& value, std::vector<Value>& all) {
  if (all.size() >= 64) return;
  all.push_back(value);
  if (value.is(Type::list)) {
    for (const Value& item : value.as_items()) collect(item, all);
  }
  if (value.is(Type::map)) {
    for (const Member& member : value.as_members()) collect(member.value, all);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static json::ValueParser parser;
  Arena arena;
  Value value;
  json::Refusal refusal;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!parser.parse(text, arena, value, refusal)) return 0;

  const std::string bytes = canonical(value);
  const Value other = respell(value, arena);
  if (canonical(other) != bytes || !equal(value, other)) std::abort();

  // What was written and read again is the same fact.
  Value again;
  if (parser.parse(json::to_json(value), arena, again, refusal) && canonical(again) != bytes) {
    std::abort();
  }

  std::vector<Value> all;
  collect(value, all);
  std::vector<std::string> forms;
  for (const Value& one : all) forms.push_back(canonical(one));
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (equal(all[i], all[j]) != (forms[i] == forms[j])) std::abort();
      // No form is the beginning of another one.
      if (forms[i] != forms[j] && forms[j].starts_with(forms[i])) std::abort();
    }
  }
  return 0;
}
