#include "testing/testing_writer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "model/canonical.h"
#include "model/decimal.h"
#include "model/order.h"
#include "testing/testing_log.h"
#include "testing/value_codec.h"

namespace decant::testing {
namespace {

constexpr std::size_t kItemsInRequest = 25;
constexpr int kAttemptsMax = 12;  // of one item, before it stays not_attempted

using Fields = std::vector<NamedValue>;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Value find(const Fields& fields, std::string_view name) {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return Value::absent();
}

std::map<std::string, std::string> content(const Fields& fields) {
  std::map<std::string, std::string> forms;
  for (const auto& [name, value] : fields) {
    if (!value.is_absent()) append_canonical(value, forms[std::string(name)]);
  }
  return forms;
}

// The record as it would stand: the plan's fields, and of what is there the ones that are not its.
Fields merged(const WriteTarget& target, const Fields& wanted, const Fields* existing) {
  Fields fields;
  const auto is_owned = [&](std::string_view name) {
    return target.owned.empty() || contains(target.owned, name) ||
           contains(target.definition.key, name);
  };
  for (const auto& [name, value] : wanted) {
    if (is_owned(name) && !(existing != nullptr && contains(target.once, name))) {
      fields.emplace_back(name, value);
    }
  }
  if (existing == nullptr) return fields;
  for (const auto& [name, value] : *existing) {
    if (!is_owned(name) || contains(target.once, name)) fields.emplace_back(name, value);
  }
  return fields;
}

bool fits(const Value& value) {
  if (value.is(Type::decimal)) {
    Decimal number;
    return parse_decimal(value.as_text(), number) == DecimalFault::none &&
           number.digit_count <= kTestingDigitsMax &&
           std::int64_t{number.exponent} + number.digit_count <= 126 && number.exponent >= -130;
  }
  if (value.is(Type::map)) {
    return std::all_of(value.as_members().begin(), value.as_members().end(),
                       [](const Member& member) { return fits(member.value); });
  }
  if (value.is(Type::list) || value.is(Type::number_set)) {
    return std::all_of(value.as_items().begin(), value.as_items().end(), fits);
  }
  return true;
}

class TestingWriter : public Writer {
 public:
  TestingWriter(std::optional<LogWriter> log, Image image, std::vector<WriteTarget> targets,
                const WriteOptions& options, std::uint64_t seed)
      : log_(std::move(log)),
        image_(std::move(image)),
        targets_(std::move(targets)),
        want_existing_(options.want_existing),
        stop_(options.stop),
        seeded_(seed != 0),
        random_(seed) {}

  Status stage(std::uint32_t target, std::span<const Record> records,
               StageResult& result) override {
    result.clear();
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      Arena arena;
      Request request;
      request.target = target;
      Rejection rejection;
      if (!decide(records[i], i, arena, request, rejection, result)) {
        request.outcome = Outcome::quarantined;
        rejection.index = i;
        result.rejections.push_back(std::move(rejection));
      }
      result.outcomes.push_back(request.outcome);
      if (request.sends) pending_of_[{target, request.key}] = requests_.size();
      requests_.push_back(std::move(request));
    }
    return ok_status();
  }

