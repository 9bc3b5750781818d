// YAML by yaml-cpp's events: marks are at hand, aliases are counted, and nothing is built that is
// past a limit.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <new>
#include <set>
#include <sstream>

#include "base/limits.h"
#include "mapping/node.h"
#include "model/decimal.h"

namespace decant::mapping {
namespace {

// Thrown through yaml-cpp, and caught in parse_yaml.
struct Refused {
  Mark mark;
  std::string message;
};

Mark mark_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = make(mark, Node::Form::null);
    // yaml-cpp takes NULL and Null for null, too; only the plain word is.
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    const std::string_view word = text_.substr(std::min(at, text_.size()), 4);
    if (word == "NULL" || word == "Null") {
      node.form = Node::Form::text;
      node.text = word;
    } else {
      node.text = "null";
    }
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(mark, Node::Form::text);
    node.text = value;
    if (tag == "?") {
      set_form(node);
    } else if (tag != "!" && tag != "tag:yaml.org,2002:str") {
      throw Refused{node.mark, "tags are not known here: '" + tag + "'"};
    }
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Form::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Form::map);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark_of(mark), "an alias within what it stands for"};
    count(mark_of(mark), found->second.nodes);
    Node copy = found->second.node;
    add(std::move(copy), 0, found->second.depth);
  }

 private:
  // A list or map that is not finished. Of a map, `key` waits for its value.
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::size_t nodes_before;
    std::size_t depth_inside = 0;
    bool key_waits = false;
    Node key;
    std::set<std::pair<Node::Form, std::string>> keys;
  };
  struct Anchored {
    Node node;
    std::size_t nodes;
    std::size_t depth;
  };

  Node make(const YAML::Mark& mark, Node::Form form) {
    Node node;
    node.form = form;
    node.mark = mark_of(mark);
    count(node.mark, 1);
    return node;
  }

  void count(Mark mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > plan_nodes_max) {
      throw Refused{mark,
                    "more than " + std::to_string(plan_nodes_max) + " values in one document"};
    }
  }

  static void set_form(Node& node) {
    if (node.text == "true" || node.text == "false") {
      node.form = Node::Form::boolean;
    } else if (is_json_number(node.text)) {
      Decimal number;
      const DecimalFault fault = parse_decimal(node.text, number);
      if (fault != DecimalFault::none) {
        throw Refused{node.mark, "a number that is too long: " + std::string(to_string(fault))};
      }
      node.form = Node::Form::number;
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Form form) {
    if (tag != "?" && tag != "!" && !tag.empty()) {
      throw Refused{mark_of(mark), "tags are not known here: '" + tag + "'"};
    }
    const std::size_t before = nodes_;
    Node node = make(mark, form);
    // A flow map's or block's mark of yaml-cpp may be unset for an implicit one.
    if (node.mark.line <= 0) node.mark = {1, 1};
    if (open_.size() >= plan_nesting_max) too_deep(node.mark);
    open_.push_back(Open{std::move(node), anchor, before, 0, false, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    const std::size_t depth = done.depth_inside + 1;
    if (done.anchor != 0) {
      anchors_[done.anchor] = Anchored{done.node, nodes_ - done.nodes_before, depth};
    }
    add(std::move(done.node), 0, depth);
  }

  [[noreturn]] static void too_deep(Mark mark) {
    throw Refused{mark, "nested deeper than " + std::to_string(plan_nesting_max) + " levels"};
  }

  void add(Node node, YAML::anchor_t anchor, std::size_t depth = 0) {
    if (anchor != 0) anchors_[anchor] = Anchored{node, 1, 0};
    if (open_.size() + depth > plan_nesting_max) too_deep(node.mark);
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.depth_inside = std::max(parent.depth_inside, depth);
    if (parent.node.form == Node::Form::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key_waits) {
      take_key(parent, std::move(node));
    } else {
      parent.node.members.push_back({std::move(parent.key), std::move(node)});
      parent.key_waits = false;
    }
  }

  static void take_key(Open& parent, Node key) {
    if (!key.is_scalar()) throw Refused{key.mark, "a key must be a name or a plain value"};
    if (!parent.keys.emplace(key.form, key.text).second) {
      throw Refused{key.mark, "the key '" + key.text + "' is here twice"};
    }
    parent.key = std::move(key);
    parent.key_waits = true;
  }

  std::string_view text_;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
};

// Length of the UTF-8 character at the start of `text`; 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// yaml-cpp takes 0x04 for the end of the text and mends bad UTF-8: both would change what a plan
// says without a word.
Status check_bytes(std::string_view text, std::string_view name) {
  Mark mark{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) return error_at(name, mark, "the text is not UTF-8");
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F) {
      return error_at(name, mark, "a control character; write it in double quotes as \\x..");
    }
    i += length;
    mark = c == '\n' ? Mark{mark.line + 1, 1} : Mark{mark.line, mark.column + 1};
  }
  return ok_status();
}

// What yaml-cpp does not say is that it stopped: `more` is whether a second document follows.
Node parse_events(std::string_view text, bool& more) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder builder(text);
  if (parser.HandleNextDocument(builder)) {
    TreeBuilder second(text);
    more = parser.HandleNextDocument(second);
  }
  return builder.take();
}

}  // namespace

Result<Node> parse_yaml(std::string_view text, std::string_view name) {
  if (text.size() > plan_bytes_max) {
    return error_at(name, {}, "longer than " + std::to_string(plan_bytes_max) + " bytes");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  DECANT_CHECK(check_bytes(text, name));
  try {
    bool more = false;
    Node root = parse_events(text, more);
    if (more) return error_at(name, {}, "more than one YAML document; write one only");
    return root;
  } catch (const Refused& refused) {
    return error_at(name, refused.mark, refused.message);
  } catch (const YAML::Exception& exception) {
    const bool placed = exception.mark.line >= 0;
    return error_at(name, placed ? mark_of(exception.mark) : Mark{}, exception.msg);
  } catch (const std::bad_alloc&) {
    return error_at(name, {}, "too large for the memory there is");
  } catch (const std::exception& exception) {
    return error_at(name, {}, exception.what());
  }
}

}  // namespace decant::mapping
