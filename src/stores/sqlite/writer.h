// Writes into tables of one file, in transactions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decant/store.h"

namespace decant::sqlite {

// For a table that is there: rows are looked up all over it. The larger part of a run's memory.
inline constexpr char look_up_cache[] = "PRAGMA cache_size=-65536";
// For an empty table whose indexes are set aside: the key's is all that is looked into, and making
// the others again takes memory, too.
inline constexpr char set_aside_cache[] = "PRAGMA cache_size=-53248";

struct WriterSetup {
  std::string path;
  bool exclusive = false;
  std::shared_ptr<ShapeTable> shapes;  // of withdrawn and existing records; shared with the store
};

// REQUIRES: the tables are there (Store::create), and options.dry_run is false.
Result<std::unique_ptr<Writer>> open_writer(const WriterSetup& setup,
                                            std::vector<WriteTarget> targets,
                                            const WriteOptions& options);

}  // namespace decant::sqlite
