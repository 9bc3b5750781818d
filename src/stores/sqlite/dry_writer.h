// Decides what a run would do, and writes nothing.
#pragma once

#include <memory>
#include <vector>

#include "decant/store.h"
#include "stores/sqlite/writer.h"

namespace decant::sqlite {

// `there`: the file has content; it is opened read-only. Rows that would be inserted are tried out
// in temporary tables where a rule of the table could refuse them.
Result<std::unique_ptr<Writer>> open_dry_writer(const WriterSetup& setup, bool there,
                                                std::vector<WriteTarget> targets,
                                                const WriteOptions& options);

}  // namespace decant::sqlite
