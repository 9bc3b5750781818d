// A parsed YAML (or JSON) document as a tree with places, without its parser's types.
#pragma once

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

// Plain true, false, null and numbers are typed; all else is text ("on" and "yes" are text).
struct Node {
  enum class Form { null, boolean, number, text, list, map };
  Form form = Form::null;
  std::string text;                                 // of every scalar, as written
  std::vector<Node> items;                          // list
  std::vector<std::pair<Node, Node>> members;       // map, in order; keys are scalars
  Mark mark;

  const Node* find(std::string_view key) const;     // null where there is none
};

// Parses a document; duplicate keys, anchors past the limits and bad YAML are errors that name
// `name`, line and column.
Result<Node> parse_yaml(std::string_view text, std::string_view name);

// Error for a key nobody knows: "NAME:LINE:COLUMN: unknown key 'colections'; did you mean 'collections'?"
Error unknown_key(std::string_view document_name, const Node& key,
                  const std::vector<std::string_view>& known);

}  // namespace decant::mapping
