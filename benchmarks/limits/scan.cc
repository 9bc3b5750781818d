// Limit: the plain reads of both sides, each every field of every record, one after the other.
//   limit-scan SOURCE.ndjson [TARGET.db]
#include "job.h"

namespace {

std::uint64_t scan_table(const char* path, std::uint64_t& sum) {
  std::uint64_t rows = 0;
  limit::Database database(path, SQLITE_OPEN_READONLY);
  sqlite3_stmt* all = database.prepare("SELECT " + limit::column_list() + " FROM jobs");
  while (sqlite3_step(all) == SQLITE_ROW) {
    for (int i = 0; i < limit::kFields; ++i) {
      if (sqlite3_column_type(all, i) == SQLITE_INTEGER) {
        sum += static_cast<std::uint64_t>(sqlite3_column_int64(all, i));
      } else if (const auto* text = sqlite3_column_text(all, i)) {
        sum += text[0] + static_cast<std::uint64_t>(sqlite3_column_bytes(all, i));
      }
    }
    ++rows;
  }
  sqlite3_finalize(all);
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) limit::die("usage: limit-scan SOURCE [TARGET]");
  std::uint64_t records = 0, rows = 0, sum = 0;
  limit::for_each_job(argv[1], [&](const limit::Job& job) {
    for (int i = 0; i < limit::kFields; ++i)
      sum += job.text[i].size() + static_cast<std::uint64_t>(job.number[i]);
    ++records;
  });
  if (argc == 3) rows = scan_table(argv[2], sum);
  std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(records),
              static_cast<unsigned long long>(rows), static_cast<unsigned long long>(sum));
}
