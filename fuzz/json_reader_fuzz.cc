// The reader of JSON values against simdjson's DOM: both accept the same texts and read the same
// values, but for what the reader refuses by name, and for numbers that the DOM cannot hold.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "json/reader.h"
#include "json/writer.h"

namespace {

using decant::Type;
using decant::Value;

void require(bool good) {
  if (!good) std::abort();
}

void same(const Value& value, simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::NULL_VALUE:
      return require(value.is_null());
    case element_type::BOOL:
      return require(value.is(Type::boolean) && value.as_boolean() == bool(element));
    case element_type::STRING:
      return require(value.is(Type::text) &&
                     value.as_text() == std::string_view(element.get_string().value_unsafe()));
    case element_type::INT64:
      if (value.is(Type::int64)) return require(value.as_int64() == std::int64_t(element));
      return require(value.as_text() == "-0" && std::int64_t(element) == 0);
    case element_type::UINT64:
      return require(value.is(Type::decimal) &&
                     value.as_text() == std::to_string(std::uint64_t(element)));
    case element_type::DOUBLE:
      return require(value.is(Type::decimal) &&
                     std::strtod(std::string(value.as_text()).c_str(), nullptr) == double(element));
    case element_type::ARRAY: {
      require(value.is(Type::list));
      std::size_t i = 0;
      for (const auto item : simdjson::dom::array(element)) {
        require(i < value.as_items().size());
        same(value.as_items()[i++], item);
      }
      return require(i == value.as_items().size());
    }
    case element_type::OBJECT: {
      require(value.is(Type::map));
      std::size_t i = 0;
      for (const auto field : simdjson::dom::object(element)) {
        require(i < value.as_members().size());
        require(value.as_members()[i].name == field.key);
        same(value.as_members()[i++].value, field.value);
      }
      return require(i == value.as_members().size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static simdjson::dom::parser dom;
  static decant::json::ValueParser parser;
  const std::string text(reinterpret_cast<const char*>(data), size);
  simdjson::dom::element element;
  const auto error = dom.parse(text).get(element);
  decant::Arena arena;
  Value value;
  decant::json::Refusal refusal;
  const bool accepted = parser.parse(text, arena, value, refusal);
  if (!accepted) {
    const std::string_view reason = refusal.reason;
    require(!reason.empty() && !refusal.message.empty());
    const bool stricter = reason == "duplicate_key" || reason == "lone_surrogate" ||
                          reason == "nesting" || reason == "number_too_long";
    require(stricter || error != simdjson::SUCCESS);
    return 0;
  }
  // NUMBER_ERROR: past the range of doubles, or of 64 bits. DEPTH_ERROR cannot be: nesting_max.
  require(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR);
  if (error == simdjson::SUCCESS) same(value, element);
  // What is written is read as the same.
  decant::json::TextBuffer written;
  decant::json::write_value(value, written);
  Value again;
  require(parser.parse(written.view(), arena, again, refusal));
  require(decant::json::to_json(again) == written.view());
  return 0;
}
