#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "copy/copy_fixture.h"
#include "json/writer.h"
#include "mapping/node.h"
#include "mapping/rules.h"
#include "model/canonical.h"
#include "sql/sqlite.h"
#include "stores/json/json_store.h"
#include "stores/sqlite/store.h"
#include "testing/testing_store.h"

namespace decant::copy {
namespace {

std::string canonical(const Record& record) {
  std::vector<std::pair<std::string, Value>> fields;
  for (std::size_t i = 0; i < record.shape->size(); ++i) {
    if (record.values[i].is_present()) {
      fields.emplace_back(std::string(record.shape->name(i)), record.values[i]);
    }
  }
  std::sort(fields.begin(), fields.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [name, value] : fields) text += name + "=" + json::to_json(value) + ";";
  return text;
}

std::shared_ptr<const mapping::Mapping> compile(const std::string& rules) {
  if (rules.empty()) return mapping::Mapping::identity();
  Result<mapping::Node> node = mapping::parse_yaml(rules, "plan");
  EXPECT_TRUE(node.ok());
  Result<mapping::Rules> parsed = mapping::parse_rules(*node, "people", "plan");
  EXPECT_TRUE(parsed.ok());
  auto mapping = mapping::Mapping::compile({*parsed});
  EXPECT_TRUE(mapping.ok());
  return *mapping;
}

}  // namespace

CopyRun::CopyRun(TargetKind kind) : kind_(kind) {
  wanted.name = "people";
  wanted.fields.resize(3);
  wanted.fields[0].name = "id";
  wanted.fields[0].type.kind = FieldKind::integer;
  wanted.fields[0].required = true;
  wanted.fields[1].name = "name";
  wanted.fields[1].type.kind = FieldKind::text;
  wanted.fields[2].name = "n";
  wanted.fields[2].type.kind = FieldKind::integer;
  wanted.key = {"id"};
}

CopyRun::~CopyRun() = default;

std::string CopyRun::target_path() const {
  if (kind_ == TargetKind::testing) return folder_ / "target.log";
  return folder_ / (is_file() ? "target.ndjson" : "target.db");
}

std::unique_ptr<Store> CopyRun::open_target() {
  if (kind_ == TargetKind::testing) {
    return testing::make_testing_store(target_path(), {.collection = "people", .seed = 5});
  }
  StoreOptions options;
  options.for_write = true;
  options.collection = "people";
  Result<std::unique_ptr<Store>> store =
      is_file() ? stores::open_json_store({target_path(), "", "ndjson"}, options)
                : sqlite::open_store(target_path(), "people", options);
  EXPECT_TRUE(store.ok());
  return std::move(*store);
}

// For targets that are there before the run: a table with one row of somebody else's.
void CopyRun::prepare_target() {
  if (std::filesystem::exists(target_path())) return;
  if (kind_ == TargetKind::shared_ndjson) std::ofstream(target_path()).close();
  if (kind_ != TargetKind::shared_sqlite) return;
  if (!table_sql.empty()) {
    Result<sql::Database> database = sql::Database::open(target_path(), {sql::OpenMode::create});
    ASSERT_TRUE(database.ok()) << database.error().message;
    Status made = database->exec(table_sql);
    ASSERT_TRUE(made.ok()) << made.error().message;
    return;
  }
  std::unique_ptr<Store> store = open_target();
  Definition native = *store->native(wanted);
  Result<CreateResult> created = store->create(native, {});
  ASSERT_TRUE(created.ok()) << created.error().message;
  WriteTarget target;
  target.definition = created->definition;
  target.created = true;
  Result<std::unique_ptr<Writer>> writer = store->writer({target}, {});
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  ASSERT_TRUE((*writer)->finish().ok());
}

CopyResult CopyRun::run(std::size_t stop_at) {
  steps_ = 0;
  prepare_target();
  if (dry_run) return run_with(nullptr, stop_at);
  CopyResult failed;
  Result<std::unique_ptr<catalog::Catalog>> catalog =
      catalog::Catalog::open(catalog_path(), catalog::CatalogMode::write, clock_);
  if (!catalog.ok()) {
    failed.status = catalog.error();
    return failed;
  }
  catalog::BeginOptions begin;
  begin.migration = "people";
  begin.command = "copy";
  begin.restart = restart;
  Result<std::unique_ptr<catalog::Run>> run = (*catalog)->begin(begin);
  if (!run.ok()) {
    failed.status = run.error();
    return failed;
  }
  CopyResult result = run_with(run->get(), stop_at);
  if (result.status.ok()) {
    Status ended = (*run)->end(catalog::RunState::finished, "clean", "{}");
    EXPECT_TRUE(ended.ok());
  }
  return result;
}

CopyResult CopyRun::run_with(catalog::Run* run, std::size_t stop_at) {
  CopyResult failed;
  std::unique_ptr<Store> store = open_target();
  Definition native = *store->native(wanted);
  Result<CreateResult> created = store->create(native, {.dry_run = dry_run});
  if (!created.ok()) {
    failed.status = created.error();
    return failed;
  }
  bool is_new = created->created;
  if (run != nullptr) {
    Status kept = is_new ? run->set_fact("created people", "1") : ok_status();
    EXPECT_TRUE(kept.ok());
    is_new = run->fact("created people")->has_value();
  }
  testing::MemoryView view(testing::open_definition("people", {"id"}), rows, partition_rows, 100);
  view.fail_after_rows = fail_after_rows;
  view.row_bytes = row_bytes;
  CopyJob job;
  job.source = &view;
  job.collections = {{"people", compile(rules), {0}}};
  WriteTarget write;
  write.definition = created->definition;
  write.policy = policy;
  write.owned = owned;
  write.created = is_new;
  job.targets = {{write, duplicates, quarantine_max, quarantine_share_max}};
  std::vector<WriteTarget> writes = {write};
  if (!second.empty()) {
    Definition also = wanted;
    also.name = second;
    also.indexes.clear();
    for (Index index : wanted.indexes) {
      index.name += "_" + second;
      also.indexes.push_back(index);
    }
    EXPECT_TRUE(store->create(*store->native(also), {.dry_run = dry_run}).ok());
    write.definition = *store->native(also);
    job.targets.push_back({write, duplicates, quarantine_max, quarantine_share_max});
    writes.push_back(write);
    job.collections[0].mapping =
        *mapping::Mapping::compile({mapping::copy_rules("people"), mapping::copy_rules(second)});
    job.collections[0].targets = {0, 1};
  }
  job.capabilities = store->capabilities();
  if (transaction_records > 0) {
    job.capabilities.transaction_records_max =
        std::min(transaction_records, job.capabilities.transaction_records_max);
  }
  if (one_transaction) job.capabilities.transaction_records_max = UINT32_MAX;
  job.open_writer = [&](bool dry) {
    WriteOptions options;
    options.dry_run = dry;
    options.checkpoint_name = "people";
    return store->writer(writes, options);
  };
  job.before_first_write = before_first_write;
  job.run = run;
  job.spill_folder = folder_ / ".decant/spill";
  job.limits = limits;
  job.clock = &clock_;
  job.events = events;
  job.stop = stop;
  job.crash_point = [&](std::string_view step) -> Status {
    if (++steps_ != stop_at) return ok_status();
    return Error{ErrorCode::io, "cut off at " + std::string(step)};
  };
  return copy(job);
}

std::map<std::string, std::string> CopyRun::target() {
  std::map<std::string, std::string> records;
  std::unique_ptr<Store> store = open_target();
  Result<std::unique_ptr<View>> view = store->view();
  EXPECT_TRUE(view.ok()) << (view.ok() ? "" : view.error().message);
  if (!view.ok()) return records;
  Result<std::vector<Partition>> partitions = (*view)->partitions("people");
  EXPECT_TRUE(partitions.ok());
  for (const Partition& partition : *partitions) {
    Result<std::unique_ptr<Reader>> reader = (*view)->read(partition, {});
    Batch batch;
    while (true) {
      Result<bool> more = (*reader)->next(batch);
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) break;
      for (const Record& record : batch.records) {
        EXPECT_TRUE(records.emplace(json::to_json(record.find("id")), canonical(record)).second)
            << "a key is there twice";
      }
    }
  }
  return records;
}

