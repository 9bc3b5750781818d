#include "migration/renaming.h"

#include <algorithm>
#include <set>

#include "base/glob.h"
#include "base/nearest.h"
#include "migration/names.h"
#include "migration/seen_fields.h"

namespace decant::migration {
namespace {

using NewName = std::pair<std::string, std::string>;  // of a field of the source, in its order

Error wrong(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

Result<std::vector<Field>> fields_of(const Definition& source, const ResolveOptions& options,
                                     View& view, MetFields& met) {
  if (!source.open) return source.fields;
  DECANT_ASSIGN(met[source.name], all_fields(source.name, options.sink, options.stop, view));
  return met[source.name];
}

// Every field of the collection's sources with the name that it gets.
Result<std::vector<NewName>> new_names(const Plan& plan, const ResolveOptions& options,
                                       Resolved& resolved, const ResolvedCollection& collection,
                                       MetFields& met) {
  std::vector<NewName> names;
  for (const Definition& source : resolved.source_definitions) {
    if (std::find(collection.from.begin(), collection.from.end(), source.name) ==
        collection.from.end()) {
      continue;
    }
    DECANT_ASSIGN(auto fields, fields_of(source, options, *resolved.source_view, met));
    for (const Field& field : fields) {
      if (field.hidden) continue;
      NewName name{field.name, field_name(plan, source.name, field.name)};
      auto same = [&](const NewName& other) { return other.first == name.first; };
      auto known = std::find_if(names.begin(), names.end(), same);
      if (known == names.end()) {
        names.push_back(std::move(name));
      } else if (known->second != name.second) {
        return wrong("collection '" + collection.name + "': 'rename' gives field '" + field.name +
                     "' two names, '" + known->second + "' and '" + name.second +
                     "', in two of its sources; choose one of them");
      }
    }
  }
  return names;
}

bool is_taken(const mapping::Kind& kind, const std::string& field) {
  auto takes = [&](const mapping::FieldRule& rule) {
    return std::find(rule.from.begin(), rule.from.end(), field) != rule.from.end();
  };
  auto drops = [&](const mapping::DroppedField& drop) { return drop.field == field; };
  return std::any_of(kind.map.begin(), kind.map.end(), takes) ||
         std::any_of(kind.drop.begin(), kind.drop.end(), drops);
}

// One rule a field, also for those that keep their names: so all stand in the source's order.
Status add_rules(const std::vector<NewName>& names, const ResolvedCollection& collection,
                 mapping::Kind& kind) {
  std::map<std::string, std::string> makers;  // target field: what it is made from
  for (const mapping::FieldRule& rule : kind.map) makers[rule.target] = "a rule of 'map'";
  std::vector<mapping::FieldRule> rules;
  bool any = false;
  for (const auto& [field, name] : names) {
    if (is_taken(kind, field)) continue;
    any = any || name != field;
    auto [maker, is_new] = makers.emplace(name, "field '" + field + "'");
    if (!is_new) {
      return wrong("collection '" + collection.name + "': field '" + field + "' becomes '" + name +
                   "', which " + maker->second + " makes, too; give one another name: rename: {" +
                   collection.from.front() + "." + field + ": NEW_NAME}");
    }
    mapping::FieldRule& rule = rules.emplace_back();
    rule.target = name;
    rule.from = {field};
  }
  if (any) kind.map.insert(kind.map.end(), rules.begin(), rules.end());
  return ok_status();
}

// What must match something, and what there is for it to match.
class Known {
 public:
  Known(const Plan& plan, std::string what) : plan_(plan), what_(std::move(what)) {}
  void add(const std::string& name) { names_.push_back(name); }

  Error mistaken(const std::string& name, std::string_view problem) const {
    auto place = plan_.places.find(what_ + " " + name);
    std::string message = place == plan_.places.end() ? "--" + what_ + ": " : place->second;
    message += "'" + name + "' " + std::string(problem);
    std::vector<std::string_view> words(names_.begin(), names_.end());
    if (auto near = nearest(name, words)) {
      return wrong(message + "; did you mean '" + std::string(*near) + "'?");
    }
    std::string all;
    for (const std::string& word : names_) all += (all.empty() ? "" : ", ") + word;
    return wrong(message + " (there is " + (all.empty() ? "nothing" : all) + ")");
  }

 private:
  const Plan& plan_;
  std::string what_;
  std::vector<std::string> names_;
};

Status check_patterns(const Plan& plan, const std::vector<Definition>& all, const std::string& what,
                      const std::vector<std::string>& patterns) {
  Known known(plan, what);
  for (const Definition& source : all) known.add(source.name);
  for (const std::string& pattern : patterns) {
    bool matches = std::any_of(all.begin(), all.end(), [&](const Definition& source) {
      return glob_matches(pattern, source.name);
    });
    if (!matches) return known.mistaken(pattern, "matches no collection of the source");
  }
  return ok_status();
}

Status check_renames(const Plan& plan, const std::vector<Definition>& all, const MetFields& met) {
  Known known(plan, "rename");
  std::set<std::string> exact;
  std::vector<std::string> unknown_fields;  // "NAME." of collections whose fields nobody has met
  for (const Definition& source : all) {
    exact.insert(source.name);
    auto seen = met.find(source.name);
    if (source.open && seen == met.end()) unknown_fields.push_back(source.name + ".");
    for (const Field& field : source.open&& seen != met.end() ? seen->second : source.fields) {
      exact.insert(source.name + "." + field.name);
    }
  }
  for (const std::string& name : exact) known.add(name);
  for (const auto& entry : plan.rename) {
    const std::string& key = entry.first;
    bool may_be = std::any_of(unknown_fields.begin(), unknown_fields.end(),
                              [&](const std::string& prefix) { return key.starts_with(prefix); });
    if (exact.contains(key) || may_be) continue;
    return known.mistaken(key, "is no collection and no COLLECTION.FIELD of the source");
  }
  return ok_status();
}

// Only those of a map: a file of definitions may describe more than is moved.
Status check_definitions(const Plan& plan, const std::vector<Definition>& all,
                         const Resolved& resolved) {
  Known known(plan, "definitions");
  std::set<std::string> names;
  for (const ResolvedCollection& collection : resolved.collections) names.insert(collection.name);
  for (const Definition& source : all) names.insert(collection_name(plan, source.name));
  for (const std::string& name : names) known.add(name);
  for (const Definition& definition : plan.definitions) {
    bool from_map = plan.places.contains("definitions " + definition.name);
    if (!from_map || names.contains(definition.name)) continue;
    return known.mistaken(definition.name, "is no collection of the target");
  }
  return ok_status();
}

}  // namespace

Status carry_names(const Plan& plan, const ResolveOptions& options, Resolved& resolved,
                   MetFields& met) {
  for (ResolvedCollection& collection : resolved.collections) {
    bool any = std::any_of(collection.from.begin(), collection.from.end(),
                           [&](const std::string& name) { return renames_fields(plan, name); });
    if (!any) continue;
    DECANT_ASSIGN(auto names, new_names(plan, options, resolved, collection, met));
    for (mapping::Kind& kind : collection.rules.kinds) {
      if (kind.rest == mapping::Rest::keep) DECANT_CHECK(add_rules(names, collection, kind));
    }
    collection.renamed.insert(names.begin(), names.end());
  }
  return ok_status();
}

Status check_patterns(const Plan& plan, const std::vector<Definition>& all) {
  DECANT_CHECK(check_patterns(plan, all, "only", plan.only));
  return check_patterns(plan, all, "skip", plan.skip);
}

Status check_names(const Plan& plan, const std::vector<Definition>& all, const Resolved& resolved,
                   const MetFields& met) {
  DECANT_CHECK(check_renames(plan, all, met));
  return check_definitions(plan, all, resolved);
}

}  // namespace decant::migration
