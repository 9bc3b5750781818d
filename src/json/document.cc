#include "json/document.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "json/reader.h"
#include "json/writer.h"

namespace decant::json {

Document Document::boolean(bool value) {
  Document document;
  document.form_ = Form::boolean;
  document.integer_ = value ? 1 : 0;
  return document;
}

Document Document::integer(std::int64_t value) {
  Document document;
  document.form_ = Form::integer;
  document.integer_ = value;
  return document;
}

Document Document::real(double value) {
  Document document;
  document.form_ = Form::real;
  document.real_ = value;
  return document;
}

Document Document::text(std::string_view value) {
  Document document;
  document.form_ = Form::text;
  document.text_ = value;
  return document;
}

Document Document::raw(std::string_view json) {
  Document document;
  document.form_ = Form::raw;
  document.text_ = json;
  return document;
}

Document Document::list() {
  Document document;
  document.form_ = Form::list;
  return document;
}

Document Document::map() {
  Document document;
  document.form_ = Form::map;
  return document;
}

const Document* Document::find(std::string_view name) const {
  for (const auto& [key, value] : members_) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::int64_t Document::integer_or(std::string_view name, std::int64_t fallback) const {
  const Document* member = find(name);
  return member != nullptr && member->is(Form::integer) ? member->integer_ : fallback;
}

std::string Document::text_or(std::string_view name, std::string_view fallback) const {
  const Document* member = find(name);
  return member != nullptr && member->is(Form::text) ? member->text_ : std::string(fallback);
}

Document& Document::add(Document item) {
  items_.push_back(std::move(item));
  return items_.back();
}

Document& Document::add(std::string_view name, Document value) {
  return members_.emplace_back(name, std::move(value)).second;
}

namespace {

void append_line(std::string& out, bool pretty, unsigned level) {
  constexpr unsigned kBlanksPerLevel = 2;
  if (!pretty) return;
  out += '\n';
  out.append(std::size_t{level} * kBlanksPerLevel, ' ');
}

void append_scalar(std::string& out, const Value& value) {
  TextBuffer buffer;
  write_value(value, buffer);
  out += buffer.view();
}

}  // namespace

void Document::append_to(std::string& out, bool pretty, unsigned level) const {
  switch (form_) {
    case Form::null:
      return append_scalar(out, Value::null());
    case Form::boolean:
      return append_scalar(out, Value::boolean(as_boolean()));
    case Form::integer:
      return append_scalar(out, Value::int64(integer_));
    case Form::real:
      return append_scalar(out, Value::real(real_));
    case Form::text:
      return append_scalar(out, Value::text(text_));
    case Form::raw:
      out += text_;
      return;
    case Form::list: {
      out += '[';
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i != 0) out += ',';
        append_line(out, pretty, level + 1);
        items_[i].append_to(out, pretty, level + 1);
      }
      if (!items_.empty()) append_line(out, pretty, level);
      out += ']';
      return;
    }
    case Form::map: {
      out += '{';
      for (std::size_t i = 0; i < members_.size(); ++i) {
        if (i != 0) out += ',';
        append_line(out, pretty, level + 1);
        append_scalar(out, Value::text(members_[i].first));
        out += pretty ? ": " : ":";
        members_[i].second.append_to(out, pretty, level + 1);
      }
      if (!members_.empty()) append_line(out, pretty, level);
      out += '}';
      return;
    }
  }
}

std::string Document::to_text(bool pretty) const {
  std::string out;
  append_to(out, pretty, 0);
  if (pretty) out += '\n';
  return out;
}

namespace {

Document to_document(const Value& value) {
  switch (value.type()) {
    case Type::boolean:
      return Document::boolean(value.as_boolean());
    case Type::int64:
      return Document::integer(value.as_int64());
    case Type::decimal: {
      double number = 0;
      const std::string_view text = value.as_text();
      const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
      // Past the range of doubles from_chars leaves the number alone.
      if (read.ec == std::errc::result_out_of_range) number = HUGE_VAL;
      return Document::real(number);
    }
    case Type::text:
      return Document::text(value.as_text());
    case Type::list: {
      Document document = Document::list();
      for (const Value& item : value.as_items()) document.add(to_document(item));
      return document;
    }
    case Type::map: {
      Document document = Document::map();
      for (const Member& member : value.as_members()) {
        document.add(member.name, to_document(member.value));
      }
      return document;
    }
    default:
      return {};
  }
}

}  // namespace

// Through the records' own reader, so that there is one grammar and one list of what is refused.
Result<Document> parse_document(std::string_view text, std::string_view name) {
  Arena arena;
  ValueParser parser;
  Value value;
  Refusal refusal;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!parser.parse(text, arena, value, refusal)) {
    return Error{ErrorCode::invalid,
                 fmt::format("'{}': {}; mend the JSON text there", name, refusal.message)};
  }
  return to_document(value);
}

}  // namespace decant::json
