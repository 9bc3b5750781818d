// The conformance suite on every form a target of the JSON family takes.
#include "stores/json/json_store.h"
#include "testing/conformance.h"

namespace decant::testing {
namespace {

StoreUnderTest of_file(const std::string& name, const std::string& path, bool pretty = false) {
  StoreUnderTest store;
  store.name = name;
  store.open = [path, pretty](const std::string& folder) {
    StoreOptions options;
    options.for_write = true;
    options.pretty = pretty;
    return stores::open_json_store({folder + "/" + path, "", ""}, options);
  };
  store.visible_before_finish = false;      // finish() renames the file into place
  store.kinds_not_held = {FieldKind::any};  // bytes without a declaration come back as base64
  return store;
}

INSTANTIATE_TEST_SUITE_P(Json, StoreConformance,
                         ::testing::Values(of_file("Array", "records.json"),
                                           of_file("PrettyArray", "records.json", true),
                                           of_file("Lines", "records.ndjson"),
                                           of_file("LinesGzip", "records.ndjson.gz"),
                                           of_file("ArrayZstd", "records.json.zst"),
                                           of_file("Csv", "records.csv"),
                                           of_file("Folder", "data/")),
                         name_of);

}  // namespace
}  // namespace decant::testing
