#include "verify/difference.h"

#include <algorithm>

#include "json/text_buffer.h"
#include "json/writer.h"
#include "model/canonical.h"

namespace decant::verify {
namespace {

std::string json_or_absent(const Value& value) {
  return value.is_absent() ? std::string() : json::to_json(value);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A value's types, inner ones included as far as they can be told apart: what says why two values
// of the same text differ.
std::string type_of(const Value& value) { return std::string(to_string(value.type())); }

void append_member(std::string_view name, std::string_view json, json::TextBuffer& out) {
  if (json.empty()) return;
  out.append(',');
  json::write_text(name, out);
  out.append(':');
  out.append(json);
}

void append_type(std::string_view name, std::string_view type, json::TextBuffer& out) {
  if (type.empty()) return;
  out.append(',');
  json::write_text(name, out);
  out.append(':');
  json::write_text(type, out);
}

}  // namespace

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::missing:
      return "missing";
    case DifferenceKind::extra:
      return "extra";
    case DifferenceKind::different:
      return "different";
  }
  return "unknown";
}

std::string to_json(const Difference& difference) {
  json::TextBuffer out;
  out.append("{\"key\":{");
  bool first = true;
  for (const auto& [field, value] : difference.key) {
    if (!first) out.append(',');
    first = false;
    json::write_text(field, out);
    out.append(':');
    out.append(value.empty() ? std::string_view("null") : std::string_view(value));
  }
  out.append("},\"difference\":");
  json::write_text(to_string(difference.kind), out);
  out.append(",\"fields\":[");
  first = true;
  for (const FieldDifference& field : difference.fields) {
    if (!first) out.append(',');
    first = false;
    out.append("{\"name\":");
    json::write_text(field.name, out);
    append_member("source", field.source, out);
    append_member("target", field.target, out);
    append_type("source_type", field.source_type, out);
    append_type("target_type", field.target_type, out);
    out.append('}');
  }
  out.append(']');
  append_type("place", difference.place, out);
  out.append('}');
  return std::string(out.view());
}

std::string with_collection(std::string_view collection, std::string_view difference_json) {
  json::TextBuffer out;
  out.append("{\"collection\":");
  json::write_text(collection, out);
  out.append(',');
  out.append(difference_json.substr(1));
  return std::string(out.view());
}

bool ComparedFields::counts(std::string_view field) const {
  if (contains(key, field)) return true;
  return (compared.empty() || contains(compared, field)) && !contains(ignored, field);
}

std::vector<FieldDifference> compare_fields(const Record& source, const Record& target,
                                            const ComparedFields& fields) {
  std::vector<FieldDifference> found;
  const auto compare = [&](std::string_view name, const Value& a, const Value& b) {
    if (equal(a, b) || !fields.counts(name)) return;
    FieldDifference difference{std::string(name), json_or_absent(a), json_or_absent(b), {}, {}};
    if (difference.source == difference.target) {
      difference.source_type = type_of(a);
      difference.target_type = type_of(b);
    }
    found.push_back(std::move(difference));
  };
  for (std::size_t i = 0; i < source.shape->size(); ++i) {
    const std::string_view name = source.shape->name(i);
    const bool same_place = i < target.shape->size() && target.shape->name(i) == name;
    compare(name, source.values[i], same_place ? target.values[i] : target.find(name));
  }
  const bool same_fields = source.shape == target.shape ||
                           std::ranges::equal(source.shape->names(), target.shape->names());
  for (std::size_t i = 0; i < target.shape->size() && !same_fields; ++i) {
    const std::string_view name = target.shape->name(i);
    if (source.shape->find(name) < 0) compare(name, Value::absent(), target.values[i]);
  }
  std::sort(found.begin(), found.end(),
            [](const FieldDifference& a, const FieldDifference& b) { return a.name < b.name; });
  return found;
}

std::vector<std::pair<std::string, std::string>> render_key(const Record& record,
                                                            const std::vector<std::string>& key) {
  std::vector<std::pair<std::string, std::string>> rendered;
  for (const std::string& field : key) {
    rendered.emplace_back(field, json_or_absent(record.find(field)));
  }
  return rendered;
}

}  // namespace decant::verify
