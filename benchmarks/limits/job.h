// What the limit programs share: the job record of decant-generate as plain views, read by simdjson
// on demand in one walk, and the SQLite statements around it. Written for this one shape and for
// speed; nothing here checks, counts or recovers.
#pragma once

#include <fcntl.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace limit {

enum Field {
  kId,
  kTitle,
  kCompany,
  kLocation,
  kCountry,
  kCategory,
  kType,
  kWorkMode,
  kStatus,
  kSalaryMin,
  kSalaryMax,
  kHourlyRate,
  kScore,
  kFeatured,
  kPostedDate,
  kExpiresAt,
  kCreatedAt,
  kDescription,
  kSkills,
  kSource,
  kFields
};

inline constexpr std::string_view kNames[kFields] = {
    "id",          "title",      "company",    "location",    "country",     "category", "type",
    "work_mode",   "status",     "salary_min", "salary_max",  "hourly_rate", "score",    "featured",
    "posted_date", "expires_at", "created_at", "description", "skills",      "source"};

// The columns' declared types, as Decant declares the same definition.
inline constexpr std::string_view kTypes[kFields] = {
    "TEXT", "TEXT", "TEXT",    "TEXT",    "TEXT",         "TEXT",         "TEXT",
    "TEXT", "TEXT", "INTEGER", "INTEGER", "DECIMAL_TEXT", "DECIMAL_TEXT", "BOOLEAN",
    "TEXT", "TEXT", "TEXT",    "TEXT",    "JSON_TEXT",    "TEXT"};

struct Job {
  bool present[kFields];
  std::string_view text[kFields];  // unescaped text, a number's own text, compact JSON
  std::int64_t number[kFields];    // integers and booleans
};

[[noreturn]] inline void die(const char* what, const char* more = "") {
  std::fprintf(stderr, "limit: %s %s\n", what, more);
  std::exit(1);
}

namespace ondemand = simdjson::ondemand;

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

inline void read_value(ondemand::value value, int field, Job& job) {
  if (field == kSalaryMin || field == kSalaryMax) {
    if (value.get_int64().get(job.number[field])) die("not an integer", kNames[field].data());
  } else if (field == kFeatured) {
    bool flag = false;
    if (value.get_bool().get(flag)) die("not a boolean");
    job.number[field] = flag;
  } else if (field == kHourlyRate || field == kScore) {
    const std::string_view text = trimmed(value.raw_json_token());
    if (text == "null") return;
    job.text[field] = text;
  } else if (field == kSkills) {
    ondemand::array list;
    if (value.get_array().get(list) || list.raw_json().get(job.text[field])) die("not an array");
  } else if (value.get_string().get(job.text[field])) {
    die("not a text", kNames[field].data());
  }
  job.present[field] = true;
}

// One walk; the next field is expected in its usual place.
inline void read_job(ondemand::object object, Job& job) {
  std::memset(job.present, 0, sizeof job.present);
  int expected = 0;
  for (auto field : object) {
    ondemand::raw_json_string key;
    if (field.key().get(key)) die("bad key");
    int at = expected < kFields && key.unsafe_is_equal(kNames[expected]) ? expected : -1;
    for (int i = 0; at < 0 && i < kFields; ++i) {
      if (key.unsafe_is_equal(kNames[i])) at = i;
    }
    if (at < 0) die("unknown field");
    read_value(field.value(), at, job);
    expected = at + 1;
  }
}

