#include "migration/definitions.h"

#include <algorithm>

#include "mapping/infer.h"
#include "mapping/statistics.h"
#include "migration/generated_fields.h"
#include "migration/names.h"
#include "migration/read_all.h"
#include "migration/seen_fields.h"

namespace decant::migration {
namespace {

Error wrong(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

// The source's own key, under the names that the rules give its fields; empty where they do not
// carry all of it over.
std::vector<std::string> carried_key(const Definition& source, const mapping::Rules& rules) {
  std::vector<std::string> key;
  for (const std::string& field : source.key) {
    const mapping::Kind& kind = rules.kinds.front();
    std::string name;
    for (const mapping::FieldRule& rule : kind.map) {
      if (rule.from.size() == 1 && rule.from[0] == field) name = rule.target;
    }
    if (name.empty() && kind.rest == mapping::Rest::keep) name = field;
    if (name.empty()) return {};
    key.push_back(std::move(name));
  }
  return key;
}

std::string candidates_text(const mapping::CollectionSummary& summary) {
  std::string text;
  for (const mapping::KeyCandidate& candidate : summary.keys) {
    std::string fields;
    for (const std::string& field : candidate.fields) fields += (fields.empty() ? "" : ",") + field;
    text += (text.empty() ? "" : " or ") + fields;
  }
  return text;
}

Error no_key(const ResolvedCollection& collection, const ResolveOptions& options, View& view) {
  mapping::FieldStatistics statistics;
  auto take = [&](std::uint32_t, const Batch& batch) { statistics.add(batch); };
  Status read = read_all(collection.from.front(), options.sink, options.stop, view, take);
  if (!read.ok()) return std::move(read).error();
  std::string candidates = candidates_text(statistics.summary());
  std::string message = "collection '" + collection.name + "' has no key, and none is guessed; ";
  if (candidates.empty()) {
    message +=
        "no field or pair of fields is unique and always present, so name fields that are "
        "meant to be: --key FIELD,...";
  } else {
    message += "say which fields identify a record: --key " + candidates;
  }
  return wrong(message);
}

// The key that the plan or the command line names. A field that gets another name may be named by
// either.
std::vector<std::string> key_under_new_names(const ResolvedCollection& collection) {
  std::vector<std::string> key = collection.rules.key;
  for (std::string& field : key) {
    bool made = std::any_of(
        collection.rules.kinds.begin(), collection.rules.kinds.end(),
        [&](const mapping::Kind& kind) {
          return std::any_of(kind.map.begin(), kind.map.end(),
                             [&](const mapping::FieldRule& rule) { return rule.target == field; });
        });
    auto renamed = collection.renamed.find(field);
    if (!made && renamed != collection.renamed.end()) field = renamed->second;
  }
  return key;
}

void settle_key(const Definition* target, const Definition* declared, const Definition& source,
                ResolvedCollection& collection) {
  collection.key = key_under_new_names(collection);
  if (collection.key.empty() && target != nullptr) collection.key = target->key;
  if (collection.key.empty() && declared != nullptr) collection.key = declared->key;
  if (collection.key.empty()) collection.key = carried_key(source, collection.rules);
}

bool mentions(std::string_view expression, std::string_view name) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  auto same = [&](char a, char b) { return lower(a) == lower(b); };
  return std::search(expression.begin(), expression.end(), name.begin(), name.end(), same) !=
         expression.end();
}

// Expressions are the store's own text, in the source's names: they are carried over as they are,
// and nobody rewrites them.
Status check_expressions(const Definition& source, const ResolvedCollection& collection,
                         const std::string& field, const std::string& name) {
  if (field.size() == name.size() && mentions(field, name)) return ok_status();  // letter case
  std::string found;
  auto look = [&](const std::string& expression, const std::string& what) {
    if (found.empty() && mentions(expression, field)) found = what + " (" + expression + ")";
  };
  for (const CheckRule& check : source.checks) look(check.expression, "a CHECK");
  for (const Field& other : source.fields) {
    if (other.generated) look(other.default_sql, "the generated field '" + other.name + "'");
  }
  for (const Index& index : source.indexes) {
    look(index.where, "the condition of index '" + index.name + "'");
    for (const IndexPart& part : index.parts) look(part.expression, "index '" + index.name + "'");
  }
  if (found.empty()) return ok_status();
  return wrong("collection '" + collection.name + "': field '" + field + "' becomes '" + name +
               "', but " + found + " is written with its old name; keep the name with rename: {" +
               source.name + "." + field + ": " + field +
               "}, or declare the collection in 'definitions:'");
}

// A source definition under the names that the plan gives its fields, as the wish for the target.
Result<Definition> carried_definition(const Plan& plan, const Definition& source,
                                      const ResolvedCollection& collection) {
  Definition wanted = source;
  auto renamed = [&](const std::string& field) { return field_name(plan, source.name, field); };
  auto rename_all = [&](std::vector<std::string>& fields) {
    std::transform(fields.begin(), fields.end(), fields.begin(), renamed);
  };
  wanted.name = collection.name;
  wanted.left_behind.clear();
  wanted.is_view = false;
  wanted.key = collection.key;
  for (Field& field : wanted.fields) {
    std::string name = renamed(field.name);
    if (name != field.name) {
      DECANT_CHECK(check_expressions(source, collection, field.name, name));
    }
    field.name = std::move(name);
  }
  for (Index& index : wanted.indexes) {
    for (IndexPart& part : index.parts) {
      if (!part.field.empty()) part.field = renamed(part.field);
    }
  }
  for (ForeignKey& key : wanted.foreign_keys) {
    rename_all(key.fields);
    for (std::string& field : key.target_fields) field = field_name(plan, key.collection, field);
    key.collection = collection_name(plan, key.collection);
  }
  return wanted;
}

// A target that tells null and absent apart, and takes any field, needs no complement.
void drop_complement(Definition& definition) {
  std::erase_if(definition.fields, [](const Field& field) { return field.hidden; });
  definition.complement.clear();
}

Result<Definition> infer(const ResolveOptions& options, Resolved& resolved,
                         ResolvedCollection& collection) {
  mapping::DefinitionBuilder builder({collection.name, collection.key, {}, "decant_rest"});
  mapping::CompileOptions compile;
  compile.run.run_time_us = options.run_time_us;
  compile.keep_notes = collection.keep_notes;
  compile.source = collection.source_fields;
  std::shared_ptr<const mapping::Mapping> mapping = mapping::Mapping::identity();
  if (!collection.rules.is_identity()) {
    DECANT_ASSIGN(mapping, mapping::Mapping::compile({collection.rules}, compile));
  }
  ShapeTable shapes;
  mapping::Mapper mapper(mapping, shapes);
  mapping::MappedBatch mapped;
  SeenFields seen_fields;
  std::uint32_t offset = 0;
  for (const std::string& name : collection.from) {
    std::uint32_t current = UINT32_MAX;
    std::uint32_t seen = 0;
    auto take = [&](std::uint32_t partition, const Batch& batch) {
      if (partition != current) builder.start_partition(offset + partition);
      current = partition;
      seen = partition + 1;
      seen_fields.add(batch);
      mapper.apply(batch, mapped);
      builder.add(mapped.targets.front());
      resolved.records_seen += batch.records.size() + batch.bad.size();
    };
    DECANT_CHECK(read_all(name, options.sink, options.stop, *resolved.source_view, take));
    offset += seen;
  }
  if (collection.source_fields.empty()) collection.seen_fields = seen_fields.fields();
  DECANT_CHECK(mapping::check_coverage(collection.rules, collection.seen_fields));
  DECANT_ASSIGN(mapping::Inferred inferred, builder.finish());
  for (std::string& note : inferred.notes) collection.notes.push_back(std::move(note));
  return std::move(inferred.definition);
}

Definition open_definition(const ResolvedCollection& collection) {
  Definition definition;
  definition.name = collection.name;
  definition.key = collection.key;
  definition.open = true;
  return definition;
}

// The definition that stands beside a file, instead of the one that its records would give: where
// it has a field for each of theirs.
bool take_declared(Definition declared, Definition& inferred) {
  for (const Field& field : inferred.fields) {
    if (!field.hidden && declared.find(field.name) == nullptr) return false;
  }
  declared.open = false;
  for (Field& field : declared.fields) {
    const Field* seen = inferred.find(field.name);
    field.nullable = field.nullable || (seen != nullptr && seen->nullable && !field.required);
  }
  if (declared.complement.empty() && !inferred.complement.empty()) {
    declared.complement = inferred.complement;
    declared.fields.push_back(*inferred.find(inferred.complement));
  }
  inferred = std::move(declared);
  return true;
}

// A collection that stands already, but not as the plan declares it.
Status check_declared(const Definition& declared, const ResolvedCollection& collection,
                      Resolved& resolved) {
  Definition wanted = declared;
  wanted.name = collection.name;
  if (wanted.key.empty()) wanted.key = collection.key;
  DECANT_ASSIGN(CreateResult checked, resolved.target->create(wanted, {true}));
  if (checked.differences.empty()) return ok_status();
  std::string message = "collection '" + collection.name +
                        "' stands in the target in another shape than the plan declares:";
  for (const std::string& difference : checked.differences) message += " " + difference + ";";
  return Error{ErrorCode::refused, message + " change one of the two"};
}

// The definition that the target should get, where it has no such collection yet.
Result<Definition> wanted_definition(const Plan& plan, const Definition* declared,
                                     const Definition& source, const ResolveOptions& options,
                                     Resolved& resolved, ResolvedCollection& collection) {
  if (declared != nullptr) {
    collection.origin = DefinitionOrigin::plan;
    Definition wanted = *declared;
    wanted.key = collection.key;
    return wanted;
  }
  bool plain = collection.plain && collection.from.size() == 1;
  if (plain && !source.open) {
    collection.origin = DefinitionOrigin::source;
    DECANT_ASSIGN(Definition wanted, carried_definition(plan, source, collection));
    if (resolved.target->capabilities().nulls) drop_complement(wanted);
    return wanted;
  }
  bool declares = plain && !source.fields.empty();
  if (!resolved.target->capabilities().schema) {
    collection.origin = DefinitionOrigin::open;
    if (declares) return carried_definition(plan, source, collection);
    return open_definition(collection);
  }
  collection.origin = DefinitionOrigin::inferred;
  collection.keep_notes = !collection.rules.is_identity();
  DECANT_ASSIGN(Definition wanted, infer(options, resolved, collection));
  if (declares) {
    DECANT_ASSIGN(Definition carried, carried_definition(plan, source, collection));
    if (take_declared(std::move(carried), wanted)) collection.origin = DefinitionOrigin::source;
  }
  return wanted;
}

Status check_policy(const ResolvedCollection& collection) {
  if (collection.policies.newer_than.empty() || collection.definition.open) return ok_status();
  if (collection.definition.find(collection.policies.newer_than) != nullptr) return ok_status();
  return wrong("newer-than: collection '" + collection.name + "' has no field '" +
               collection.policies.newer_than + "'");
}

// A store speaks of its own names; the keys of `rename` are the source's.
Error in_source_terms(Error error, const ResolvedCollection& collection) {
  const bool renames = error.message.find("`rename: ") != std::string::npos;
  if (renames && collection.from.size() == 1 && collection.from.front() != collection.name) {
    error.message += " (there with the names of the source: " + collection.from.front() +
                     " instead of " + collection.name + ")";
  }
  return error;
}

Status settle(const Plan& plan, const std::vector<Definition>& existing,
              const ResolveOptions& options, Resolved& resolved, ResolvedCollection& collection) {
  const Definition& source = *find_definition(resolved.source_definitions, collection.from.front());
  const Definition* created = find_definition(options.created, collection.name);
  const Definition* target =
      created != nullptr ? created : find_definition(existing, collection.name);
  const Definition* declared = find_definition(plan.definitions, collection.name);
  if (!source.open && collection.from.size() == 1) {
    collection.source_fields = source.fields;
    std::erase_if(collection.source_fields, [](const Field& field) { return field.hidden; });
  }
  collection.seen_fields = collection.source_fields;
  if (collection.seen_fields.empty()) {
    DECANT_ASSIGN(collection.seen_fields, first_fields(collection.from, *resolved.source_view));
  }
  DECANT_CHECK(mapping::check_coverage(collection.rules, collection.seen_fields));
  settle_key(target, declared, source, collection);
  if (collection.key.empty()) {
    return no_key(collection, options, *resolved.source_view);
  }
  collection.rules.key = collection.key;
  collection.exists = target != nullptr;
  if (target != nullptr) {
    collection.definition = *target;
    // Whichever run made the table: what rules forget is compared with what it wrote.
    if (declared != nullptr && created == nullptr) {
      DECANT_CHECK(check_declared(*declared, collection, resolved));
    }
    collection.keep_notes = !target->complement.empty() && !collection.rules.is_identity();
    return check_policy(collection);
  }
  DECANT_ASSIGN(Definition wanted,
                wanted_definition(plan, declared, source, options, resolved, collection));
  Result<Definition> native = resolved.target->native(wanted);
  if (!native.ok()) return in_source_terms(std::move(native).error(), collection);
  collection.definition = std::move(native).value();
  return check_policy(collection);
}

// Keys that the command line gives by collection, where the plan names none.
Status lay_named_keys(const Plan& plan, Resolved& resolved) {
  for (const auto& [path, value] : plan.keys) {
    constexpr std::string_view kOption = "--key ";
    if (!path.starts_with(kOption) || path.size() == kOption.size()) continue;
    std::string name = path.substr(kOption.size());
    auto same = [&](const ResolvedCollection& collection) { return collection.name == name; };
    auto found = std::find_if(resolved.collections.begin(), resolved.collections.end(), same);
    if (found == resolved.collections.end()) {
      return wrong("--key: there is no collection '" + name + "' in the target");
    }
    found->rules.key.clear();
    for (std::size_t at = 0; at <= value.size();) {
      std::size_t end = std::min(value.find(',', at), value.size());
      found->rules.key.push_back(value.substr(at, end - at));
      at = end + 1;
    }
  }
  return ok_status();
}

}  // namespace

const Definition* find_definition(const std::vector<Definition>& definitions,
                                  std::string_view name) {
  for (const Definition& definition : definitions) {
    if (definition.name == name) return &definition;
  }
  return nullptr;
}

Status settle_definitions(const Plan& plan, const std::vector<Definition>& existing,
                          const ResolveOptions& options, Resolved& resolved) {
  DECANT_CHECK(lay_named_keys(plan, resolved));
  for (ResolvedCollection& collection : resolved.collections) {
    DECANT_CHECK(settle(plan, existing, options, resolved, collection));
    DECANT_ASSIGN(Batch defaults,
                  resolved.target->defaults(collection.definition, options.run_time_us));
    collection.defaults = std::make_shared<const Batch>(std::move(defaults));
    DECANT_ASSIGN(collection.mirrored,
                  mirrored_fields(collection.rules, collection.seen_fields, collection.definition));
  }
  return ok_status();
}

}  // namespace decant::migration
