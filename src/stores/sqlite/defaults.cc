#include "stores/sqlite/defaults.h"

#include <sqlite3.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.h"
#include "sql/sqlite.h"
#include "stores/sqlite/columns.h"
#include "stores/sqlite/ddl_tokens.h"

namespace decant::sqlite {
namespace {

// SQLite counts milliseconds from noon of 24 November 4714 B.C.; 1970 begins at this one.
constexpr std::int64_t kJulianMsOf1970 = 210'866'760'000'000;
constexpr std::int64_t kUsPerMs = 1000;

// The system's file layer but for its clock, which stands still. `base` comes first, so that
// SQLite's pointer to it leads back to the whole.
struct StandingClock {
  sqlite3_vfs base;
  std::int64_t julian_ms;
};

int read_clock(sqlite3_vfs* vfs, sqlite3_int64* julian_ms) {
  *julian_ms = reinterpret_cast<StandingClock*>(vfs)->julian_ms;
  return SQLITE_OK;
}

// Registers the clock under a name of its own for as long as it lives.
class RegisteredClock {
 public:
  explicit RegisteredClock(std::int64_t run_time_us)
      : name_("decant-clock-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
    clock_.base = *sqlite3_vfs_find(nullptr);
    clock_.base.pNext = nullptr;
    clock_.base.iVersion = 2;
    clock_.base.zName = name_.c_str();
    clock_.base.xCurrentTimeInt64 = read_clock;
    clock_.julian_ms = kJulianMsOf1970 + run_time_us / kUsPerMs;
    registered_ = sqlite3_vfs_register(&clock_.base, 0) == SQLITE_OK;
  }
  RegisteredClock(const RegisteredClock&) = delete;
  RegisteredClock& operator=(const RegisteredClock&) = delete;
  ~RegisteredClock() {
    if (registered_) sqlite3_vfs_unregister(&clock_.base);
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  StandingClock clock_{};
  bool registered_ = false;
};

bool is_random(const std::string& expression) {
  const std::vector<Token> tokens = tokens_of(expression);
  return std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.is("RANDOM") || token.is("RANDOMBLOB");
  });
}

// The default of one column as the column would hold it. False where it has none that is known.
Result<bool> evaluate(sql::Database& database, const Definition& definition, const Field& field,
                      Arena& arena, Value& value) {
  if (is_random(field.default_sql)) return false;
  DECANT_CHECK(database.exec("DROP TABLE IF EXISTS d"));
  const std::string table = "CREATE TABLE d (v " + field.type.native + " DEFAULT (" +
                            field.default_sql + "))" + (definition.strict ? " STRICT" : "");
  // Two rows: what counts rows or changes is not the same in both.
  const std::string insert = "INSERT INTO d DEFAULT VALUES";
  for (const std::string& statement : {table, insert, insert}) {
    if (!database.exec(statement).ok()) return false;
  }
  DECANT_ASSIGN(sql::Statement rows,
                database.prepare("SELECT v, (SELECT count(*) FROM d AS e WHERE e.v IS d.v), "
                                 "(SELECT count(DISTINCT typeof(v)) FROM d) FROM d"));
  DECANT_ASSIGN(const bool row, rows.next());
  if (!row || rows.is_null(0) || rows.int64(1) != 2 || rows.int64(2) != 1) return false;
  ColumnReader reader;
  return reader.read(rows.handle(), 0, column_of(definition, field), arena, value) &&
         value.is_present();
}

}  // namespace

Result<Batch> default_values(const Definition& definition, std::int64_t run_time_us) {
  std::vector<const Field*> fields;
  for (const Field& field : definition.fields) {
    const bool key =
        std::find(definition.key.begin(), definition.key.end(), field.name) != definition.key.end();
    if (!field.default_sql.empty() && !field.generated && !key) fields.push_back(&field);
  }
  Batch batch;
  if (fields.empty()) return batch;
  const RegisteredClock clock(run_time_us);
  sql::OpenOptions options{sql::OpenMode::memory, busy_timeout_ms, false};
  options.vfs = clock.name();
  DECANT_ASSIGN(sql::Database database, sql::Database::open("defaults", options));
  std::vector<std::string_view> names;
  std::vector<Value> values;
  for (const Field* field : fields) {
    Value value;
    DECANT_ASSIGN(const bool known, evaluate(database, definition, *field, batch.arena, value));
    if (!known) continue;
    names.push_back(batch.arena.copy(field->name));
    values.push_back(value);
  }
  const std::span<Value> held = batch.arena.allocate_array<Value>(values.size());
  std::copy(values.begin(), values.end(), held.begin());
  batch.shapes.push_back(std::make_unique<Shape>(Shape::kOwnedByBatch, std::move(names)));
  Record record;
  record.shape = batch.shapes.back().get();
  record.values = held.data();
  batch.records.push_back(record);
  return batch;
}

bool is_filled(const WriteTarget& target, std::string_view field) {
  return target.defaults != nullptr && !target.defaults->records.empty() &&
         target.defaults->records.front().find(field).is_present();
}

}  // namespace decant::sqlite
