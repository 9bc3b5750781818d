#include "testing/conformance.h"

#include <algorithm>
#include <cstdio>

#include "model/canonical.h"
#include "model/conform.h"

namespace decant::testing {

// Each case is instantiated in the folder of its store; programs without stores have none.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);

void StoreConformance::SetUp() {
  link_conformance_of_writing();
  link_conformance_of_reading();
}

std::unique_ptr<Store> StoreConformance::open(const std::string& folder) {
  Result<std::unique_ptr<Store>> store = GetParam().open(folder);
  if (store.ok()) return std::move(store).value();
  ADD_FAILURE() << "cannot open: " << store.error().message;
  std::abort();  // nothing can be tested without a store
}

Definition StoreConformance::wanted() const {
  Definition definition;
  definition.name = GetParam().collection;
  definition.key = {"id"};
  const auto add = [&](std::string name, FieldKind kind) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    definition.fields.push_back(std::move(field));
  };
  add("id", FieldKind::text);
  add("count", FieldKind::integer);
  add("version", FieldKind::integer);
  add("note", FieldKind::text);
  add("author", FieldKind::text);
  definition.fields[0].required = true;
  return definition;
}

Definition StoreConformance::create(Store& store, const Definition& wanted) {
  const Result<Definition> native = store.native(wanted);
  EXPECT_TRUE(native.ok()) << native.error().message;
  if (!native.ok()) return wanted;
  const Result<CreateResult> created = store.create(native.value(), {});
  EXPECT_TRUE(created.ok()) << created.error().message;
  return created.ok() ? created->definition : native.value();
}

std::unique_ptr<Writer> StoreConformance::writer(Store& store, const Definition& definition,
                                                 const Plan& plan) {
  WriteTarget target;
  target.definition = definition;
  target.policy = plan.policy;
  target.newer_than = plan.newer_than;
  target.owned = plan.owned;
  target.once = plan.once;
  target.created = plan.created;
  WriteOptions options;
  options.dry_run = plan.dry_run;
  options.want_existing = plan.want_existing;
  options.checkpoint_name = "conformance";
  Result<std::unique_ptr<Writer>> made = store.writer({target}, options);
  if (made.ok()) return std::move(made).value();
  ADD_FAILURE() << "cannot write: " << made.error().message;
  std::abort();
}

void StoreConformance::stage(Writer& writer, const Definition& definition,
                             const Capabilities& capabilities, const std::vector<Fields>& rows,
                             const Plan& plan, Written& written) {
  Conformer conformer(definition, capabilities, plan.owned);
  for (std::size_t start = 0; start < rows.size(); start += capabilities.batch_records_max) {
    Batch batch;
    const std::size_t end =
        std::min<std::size_t>(rows.size(), start + capabilities.batch_records_max);
    for (std::size_t i = start; i < end; ++i) {
      std::vector<std::string_view> names;
      const std::span<Value> values = batch.arena.allocate_array<Value>(rows[i].size());
      for (std::size_t f = 0; f < rows[i].size(); ++f) {
        names.push_back(rows[i][f].first);
        values[f] = rows[i][f].second;
      }
      Record record;
      record.shape = shapes_.get(names, batch);
      record.values = values.data();
      record.origin.ordinal = i;
      record.change = plan.change;
      Misfit misfit;
      ASSERT_TRUE(conformer.conform(record, batch.arena, misfit)) << misfit.message;
      batch.records.push_back(record);
    }
    StageResult result;
    const Status staged = writer.stage(0, batch.records, result);
    ASSERT_TRUE(staged.ok()) << staged.error().message;
    ASSERT_EQ(result.outcomes.size(), batch.records.size());
    written.outcomes.insert(written.outcomes.end(), result.outcomes.begin(), result.outcomes.end());
    for (Rejection rejection : result.rejections) {
      rejection.index += static_cast<std::uint32_t>(start);
      written.rejections.push_back(std::move(rejection));
    }
    for (const Record& existing : result.existing.records) {
      Fields fields;
      for (std::size_t f = 0; f < existing.shape->size(); ++f) {
        fields.emplace_back(existing.shape->name(f), existing.values[f]);
      }
      written.existing[existing.source_index + static_cast<std::uint32_t>(start)] = content(fields);
    }
  }
}

