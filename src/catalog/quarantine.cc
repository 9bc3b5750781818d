#include <utility>

#include "catalog/catalog_file.h"
#include "catalog/row.h"

namespace decant::catalog {
namespace {

constexpr std::string_view kColumns =
    "id, migration, origin, collection, digest, reason, first_run, last_run, commit_group, closed, "
    "source, file, ordinal, place, key, message, is_text, record, sum";

// A row of the table, with what the public entry does not show.
struct StoredEntry {
  QuarantineEntry entry;
  std::int64_t migration = 0;
  std::uint64_t origin = 0;
  std::uint64_t group = 0;
};

std::string digest_bytes(const Hash128& digest) {
  std::string bytes(16, '\0');
  for (int i = 0; i < 8; ++i) {
    bytes[static_cast<std::size_t>(i)] = static_cast<char>((digest.low >> (8 * i)) & 0xff);
    bytes[static_cast<std::size_t>(i) + 8] = static_cast<char>((digest.high >> (8 * i)) & 0xff);
  }
  return bytes;
}

Hash128 digest_of(std::string_view bytes) {
  Hash128 digest;
  for (std::size_t i = 0; i < 8 && bytes.size() == 16; ++i) {
    digest.low |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    digest.high |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i + 8])) << (8 * i);
  }
  return digest;
}

Result<StoredEntry> read_entry(const sql::Statement& row, const std::string& path) {
  RowReader reader(row, "quarantine");
  StoredEntry stored;
  QuarantineEntry& entry = stored.entry;
  entry.id = reader.number();
  stored.migration = reader.number();
  entry.migration = stored.migration;
  stored.origin = reader.count();
  entry.collection = std::string(reader.text());
  entry.digest = digest_of(reader.blob());
  entry.reason = std::string(reader.text());
  entry.first_run = reader.number();
  entry.last_run = reader.number();
  stored.group = reader.count();
  entry.closed = reader.boolean();
  entry.source = std::string(reader.text());
  entry.file = std::string(reader.text());
  entry.ordinal = reader.count();
  entry.offset = reader.count();
  entry.key = std::string(reader.text());
  entry.message = std::string(reader.text());
  entry.is_text = reader.boolean();
  entry.record = std::string(reader.blob());
  DECANT_CHECK(reader.check(path));
  return stored;
}

// Statements of one transaction.
struct Statements {
  sql::Statement find;
  sql::Statement put;
};

