#include "json/definition_json.h"

#include <fmt/format.h>

#include <initializer_list>
#include <limits>

namespace decant::json {
namespace {

using Form = Document::Form;

void add_text(Document& to, std::string_view name, const std::string& value) {
  if (!value.empty()) to.add(name, value);
}

void add_flag(Document& to, std::string_view name, bool value) {
  if (value) to.add(name, true);
}

void add_number(Document& to, std::string_view name, std::uint32_t value) {
  if (value != 0) to.add(name, static_cast<std::int64_t>(value));
}

Document names_of(const std::vector<std::string>& names) {
  Document list = Document::list();
  for (const std::string& name : names) list.add(Document::text(name));
  return list;
}

Document document_of(const Field& field) {
  Field plain;
  plain.name = field.name;
  plain.type.kind = field.type.kind;
  const Document word = Document::text(to_string(field.type.kind));
  if (field == plain) return word;
  Document out = Document::map();
  out.add("type", word);
  add_number(out, "precision", field.type.precision);
  add_number(out, "scale", field.type.scale);
  add_number(out, "length_max", field.type.length_max);
  add_text(out, "native", field.type.native);
  add_flag(out, "required", field.required);
  add_flag(out, "nullable", field.nullable);
  add_flag(out, "generated", field.generated);
  add_flag(out, "hidden", field.hidden);
  add_text(out, "default", field.default_sql);
  add_text(out, "collation", field.collation);
  return out;
}

Document document_of(const Index& index) {
  Document out = Document::map();
  add_text(out, "name", index.name);
  Document parts = Document::list();
  for (const IndexPart& part : index.parts) {
    if (!part.field.empty() && !part.descending && part.collation.empty()) {
      parts.add(Document::text(part.field));
      continue;
    }
    Document& map = parts.add(Document::map());
    add_text(map, "field", part.field);
    add_text(map, "expression", part.expression);
    add_flag(map, "descending", part.descending);
    add_text(map, "collation", part.collation);
  }
  out.add("fields", std::move(parts));
  add_flag(out, "unique", index.unique);
  add_text(out, "where", index.where);
  return out;
}

Document document_of(const ForeignKey& key) {
  Document out = Document::map();
  add_text(out, "name", key.name);
  out.add("fields", names_of(key.fields));
  out.add("collection", key.collection);
  if (!key.target_fields.empty()) out.add("target_fields", names_of(key.target_fields));
  add_text(out, "on_delete", key.on_delete);
  add_text(out, "on_update", key.on_update);
  add_flag(out, "deferred", key.deferred);
  return out;
}

// Reads the members of one map, one by one; what nobody asked for is unknown.
class MapReader {
 public:
  MapReader(const Document& document, std::string place)
      : document_(document), place_(std::move(place)) {}

