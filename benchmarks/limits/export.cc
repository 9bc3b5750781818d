// Limit: SQLite -> NDJSON; a loop that reads every column and writes JSON.
//   limit-export SOURCE.db TARGET.ndjson
#include "writer.h"

int main(int argc, char** argv) {
  if (argc != 3) limit::die("usage: limit-export SOURCE TARGET");
  limit::Database database(argv[1], SQLITE_OPEN_READONLY);
  limit::Output out(argv[2]);
  sqlite3_stmt* all =
      database.prepare("SELECT " + limit::column_list() + " FROM jobs ORDER BY rowid");
  std::string starts[limit::kFields];
  for (int i = 0; i < limit::kFields; ++i)
    starts[i] = ",\"" + std::string(limit::kNames[i]) + "\":";
  starts[0][0] = '{';
  std::uint64_t count = 0;
  while (sqlite3_step(all) == SQLITE_ROW) {
    for (int i = 0; i < limit::kFields; ++i) {
      const int type = sqlite3_column_type(all, i);
      if (type == SQLITE_NULL) continue;
      out.raw(starts[i]);
      if (i == limit::kFeatured) {
        out.raw(sqlite3_column_int(all, i) ? "true" : "false");
      } else if (type == SQLITE_INTEGER) {
        out.integer(sqlite3_column_int64(all, i));
      } else {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(all, i));
        const std::string_view view(text, static_cast<std::size_t>(sqlite3_column_bytes(all, i)));
        if (i == limit::kHourlyRate || i == limit::kScore || i == limit::kSkills)
          out.raw(view);
        else
          out.quoted(view);
      }
    }
    out.end_record();
    ++count;
  }
  sqlite3_finalize(all);
  out.close();
  std::printf("%llu\n", static_cast<unsigned long long>(count));
}
