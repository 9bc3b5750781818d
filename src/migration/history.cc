#include "migration/history.h"

#include <algorithm>

#include "catalog/catalog.h"
#include "json/document.h"
#include "migration/prepare.h"
#include "model/temporal.h"

namespace decant::migration {
namespace {

Result<std::unique_ptr<catalog::Catalog>> open_catalog(const Environment& environment,
                                                       const std::string& folder) {
  auto catalog = catalog::Catalog::open(catalog_path(folder), catalog::CatalogMode::read_only,
                                        *environment.clock);
  if (catalog.ok() || catalog.error().code != ErrorCode::not_found) return catalog;
  return Error{ErrorCode::not_found, folder +
                                         ": there is no catalog here; name the plan, its "
                                         "folder, or the folder with --catalog"};
}

Books books_of(const json::Document& report) {
  Books books;
  const json::Document* map = report.find("books");
  if (map == nullptr) return books;
  auto count = [&](std::string_view name) {
    return static_cast<std::uint64_t>(map->integer_or(name, 0));
  };
  books.read = count("read");
  books.inserted = count("inserted");
  books.updated = count("updated");
  books.unchanged = count("unchanged");
  books.superseded = count("superseded");
  books.duplicate = count("duplicate");
  books.quarantined = count("quarantined");
  return books;
}

RunStatus status_of(const catalog::MigrationInfo& migration, const catalog::RunInfo& info) {
  RunStatus status;
  status.migration = migration.name;
  status.run = info.command + " " + std::to_string(info.number);
  status.state = catalog::to_string(info.state);
  status.outcome = info.outcome;
  TemporalText buffer;
  status.started = print_timestamp(info.started_us, 0, buffer);
  auto report = json::parse_document(info.report, "the catalog");
  if (report.ok()) {
    status.source = report->text_or("source", "");
    status.target = report->text_or("target", "");
    status.books = books_of(*report);
  }
  for (const catalog::PlanKey& key : migration.keys) {
    if (status.source.empty() && key.key == "(source)") status.source = key.value;
    if (status.target.empty() && key.key == "(target)") status.target = key.value;
  }
  return status;
}

QuarantineEntry entry_of(const catalog::QuarantineEntry& entry) {
  QuarantineEntry out;
  out.id = static_cast<std::uint64_t>(entry.id);
  out.run = std::to_string(entry.last_run);
  out.collection = entry.collection;
  out.file = entry.file;
  out.ordinal = entry.ordinal;
  out.offset = entry.offset;
  out.key = entry.key;
  out.reason = entry.reason;
  out.message = entry.message;
  out.record = entry.record;
  out.is_text = entry.is_text;
  return out;
}

}  // namespace

Result<StatusReport> status(const Environment& environment, const std::string& folder) {
  DECANT_ASSIGN(auto catalog, open_catalog(environment, folder));
  StatusReport report;
  report.catalog = catalog_path(folder);
  DECANT_ASSIGN(auto migrations, catalog->migrations());
  for (const catalog::MigrationInfo& migration : migrations) {
    std::uint64_t open = 0;
    catalog::QuarantineFilter filter;
    filter.migration = migration.name;
    DECANT_CHECK(catalog->each_quarantined(filter, [&](const catalog::QuarantineEntry&) {
      ++open;
      return ok_status();
    }));
    DECANT_ASSIGN(auto runs, catalog->runs(migration.id));
    for (const catalog::RunInfo& info : runs) {
      report.runs.push_back(status_of(migration, info));
      report.runs.back().quarantine_open = open;
    }
  }
  std::stable_sort(report.runs.begin(), report.runs.end(),
                   [](const RunStatus& a, const RunStatus& b) { return a.started > b.started; });
  return report;
}

Status quarantine(const Environment& environment, const std::string& folder,
                  const QuarantineQuery& query,
                  const std::function<Status(const QuarantineEntry&)>& visit) {
  DECANT_ASSIGN(auto catalog, open_catalog(environment, folder));
  DECANT_ASSIGN(auto migrations, catalog->migrations());
  auto named = [&](const catalog::QuarantineEntry& entry) {
    QuarantineEntry out = entry_of(entry);
    for (const catalog::MigrationInfo& migration : migrations) {
      if (migration.id == entry.migration) out.migration = migration.name;
    }
    return visit(out);
  };
  if (query.id != 0) {
    DECANT_ASSIGN(auto found, catalog->quarantined(static_cast<std::int64_t>(query.id)));
    return found ? named(*found) : ok_status();
  }
  catalog::QuarantineFilter filter;
  filter.migration = query.migration;
  filter.reason = query.reason;
  filter.limit = query.limit;
  return catalog->each_quarantined(filter, named);
}

}  // namespace decant::migration
