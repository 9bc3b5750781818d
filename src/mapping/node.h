// A parsed YAML (or JSON) document as a tree with places, without its parser's types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/result.h"
#include "decant/value.h"

namespace decant::mapping {

struct Mark {
  int line = 0;    // from 1; 0: no place
  int column = 0;  // from 1
};

// Plain true, false, null and numbers (as JSON writes them) are typed; all else is text: "on",
// "yes", "NULL", "0x10", "1_000", 007 and .5 are text, and so is everything in quotes. "~" and
// nothing at all are null, as YAML has it.
struct Node {
  struct Member;
  enum class Form : std::uint8_t { null, boolean, number, text, list, map };
  Form form = Form::null;
  std::string text;             // of every scalar, as written
  std::vector<Node> items;      // list
  std::vector<Member> members;  // map, in order; keys are scalars
  Mark mark;

  bool is(Form wanted) const { return form == wanted; }
  bool is_scalar() const { return form != Form::list && form != Form::map; }
  bool as_boolean() const { return text == "true"; }  // REQUIRES: boolean
  std::optional<std::int64_t> as_int64() const;       // of a number that is one
  const Node* find(std::string_view key) const;       // null where there is none
};

// One entry of a map. Not a std::pair: that would ask for a complete Node while it is being made.
struct Node::Member {
  Node first;
  Node second;
};

// "a number", "a list": for messages.
std::string_view to_string(Node::Form form);

// Parses one document (an empty one is null). Bad YAML, a key twice in a map, keys that are not
// scalars, several documents, a text past plan_bytes_max, nesting past plan_nesting_max, and
// aliases that would blow the document up are errors that name `name`, line and column.
Result<Node> parse_yaml(std::string_view text, std::string_view name);

// An Error (invalid) that stands at a place: "NAME:LINE:COLUMN: MESSAGE".
Error error_at(std::string_view document_name, Mark mark, std::string_view message);

// "NAME:LINE:COLUMN: unknown key 'colections'; did you mean 'collections'?" Where nothing is near,
// the known ones are listed.
Error unknown_key(std::string_view document_name, const Node& key,
                  const std::vector<std::string_view>& known);

}  // namespace decant::mapping
