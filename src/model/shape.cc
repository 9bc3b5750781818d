#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/limits.h"
#include "decant/batch.h"

namespace decant {

Shape::Shape(std::uint32_t id, std::vector<std::string_view> names)
    : id_(id), names_(std::move(names)), sorted_(names_.size()) {
  std::iota(sorted_.begin(), sorted_.end(), 0u);
  std::sort(sorted_.begin(), sorted_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return names_[a] < names_[b]; });
}

std::uint32_t Shape::next_id() {
  // A counter of the process, not of a table: what is compiled for a shape is kept by its id alone.
  static std::atomic<std::uint32_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

int Shape::find(std::string_view name) const {
  const auto at = std::lower_bound(
      sorted_.begin(), sorted_.end(), name,
      [&](std::uint32_t index, std::string_view wanted) { return names_[index] < wanted; });
  return at != sorted_.end() && names_[*at] == name ? static_cast<int>(*at) : -1;
}

namespace {

std::uint64_t hash_of(std::span<const std::string_view> names) {
  std::uint64_t hash = names.size();
  for (const std::string_view name : names) hash = hash128(name, hash).low;
  return hash;
}

std::size_t bytes_of(std::span<const std::string_view> names) {
  std::size_t bytes = sizeof(Shape);
  for (const std::string_view name : names) {
    bytes += name.size() + sizeof(std::string_view) + sizeof(std::uint32_t);
  }
  return bytes;
}

std::vector<std::string_view> copy_names(std::span<const std::string_view> names, Arena& arena) {
  std::vector<std::string_view> copies;
  copies.reserve(names.size());
  for (const std::string_view name : names) copies.push_back(arena.copy(name));
  return copies;
}

}  // namespace

struct ShapeTable::State {
  mutable std::mutex mutex;
  Arena names;
  std::deque<Shape> shapes;
  std::unordered_multimap<std::uint64_t, const Shape*> by_hash;
  std::size_t bytes = 0;
};

ShapeTable::ShapeTable() : state_(std::make_unique<State>()) {}
ShapeTable::~ShapeTable() = default;

const Shape* ShapeTable::get(std::span<const std::string_view> names, Batch& owner) {
  const std::uint64_t hash = hash_of(names);
  const std::size_t bytes = bytes_of(names);
  {
    const std::lock_guard lock(state_->mutex);
    auto [at, end] = state_->by_hash.equal_range(hash);
    for (; at != end; ++at) {
      if (std::ranges::equal(at->second->names(), names)) return at->second;
    }
    if (state_->shapes.size() < shapes_max && state_->bytes + bytes <= shape_bytes_max) {
      state_->bytes += bytes;
      state_->shapes.emplace_back(Shape::next_id(), copy_names(names, state_->names));
      state_->by_hash.emplace(hash, &state_->shapes.back());
      return &state_->shapes.back();
    }
  }
  owner.shapes.push_back(
      std::make_unique<const Shape>(Shape::kOwnedByBatch, copy_names(names, owner.arena)));
  return owner.shapes.back().get();
}

std::size_t ShapeTable::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->shapes.size();
}

// Each walker has a trie of its own, so that walking needs no lock; the table is asked only for
// the first record of a shape.
struct ShapeWalker::State {
  struct Step {
    const Node* from;
    std::string_view name;
    bool operator==(const Step&) const = default;
  };
  struct StepHash {
    std::size_t operator()(const Step& step) const {
      return hash128(step.name, reinterpret_cast<std::uintptr_t>(step.from)).low;
    }
  };

  explicit State(ShapeTable& shape_table) : table(shape_table) {}

  Node* add(Node* parent, std::string_view name);
  Node* find_child(const Node* parent, std::string_view name) const;
  bool on_path(const Node* node, std::string_view name);

  ShapeTable& table;
  Arena names;
  std::deque<Node> nodes;
  std::unordered_map<Step, Node*, StepHash> crowded;  // children of nodes with many of them
  std::unordered_set<std::string_view> seen;          // names of this record, up to seen_depth
  std::uint32_t seen_depth = 0;
};

namespace {
constexpr std::uint32_t kChildrenInList = 8;  // looked through one by one
constexpr std::uint32_t kDepthInPath = 32;    // likewise, for duplicates
}  // namespace

ShapeWalker::Node* ShapeWalker::State::add(Node* parent, std::string_view name) {
  Node& node = nodes.emplace_back();
  node.name = names.copy(name);
  node.quick = !name.empty() && name.size() < name_padding &&
               name.find_first_of("\"\\") == std::string_view::npos;
  node.parent = parent;
  if (parent == nullptr) return &node;
  node.depth = parent->depth + 1;
  if (parent->children++ < kChildrenInList) {
    node.next_sibling = parent->first_child;
    parent->first_child = &node;
  } else {
    crowded.emplace(Step{parent, node.name}, &node);
  }
  return &node;
}

ShapeWalker::Node* ShapeWalker::State::find_child(const Node* parent, std::string_view name) const {
  for (Node* child = parent->first_child; child != nullptr; child = child->next_sibling) {
    if (child->name == name) return child;
  }
  if (parent->children <= kChildrenInList) return nullptr;
  const auto at = crowded.find(Step{parent, name});
  return at == crowded.end() ? nullptr : at->second;
}

bool ShapeWalker::State::on_path(const Node* node, std::string_view name) {
  if (node->depth <= kDepthInPath) {
    for (; node->parent != nullptr; node = node->parent) {
      if (node->name == name) return true;
    }
    return false;
  }
  for (const Node* at = node; at->depth > seen_depth; at = at->parent) seen.insert(at->name);
  seen_depth = node->depth;
  return seen.contains(name);
}

ShapeWalker::ShapeWalker(ShapeTable& table) : state_(std::make_unique<State>(table)) {
  node_ = root_ = state_->add(nullptr, {});
}
ShapeWalker::~ShapeWalker() = default;
ShapeWalker::ShapeWalker(ShapeWalker&&) noexcept = default;

bool ShapeWalker::step_elsewhere(std::string_view name) {
  Node* next = state_->find_child(node_, name);
  if (next == nullptr) {
    reset_wanted_ = true;  // `seen` may have been filled, or the trie may be full
#if !DECANT_MUTANT_DUPLICATE_KEY_UNSEEN
    if (state_->on_path(node_, name)) return false;
#endif
    next = state_->add(node_, name);
  }
  node_->predicted = next;
  node_ = next;
  return true;
}

const Shape* ShapeWalker::finish_new(Batch& owner) {
  std::vector<std::string_view> names(node_->depth);
  for (const Node* node = node_; node->parent != nullptr; node = node->parent) {
    names[node->depth - 1] = node->name;
  }
  const Shape* shape = state_->table.get(names, owner);
  if (shape->id() != Shape::kOwnedByBatch) node_->shape = shape;
  return shape;
}

// What a record with new names left behind. A trie filled by records with random keys is begun
// again: what is in use comes back with the next records.
void ShapeWalker::reset() {
  reset_wanted_ = false;
  state_->seen.clear();
  state_->seen_depth = 0;
  if (state_->nodes.size() <= shape_nodes_max && state_->names.bytes_used() <= shape_bytes_max) {
    return;
  }
  state_->crowded.clear();
  state_->nodes.clear();
  state_->names.clear();
  node_ = root_ = state_->add(nullptr, {});
}

}  // namespace decant
