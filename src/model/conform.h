// Conforming: a value brought to the declared type of the field it is written to or compared with
// (the "target's declared terms"). Pure; no store is named here: what a store can hold is said by
// the FieldKinds of its definitions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "decant/batch.h"
#include "decant/definition.h"
#include "decant/store.h"

namespace decant {

// Why a value or record does not fit; `reason` is a word of the quarantine ("type", "range",
// "not_null", "length", "number_would_change", "unknown_field", ...).
struct Misfit {
  std::string_view reason;
  std::string message;  // names the field, what it holds (shortened) and the remedy
};

// Words of Misfit::reason, the same in the quarantine.
inline constexpr std::string_view kMisfitType = "type";
inline constexpr std::string_view kMisfitRange = "range";
inline constexpr std::string_view kMisfitNotNull = "not_null";
inline constexpr std::string_view kMisfitLength = "length";
inline constexpr std::string_view kMisfitNumberWouldChange = "number_would_change";
inline constexpr std::string_view kMisfitUnknownField = "unknown_field";
inline constexpr std::string_view kMisfitGenerated = "generated";

// Brings `value` to `type` without changing the fact it states: 1.0 fits an integer, "1" does not;
// 0/1 fit a boolean only where it is declared; text never becomes a number, and becomes a
// timestamp, date, time, interval or uuid only where that is declared and the text is one,
// strictly. Absent and null pass. False with `misfit` filled where it does not fit. New text goes
// to `arena`.
bool conform(Value& value, const FieldType& type, Arena& arena, Misfit& misfit);

// The same for whole records of one definition, compiled once: types, NOT NULL, lengths, null and
// absent (where the field cannot tell them apart the other case goes to the complement, if the
// definition has one), unknown fields (into the complement where that is asked, else a misfit).
class Conformer {
 public:
  // `owned`: fields that the plan maps (empty: all). The others stay absent where a record lacks
  // them: no null, no note and no misfit comes of that.
  // `defaults`: what fills a field that a record lacks (or holds null in), where the field is NOT
  // NULL or not owned; as Store::defaults(), may be null. Its values must outlive the records.
  // `mirrored`: generated fields that are carried, as in WriteTarget; a value of another one is a
  // misfit, since the store would not keep it.
  Conformer(const Definition& definition, const Capabilities& capabilities,
            std::span<const std::string> owned = {}, const Batch* defaults = nullptr,
            std::span<const std::string> mirrored = {});
  ~Conformer();
  Conformer(Conformer&&) noexcept;

  // The shape of conformed records: the definition's fields in its order, without generated ones
  // that are not mirrored.
  // Open definitions have none: their records keep their own shape.
  const Shape* shape() const;

  // `record` of any shape. On success it points to new values of shape() in `arena`; a record that
  // is of shape() already is checked once more and keeps its complement. The Conformer must outlive
  // the record, which points to its shape. Not thread-safe: one Conformer a thread.
  bool conform(Record& record, Arena& arena, Misfit& misfit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The inverse for reading: takes the complement apart, so that the record is what it was when it
// was conformed (nulls and absents told apart, fields without a column put back). The batch's
// records get new shapes from `shapes`. Records whose complement is absent are left as they are,
// but for the hidden field itself. What somebody else has written since wins over the complement;
// one that is not of Decant's making stays visible as a field.
void restore_complement(const Definition& definition, ShapeTable& shapes, Batch& batch);

}  // namespace decant