StoreConformance::Written StoreConformance::write(Store& store, const Definition& definition,
                                                  const std::vector<Fields>& rows,
                                                  const Plan& plan) {
  Written written;
  const std::unique_ptr<Writer> open_writer = writer(store, definition, plan);
  stage(*open_writer, definition, store.capabilities(), rows, plan, written);
  const Result<std::vector<Outcome>> committed = open_writer->commit("");
  EXPECT_TRUE(committed.ok()) << committed.error().message;
  if (committed.ok() && !committed->empty()) written.outcomes = committed.value();
  EXPECT_EQ(written.outcomes.size(), rows.size());
  for (const Outcome outcome : written.outcomes) {
    EXPECT_NE(outcome, Outcome::not_attempted);
    EXPECT_NE(outcome, Outcome::unknown);
  }
  const Result<FinishResult> finished = open_writer->finish();
  EXPECT_TRUE(finished.ok()) << finished.error().message;
  return written;
}

std::map<std::string, Content> StoreConformance::read(Store& store) {
  std::map<std::string, Content> found;
  Result<std::unique_ptr<View>> view = store.view();
  EXPECT_TRUE(view.ok()) << view.error().message;
  if (!view.ok()) return found;
  const std::string& collection = GetParam().collection;
  const std::vector<Definition>& definitions = (*view)->definitions();
  const auto definition = std::find_if(definitions.begin(), definitions.end(),
                                       [&](const Definition& d) { return d.name == collection; });
  EXPECT_NE(definition, definitions.end()) << "no collection '" << collection << "'";
  if (definition == definitions.end()) return found;
  const Result<std::vector<Partition>> partitions = (*view)->partitions(collection);
  EXPECT_TRUE(partitions.ok()) << partitions.error().message;
  if (!partitions.ok()) return found;
  for (const Partition& partition : partitions.value()) {
    const Result<std::unique_ptr<Reader>> reader = (*view)->read(partition, {});
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    if (!reader.ok()) return found;
    Batch batch;
    while (true) {
      const Result<bool> more = reader.value()->next(batch);
      EXPECT_TRUE(more.ok()) << more.error().message;
      if (!more.ok() || !more.value()) break;
      EXPECT_TRUE(batch.bad.empty());
      restore_complement(*definition, shapes_, batch);
      for (const Record& record : batch.records) {
        Fields fields;
        for (std::size_t i = 0; i < record.shape->size(); ++i) {
          fields.emplace_back(record.shape->name(i), record.values[i]);
        }
        const std::string id(record.find("id").as_text());
        EXPECT_TRUE(found.emplace(id, content(fields)).second) << "read twice: " << id;
      }
    }
  }
  return found;
}

Content StoreConformance::content(const Fields& fields) {
  Content content;
  for (const auto& [name, value] : fields) {
    if (!value.is_absent()) append_canonical(value, content[name]);
  }
  return content;
}

std::map<std::string, Content> StoreConformance::contents(const std::vector<Fields>& rows) {
  std::map<std::string, Content> all;
  for (const Fields& fields : rows) {
    for (const auto& [name, value] : fields) {
      if (name == "id") all[std::string(value.as_text())] = content(fields);
    }
  }
  return all;
}

std::vector<Fields> StoreConformance::rows(std::size_t count) {
  std::vector<Fields> made;
  for (std::size_t i = 0; i < count; ++i) {
    char id[32];
    const int size = std::snprintf(id, sizeof id, "row-%04zu", i);
    made.push_back({{"id", Value::text(arena_.copy({id, static_cast<std::size_t>(size)}))},
                    {"count", Value::int64(static_cast<std::int64_t>(i))},
                    {"note", Value::text("a note")}});
  }
  return made;
}

}  // namespace decant::testing
