#include "json/reader.h"

#include <fmt/format.h>

#include <cstring>

#include "base/limits.h"
#include "json/structure.h"
#include "json/walk.h"

namespace decant::json {
namespace {

struct Words {
  const char* reason;
  const char* message;
};

Words words_for(Structure::Fault fault) {
  switch (fault) {
    case Structure::Fault::invalid_utf8:
      return {"invalid_utf8", "the text is not valid UTF-8"};
    case Structure::Fault::control_character:
      return {"syntax", "a string holds a control character (it must be escaped)"};
    case Structure::Fault::unclosed_string:
      return {"syntax", "a string is not closed"};
    case Structure::Fault::empty:
      return {"syntax", "there is no value"};
    case Structure::Fault::no_memory:
      return {"record_too_long", "there is no memory for the text"};
    case Structure::Fault::none:
      break;
  }
  return {"syntax", ""};
}

std::string describe(const Fault& fault, std::string_view repeated_key, std::uint64_t byte) {
  if (repeated_key.empty()) return fmt::format("{} (byte {})", fault.message, byte);
  constexpr std::size_t kShownMax = 64;
  return fmt::format("{}: '{}' (byte {})", fault.message, repeated_key.substr(0, kShownMax), byte);
}

}  // namespace

struct RecordParser::State {
  explicit State(ShapeTable& shapes) : walker(shapes) {}

  // A record by itself: its structure is found apart from that of its neighbours.
  void parse_alone(std::string_view text, const RecordText& place, Batch& batch);
  void add_bad(std::string_view text, const RecordText& place, const char* reason,
               const std::string& message, Batch& batch);
  void add_walked(std::string_view text, const RecordText& place, bool good, const Record& record,
                  Batch& batch);

  Structure structure;
  Walk walk;
  ShapeWalker walker;
};

RecordParser::RecordParser(ShapeTable& shapes) : state_(std::make_unique<State>(shapes)) {}
RecordParser::~RecordParser() = default;
RecordParser::RecordParser(RecordParser&&) noexcept = default;

void RecordParser::parse(std::string_view text, std::span<const RecordText> records, Batch& batch) {
  State& state = *state_;
  if (records.empty()) return;
  // One search for all; where anything in the text is bad, each record is looked at alone, so
  // that it is the only one to suffer.
  if (state.structure.find(text) != Structure::Fault::none) {
    for (const RecordText& place : records) {
#if DECANT_MUTANT_BAD_RECORD_TAKES_BATCH
      state.add_bad(text, place, "syntax", "a record near this one is bad", batch);
#else
      state.parse_alone(text, place, batch);
#endif
    }
    return;
  }
  state.walk.set_text(text.data(), state.structure.indexes());
  for (const RecordText& place : records) {
    const auto begin = static_cast<std::uint32_t>(place.offset);
    const auto end = static_cast<std::uint32_t>(place.offset + place.size);
    Record record;
    const bool good = state.walk.record(begin, end, state.walker, batch, record);
    state.add_walked(text, place, good, record, batch);
  }
}

void RecordParser::State::parse_alone(std::string_view text, const RecordText& place,
                                      Batch& batch) {
  const std::string_view alone = text.substr(place.offset, place.size);
  const Structure::Fault fault = structure.find(alone);
  if (fault != Structure::Fault::none) {
    const Words words = words_for(fault);
    add_bad(text, place, words.reason,
            fmt::format("{} (record at byte {})", words.message, place.origin.offset), batch);
    return;
  }
  walk.set_text(alone.data(), structure.indexes());
  Record record;
  const bool good = walk.record(0, static_cast<std::uint32_t>(alone.size()), walker, batch, record);
  add_walked(text, place, good, record, batch);
}

void RecordParser::State::add_walked(std::string_view text, const RecordText& place, bool good,
                                     const Record& walked, Batch& batch) {
  if (good) {
    Record record = walked;
    record.origin = place.origin;
    record.text_bytes = static_cast<std::uint32_t>(place.size);
    batch.records.push_back(record);
    return;
  }
  const Fault& fault = walk.fault();
  const auto in_record = static_cast<std::uint64_t>(fault.at - (text.data() + place.offset));
  add_bad(text, place, fault.reason,
          describe(fault, walk.repeated_key(), place.origin.offset + in_record), batch);
}

void RecordParser::State::add_bad(std::string_view text, const RecordText& place,
                                  const char* reason, const std::string& message, Batch& batch) {
  BadText bad;
  bad.origin = place.origin;
  bad.reason = reason;
  bad.message = batch.arena.copy(message);
  bad.text =
      text.substr(place.offset, std::min<std::uint64_t>(place.size, quarantine_text_bytes_max));
  batch.bad.push_back(bad);
}

struct ValueParser::State {
  Structure structure;
  Walk walk;
};

ValueParser::ValueParser() : state_(std::make_unique<State>()) {}
ValueParser::~ValueParser() = default;
ValueParser::ValueParser(ValueParser&&) noexcept = default;

bool ValueParser::parse(std::string_view text, Arena& arena, Value& value, Refusal& refusal) {
  State& state = *state_;
  if (text.size() > record_bytes_max) {
    refusal = {"record_too_long", "the text is longer than is kept", 0};
    return false;
  }
  char* copy = arena.allocate(text.size() + kPaddingBytes, 1);
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, kPaddingBytes);
  const Structure::Fault fault = state.structure.find({copy, text.size()});
  if (fault != Structure::Fault::none) {
    const Words words = words_for(fault);
    refusal = {words.reason, words.message, 0};
    return false;
  }
  state.walk.set_text(copy, state.structure.indexes());
  if (state.walk.value(0, static_cast<std::uint32_t>(text.size()), arena, value)) return true;
  const auto at = static_cast<std::uint64_t>(state.walk.fault().at - copy);
  refusal = {state.walk.fault().reason, describe(state.walk.fault(), state.walk.repeated_key(), at),
             at};
  return false;
}

}  // namespace decant::json
