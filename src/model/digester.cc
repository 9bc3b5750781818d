#include <algorithm>
#include <unordered_set>

#include "model/canonical.h"
#include "model/canonical_writer.h"

namespace decant {

struct Digester::State {
  // One field of the content: its name as it stands in the bytes, and where its value is.
  struct Piece {
    std::uint32_t index;
    std::uint32_t name_start;
    std::uint32_t name_size;
  };
  // What is worked out once for a shape.
  struct Program {
    std::vector<std::uint32_t> key;  // empty: the shape lacks a key field
    std::vector<Piece> pieces;       // in order of name
    std::string names;               // u32 length and name, each; padded at the end
  };

  void compile(const Shape& shape, Program& program) const;
  const Program& program_for(const Shape& shape);
  bool counts(std::string_view name) const;

  std::vector<std::string> key;
  std::unordered_set<std::string_view> compared;
  std::unordered_set<std::string_view> ignored;
  std::vector<std::string> compared_names;
  std::vector<std::string> ignored_names;
  std::vector<std::unique_ptr<Program>> programs;  // by id of the shape
  Program own_shape;                               // of a shape that its batch owns
  CanonicalWriter writer;
};

Digester::Digester(std::vector<std::string> key, std::vector<std::string> compared,
                   std::vector<std::string> ignored)
    : state_(std::make_unique<State>()) {
  state_->key = std::move(key);
  state_->compared_names = std::move(compared);
  state_->ignored_names = std::move(ignored);
  state_->compared.insert(state_->compared_names.begin(), state_->compared_names.end());
  state_->ignored.insert(state_->ignored_names.begin(), state_->ignored_names.end());
}

Digester::~Digester() = default;
Digester::Digester(Digester&&) noexcept = default;

bool Digester::digest(const Record& record, RecordDigest& out) {
  State& state = *state_;
  const State::Program& program = state.program_for(*record.shape);
  if (program.key.empty()) return false;
  state.writer.clear();
  for (const std::uint32_t index : program.key) {
    if (!record.values[index].is_present()) return false;
    state.writer.append(record.values[index]);
  }
  out.key = hash128(state.writer.bytes());

  state.writer.clear();
  const char* names = program.names.data();
  for (const State::Piece& piece : program.pieces) {
    const Value& value = record.values[piece.index];
    if (value.is_absent()) continue;
#if DECANT_MUTANT_DIGEST_WITHOUT_NAMES
    state.writer.append_field(names + piece.name_start, 0, value);
#else
    state.writer.append_field(names + piece.name_start, piece.name_size, value);
#endif
  }
  out.content = hash128(state.writer.bytes());
  return true;
}

const Digester::State::Program& Digester::State::program_for(const Shape& shape) {
  if (shape.id() == Shape::kOwnedByBatch) {
    compile(shape, own_shape);
    return own_shape;
  }
  if (shape.id() >= programs.size()) programs.resize(shape.id() + 1);
  std::unique_ptr<Program>& program = programs[shape.id()];
  if (program == nullptr) {
    program = std::make_unique<Program>();
    compile(shape, *program);
  }
  return *program;
}

void Digester::State::compile(const Shape& shape, Program& program) const {
  program.key.clear();
  program.pieces.clear();
  program.names.clear();
  for (const std::string& name : key) {
    const int index = shape.find(name);
    if (index < 0) {
      program.key.clear();
      return;
    }
    program.key.push_back(static_cast<std::uint32_t>(index));
  }
  for (const std::uint32_t index : shape.sorted()) {
    const std::string_view name = shape.name(index);
    if (!counts(name)) continue;
    const auto size = static_cast<std::uint32_t>(name.size());
    program.pieces.push_back({index, static_cast<std::uint32_t>(program.names.size()), size + 4});
    program.names.append(reinterpret_cast<const char*>(&size), 4);
    program.names.append(name);
  }
  program.names.append(CanonicalWriter::kPadded, '\0');
}

bool Digester::State::counts(std::string_view name) const {
  if (std::find(key.begin(), key.end(), name) != key.end()) return true;
  return (compared.empty() || compared.contains(name)) && !ignored.contains(name);
}

}  // namespace decant
