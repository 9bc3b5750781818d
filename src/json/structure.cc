#include "json/structure.h"

#include <simdjson.h>

#include <algorithm>

namespace decant::json {
namespace {

constexpr std::size_t kCapacityFirst = 64u << 10;
// Indexes take four bytes for each byte of text: past this they are given back after use.
constexpr std::size_t kCapacityKept = 8u << 20;

}  // namespace

struct Structure::State {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

Structure::Structure() : state_(std::make_unique<State>()) {}
Structure::~Structure() = default;
Structure::Structure(Structure&&) noexcept = default;

Structure::Fault Structure::find(std::string_view text) {
  auto& parser = state_->parser;
  const bool too_large =
      parser != nullptr && parser->capacity() > kCapacityKept && text.size() <= kCapacityKept;
  if (too_large) parser.reset();
  if (parser == nullptr || parser->capacity() < text.size()) {
    std::size_t capacity = kCapacityFirst;
    while (capacity < text.size()) capacity *= 2;
    parser.reset();
    // The depth serves simdjson's second stage, which is not used.
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, 1, parser);
    if (error != simdjson::SUCCESS) return Fault::no_memory;
  }
  const auto error = parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                    simdjson::stage1_mode::regular);
  indexes_ = parser->structural_indexes.get();
  count_ = parser->n_structural_indexes;
  switch (error) {
    case simdjson::SUCCESS:
      return Fault::none;
    case simdjson::UTF8_ERROR:
      return Fault::invalid_utf8;
    case simdjson::UNESCAPED_CHARS:
      return Fault::control_character;
    case simdjson::UNCLOSED_STRING:
      return Fault::unclosed_string;
    case simdjson::EMPTY:
      return Fault::empty;
    default:
      return Fault::no_memory;
  }
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace decant::json