  Status known(std::initializer_list<std::string_view> names) const {
    if (!document_.is(Form::map)) return wrong("a map is expected");
    for (const auto& [name, value] : document_.members()) {
      bool found = false;
      for (const std::string_view wanted : names) found = found || wanted == name;
      if (found) continue;
      std::string list;
      for (const std::string_view wanted : names) {
        list += list.empty() ? "" : ", ";
        list += wanted;
      }
      return wrong(fmt::format("unknown member '{}'; known are: {}", name, list));
    }
    return ok_status();
  }
  Status text(std::string_view name, std::string& out) const {
    const Document* member = document_.find(name);
    if (member == nullptr) return ok_status();
    if (!member->is(Form::text)) return wrong(fmt::format("'{}' must be a text", name));
    out = member->as_text();
    return ok_status();
  }
  Status flag(std::string_view name, bool& out) const {
    const Document* member = document_.find(name);
    if (member == nullptr) return ok_status();
    if (!member->is(Form::boolean)) return wrong(fmt::format("'{}' must be true or false", name));
    out = member->as_boolean();
    return ok_status();
  }
  Status number(std::string_view name, std::uint32_t& out) const {
    const Document* member = document_.find(name);
    if (member == nullptr) return ok_status();
    if (!member->is(Form::integer) || member->as_integer() < 0 ||
        member->as_integer() > std::numeric_limits<std::uint32_t>::max()) {
      return wrong(fmt::format("'{}' must be an integer from 0 on", name));
    }
    out = static_cast<std::uint32_t>(member->as_integer());
    return ok_status();
  }
  Status names(std::string_view name, std::vector<std::string>& out) const {
    DECANT_ASSIGN(const auto* items, list(name));
    if (items == nullptr) return ok_status();
    for (const Document& item : *items) {
      if (!item.is(Form::text)) return wrong(fmt::format("'{}' must be a list of names", name));
      out.push_back(item.as_text());
    }
    return ok_status();
  }
  // Null where the member is missing.
  Result<const std::vector<Document>*> list(std::string_view name) const {
    const Document* member = document_.find(name);
    if (member == nullptr) return Result<const std::vector<Document>*>(nullptr);
    if (!member->is(Form::list)) return wrong(fmt::format("'{}' must be a list", name));
    return &member->items();
  }
  Error wrong(std::string_view what) const {
    return Error{ErrorCode::invalid, fmt::format("{}: {}", place_, what)};
  }
  const std::string& place() const { return place_; }

