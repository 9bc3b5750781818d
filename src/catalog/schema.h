// The tables of the catalog: made in one go, and compared with what is there at each opening.
#pragma once

#include <string>

#include "decant/result.h"
#include "sql/sqlite.h"

namespace decant::catalog {

// Makes an empty catalog at `path`, mode 0600, whole or not at all. Nothing where one is there.
Status make_catalog_file(const std::string& path);

// refused: a newer format. corrupt: the schema is another one, or SQLite's integrity check finds
// something, or a row is not what was written.
Status check_catalog(sql::Database& database);

}  // namespace decant::catalog
