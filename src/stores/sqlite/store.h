// The SQLite store: one file, its tables as collections.
//
// A file that Decant creates is loaded as a whole: rollback journal, large pages, indexes last.
// A file that is there already keeps its journal mode and its indexes, and is written in short
// transactions, so that an application may have it open; `exclusive` lifts that.
#pragma once

#include <memory>
#include <string>

#include "decant/result.h"
#include "decant/store.h"

namespace decant::sqlite {

// Records between two commits into a file that an application may have open, and for how long the
// write lock is held there.
inline constexpr std::uint32_t shared_transaction_records_max = 10'000;
inline constexpr std::uint32_t shared_transaction_ms_max = 100;
// Records between two commits while a file of Decant's own is loaded.
inline constexpr std::uint32_t load_transaction_records_max = 100'000;

// `collection`: one table or view; empty: all base tables. Opens nothing and creates nothing; a
// missing file is not_found unless options.for_write.
Result<std::unique_ptr<Store>> open_store(const std::string& path, const std::string& collection,
                                          const StoreOptions& options);

}  // namespace decant::sqlite