std::vector<std::string> CopyRun::quarantine(bool closed_too) {
  std::vector<std::string> entries;
  Result<std::unique_ptr<catalog::Catalog>> catalog =
      catalog::Catalog::open(catalog_path(), catalog::CatalogMode::read_only, clock_);
  EXPECT_TRUE(catalog.ok()) << (catalog.ok() ? "" : catalog.error().message);
  if (!catalog.ok()) return entries;
  catalog::QuarantineFilter filter;
  filter.closed_too = closed_too;
  Status listed = (*catalog)->each_quarantined(filter, [&](const catalog::QuarantineEntry& entry) {
    entries.push_back(entry.file + ":" + std::to_string(entry.ordinal) + " " + entry.reason + " " +
                      entry.key + " " + entry.record + (entry.closed ? " closed" : ""));
    return ok_status();
  });
  EXPECT_TRUE(listed.ok());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<testing::MemoryRow> dirty_rows(std::size_t count, std::uint64_t keys,
                                           std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<testing::MemoryRow> rows;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t id = random() % keys;
    const std::uint64_t dice = random() % 100;
    std::string text = "{\"id\":" + std::to_string(id) + ",\"name\":\"p" + std::to_string(id) +
                       "\",\"n\":" + std::to_string(id * 3) + "}";
    if (dice == 0) text = "{\"id\":" + std::to_string(id) + ",\"id\":1}";
    if (dice == 1) text = "{\"name\":\"nobody\"}";
    if (dice == 2) text = "{\"id\":" + std::to_string(id) + ",\"name\":\"q\",\"n\":\"many\"}";
    if (dice == 3) text = "{\"id\":" + std::to_string(id) + ",\"name\":\"other\",\"n\":1}";
    rows.push_back({text, {0, i, i * 50}});
  }
  return rows;
}

}  // namespace decant::copy
