#include "migration/overlay.h"

#include <algorithm>
#include <cctype>

#include "base/file.h"
#include "base/glob.h"
#include "migration/plan.h"
#include "stores/registry.h"

namespace decant::migration {
namespace {

void add_key(Plan& plan, std::string key, std::string value) {
  plan.keys.emplace_back(std::move(key), std::move(value));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

Status lay_where(const JobOptions& options, Plan& plan) {
  if (options.where.empty()) return ok_status();
  if (plan.collections.empty()) plan.collections.push_back({mapping::copy_rules(""), {}});
  for (const std::string& text : options.where) {
    DECANT_ASSIGN(mapping::Node node, mapping::parse_yaml(text, "--where"));
    DECANT_ASSIGN(mapping::Condition condition, mapping::parse_condition(node, "--where"));
    for (CollectionPlan& collection : plan.collections) {
      collection.rules.where = mapping::both(collection.rules.where, condition);
    }
    add_key(plan, "--where", text);
  }
  return ok_status();
}

Status lay_keys(const JobOptions& options, Plan& plan) {
  for (const auto& [collection, fields] : options.keys) {
    add_key(plan, "--key " + collection, joined(fields));
    if (plan.collections.empty() && collection.empty()) {
      plan.collections.push_back({mapping::copy_rules(""), {}});
    }
    bool found = plan.collections.empty();  // then it is looked up among the source's
    for (CollectionPlan& entry : plan.collections) {
      bool only = collection.empty() && plan.collections.size() == 1;
      if (!only && entry.rules.target != collection && !entry.rules.target.empty()) continue;
      entry.rules.key = fields;
      found = true;
    }
    if (found) continue;
    return Error{ErrorCode::invalid,
                 collection.empty()
                     ? "--key: the plan has several collections; write --key COLLECTION=FIELD,..."
                     : "--key: the plan has no collection '" + collection + "'"};
  }
  return ok_status();
}

// As the command line takes them.
std::string_view word_of(Policy policy) {
  switch (policy) {
    case Policy::insert:
      return "insert";
    case Policy::skip:
      return "skip";
    case Policy::upsert:
      return "upsert";
    case Policy::newer_than:
      return "newer-than:";
  }
  return "";
}

std::string_view word_of(Duplicates duplicates) {
  switch (duplicates) {
    case Duplicates::quarantine:
      return "quarantine";
    case Duplicates::first:
      return "first";
    case Duplicates::last:
      return "last";
  }
  return "";
}

void lay_policies(const JobOptions& options, Plan& plan) {
  auto lay = [&](Policies& policies) {
    if (options.on_conflict) {
      policies.on_conflict = options.on_conflict;
      policies.newer_than = options.newer_than;
    }
    if (options.duplicates) policies.duplicates = options.duplicates;
  };
  lay(plan.policies);
  for (CollectionPlan& collection : plan.collections) {
    lay(collection.policies);
    collection.policies = over(collection.policies, plan.policies);
  }
  if (options.on_conflict) {
    add_key(plan, "--on-conflict", std::string(word_of(*options.on_conflict)) + options.newer_than);
  }
  if (options.duplicates) {
    add_key(plan, "--duplicates", std::string(word_of(*options.duplicates)));
  }
}

Status lay_options(const JobOptions& options, Plan& plan) {
  DECANT_CHECK(lay_keys(options, plan));
  DECANT_CHECK(lay_where(options, plan));
  lay_policies(options, plan);
  if (options.threads > 0) plan.threads = options.threads;
  if (options.exclusive) plan.target.options.exclusive = true;
  if (options.sketch) plan.verify.mode = VerifyMode::sketch;
  if (!options.only.empty()) {
    plan.only = options.only;
    add_key(plan, "--only", joined(options.only));
  }
  if (!options.skip.empty()) {
    plan.skip.insert(plan.skip.end(), options.skip.begin(), options.skip.end());
    add_key(plan, "--skip", joined(options.skip));
  }
  if (options.limit) add_key(plan, "--limit", std::to_string(*options.limit));
  return ok_status();
}

// The name of a migration without a plan: the same addresses and mapping options give the same.
std::string name_of_addresses(const Plan& plan) {
  constexpr std::string_view kNotIdentity[] = {"--limit", "--on-conflict", "--duplicates"};
  std::string identity = plan.source.address + '\0' + plan.target.address;
  for (const auto& [key, value] : plan.keys) {
    bool part =
        std::find(std::begin(kNotIdentity), std::end(kNotIdentity), key) == std::end(kNotIdentity);
    if (part) identity += '\0' + key + '\0' + value;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t bits = hash128(identity).low;
  std::string name = "copy-";
  for (int i = 0; i < 12; ++i, bits >>= 4) name += kDigits[bits & 15];
  return name;
}

// An address in the one form that all its spellings share: with its scheme and the whole path.
Result<std::string> whole_address(const std::string& address, const stores::Registry& registry) {
  DECANT_ASSIGN(stores::Address parsed, registry.parse(address));
  bool is_path = parsed.place != "-" && !parsed.place.starts_with("//");
  std::string place = parsed.place;
  bool is_folder = place.size() > 1 && place.ends_with('/');
  if (is_folder) place.pop_back();
  if (is_path) place = absolute_path(place);
  std::string whole = parsed.scheme + ":" + place + (is_folder ? "/" : "");
  if (!parsed.pointer.empty()) return whole + "#" + parsed.pointer;
  return parsed.collection.empty() ? whole : whole + "#" + parsed.collection;
}

}  // namespace

bool set_policy(std::string_view text, JobOptions& options) {
  constexpr std::string_view kNewer = "newer-than:";
  options.newer_than.clear();
  if (text == "insert")
    options.on_conflict = Policy::insert;
  else if (text == "skip")
    options.on_conflict = Policy::skip;
  else if (text == "upsert")
    options.on_conflict = Policy::upsert;
  else if (text.starts_with(kNewer) && text.size() > kNewer.size()) {
    options.on_conflict = Policy::newer_than;
    options.newer_than = std::string(text.substr(kNewer.size()));
  } else {
    return false;
  }
  return true;
}

std::string below(const std::string& folder, const std::string& path) {
  if (path.empty() || path[0] == '/' || path == "-" || folder == ".") return path;
  return folder + "/" + path;
}

std::string address_below(const std::string& folder, const std::string& address) {
  std::size_t colon = address.find(':');
  std::size_t slash = address.find('/');
  bool has_scheme = colon != std::string::npos && (slash == std::string::npos || colon < slash);
  if (!has_scheme) return below(folder, address);
  return address.substr(0, colon + 1) + below(folder, address.substr(colon + 1));
}

Policies over(Policies upper, const Policies& lower) {
  if (!upper.on_conflict) {
    upper.on_conflict = lower.on_conflict;
    upper.newer_than = lower.newer_than;
  }
  if (!upper.duplicates) upper.duplicates = lower.duplicates;
  if (!upper.quarantine_max) upper.quarantine_max = lower.quarantine_max;
  return upper;
}

Result<Plan> plan_of(const Job& job, const stores::Registry& registry) {
  if (!job.plan_path.empty()) {
    DECANT_ASSIGN(Plan plan, load_plan(job.plan_path));
    plan.source.address = address_below(plan.folder, plan.source.address);
    plan.target.address = address_below(plan.folder, plan.target.address);
    DECANT_CHECK(lay_options(job.options, plan));
    return plan;
  }
  Plan plan;
  plan.folder = ".";
  DECANT_ASSIGN(plan.source.address, whole_address(job.source, registry));
  DECANT_ASSIGN(plan.target.address, whole_address(job.target, registry));
  add_key(plan, "source", plan.source.address);
  add_key(plan, "target", plan.target.address);
  DECANT_CHECK(lay_options(job.options, plan));
  plan.name = name_of_addresses(plan);
  return plan;
}

std::string catalog_folder(const std::string& folder, const std::string& place) {
  if (!folder.empty()) return folder;
  if (place.empty()) return ".decant";
  if (!path_exists(place)) return place;  // what is not there has no catalog beside it
  if (is_directory(place)) {
    std::string below_it = place + "/.decant";
    return is_directory(below_it) ? below_it : place;
  }
  std::string parent = parent_of(place);
  return parent == "." ? ".decant" : parent + "/.decant";
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, name); });
}

}  // namespace decant::migration
