// The mapping part of one collection of a plan, parsed and checked. Pure data.
//
// The story of a record: `where` decides whether it is taken or left; the first kind whose `when`
// holds maps it; of a kind, each rule of `map` makes one target field from source fields, `drop`
// names what is given up and why, and `rest` says what becomes of every other field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/definition.h"
#include "decant/result.h"
#include "mapping/condition.h"
#include "mapping/literal.h"
#include "mapping/node.h"

namespace decant::mapping {

enum class Cast : std::uint8_t {
  none,
  integer,  // 1.0 and '1' become 1; 1.5, '1.5' and '007' do not fit
  decimal,
  number,   // text becomes the number it writes; numbers stay what they are
  real,     // a double, where it states the number exactly
  text,     // a number's digits, 'true', an ISO time
  boolean,  // true, false, 'true', 'false', 1, 0
  timestamp,
  timestamp_local,
  date,
  json,  // text becomes the JSON value it writes
};
std::string_view to_string(Cast cast);

// How one target field is made. The parts apply in the order in which they stand here. Null passes
// through text, values (unless they name it) and cast; absent through all but default.
struct FieldRule {
  std::string target;
  Mark mark;
  std::vector<std::string> from;  // the first that is not absent; empty with constant and whole
  std::vector<Literal> null_if;   // these become null
  std::string strip_prefix;       // must be there, else the record is quarantined: "prefix_missing"
  std::string strip_suffix;       // likewise "suffix_missing"
  std::string prefix;             // put in front; integers and decimals by their digits
  std::string suffix;
  std::vector<std::pair<Literal, Literal>> values;  // another value: "no_value", unless
  std::optional<Literal> values_otherwise;          // it is given
  Cast cast = Cast::none;                           // what does not fit: "cast"
  std::optional<Literal> default_value;             // where absent; 0, false, '' and null are not
  bool default_run_time = false;                    // where absent: the run time, as ISO text
  std::optional<Literal> constant;
  bool whole = false;               // the whole source record as one map
  bool once = false;                // written on insert only
  std::optional<std::string> loss;  // why it is right that something is lost
};

enum class Rest : std::uint8_t {
  error,  // not said: an unmapped field is an error of the plan
  keep,   // copied as they are
  drop,
  into,  // gathered in one map
};

struct DroppedField {
  std::string field;
  std::string reason;
  Mark mark;
};

struct Kind {
  std::string name;  // empty where the collection has no kinds
  Condition when;
  std::vector<FieldRule> map;
  Rest rest = Rest::error;
  std::string rest_into;                 // Rest::into
  std::optional<std::string> rest_loss;  // Rest::drop: the reason, where the plan gives one
  std::vector<DroppedField> drop;
  Mark mark;
};

enum class Otherwise : std::uint8_t { quarantine, leave };

struct Rules {
  std::string document;           // name of the plan, for messages
  std::string target;             // target collection
  std::vector<std::string> from;  // source collections; empty: the one of the same name
  std::vector<std::string> key;   // target fields, as the plan gives them; may be empty
  Condition where;
  std::vector<Kind> kinds;  // at least one
  Otherwise otherwise = Otherwise::quarantine;

  // Nothing is said but `from` and `key`: records are copied as they are.
  bool is_identity() const;
  // Names of the target fields that are written on insert only.
  std::vector<std::string> once() const;
  // What the plan owns in the target: the mapped fields; empty (all of them) where a kind keeps
  // the rest.
  std::vector<std::string> owned() const;
};

// Copies everything: the rules of a collection that a plan does not describe.
Rules copy_rules(std::string_view target);

// `collection` is a map of the plan; `other_keys` are those that somebody else reads (`policies`,
// or the plan's own where a single collection stands at the top): they are passed over here, and
// offered when a key is misspelt. An Error names document, line and column.
Result<Rules> parse_rules(const Node& collection, std::string_view target,
                          std::string_view document,
                          const std::vector<std::string_view>& other_keys = {});

// One thing of the plan that does not cover the source.
struct Uncovered {
  std::string kind;     // empty where there are no kinds
  std::string field;    // of the source
  std::string problem;  // "is not mapped; ...", "keeps a name that a rule takes; ..."
};

// The source fields that no rule, drop or rest takes, and those that `rest: keep` would copy onto a
// field that a rule makes. Empty: the plan covers the source.
std::vector<Uncovered> coverage(const Rules& rules, const std::vector<Field>& source);

// The same as one error for all of them, or ok.
Status check_coverage(const Rules& rules, const std::vector<Field>& source);

}  // namespace decant::mapping
