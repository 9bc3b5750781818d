#include "migration/resolve.h"

#include <algorithm>
#include <map>
#include <set>

#include "migration/definitions.h"
#include "migration/names.h"
#include "migration/renaming.h"
#include "migration/restored_view.h"

namespace decant::migration {
namespace {

Error wrong(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

std::string listed(const std::vector<Definition>& definitions) {
  std::string text;
  for (const Definition& definition : definitions) {
    text += (text.empty() ? "" : ", ") + definition.name;
  }
  return text.empty() ? "none" : text;
}

// What a place without a name of its own is called: as the collection that goes there.
std::string default_target_name(const Plan& plan, const stores::Address& target,
                                const std::vector<Definition>& moved) {
  if (!target.collection.empty()) return target.collection;
  if (plan.collections.size() == 1 && !plan.collections[0].rules.target.empty()) {
    return plan.collections[0].rules.target;
  }
  return moved.size() == 1 ? collection_name(plan, moved.front().name) : "";
}

Status open_source(const Plan& plan, const stores::Registry& registry,
                   const stores::Address& source, const stores::Address& target,
                   const std::stop_token& stop, Resolved& resolved) {
  StoreOptions options = plan.source.options;
  options.stop = stop;
  if (source.collection.empty()) options.collection = target.collection;
  DECANT_ASSIGN(resolved.source, registry.open(source, options));
  return ok_status();
}

Status open_target(const Plan& plan, const stores::Registry& registry,
                   const stores::Address& source, const stores::Address& target,
                   Resolved& resolved) {
  StoreOptions options = plan.target.options;
  options.for_write = true;
  options.collection = default_target_name(plan, target, resolved.source_definitions);
  DECANT_ASSIGN(resolved.target, registry.open(target, options));
  if (resolved.source->identity() == resolved.target->identity() &&
      source.collection == target.collection) {
    return wrong("source and target are the same: " + resolved.source->name());
  }
  bool one_place = resolved.source->identity() == resolved.target->identity();
  if (one_place && !resolved.source->capabilities().reads_beside_writes) {
    return Error{
        ErrorCode::refused,
        resolved.source->name() +
            " is source and target, and readers keep writers out of "
            "it; set its journal mode to WAL first (PRAGMA journal_mode=WAL), or copy into "
            "another file"};
  }
  return ok_status();
}

Result<std::vector<Definition>> describe_target(Store& target) {
  auto found = target.describe();
  if (found.ok()) return std::move(*found);
  if (found.error().code == ErrorCode::not_found) return std::vector<Definition>{};
  return std::move(found).error();
}

// The source collections that are moved: what the address and `only`, `skip` name.
std::vector<Definition> moved(const Plan& plan, const stores::Address& address,
                              std::vector<Definition> all, std::vector<std::string>& left_behind) {
  std::vector<Definition> kept;
  for (Definition& definition : all) {
    bool asked = !address.collection.empty() || matches_any(plan.only, definition.name);
    if (definition.is_view && !asked) {
      left_behind.push_back("view " + definition.name);
      continue;
    }
    if (!plan.only.empty() && !matches_any(plan.only, definition.name)) continue;
    if (matches_any(plan.skip, definition.name)) continue;
    for (const std::string& line : definition.left_behind) left_behind.push_back(line);
    kept.push_back(std::move(definition));
  }
  return kept;
}

// Every source collection, as it is but for its names.
Status all_collections(const Plan& plan, const stores::Address& target, Resolved& resolved) {
  bool one = resolved.source_definitions.size() == 1;
  if (!target.collection.empty() && !one) {
    return wrong("the target names one collection ('" + target.collection +
                 "'), but the source holds " + listed(resolved.source_definitions) +
                 "; name one behind a '#' or with --only");
  }
  for (const Definition& source : resolved.source_definitions) {
    ResolvedCollection collection;
    collection.name =
        target.collection.empty() ? collection_name(plan, source.name) : target.collection;
    collection.from = {source.name};
    collection.rules = mapping::copy_rules(collection.name);
    collection.rules.from = {source.name};
    collection.plain = true;
    collection.policies = plan.policies;
    resolved.collections.push_back(std::move(collection));
  }
  return ok_status();
}

Status settle_from(const CollectionPlan& entry, const Resolved& resolved,
                   ResolvedCollection& collection) {
  collection.from = entry.rules.from;
  bool one = resolved.source_definitions.size() == 1;
  if (collection.from.empty()) {
    bool same_name = find_definition(resolved.source_definitions, collection.name) != nullptr;
    if (same_name)
      collection.from = {collection.name};
    else if (one)
      collection.from = {resolved.source_definitions.front().name};
  }
  if (collection.from.empty()) {
    return wrong("collection '" + collection.name +
                 "': the source has no collection of this "
                 "name; write 'from:' (it holds " +
                 listed(resolved.source_definitions) + ")");
  }
  for (const std::string& name : collection.from) {
    if (find_definition(resolved.source_definitions, name) == nullptr) {
      return wrong("collection '" + collection.name + "': from: the source has no collection '" +
                   name + "' (it holds " + listed(resolved.source_definitions) + ")");
    }
  }
  return ok_status();
}

// Nothing is changed on the way, though records may be left and fields may get other names.
bool copies_all(const mapping::Rules& rules) {
  const mapping::Kind& kind = rules.kinds.front();
  return rules.kinds.size() == 1 && kind.when.empty() && kind.map.empty() && kind.drop.empty() &&
         kind.rest == mapping::Rest::keep;
}

Status planned_collections(const Plan& plan, const stores::Address& target, Resolved& resolved) {
  for (const CollectionPlan& entry : plan.collections) {
    ResolvedCollection collection;
    collection.name = entry.rules.target.empty() ? target.collection : entry.rules.target;
    collection.rules = entry.rules;
    if (collection.name.empty() && !entry.rules.from.empty()) {
      collection.name = collection_name(plan, entry.rules.from.front());
    }
    if (collection.name.empty() && resolved.source_definitions.size() == 1) {
      collection.name = collection_name(plan, resolved.source_definitions.front().name);
    }
    if (collection.name.empty()) {
      return wrong(
          "the plan's keys for a single collection stand at the top, but the source "
          "holds " +
          listed(resolved.source_definitions) +
          "; name one with 'from:' or behind a '#', or write 'collections:'");
    }
    DECANT_CHECK(settle_from(entry, resolved, collection));
    collection.rules.target = collection.name;
    collection.rules.from = collection.from;
    collection.plain = copies_all(collection.rules);
    collection.policies = over(entry.policies, plan.policies);
    resolved.collections.push_back(std::move(collection));
  }
  return ok_status();
}

Status unique_names(const Resolved& resolved) {
  std::set<std::string> seen;
  for (const ResolvedCollection& collection : resolved.collections) {
    if (!seen.insert(collection.name).second) {
      return wrong("two source collections become '" + collection.name +
                   "' in the target; give one another name: rename: {" + collection.from.front() +
                   ": NEW_NAME}");
    }
  }
  return ok_status();
}

std::string folded(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

// The collections that a run would make are checked before anything is written, each against what
// is there and all against one another.
Status check_new_collections(const ResolveOptions& options, const Resolved& resolved) {
  std::map<std::string, const ResolvedCollection*> seen;
  bool folds = resolved.target->capabilities().folds_names;
  for (const ResolvedCollection& collection : resolved.collections) {
    auto [same, is_new] =
        seen.emplace(folds ? folded(collection.name) : collection.name, &collection);
    if (!is_new) {
      return wrong("collections '" + same->second->name + "' and '" + collection.name +
                   "' are one name in " + resolved.target->name() +
                   ", which does not tell letter case apart; give one another name: rename: {" +
                   collection.from.front() + ": NEW_NAME}");
    }
    if (collection.exists || find_definition(options.created, collection.name) != nullptr) continue;
    auto checked = resolved.target->create(collection.definition, {true});
    if (!checked.ok()) return std::move(checked).error().in(collection.name);
  }
  return ok_status();
}

// Parents before children, by the foreign keys of the definitions; a cycle stays in plan order.
void order_by_parents(std::vector<ResolvedCollection>& collections) {
  std::vector<ResolvedCollection> ordered;
  std::set<std::string> placed;
  std::set<std::string> here;
  for (const ResolvedCollection& collection : collections) here.insert(collection.name);
  while (!collections.empty()) {
    auto ready = [&](const ResolvedCollection& collection) {
      const auto& keys = collection.definition.foreign_keys;
      return std::all_of(keys.begin(), keys.end(), [&](const ForeignKey& key) {
        return key.collection == collection.name || !here.contains(key.collection) ||
               placed.contains(key.collection);
      });
    };
    auto next = std::find_if(collections.begin(), collections.end(), ready);
    if (next == collections.end()) next = collections.begin();
    placed.insert(next->name);
    ordered.push_back(std::move(*next));
    collections.erase(next);
  }
  collections = std::move(ordered);
}

}  // namespace

Result<Resolved> resolve(const Plan& plan, const ResolveOptions& options) {
  Resolved resolved;
  DECANT_ASSIGN(stores::Address source, options.registry->parse(plan.source.address));
  DECANT_ASSIGN(stores::Address target, options.registry->parse(plan.target.address));
  DECANT_CHECK(open_source(plan, *options.registry, source, target, options.stop, resolved));
  DECANT_ASSIGN(auto all, resolved.source->describe());
  DECANT_CHECK(check_patterns(plan, all));
  resolved.source_definitions = moved(plan, source, all, resolved.left_behind);
  if (resolved.source_definitions.empty()) {
    return Error{ErrorCode::not_found,
                 resolved.source->name() + ": there is no collection to move" +
                     (plan.only.empty() && plan.skip.empty() ? "" : " after --only and --skip")};
  }
  DECANT_CHECK(open_target(plan, *options.registry, source, target, resolved));
  DECANT_ASSIGN(auto view, resolved.source->view());
  resolved.source_view = restored_view(std::move(view));
  DECANT_CHECK(plan.collections.empty() ? all_collections(plan, target, resolved)
                                        : planned_collections(plan, target, resolved));
  DECANT_CHECK(unique_names(resolved));
  MetFields met;
  DECANT_CHECK(carry_names(plan, options, resolved, met));
  DECANT_CHECK(check_names(plan, all, resolved, met));
  DECANT_ASSIGN(auto existing, describe_target(*resolved.target));
  resolved.target_exists = !existing.empty();
  DECANT_CHECK(settle_definitions(plan, existing, options, resolved));
  DECANT_CHECK(check_new_collections(options, resolved));
  order_by_parents(resolved.collections);
  return resolved;
}

Result<std::vector<SourceFeed>> source_feeds(const Resolved& resolved, std::int64_t run_time_us) {
  std::vector<SourceFeed> feeds;
  for (std::uint32_t index = 0; index < resolved.collections.size(); ++index) {
    for (const std::string& name : resolved.collections[index].from) {
      auto same = [&](const SourceFeed& feed) { return feed.collection == name; };
      auto feed = std::find_if(feeds.begin(), feeds.end(), same);
      if (feed == feeds.end()) feed = feeds.insert(feeds.end(), SourceFeed{name, {}, nullptr});
      feed->targets.push_back(index);
    }
  }
  for (SourceFeed& feed : feeds) {
    std::vector<mapping::Rules> rules;
    mapping::CompileOptions compile;
    compile.run.run_time_us = run_time_us;
    bool identity = true;
    for (std::uint32_t index : feed.targets) {
      const ResolvedCollection& collection = resolved.collections[index];
      rules.push_back(collection.rules);
      identity = identity && collection.rules.is_identity();
      compile.keep_notes = compile.keep_notes || collection.keep_notes;
      compile.source = collection.source_fields;
    }
    if (identity && rules.size() == 1) {
      feed.mapping = mapping::Mapping::identity();
    } else {
      DECANT_ASSIGN(feed.mapping, mapping::Mapping::compile(std::move(rules), compile));
    }
  }
  return feeds;
}

}  // namespace decant::migration
