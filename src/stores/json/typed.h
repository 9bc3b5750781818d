// Values that JSON and CSV text cannot tell, brought back to the types that a definition declares.
#pragma once

#include <memory>
#include <string>

#include "decant/batch.h"
#include "decant/definition.h"

namespace decant::stores {

// True for the kinds that JSON text does not tell by itself: bytes, moments, uuids, doubles, sets,
// the text of foreign types.
bool needs_declaration(FieldKind kind);

// Turns the form in which `kind` stands in a text (json/writer.h) into its value. Null and absent
// pass, as does everything where the text tells by itself. False where the form is wrong.
bool restore_type(Value& value, FieldKind kind, Arena& arena);

// The same for whole records; what a shape needs is worked out once. Not thread-safe.
class TypedFields {
 public:
  explicit TypedFields(const Definition& definition);
  ~TypedFields();
  TypedFields(TypedFields&&) noexcept;

  bool any() const;  // whether there is anything to do
  // `record`'s values are replaced by new ones in `arena` where needed. False, with the field's
  // name, where a value is not what is declared.
  bool restore(Record& record, Arena& arena, std::string_view& field);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace decant::stores