 private:
  const Document& document_;
  std::string place_;
};

Status read_type(const MapReader& reader, std::string_view word, FieldType& type) {
  const auto kind = field_kind(word);
  if (!kind) return reader.wrong(fmt::format("unknown type '{}'", word));
  type.kind = *kind;
  return ok_status();
}

Result<Field> read_field(const std::string& name, const Document& document,
                         const std::string& place) {
  Field field;
  field.name = name;
  const MapReader reader(document, place);
  if (document.is(Form::text)) {
    DECANT_CHECK(read_type(reader, document.as_text(), field.type));
    return field;
  }
  DECANT_CHECK(reader.known({"type", "precision", "scale", "length_max", "native", "required",
                             "nullable", "generated", "hidden", "default", "collation"}));
  std::string word = "any";
  DECANT_CHECK(reader.text("type", word));
  DECANT_CHECK(read_type(reader, word, field.type));
  DECANT_CHECK(reader.number("precision", field.type.precision));
  DECANT_CHECK(reader.number("scale", field.type.scale));
  DECANT_CHECK(reader.number("length_max", field.type.length_max));
  DECANT_CHECK(reader.text("native", field.type.native));
  DECANT_CHECK(reader.flag("required", field.required));
  DECANT_CHECK(reader.flag("nullable", field.nullable));
  DECANT_CHECK(reader.flag("generated", field.generated));
  DECANT_CHECK(reader.flag("hidden", field.hidden));
  DECANT_CHECK(reader.text("default", field.default_sql));
  DECANT_CHECK(reader.text("collation", field.collation));
  return field;
}

Result<IndexPart> read_index_part(const Document& document, const std::string& place) {
  IndexPart part;
  if (document.is(Form::text)) {
    part.field = document.as_text();
    return part;
  }
  const MapReader reader(document, place);
  DECANT_CHECK(reader.known({"field", "expression", "descending", "collation"}));
  DECANT_CHECK(reader.text("field", part.field));
  DECANT_CHECK(reader.text("expression", part.expression));
  DECANT_CHECK(reader.flag("descending", part.descending));
  DECANT_CHECK(reader.text("collation", part.collation));
  if (part.field.empty() == part.expression.empty()) {
    return reader.wrong("an index is over a 'field' or an 'expression', one of the two");
  }
  return part;
}

Result<Index> read_index(const Document& document, const std::string& place) {
  Index index;
  const MapReader reader(document, place);
  DECANT_CHECK(reader.known({"name", "fields", "unique", "where"}));
  DECANT_CHECK(reader.text("name", index.name));
  DECANT_CHECK(reader.flag("unique", index.unique));
  DECANT_CHECK(reader.text("where", index.where));
  DECANT_ASSIGN(const auto* parts, reader.list("fields"));
  if (parts == nullptr || parts->empty()) return reader.wrong("'fields' is missing");
  for (const Document& part : *parts) {
    DECANT_ASSIGN(IndexPart read, read_index_part(part, place));
    index.parts.push_back(std::move(read));
  }
  return index;
}

Result<ForeignKey> read_foreign_key(const Document& document, const std::string& place) {
  ForeignKey key;
  const MapReader reader(document, place);
  DECANT_CHECK(reader.known(
      {"name", "fields", "collection", "target_fields", "on_delete", "on_update", "deferred"}));
  DECANT_CHECK(reader.text("name", key.name));
  DECANT_CHECK(reader.names("fields", key.fields));
  DECANT_CHECK(reader.text("collection", key.collection));
  DECANT_CHECK(reader.names("target_fields", key.target_fields));
  DECANT_CHECK(reader.text("on_delete", key.on_delete));
  DECANT_CHECK(reader.text("on_update", key.on_update));
  DECANT_CHECK(reader.flag("deferred", key.deferred));
  if (key.fields.empty()) return reader.wrong("'fields' is missing");
  if (key.collection.empty()) return reader.wrong("'collection' is missing");
  return key;
}

Status read_constraints(const MapReader& reader, Definition& definition) {
  const std::string& place = reader.place();
  DECANT_ASSIGN(const auto* indexes, reader.list("indexes"));
  for (std::size_t i = 0; indexes != nullptr && i < indexes->size(); ++i) {
    DECANT_ASSIGN(Index index, read_index((*indexes)[i], fmt::format("{}.indexes[{}]", place, i)));
    definition.indexes.push_back(std::move(index));
  }
  DECANT_ASSIGN(const auto* keys, reader.list("foreign_keys"));
  for (std::size_t i = 0; keys != nullptr && i < keys->size(); ++i) {
    DECANT_ASSIGN(ForeignKey key,
                  read_foreign_key((*keys)[i], fmt::format("{}.foreign_keys[{}]", place, i)));
    definition.foreign_keys.push_back(std::move(key));
  }
  DECANT_ASSIGN(const auto* checks, reader.list("checks"));
  for (std::size_t i = 0; checks != nullptr && i < checks->size(); ++i) {
    const MapReader check((*checks)[i], fmt::format("{}.checks[{}]", place, i));
    DECANT_CHECK(check.known({"name", "expression"}));
    CheckRule rule;
    DECANT_CHECK(check.text("name", rule.name));
    DECANT_CHECK(check.text("expression", rule.expression));
    if (rule.expression.empty()) return check.wrong("'expression' is missing");
    definition.checks.push_back(std::move(rule));
  }
  return ok_status();
}

Status check_names(const MapReader& reader, const Definition& definition) {
  for (const std::string& name : definition.key) {
    if (!definition.open && definition.find(name) == nullptr) {
      return reader.wrong(fmt::format("the key's field '{}' is none of its fields", name));
    }
  }
  if (!definition.complement.empty() && definition.find(definition.complement) == nullptr) {
    return reader.wrong(
        fmt::format("the complement '{}' is none of its fields", definition.complement));
  }
  return ok_status();
}

}  // namespace

Document definition_to_document(const Definition& definition) {
  Document out = Document::map();
  Document& fields = out.add("fields", Document::map());
  for (const Field& field : definition.fields) fields.add(field.name, document_of(field));
  if (!definition.key.empty()) out.add("key", names_of(definition.key));
  if (!definition.indexes.empty()) {
    Document& indexes = out.add("indexes", Document::list());
    for (const Index& index : definition.indexes) indexes.add(document_of(index));
  }
  if (!definition.foreign_keys.empty()) {
    Document& keys = out.add("foreign_keys", Document::list());
    for (const ForeignKey& key : definition.foreign_keys) keys.add(document_of(key));
  }
  if (!definition.checks.empty()) {
    Document& checks = out.add("checks", Document::list());
    for (const CheckRule& rule : definition.checks) {
      Document& check = checks.add(Document::map());
      add_text(check, "name", rule.name);
      check.add("expression", rule.expression);
    }
  }
  add_text(out, "complement", definition.complement);
  add_flag(out, "open", definition.open);
  add_flag(out, "key_generated", definition.key_generated);
  add_flag(out, "is_view", definition.is_view);
  add_flag(out, "without_rowid", definition.without_rowid);
  add_flag(out, "strict", definition.strict);
  add_flag(out, "wal", definition.wal);
  return out;
}

Result<Definition> definition_from_document(const Document& document, std::string_view collection,
                                            std::string_view name) {
  Definition definition;
  definition.name = collection;
  const MapReader reader(document, fmt::format("'{}': collection '{}'", name, collection));
  DECANT_CHECK(
      reader.known({"fields", "key", "indexes", "foreign_keys", "checks", "complement", "open",
                    "key_generated", "is_view", "without_rowid", "strict", "wal"}));
  if (const Document* fields = document.find("fields"); fields != nullptr) {
    if (!fields->is(Form::map)) return reader.wrong("'fields' must be a map of names to types");
    for (const auto& [field_name, field] : fields->members()) {
      DECANT_ASSIGN(
          Field read,
          read_field(field_name, field, fmt::format("{}, field '{}'", reader.place(), field_name)));
      definition.fields.push_back(std::move(read));
    }
  }
  DECANT_CHECK(reader.names("key", definition.key));
  DECANT_CHECK(read_constraints(reader, definition));
  DECANT_CHECK(reader.text("complement", definition.complement));
  DECANT_CHECK(reader.flag("open", definition.open));
  DECANT_CHECK(reader.flag("key_generated", definition.key_generated));
  DECANT_CHECK(reader.flag("is_view", definition.is_view));
  DECANT_CHECK(reader.flag("without_rowid", definition.without_rowid));
  DECANT_CHECK(reader.flag("strict", definition.strict));
  DECANT_CHECK(reader.flag("wal", definition.wal));
  DECANT_CHECK(check_names(reader, definition));
  return definition;
}

std::string definitions_to_json(std::span<const Definition> definitions) {
  Document out = Document::map();
  out.add("format", kDefinitionFormat);
  Document& collections = out.add("collections", Document::map());
  for (const Definition& definition : definitions) {
    collections.add(definition.name, definition_to_document(definition));
  }
  return out.to_text(true);
}

Result<std::vector<Definition>> definitions_from_json(std::string_view text,
                                                      std::string_view name) {
  DECANT_ASSIGN(const Document document, parse_document(text, name));
  const MapReader reader(document, fmt::format("'{}'", name));
  const std::int64_t format = document.integer_or("format", 0);
  if (format > kDefinitionFormat) {
    return Error{ErrorCode::refused,
                 fmt::format("'{}' has format {}, and this program knows formats up to {}; use a "
                             "newer one",
                             name, format, kDefinitionFormat)};
  }
  DECANT_CHECK(reader.known({"format", "collections"}));
  if (format < 1) return reader.wrong("'format' is missing; it is 1");
  const Document* collections = document.find("collections");
  if (collections == nullptr || !collections->is(Form::map)) {
    return reader.wrong("'collections' must be a map of names to definitions");
  }
  std::vector<Definition> definitions;
  for (const auto& [collection, definition] : collections->members()) {
    DECANT_ASSIGN(Definition read, definition_from_document(definition, collection, name));
    definitions.push_back(std::move(read));
  }
  return definitions;
}

}  // namespace decant::json
