// Resolving: a plan laid over what its two stores really hold. Addresses become stores, names are
// carried over, rules are checked against the source's fields, keys and definitions are settled.
// Reads both stores and writes nothing.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "decant/engine.h"
#include "decant/store.h"
#include "mapping/mapping.h"
#include "mapping/verdict.h"
#include "migration/plan.h"
#include "stores/registry.h"

namespace decant::migration {

// Where a target collection's definition comes from.
enum class DefinitionOrigin : std::uint8_t { target, plan, source, inferred, open };

struct ResolvedCollection {
  std::string name;               // in the target
  std::vector<std::string> from;  // source collections
  mapping::Rules rules;
  Policies policies;
  std::vector<std::string> key;
  Definition definition;  // as the target has it, or would make it
  DefinitionOrigin origin = DefinitionOrigin::target;
  bool plain = false;                          // fields pass as they are, but for their names
  std::map<std::string, std::string> renamed;  // by field of the source; empty: all keep theirs
  bool exists = false;                         // in the target
  bool keep_notes = false;                     // the complement takes what rules forget
  std::vector<Field> source_fields;            // known ones; empty where the source declares none
  std::vector<Field> seen_fields;              // these, else the ones that were met, without types
  std::vector<std::string> mirrored;           // generated fields that the source computes alike
  std::vector<std::string> notes;
  // What the target fills in by itself; shared by what writes and what verifies.
  std::shared_ptr<const Batch> defaults;
};

struct Resolved {
  std::unique_ptr<Store> source;
  std::unique_ptr<Store> target;
  std::unique_ptr<View> source_view;
  std::vector<Definition> source_definitions;   // of the collections that are moved
  std::vector<ResolvedCollection> collections;  // parents before children
  std::vector<std::string> left_behind;
  bool target_exists = false;
  std::uint64_t records_seen = 0;  // by inference; 0: no first pass was needed
};

struct ResolveOptions {
  const stores::Registry* registry = nullptr;
  EventSink* sink = nullptr;
  std::stop_token stop;
  std::int64_t run_time_us = 0;
  // Definitions of collections that an unfinished run has created: their indexes are not built
  // yet, so the target itself cannot tell them.
  std::vector<Definition> created = {};
};

Result<Resolved> resolve(const Plan& plan, const ResolveOptions& options);

// The mapping of one source collection: the rules of every target collection that it feeds, and
// which they are (index in Resolved::collections), in the plan's order.
struct SourceFeed {
  std::string collection;
  std::vector<std::uint32_t> targets;
  std::shared_ptr<const mapping::Mapping> mapping;
};
Result<std::vector<SourceFeed>> source_feeds(const Resolved& resolved, std::int64_t run_time_us);

}  // namespace decant::migration
