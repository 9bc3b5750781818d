// One walk over the tokens of a JSON text, in document order: text into Values.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "decant/batch.h"
#include "decant/value.h"
#include "json/reader.h"
#include "json/scalars.h"

namespace decant::json {

// Not thread-safe; keeps its scratch memory.
class Walk {
 public:
  // `text` and `indexes` as Structure found them; both must live while the walk is used.
  void set_text(const char* text, const std::uint32_t* indexes) {
    text_ = text;
    next_ = indexes;
  }

  // The record in [begin, end) of the text. False with fault() where it is refused. Records must be
  // asked for in the order of the text.
  bool record(std::uint32_t begin, std::uint32_t end, ShapeWalker& walker, Batch& batch,
              Record& record);
  // The value in [begin, end).
  bool value(std::uint32_t begin, std::uint32_t end, Arena& arena, Value& value);

  const Fault& fault() const { return fault_; }
  std::string_view repeated_key() const { return repeated_key_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void enter(std::uint32_t begin, std::uint32_t end);
  // The next token of the record; kNone behind its last one.
  std::uint32_t take() { return *next_ < end_ ? *next_++ : kNone; }
  bool refuse(const char* reason, const char* message, const char* at);
  bool refuse_at(std::uint32_t token, const char* message);
  bool fields(ShapeWalker& walker, Arena& arena);
  bool step(std::uint32_t token, ShapeWalker& walker, Arena& arena);
  bool value_at(std::uint32_t token, Arena& arena, unsigned depth, Value& value);
  bool literal(std::uint32_t token, Value& value);
  bool text(std::uint32_t token, Arena& arena, Value& value);
  bool name(std::uint32_t token, Arena& arena, std::string_view& out);
  bool colon() {
    const std::uint32_t token = take();
    if (token != kNone && text_[token] == ':') return true;
    return refuse_at(token, "':' is expected behind a key");
  }
  bool list(Arena& arena, unsigned depth, Value& value);
  bool map(std::uint32_t token, Arena& arena, unsigned depth, Value& value);
  bool members_differ(std::size_t base);
  bool nothing_follows();

  const char* text_ = nullptr;
  const std::uint32_t* next_ = nullptr;
  std::uint32_t end_ = 0;
  Fault fault_;
  std::string_view repeated_key_;
  std::vector<Value> values_;    // a stack: the lists that are open
  std::vector<Member> members_;  // likewise, the maps
  std::vector<std::string_view> names_;
};

}  // namespace decant::json
