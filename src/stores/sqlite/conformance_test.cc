// The suite that every store passes.
#include "testing/conformance.h"

#include "stores/sqlite/store.h"

namespace decant::testing {
namespace {

StoreUnderTest store_under_test(const std::string& name, bool exclusive) {
  StoreUnderTest store;
  store.name = name;
  store.view_keeps_writers_out = true;  // a rollback journal; WAL: ViewTest
  store.open = [=](const std::string& folder) {
    StoreOptions options;
    options.for_write = true;
    options.exclusive = exclusive;
    return sqlite::open_store(folder + "/store.db", "", options);
  };
  return store;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         ::testing::Values(store_under_test("OwnFile", false),
                                           store_under_test("OwnFileAlone", true)),
                         name_of);

}  // namespace
}  // namespace decant::testing
