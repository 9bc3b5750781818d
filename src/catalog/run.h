// Run over the catalog's tables; see catalog.h.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "catalog/catalog_file.h"

namespace decant::catalog {

// `file` outlives the run.
std::unique_ptr<Run> make_run(CatalogFile& file, MigrationInfo migration, RunInfo info,
                              bool resumed);

}  // namespace decant::catalog
