#include "json/writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "json/base64.h"
#include "model/decimal.h"
#include "model/order.h"
#include "model/temporal.h"

namespace decant::json {
namespace {

constexpr unsigned kBlanksPerLevel = 2;

// What stands for each byte of a string; 0: the byte itself.
constexpr std::size_t kEscapeBytesMax = 6;
constexpr char kNoEscape = 0;
constexpr char kUnicodeEscape = 'u';

struct EscapeTable {
  char letters[256] = {};
  constexpr EscapeTable() {
    for (int c = 0; c < 0x20; ++c) letters[c] = kUnicodeEscape;
    letters[static_cast<int>('\b')] = 'b';
    letters[static_cast<int>('\f')] = 'f';
    letters[static_cast<int>('\n')] = 'n';
    letters[static_cast<int>('\r')] = 'r';
    letters[static_cast<int>('\t')] = 't';
    letters[static_cast<int>('"')] = '"';
    letters[static_cast<int>('\\')] = '\\';
  }
};
constexpr EscapeTable kEscapes;

char* put_escaped(std::string_view text, char* out) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const char letter = kEscapes.letters[static_cast<unsigned char>(c)];
    if (letter == kNoEscape) {
      *out++ = c;
      continue;
    }
    *out++ = '\\';
    *out++ = letter;
    if (letter != kUnicodeEscape) continue;
    *out++ = '0';
    *out++ = '0';
    *out++ = kHex[static_cast<unsigned char>(c) >> 4];
    *out++ = kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

void put_plain(std::string_view text, TextBuffer& out) {
  char* to = out.room(text.size() + 2);
  *to++ = '"';
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  to += text.size();
  *to++ = '"';
  out.set_end(to);
}

void put_integer(std::int64_t value, TextBuffer& out) {
  constexpr std::size_t kDigitsMax = 20;
  char* to = out.room(kDigitsMax);
  out.set_end(std::to_chars(to, to + kDigitsMax, value).ptr);
}

void put_real(double value, TextBuffer& out) {
  if (std::isnan(value)) return out.append("\"NaN\"");
  if (std::isinf(value)) return out.append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  char buffer[kDoubleTextMax];
  const std::string_view text = shortest_decimal(value, buffer);
  // 1.0 keeps its point, and -0.0 its sign: a reader sees that this is no integer.
  const bool shows_point = text.find_first_of(".eE") != std::string_view::npos;
  if (std::signbit(value) && text.front() != '-') out.append('-');
  out.append(text);
  if (!shows_point) out.append(".0");
}

void put_base64(std::string_view bytes, TextBuffer& out) {
  char* to = out.room(base64_bytes(bytes.size()) + 2);
  *to++ = '"';
  to = encode_base64(bytes, to);
  *to++ = '"';
  out.set_end(to);
}

void put_line(unsigned level, TextBuffer& out) {
  const std::size_t blanks = std::size_t{level} * kBlanksPerLevel;
  char* to = out.room(blanks + 1);
  *to++ = '\n';
  std::memset(to, ' ', blanks);
  out.set_end(to + blanks);
}

// `level` is that of the value's own line; compact where it is kCompact.
constexpr unsigned kCompact = UINT32_MAX;
void put_value(const Value& value, unsigned level, TextBuffer& out);

void put_items(std::span<const Value> items, unsigned level, TextBuffer& out) {
  if (items.empty()) return out.append("[]");
  const unsigned inner = level == kCompact ? kCompact : level + 1;
  char opening = '[';
  for (const Value& item : items) {
    out.append(opening);
    opening = ',';
    if (inner != kCompact) put_line(inner, out);
    put_value(item, inner, out);
  }
  if (level != kCompact) put_line(level, out);
  out.append(']');
}

void put_set(const Value& value, unsigned level, TextBuffer& out) {
  std::vector<Value> items(value.as_items().begin(), value.as_items().end());
  std::sort(items.begin(), items.end(), [](const Value& a, const Value& b) {
    return order(a, b) == std::partial_ordering::less;
  });
  put_items(items, level, out);
}

void put_members(std::span<const Member> members, unsigned level, TextBuffer& out) {
  const unsigned inner = level == kCompact ? kCompact : level + 1;
  char opening = '{';
  for (const Member& member : members) {
    if (member.value.is_absent()) continue;
    out.append(opening);
    opening = ',';
    if (inner != kCompact) put_line(inner, out);
    write_text(member.name, out);
    out.append(inner == kCompact ? std::string_view(":") : std::string_view(": "));
    put_value(member.value, inner, out);
  }
  if (opening == '{') return out.append("{}");
  if (level != kCompact) put_line(level, out);
  out.append('}');
}

void put_value(const Value& value, unsigned level, TextBuffer& out) {
  switch (value.type()) {
    case Type::absent:
    case Type::null:
      return out.append("null");
    case Type::boolean:
      return out.append(value.as_boolean() ? std::string_view("true") : std::string_view("false"));
    case Type::int64:
      return put_integer(value.as_int64(), out);
    case Type::decimal:
      return out.append(value.as_text());
    case Type::real:
      return put_real(value.as_real(), out);
    case Type::text:
      return value.is_plain() ? put_plain(value.as_text(), out) : write_text(value.as_text(), out);
    case Type::foreign:
      return write_text(value.as_text(), out);
    case Type::bytes:
      return put_base64(value.as_text(), out);
    case Type::timestamp: {
      TemporalText buffer;
      return put_plain(print_timestamp(value.as_int64(), 0, buffer), out);
    }
    case Type::timestamp_local:
    case Type::date:
    case Type::time:
    case Type::interval:
    case Type::uuid: {
      TemporalText buffer;
      return put_plain(print_temporal(value, buffer), out);
    }
    case Type::list:
      return put_items(value.as_items(), level, out);
    case Type::map:
      return put_members(value.as_members(), level, out);
    case Type::text_set:
    case Type::number_set:
    case Type::bytes_set:
      return put_set(value, level, out);
  }
}

}  // namespace

void write_text(std::string_view text, TextBuffer& out) {
  char* to = out.room(text.size() * kEscapeBytesMax + 2);
  *to++ = '"';
  to = put_escaped(text, to);
  *to++ = '"';
  out.set_end(to);
}

void write_value(const Value& value, TextBuffer& out) { put_value(value, kCompact, out); }

std::string to_json(const Value& value) {
  TextBuffer out;
  write_value(value, out);
  return std::string(out.view());
}

struct RecordWriter::State {
  // The keys of a shape, each rendered with what stands before and behind it.
  struct Keys {
    std::string text;
    std::vector<std::uint32_t> ends;  // of each key in `text`
  };