// Calls `each(job)` for every record of an NDJSON file or of one array with a record a line, by
// windows of a mebibyte.
template <class Each>
void for_each_job(const char* path, Each&& each) {
  constexpr std::size_t kWindow = 1 << 20;
  const int file = ::open(path, O_RDONLY);
  if (file < 0) die("cannot open", path);
  std::vector<char> buffer(kWindow * 2 + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  parser.threaded = false;
  Job job{};
  std::size_t kept = 0;
  bool array = false, first = true;
  for (;;) {
    const ssize_t got = ::read(file, buffer.data() + kept, kWindow);
    if (got < 0) die("cannot read", path);
    std::size_t size = kept + static_cast<std::size_t>(got);
    if (first) {
      array = size > 0 && buffer[0] == '[';
      if (array) buffer[0] = ' ';
      first = false;
    }
    std::size_t whole = size;
    if (got > 0) {
      while (whole > 0 && (buffer[whole - 1] != '\n' || (array && buffer[whole - 2] != ',')))
        --whole;
    } else if (array) {
      while (whole > 0 && buffer[whole - 1] != ']') --whole;
      if (whole > 0) --whole;
    }
    if (array) {  // separators become blanks
      for (char* p = buffer.data();
           (p = static_cast<char*>(std::memchr(
                p, '\n', static_cast<std::size_t>(buffer.data() + whole - p)))) != nullptr;
           ++p) {
        if (p > buffer.data() && p[-1] == ',') p[-1] = ' ';
      }
    }
    if (whole > 0) {
      ondemand::document_stream stream;
      if (parser.iterate_many(buffer.data(), whole, whole + 1).get(stream)) die("cannot parse");
      for (auto document : stream) {
        ondemand::object object;
        if (document.get_object().get(object)) die("bad record in", path);
        read_job(object, job);
        each(job);
      }
    }
    if (got == 0) break;
    kept = size - whole;
    std::memmove(buffer.data(), buffer.data() + whole, kept);
  }
  ::close(file);
}

class Database {
 public:
  explicit Database(const char* path, int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
    if (sqlite3_open_v2(path, &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) fail();
  }
  ~Database() { sqlite3_close_v2(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           nullptr))
      fail();
    return statement;
  }
  [[noreturn]] void fail() { die(sqlite3_errmsg(handle_)); }

 private:
  sqlite3* handle_ = nullptr;
};

inline std::string column_list(const char* separator = ",", const char* prefix = "") {
  std::string list;
  for (int i = 0; i < kFields; ++i) {
    list.append(i ? separator : "").append(prefix).append("\"").append(kNames[i]).append("\"");
  }
  return list;
}

inline std::string create_table(bool with_key) {
  std::string sql = "CREATE TABLE jobs(";
  for (int i = 0; i < kFields; ++i) {
    sql.append(i ? "," : "").append("\"").append(kNames[i]).append("\" ").append(kTypes[i]);
    if (i == kId) sql += with_key ? " PRIMARY KEY NOT NULL" : " NOT NULL";
  }
  return sql + ")";
}
inline constexpr const char* kSecondaryIndexes =
    "CREATE INDEX jobs_category ON jobs(category, posted_date);"
    "CREATE INDEX jobs_company ON jobs(company);";
inline constexpr const char* kDropSecondaryIndexes =
    "DROP INDEX jobs_category; DROP INDEX jobs_company;";

inline std::string insert_sql() {
  std::string sql = "INSERT INTO jobs(" + column_list() + ") VALUES(?1";
  for (int i = 2; i <= kFields; ++i) sql += ",?" + std::to_string(i);
  return sql + ")";
}

inline void bind_job(sqlite3_stmt* statement, const Job& job) {
  for (int i = 0; i < kFields; ++i) {
    if (!job.present[i]) {
      sqlite3_bind_null(statement, i + 1);
    } else if (i == kSalaryMin || i == kSalaryMax || i == kFeatured) {
      sqlite3_bind_int64(statement, i + 1, job.number[i]);
    } else {
      sqlite3_bind_text(statement, i + 1, job.text[i].data(), static_cast<int>(job.text[i].size()),
                        SQLITE_STATIC);
    }
  }
}

inline void step_done(Database& database, sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) database.fail();
  sqlite3_reset(statement);
}

inline constexpr std::uint64_t kTransactionRecords = 100'000;

}  // namespace limit
