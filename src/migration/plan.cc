#include "migration/plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/file.h"
#include "json/definition_json.h"
#include "json/document.h"
#include "mapping/literal.h"
#include "mapping/reference.h"
#include "migration/overlay.h"

namespace decant::migration {
namespace {

using mapping::Node;

// One plan being read: the document's name for errors, and what is filled.
struct Reading {
  std::string document;
  Plan plan;

  std::string place(const Node& node) const {
    return document + ":" + std::to_string(node.mark.line) + ":" +
           std::to_string(node.mark.column) + ": ";
  }
  Error wrong(const Node& node, std::string_view what) const {
    return {ErrorCode::invalid, place(node) + std::string(what)};
  }
};

std::vector<std::string_view> known_keys(std::string_view scope) {
  std::vector<std::string_view> keys;
  for (const PlanKey& key : plan_keys()) {
    if (key.scope == scope) keys.push_back(key.key);
  }
  return keys;
}

Status check_keys(const Reading& reading, const Node& map, std::string_view scope) {
  std::vector<std::string_view> known = known_keys(scope);
  for (const auto& [key, value] : map.members) {
    if (std::find(known.begin(), known.end(), key.text) == known.end()) {
      return mapping::unknown_key(reading.document, key, known);
    }
  }
  return ok_status();
}

Status expect_map(const Reading& reading, const Node& node, std::string_view key) {
  if (node.form == Node::Form::map) return ok_status();
  return reading.wrong(node, "'" + std::string(key) + "' takes a map");
}

bool is_scalar(const Node& node) {
  return node.form != Node::Form::list && node.form != Node::Form::map &&
         node.form != Node::Form::null;
}

Result<std::string> text_of(const Reading& reading, const Node& node, std::string_view key) {
  if (is_scalar(node) && !node.text.empty()) return node.text;
  return reading.wrong(node, "'" + std::string(key) + "' takes a text");
}

Result<bool> boolean_of(const Reading& reading, const Node& node, std::string_view key) {
  if (node.form == Node::Form::boolean) return node.text == "true";
  return reading.wrong(node, "'" + std::string(key) + "' takes true or false");
}

Result<std::uint64_t> count_of(const Reading& reading, const Node& node, std::string_view key,
                               std::uint64_t least) {
  std::uint64_t count = 0;
  const char* end = node.text.data() + node.text.size();
  auto [stop, failure] = std::from_chars(node.text.data(), end, count);
  if (node.form == Node::Form::number && failure == std::errc{} && stop == end && count >= least) {
    return count;
  }
  return reading.wrong(
      node, "'" + std::string(key) + "' takes a whole number from " + std::to_string(least));
}

// A list of texts, or one text that stands for a list of one.
Result<std::vector<std::string>> texts_of(const Reading& reading, const Node& node,
                                          std::string_view key) {
  std::vector<std::string> texts;
  if (is_scalar(node)) return texts.push_back(node.text), texts;
  if (node.form != Node::Form::list) {
    return reading.wrong(node, "'" + std::string(key) + "' takes a list of texts");
  }
  for (const Node& item : node.items) {
    DECANT_ASSIGN(std::string text, text_of(reading, item, key));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::string> word_of(const Reading& reading, const Node& node, std::string_view key,
                            std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (node.form == Node::Form::text && node.text == word) return node.text;
  }
  std::string message = "'" + std::string(key) + "' takes";
  for (std::string_view word : words) message += " " + std::string(word) + ",";
  message.back() = ';';
  return reading.wrong(node, message + " this is '" + node.text + "'");
}

Status read_store(const Reading& reading, const Node& node, std::string_view key, StoreSpec& spec) {
  if (node.form != Node::Form::map) {
    DECANT_ASSIGN(spec.address, text_of(reading, node, key));
    return ok_status();
  }
  DECANT_CHECK(check_keys(reading, node, key));
  for (const auto& [name, value] : node.members) {
    if (name.text == "address") {
      DECANT_ASSIGN(spec.address, text_of(reading, value, "address"));
    } else if (name.text == "records") {
      DECANT_ASSIGN(spec.options.records, text_of(reading, value, "records"));
    } else if (name.text == "columns") {
      DECANT_ASSIGN(spec.options.columns, texts_of(reading, value, "columns"));
    } else if (name.text == "format") {
      DECANT_ASSIGN(spec.options.format,
                    word_of(reading, value, "format", {"array", "ndjson", "csv"}));
    } else if (name.text == "exclusive") {
      DECANT_ASSIGN(spec.options.exclusive, boolean_of(reading, value, "exclusive"));
    } else {
      DECANT_ASSIGN(spec.options.pretty, boolean_of(reading, value, "pretty"));
    }
  }
  if (spec.address.empty()) {
    return reading.wrong(node, "'" + std::string(key) + "' needs an 'address'");
  }
  return ok_status();
}

Status read_quarantine_max(const Reading& reading, const Node& node, QuarantineMax& max) {
  constexpr double kCountMax = 1e15;  // whole numbers up to here are exact
  std::string_view text = node.text;
  bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double number = -1;
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = failure == std::errc{} && stop == text.data() + text.size();
  if (is_scalar(node) && whole && percent && number >= 0 && number <= 100) {
    max.share = number / 100;
  } else if (is_scalar(node) && whole && !percent && number >= 0 && number <= kCountMax &&
             number == std::floor(number)) {
    max.count = static_cast<std::uint64_t>(number);
  } else if (is_scalar(node) && whole && !percent && number > 0 && number < 1) {
    max.share = number;
  } else {
    return reading.wrong(node, "'quarantine_max' takes a count (100) or a share (1% or 0.01)");
  }
  return ok_status();
}

Status read_policies(const Reading& reading, const Node& node, Policies& policies) {
  DECANT_CHECK(expect_map(reading, node, "policies"));
  DECANT_CHECK(check_keys(reading, node, "policies"));
  if (const Node* value = node.find("on_conflict")) {
    JobOptions parsed;
    if (!set_policy(value->text, parsed)) {
      return reading.wrong(*value, "'on_conflict' takes insert, skip, upsert or newer-than:FIELD");
    }
    policies.on_conflict = parsed.on_conflict;
    policies.newer_than = parsed.newer_than;
  }
  if (const Node* value = node.find("duplicates")) {
    DECANT_ASSIGN(std::string word,
                  word_of(reading, *value, "duplicates", {"first", "last", "quarantine"}));
    policies.duplicates = word == "first"  ? Duplicates::first
                          : word == "last" ? Duplicates::last
                                           : Duplicates::quarantine;
  }
  if (const Node* value = node.find("quarantine_max")) {
    DECANT_CHECK(read_quarantine_max(reading, *value, policies.quarantine_max.emplace()));
  }
  return ok_status();
}

Status read_verify(Reading& reading, const Node& node) {
  DECANT_CHECK(expect_map(reading, node, "verify"));
  DECANT_CHECK(check_keys(reading, node, "verify"));
  VerifySettings& verify = reading.plan.verify;
  if (const Node* value = node.find("mode")) {
    DECANT_ASSIGN(std::string word, word_of(reading, *value, "mode", {"exact", "sketch"}));
    verify.mode = word == "exact" ? VerifyMode::exact : VerifyMode::sketch;
  }
  if (const Node* value = node.find("extra")) {
    DECANT_ASSIGN(std::string word, word_of(reading, *value, "extra", {"different", "allow"}));
    verify.extra = word == "allow" ? Extra::allow : Extra::different;
  }
  if (const Node* value = node.find("differences_max")) {
    DECANT_ASSIGN(verify.differences_max, count_of(reading, *value, "differences_max", 0));
  }
  return ok_status();
}

Status read_limits(Reading& reading, const Node& node) {
  DECANT_CHECK(expect_map(reading, node, "limits"));
  DECANT_CHECK(check_keys(reading, node, "limits"));
  if (const Node* value = node.find("threads")) {
    DECANT_ASSIGN(std::uint64_t threads, count_of(reading, *value, "threads", 1));
    if (threads > threads_max) return reading.wrong(*value, "'threads' takes at most 256");
    reading.plan.threads = static_cast<std::uint32_t>(threads);
  }
  return ok_status();
}

// A plan's inline definition is the same tree as a definition file's, written in YAML.
json::Document document_of(const Node& node) {
  if (node.form == Node::Form::map) {
    json::Document map = json::Document::map();
    for (const auto& [key, value] : node.members) map.add(key.text, document_of(value));
    return map;
  }
  if (node.form == Node::Form::list) {
    json::Document list = json::Document::list();
    for (const Node& item : node.items) list.add(document_of(item));
    return list;
  }
  if (node.form == Node::Form::boolean) return json::Document::boolean(node.text == "true");
  if (node.form == Node::Form::null) return {};
  std::int64_t integer = 0;
  const char* end = node.text.data() + node.text.size();
  auto [stop, failure] = std::from_chars(node.text.data(), end, integer);
  bool whole = node.form == Node::Form::number && failure == std::errc{} && stop == end;
  return whole ? json::Document::integer(integer) : json::Document::text(node.text);
}

Status read_definitions(Reading& reading, const Node& node) {
  if (node.form != Node::Form::map) {
    DECANT_ASSIGN(std::string path, text_of(reading, node, "definitions"));
    path = below(reading.plan.folder, path);
    DECANT_ASSIGN(std::string text, read_file(path, plan_bytes_max));
    DECANT_ASSIGN(reading.plan.definitions, json::definitions_from_json(text, path));
    return ok_status();
  }
  for (const auto& [name, value] : node.members) {
    auto definition =
        json::definition_from_document(document_of(value), name.text, reading.document);
    if (!definition.ok()) return reading.wrong(value, definition.error().message);
    reading.plan.definitions.push_back(std::move(*definition));
    reading.plan.places["definitions " + name.text] = reading.place(name);
  }
  return ok_status();
}

Status read_rename(Reading& reading, const Node& node) {
  DECANT_CHECK(expect_map(reading, node, "rename"));
  for (const auto& [key, value] : node.members) {
    DECANT_ASSIGN(reading.plan.rename[key.text], text_of(reading, value, key.text));
    reading.plan.places["rename " + key.text] = reading.place(key);
  }
  return ok_status();
}

Status read_collections(Reading& reading, const Node& node) {
  DECANT_CHECK(expect_map(reading, node, "collections"));
  for (const auto& [name, value] : node.members) {
    CollectionPlan& collection = reading.plan.collections.emplace_back();
    DECANT_CHECK(expect_map(reading, value, name.text));
    DECANT_ASSIGN(collection.rules,
                  mapping::parse_rules(value, name.text, reading.document, {"policies"}));
    if (const Node* policies = value.find("policies")) {
      DECANT_CHECK(read_policies(reading, *policies, collection.policies));
    }
  }
  if (reading.plan.collections.empty()) {
    return reading.wrong(node, "'collections' is empty; leave it out to move all of them");
  }
  return ok_status();
}

// The keys of a single collection stand at the top of the plan.
Status read_top_collection(Reading& reading, const Node& root) {
  std::vector<std::string_view> known = known_keys("plan");
  std::vector<std::string_view> own = mapping::known_keys(mapping::KeyReference::Scope::collection);
  for (std::string_view key : mapping::known_keys(mapping::KeyReference::Scope::kind)) {
    own.push_back(key);
  }
  const Node* first = nullptr;
  for (const auto& [key, value] : root.members) {
    bool plan_key = std::find(known.begin(), known.end(), key.text) != known.end();
    if (!plan_key && first == nullptr) first = &key;
  }
  if (first == nullptr) return ok_status();
  if (root.find("collections") != nullptr) {
    if (std::find(own.begin(), own.end(), first->text) != own.end()) {
      return reading.wrong(*first, "'" + first->text +
                                       "' stands at the top, but the plan has 'collections'; "
                                       "write it below one of them");
    }
    return mapping::unknown_key(reading.document, *first, known);
  }
  CollectionPlan& collection = reading.plan.collections.emplace_back();
  DECANT_ASSIGN(collection.rules, mapping::parse_rules(root, "", reading.document, known));
  return ok_status();
}

Status read_header(Reading& reading, const Node& root) {
  const Node* format = root.find("decant");
  if (format == nullptr) {
    return Error{ErrorCode::invalid, reading.document +
                                         ": 'decant: 1' is missing; it says which "
                                         "format the plan has"};
  }
  if (format->text != "1") {
    bool number = format->form == Node::Form::number;
    Error error = reading.wrong(
        *format, "this is format " + format->text + " of a plan; this decant knows format 1");
    if (number) error.code = ErrorCode::refused;
    return error;
  }
  for (std::string_view key : {"migration", "source", "target"}) {
    if (root.find(key) == nullptr) {
      return Error{ErrorCode::invalid,
                   reading.document + ": '" + std::string(key) +
                       "' is missing; a plan needs migration, source and target"};
    }
  }
  DECANT_ASSIGN(reading.plan.name, text_of(reading, *root.find("migration"), "migration"));
  if (reading.plan.name.size() > name_bytes_max) {
    return reading.wrong(*root.find("migration"), "the name is too long");
  }
  DECANT_CHECK(read_store(reading, *root.find("source"), "source", reading.plan.source));
  return read_store(reading, *root.find("target"), "target", reading.plan.target);
}

Status read_body(Reading& reading, const Node& root) {
  Plan& plan = reading.plan;
  if (const Node* node = root.find("definitions")) DECANT_CHECK(read_definitions(reading, *node));
  if (const Node* node = root.find("rename")) DECANT_CHECK(read_rename(reading, *node));
  if (const Node* node = root.find("names")) {
    DECANT_ASSIGN(std::string word, word_of(reading, *node, "names", {"keep", "snake_case"}));
    plan.snake_case = word == "snake_case";
  }
  if (const Node* node = root.find("only")) {
    DECANT_ASSIGN(plan.only, texts_of(reading, *node, "only"));
    for (const std::string& word : plan.only) plan.places["only " + word] = reading.place(*node);
  }
  if (const Node* node = root.find("skip")) {
    DECANT_ASSIGN(plan.skip, texts_of(reading, *node, "skip"));
    for (const std::string& word : plan.skip) plan.places["skip " + word] = reading.place(*node);
  }
  if (const Node* node = root.find("policies")) {
    DECANT_CHECK(read_policies(reading, *node, plan.policies));
  }
  if (const Node* node = root.find("verify")) DECANT_CHECK(read_verify(reading, *node));
  if (const Node* node = root.find("limits")) DECANT_CHECK(read_limits(reading, *node));
  if (const Node* node = root.find("collections")) DECANT_CHECK(read_collections(reading, *node));
  return read_top_collection(reading, root);
}

// `${env:NAME}` in a value becomes what the environment says; a name that is not set is an error.
Status fill_from_environment(const Reading& reading, Node& node) {
  constexpr std::string_view kOpen = "${env:";
  for (Node& item : node.items) DECANT_CHECK(fill_from_environment(reading, item));
  for (auto& [key, value] : node.members) DECANT_CHECK(fill_from_environment(reading, value));
  std::size_t at = node.text.find(kOpen);
  while (at != std::string::npos) {
    std::size_t end = node.text.find('}', at);
    if (end == std::string::npos) return reading.wrong(node, "'${env:' is not closed by '}'");
    std::string name = node.text.substr(at + kOpen.size(), end - at - kOpen.size());
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return reading.wrong(node, "the environment variable " + name + " is not set");
    }
    node.text.replace(at, end + 1 - at, value);
    at = node.text.find(kOpen, at + std::string_view(value).size());
  }
  return ok_status();
}

// How a run goes about its work, not what it means: such a key may change while a run is
// unfinished.
bool is_operational(std::string_view path) {
  return path.starts_with("limits.") || path.starts_with("verify.") ||
         path.ends_with("policies.quarantine_max");
}

void flatten(const Node& node, const std::string& path,
             std::vector<std::pair<std::string, std::string>>& keys) {
  if (node.form == Node::Form::map) {
    for (const auto& [key, value] : node.members) {
      flatten(value, path.empty() ? key.text : path + "." + key.text, keys);
    }
  } else if (node.form == Node::Form::list) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      flatten(node.items[i], path + "." + std::to_string(i), keys);
    }
  } else if (!is_operational(path)) {
    bool quoted = node.form == Node::Form::text;  // 'true' and true are two values
    keys.emplace_back(path, quoted ? "'" + node.text + "'" : node.text);
  }
}

}  // namespace

Result<Plan> parse_plan(std::string_view text, const std::string& path) {
  DECANT_ASSIGN(Node root, mapping::parse_yaml(text, path));
  if (root.form != Node::Form::map) {
    return Error{ErrorCode::invalid,
                 path + ": a plan is a map of keys; see docs/reference/plan.md"};
  }
  Reading reading{path, {}};
  reading.plan.path = path;
  reading.plan.folder = parent_of(path);
  DECANT_CHECK(fill_from_environment(reading, root));
  DECANT_CHECK(read_header(reading, root));
  DECANT_CHECK(read_body(reading, root));
  flatten(root, "", reading.plan.keys);
  return std::move(reading.plan);
}

Result<Plan> load_plan(const std::string& path) {
  DECANT_ASSIGN(std::string text, read_file(path, plan_bytes_max));
  return parse_plan(text, path);
}

Hash128 Plan::digest() const {
  std::string all;
  for (const auto& [key, value] : keys) {
    all += key;
    all += '\0';
    all += value;
    all += '\0';
  }
  return hash128(all);
}

}  // namespace decant::migration
