// A small JSON document as a tree: reports, checkpoints, definitions. Not for records (reader.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/result.h"

namespace decant::json {

// A value that owns what it holds; members keep their order. Copyable.
class Document {
 public:
  enum class Form : std::uint8_t { null, boolean, integer, real, text, list, map, raw };

  Document() = default;
  static Document boolean(bool value);
  static Document integer(std::int64_t value);
  static Document real(double value);
  static Document text(std::string_view value);
  // JSON text that is written as it stands, so that no digit of it is lost. REQUIRES: it is valid.
  static Document raw(std::string_view json);
  static Document list();
  static Document map();

  Form form() const { return form_; }
  bool is(Form form) const { return form_ == form; }

  // REQUIRES: the form that the name says.
  bool as_boolean() const { return integer_ != 0; }
  std::int64_t as_integer() const { return integer_; }
  double as_real() const { return form_ == Form::integer ? static_cast<double>(integer_) : real_; }
  const std::string& as_text() const { return text_; }
  const std::vector<Document>& items() const { return items_; }
  const std::vector<std::pair<std::string, Document>>& members() const { return members_; }

  // Null where there is no such member, or this is no map.
  const Document* find(std::string_view name) const;
  // With a fallback where the member is missing or of another form.
  std::int64_t integer_or(std::string_view name, std::int64_t fallback) const;
  std::string text_or(std::string_view name, std::string_view fallback) const;

  // Appends an item (list) or a member (map; the name is not looked for). Returns what was added,
  // valid until the next one is added.
  Document& add(Document item);
  Document& add(std::string_view name, Document value);
  Document& add(std::string_view name, std::string_view value) { return add(name, text(value)); }
  Document& add(std::string_view name, const char* value) { return add(name, text(value)); }
  Document& add(std::string_view name, std::int64_t value) { return add(name, integer(value)); }
  Document& add(std::string_view name, std::uint64_t value) {
    return add(name, integer(static_cast<std::int64_t>(value)));
  }
  Document& add(std::string_view name, int value) { return add(name, integer(value)); }
  Document& add(std::string_view name, double value) { return add(name, real(value)); }
  Document& add(std::string_view name, bool value) { return add(name, boolean(value)); }

  // Compact, or pretty with two blanks a level and a line feed at the end.
  std::string to_text(bool pretty = false) const;

 private:
  void append_to(std::string& out, bool pretty, unsigned level) const;

  Form form_ = Form::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  std::vector<Document> items_;
  std::vector<std::pair<std::string, Document>> members_;
};

// Strict JSON; a key twice in one object is an error. `name` names the text in errors (a path).
Result<Document> parse_document(std::string_view text, std::string_view name);

}  // namespace decant::json
