#include "mapping/literal.h"

#include <algorithm>
#include <string>
#include <vector>

namespace decant::mapping {
namespace {

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  });
}

struct ListMemory {
  std::vector<Literal> parts;
  std::vector<Value> items;
};

struct MapMemory {
  std::vector<std::string> names;
  std::vector<Literal> parts;
  std::vector<Member> members;
};

}  // namespace

Literal Literal::of(const Node& node) {
  Literal literal;
  switch (node.form) {
    case Node::Form::null:
      literal.value_ = Value::null();
      break;
    case Node::Form::boolean:
      literal.value_ = Value::boolean(node.as_boolean());
      break;
    case Node::Form::number: {
      if (const auto number = node.as_int64()) {
        literal.value_ = Value::int64(*number);
        break;
      }
      const auto memory = std::make_shared<const std::string>(node.text);
      literal.value_ = Value::decimal(*memory);
      literal.memory_ = memory;
      break;
    }
    case Node::Form::text:
      return text(node.text);
    case Node::Form::list: {
      const auto memory = std::make_shared<ListMemory>();
      for (const Node& item : node.items) {
        memory->parts.push_back(of(item));
        memory->items.push_back(memory->parts.back().value());
      }
      literal.value_ = Value::items(memory->items);
      literal.memory_ = memory;
      break;
    }
    case Node::Form::map: {
      const auto memory = std::make_shared<MapMemory>();
      for (const auto& [name, value] : node.members) memory->names.push_back(name.text);
      for (std::size_t i = 0; i < node.members.size(); ++i) {
        memory->parts.push_back(of(node.members[i].second));
        memory->members.push_back({memory->names[i], memory->parts.back().value()});
      }
      literal.value_ = Value::map(memory->members);
      literal.memory_ = memory;
      break;
    }
  }
  return literal;
}

Literal Literal::text(std::string_view text) {
  Literal literal;
  const auto memory = std::make_shared<const std::string>(text);
  literal.value_ = Value::text(*memory, is_plain(text));
  literal.memory_ = memory;
  return literal;
}

}  // namespace decant::mapping