  const Keys& keys_of(const Shape& shape);
  void render(const Shape& shape, Keys& keys) const;

  Layout layout;
  unsigned level = 0;
  std::vector<std::unique_ptr<Keys>> by_shape;  // index: Shape::id
  const Shape* last_shape = nullptr;
  const Keys* last_keys = nullptr;
  Keys batch_owned;  // of the last shape that is nobody's
};

RecordWriter::RecordWriter(Layout layout, unsigned indent) : state_(std::make_unique<State>()) {
  state_->layout = layout;
  state_->level = layout == Layout::compact ? kCompact : indent;
}
RecordWriter::~RecordWriter() = default;
RecordWriter::RecordWriter(RecordWriter&&) noexcept = default;

void RecordWriter::State::render(const Shape& shape, Keys& keys) const {
  TextBuffer text;
  keys.ends.clear();
  for (const std::string_view name : shape.names()) {
    text.append(',');
    if (level != kCompact) put_line(level + 1, text);
    write_text(name, text);
    text.append(level == kCompact ? std::string_view(":") : std::string_view(": "));
    keys.ends.push_back(static_cast<std::uint32_t>(text.size()));
  }
  keys.text.assign(text.view());
}

const RecordWriter::State::Keys& RecordWriter::State::keys_of(const Shape& shape) {
  if (shape.id() == Shape::kOwnedByBatch) {
    // Its address may be another shape's by the next call.
    last_shape = nullptr;
    render(shape, batch_owned);
    return batch_owned;
  }
  if (&shape == last_shape) return *last_keys;
  if (shape.id() >= by_shape.size()) by_shape.resize(shape.id() + 1);
  auto& keys = by_shape[shape.id()];
  if (keys == nullptr) {
    keys = std::make_unique<Keys>();
    render(shape, *keys);
  }
  last_shape = &shape;
  last_keys = keys.get();
  return *keys;
}

void RecordWriter::write(const Record& record, TextBuffer& out) {
  State& state = *state_;
  const State::Keys& keys = state.keys_of(*record.shape);
  const unsigned inner = state.level == kCompact ? kCompact : state.level + 1;
  const std::size_t begin = out.size();
  std::uint32_t key_begin = 0;
  for (std::size_t i = 0; i < record.shape->size(); ++i) {
    const std::uint32_t key_end = keys.ends[i];
    const Value& value = record.values[i];
    if (!value.is_absent()) {
      out.append(std::string_view(keys.text).substr(key_begin, key_end - key_begin));
      put_value(value, inner, out);
    }
    key_begin = key_end;
  }
  if (out.size() == begin) return out.append("{}");
  // The first key's comma becomes the opening brace.
  out.at(begin) = '{';
  if (state.level != kCompact) put_line(state.level, out);
  out.append('}');
}

}  // namespace decant::json
