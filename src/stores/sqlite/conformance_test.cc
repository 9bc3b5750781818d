// The suite that every store passes.
#include "testing/conformance.h"

#include "base/file.h"
#include "sql/sqlite.h"
#include "stores/sqlite/store.h"

namespace decant::testing {
namespace {

StoreUnderTest store_under_test(const std::string& name, const std::string& prepare,
                                bool exclusive) {
  StoreUnderTest store;
  store.name = name;
  store.open = [=](const std::string& folder) -> Result<std::unique_ptr<Store>> {
    std::string path = folder + "/store.db";
    if (!prepare.empty() && !path_exists(path)) {
      DECANT_ASSIGN(sql::Database database, sql::Database::open(path, {sql::OpenMode::create}));
      DECANT_CHECK(database.exec(prepare));
    }
    StoreOptions options;
    options.for_write = true;
    options.exclusive = exclusive;
    return sqlite::open_store(path, "", options);
  };
  return store;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         ::testing::Values(store_under_test("OwnFile", "", false),
                                           store_under_test("OwnFileAlone", "", true)),
                         name_of);

}  // namespace
}  // namespace decant::testing
