// A consistent state of a file, for reading.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decant/store.h"
#include "sql/sqlite.h"

namespace decant::sqlite {

// Row ids in one partition. A table with more than partitions_max such spans gets larger ones.
inline constexpr std::int64_t partition_rows = 65'536;
inline constexpr std::int64_t partitions_max = 4096;

// `collection`: one table or view; empty: all base tables. The records' shapes are `shapes`'s,
// which the view and its readers share with the store.
Result<std::unique_ptr<View>> open_view(const std::string& path, const std::string& collection,
                                        std::shared_ptr<ShapeTable> shapes);

// The definitions that an open connection sees.
Result<std::vector<Definition>> describe_all(sql::Database& database,
                                             const std::string& collection);

}  // namespace decant::sqlite