Result<Statements> prepare(CatalogFile& file) {
  Statements statements;
  std::string columns(kColumns);
  DECANT_ASSIGN(statements.find, file.database.prepare("SELECT " + columns +
                                                       " FROM quarantine WHERE migration = ?1 AND "
                                                       "origin = ?2"));
  DECANT_ASSIGN(statements.put,
                file.database.prepare("INSERT OR REPLACE INTO quarantine (" + columns +
                                      ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  return statements;
}

Status put_entry(Statements& statements, const StoredEntry& stored) {
  const QuarantineEntry& entry = stored.entry;
  const std::string digest = digest_bytes(entry.digest);
  RowWriter writer(statements.put, "quarantine");
  writer.number(entry.id).number(stored.migration).number(stored.origin);
  writer.text(entry.collection).blob(digest).text(entry.reason);
  writer.number(entry.first_run).number(entry.last_run).number(stored.group);
  writer.boolean(entry.closed).text(entry.source).text(entry.file);
  writer.number(entry.ordinal).number(entry.offset).text(entry.key).text(entry.message);
  writer.boolean(entry.is_text).blob(entry.record);
  return writer.run();
}

Result<std::vector<StoredEntry>> find_origin(CatalogFile& file, Statements& statements,
                                             std::int64_t migration_id, std::uint64_t origin) {
  std::vector<StoredEntry> found;
  statements.find.bind_int64(0, migration_id);
  statements.find.bind_int64(1, static_cast<std::int64_t>(origin));
  while (true) {
    DECANT_ASSIGN(bool row, statements.find.next());
    if (!row) break;
    DECANT_ASSIGN(StoredEntry stored, read_entry(statements.find, file.path));
    found.push_back(std::move(stored));
  }
  statements.find.reset();
  return found;
}

}  // namespace

std::uint64_t origin_hash(std::string_view source, std::string_view file, std::uint64_t ordinal,
                          std::uint64_t offset) {
  std::string place(source);
  place += '\0';
  place += file;
  place += '\0';
  const std::uint64_t number = file.empty() ? offset : ordinal;
  for (int i = 0; i < 8; ++i) place += static_cast<char>((number >> (8 * i)) & 0xff);
  return hash128(place).low;
}

Status put_quarantined(CatalogFile& file, std::int64_t migration_id, std::int64_t run_id,
                       std::uint64_t group, std::span<const QuarantineEntry> entries) {
  if (entries.empty()) return ok_status();
  DECANT_ASSIGN(Statements statements, prepare(file));
  DECANT_ASSIGN(std::int64_t next, file.next_id("quarantine"));
  for (const QuarantineEntry& entry : entries) {
    StoredEntry wanted{entry, migration_id,
                       origin_hash(entry.source, entry.file, entry.ordinal, entry.offset), group};
    wanted.entry.first_run = run_id;
    wanted.entry.last_run = run_id;
    wanted.entry.closed = false;
    DECANT_ASSIGN(std::vector<StoredEntry> found,
                  find_origin(file, statements, migration_id, wanted.origin));
    for (StoredEntry& old : found) {
      if (old.entry.collection != entry.collection) continue;
      if (old.entry.digest == entry.digest && old.entry.reason == entry.reason) {
        wanted.entry.id = old.entry.id;
        wanted.entry.first_run = old.entry.first_run;
        if (old.entry.last_run == run_id) wanted.group = old.group;
      } else if (!old.entry.closed && old.entry.last_run != run_id) {
        old.entry.closed = true;
        DECANT_CHECK(put_entry(statements, old));
      }
    }
    if (wanted.entry.id == 0) wanted.entry.id = next++;
    DECANT_CHECK(put_entry(statements, wanted));
  }
  return ok_status();
}

Status close_quarantined(CatalogFile& file, std::int64_t migration_id, std::int64_t run_id,
                         std::span<const std::uint64_t> origins) {
  if (origins.empty()) return ok_status();
  DECANT_ASSIGN(Statements statements, prepare(file));
  for (std::uint64_t origin : origins) {
    DECANT_ASSIGN(std::vector<StoredEntry> found,
                  find_origin(file, statements, migration_id, origin));
    for (StoredEntry& stored : found) {
      if (stored.entry.closed || stored.entry.last_run == run_id) continue;
      stored.entry.closed = true;
      DECANT_CHECK(put_entry(statements, stored));
    }
  }
  return ok_status();
}

Status discard_quarantined(CatalogFile& file, std::int64_t run_id, std::uint64_t group) {
  DECANT_ASSIGN(sql::Statement statement,
                file.database.prepare("DELETE FROM quarantine WHERE first_run = ?1 AND "
                                      "last_run = ?1 AND commit_group = ?2"));
  statement.bind_int64(0, run_id);
  statement.bind_int64(1, static_cast<std::int64_t>(group));
  return statement.run();
}

Status each_open_quarantine_origin(CatalogFile& file, std::int64_t migration_id,
                                   const std::function<void(std::uint64_t)>& visit) {
  return read_quarantined(file, migration_id, [&](const QuarantineEntry& entry) -> Result<bool> {
    if (!entry.closed) visit(origin_hash(entry.source, entry.file, entry.ordinal, entry.offset));
    return true;
  });
}

Status read_quarantined(CatalogFile& file, std::int64_t migration_id,
                        const std::function<Result<bool>(const QuarantineEntry&)>& visit) {
  DECANT_ASSIGN(sql::Statement rows,
                file.database.prepare("SELECT " + std::string(kColumns) +
                                      " FROM quarantine WHERE ?1 = 0 OR migration = ?1 "
                                      "ORDER BY id"));
  rows.bind_int64(0, migration_id);
  while (true) {
    DECANT_ASSIGN(bool row, rows.next());
    if (!row) return ok_status();
    DECANT_ASSIGN(StoredEntry stored, read_entry(rows, file.path));
    DECANT_ASSIGN(bool more, visit(stored.entry));
    if (!more) return ok_status();
  }
}

Result<std::optional<QuarantineEntry>> find_quarantined(CatalogFile& file, std::int64_t id) {
  DECANT_ASSIGN(sql::Statement rows, file.database.prepare("SELECT " + std::string(kColumns) +
                                                           " FROM quarantine WHERE id = ?1"));
  rows.bind_int64(0, id);
  DECANT_ASSIGN(bool row, rows.next());
  if (!row) return std::optional<QuarantineEntry>();
  DECANT_ASSIGN(StoredEntry stored, read_entry(rows, file.path));
  return std::optional(std::move(stored.entry));
}

}  // namespace decant::catalog