  Result<std::vector<Outcome>> commit(std::string_view) override {
    std::vector<Request> requests = std::exchange(requests_, {});
    pending_of_.clear();
    std::vector<Outcome> outcomes;
    for (const Request& request : requests) outcomes.push_back(request.outcome);
    if (!log_) return std::vector<Outcome>{};
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].sends) left.push_back(i);
    }
    if (seeded_) std::shuffle(left.begin(), left.end(), random_);
    for (int attempt = 0; attempt < kAttemptsMax && !left.empty(); ++attempt) {
      DECANT_ASSIGN(left, send(requests, left));
    }
    for (const std::size_t index : left) outcomes[index] = Outcome::not_attempted;
    return left.empty() ? std::vector<Outcome>{} : outcomes;
  }

  Result<std::string> checkpoint() override { return std::string(); }
  Result<FinishResult> finish() override { return FinishResult{}; }

 private:
  // One item on its way.
  struct Request {
    std::uint32_t target = 0;
    std::string key;
    std::string record;  // empty: it is removed
    Outcome outcome = Outcome::unchanged;
    bool sends = false;
  };

  const Image& image() const { return log_ ? log_->image() : image_; }

  // The bytes of the record that will be there once all that is pending has been sent.
  std::optional<std::string_view> existing(std::uint32_t target, const std::string& key) const {
    const auto pending = pending_of_.find({target, key});
    if (pending != pending_of_.end()) {
      const std::string& record = requests_[pending->second].record;
      return record.empty() ? std::nullopt : std::optional<std::string_view>(record);
    }
    const auto table = image().tables.find(targets_[target].definition.name);
    if (table == image().tables.end()) return std::nullopt;
    const auto item = table->second.items.find(key);
    if (item == table->second.items.end()) return std::nullopt;
    return item->second.record;
  }

  bool decide(const Record& record, std::uint32_t index, Arena& arena, Request& request,
              Rejection& rejection, StageResult& result) {
    const WriteTarget& target = targets_[request.target];
    Fields wanted;
    for (std::size_t i = 0; i < record.shape->size(); ++i) {
      wanted.emplace_back(record.shape->name(i), record.values[i]);
    }
    if (!key_of(target, wanted, request.key, rejection)) return false;
    const std::optional<std::string_view> there = existing(request.target, request.key);
    Fields old;
    if (there) old = Decoder(*there, arena).record();
    if (record.change == Change::remove) {
      request.outcome = there ? Outcome::removed : Outcome::unchanged;
      request.sends = there.has_value();
      return true;
    }
    if (!check(wanted, rejection)) return false;
    const Fields fields = merged(target, wanted, there ? &old : nullptr);
    encode_record(fields, request.record);
    if (request.record.size() > kTestingRecordBytesMax) {
      rejection.reason = "size";
      rejection.message = "the record has more than 400 KiB; split it, or drop a field";
      return false;
    }
    if (!there) {
      request.outcome = Outcome::inserted;
    } else {
      if (want_existing_) add_existing(old, *there, index, result);
      request.outcome =
          content(fields) == content(old) ? Outcome::unchanged : of_policy(target, wanted, old);
    }
    if (request.outcome == Outcome::quarantined) {
      rejection.reason = "conflict";
      rejection.message =
          "a different record has this key already; say --on-conflict skip, upsert or newer-than";
      return false;
    }
    request.sends = request.outcome == Outcome::inserted || request.outcome == Outcome::updated;
    return true;
  }

  static Outcome of_policy(const WriteTarget& target, const Fields& wanted, const Fields& old) {
    switch (target.policy) {
      case Policy::insert:
        return Outcome::quarantined;
      case Policy::skip:
        return Outcome::superseded;
      case Policy::upsert:
        return Outcome::updated;
      case Policy::newer_than:
        break;
    }
    const auto newer = order(find(wanted, target.newer_than), find(old, target.newer_than)) > 0;
    return newer ? Outcome::updated : Outcome::superseded;
  }

  static bool key_of(const WriteTarget& target, const Fields& wanted, std::string& key,
                     Rejection& rejection) {
    for (const std::string& name : target.definition.key) {
      const Value value = find(wanted, name);
      const bool empty = (value.is(Type::text) || value.is(Type::bytes)) && value.as_text().empty();
      const bool nested = value.is(Type::boolean) || value.type() >= Type::list;
      if (!value.is_present() || empty || nested) {
        rejection.reason = "key";
        rejection.message = "key field '" + name +
                            "' is absent, empty or not a text, number or bytes; give it a value";
        return false;
      }
      append_canonical(value, key);
    }
    return true;
  }

  static bool check(const Fields& wanted, Rejection& rejection) {
    for (const auto& [name, value] : wanted) {
      if (fits(value)) continue;
      rejection.reason = "range";
      rejection.message = "field '" + std::string(name) +
                          "' holds a number of more than 38 digits; cast it to text";
      return false;
    }
    return true;
  }

  void add_existing(const Fields& fields, std::string_view record, std::uint32_t index,
                    StageResult& result) {
    Batch& batch = result.existing;
    // Decoded once more, from bytes that live as long as the batch does.
    Fields kept = Decoder(batch.arena.copy(record), batch.arena).record();
    std::vector<std::string_view> names;
    const std::span<Value> values = batch.arena.allocate_array<Value>(fields.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      names.push_back(kept[i].first);
      values[i] = kept[i].second;
    }
    Record made;
    made.shape = shapes_.get(names, batch);
    made.values = values.data();
    made.source_index = index;
    batch.records.push_back(made);
  }

  // Sends requests of 25 items, each durable by itself; gives back the ones that were refused.
  Result<std::vector<std::size_t>> send(const std::vector<Request>& requests,
                                        const std::vector<std::size_t>& indexes) {
    std::vector<std::size_t> refused;
    for (std::size_t start = 0; start < indexes.size(); start += kItemsInRequest) {
      const std::size_t end = std::min(indexes.size(), start + kItemsInRequest);
      if (stop_.stop_requested()) {
        refused.insert(refused.end(), indexes.begin() + static_cast<std::ptrdiff_t>(start),
                       indexes.end());
        return refused;
      }
      std::string frame;
      for (std::size_t i = start; i < end; ++i) {
        const Request& request = requests[indexes[i]];
        if (seeded_ && random_() % 4 == 0) {
          refused.push_back(indexes[i]);
          continue;
        }
        const std::string& table = targets_[request.target].definition.name;
        if (request.record.empty()) {
          append_remove(table, request.key, frame);
        } else {
          append_put(table, request.key, request.record, frame);
        }
      }
      if (!frame.empty()) DECANT_CHECK(log_->append(frame));
    }
    return refused;
  }

  std::optional<LogWriter> log_;  // none in a dry run
  Image image_;                   // of a dry run
  std::vector<WriteTarget> targets_;
  bool want_existing_;
  std::stop_token stop_;
  bool seeded_;
  std::mt19937_64 random_;
  ShapeTable shapes_;
  std::vector<Request> requests_;  // staged since the last commit
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> pending_of_;
};

}  // namespace

Result<std::unique_ptr<Writer>> make_testing_writer(const std::string& path,
                                                    std::vector<WriteTarget> targets,
                                                    const WriteOptions& options,
                                                    std::uint64_t seed) {
  if (options.dry_run) {
    Image image;
    if (path_exists(path)) {
      DECANT_ASSIGN(image, load_image(path));
    }
    return std::unique_ptr<Writer>(
        new TestingWriter(std::nullopt, std::move(image), std::move(targets), options, seed));
  }
  DECANT_ASSIGN(LogWriter log, LogWriter::open(path));
  for (const WriteTarget& target : targets) {
    if (log.image().tables.contains(target.definition.name)) continue;
    return Error{ErrorCode::not_found, "'" + path + "' has no collection '" +
                                           target.definition.name + "'; create it first"};
  }
  return std::unique_ptr<Writer>(
      new TestingWriter(std::move(log), Image{}, std::move(targets), options, seed));
}

}  // namespace decant::testing
