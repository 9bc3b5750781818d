// The conformance suite: what every Store must do, as one parametrised suite. A store's owner runs
// it from a test file in the store's folder:
//
//   using decant::testing::StoreConformance;
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, ::testing::Values(StoreUnderTest{...}),
//                            decant::testing::name_of);
//
// What a store cannot do is a capability, which the suite asks for; what is left is one of the
// named deviations of StoreUnderTest.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "decant/store.h"
#include "testing/temporary_folder.h"

namespace decant::testing {

struct StoreUnderTest {
  std::string name = {};  // of the instance, letters and digits only
  // The store of one place in `folder`, for reading and writing. Called again, it opens what is
  // there. The folder exists; the place may not.
  std::function<Result<std::unique_ptr<Store>>(const std::string& folder)> open = {};
  std::string collection = "records";  // what the place's one collection is called

  // Deviations.
  bool visible_before_finish = true;           // false: finish() renames a file into place
  bool dry_run_leaves_files = false;           // true: readers leave lock or shared-memory files
  bool view_keeps_writers_out = false;         // true: a commit waits until the view is closed
  std::vector<FieldKind> kinds_not_held = {};  // come back as something else, as the docs say
};

inline std::string name_of(const ::testing::TestParamInfo<StoreUnderTest>& info) {
  return info.param.name;
}

// A field's name and value; the value's text outlives the test.
using Fields = std::vector<std::pair<std::string, Value>>;
// What a record holds: the canonical form of each present field, by name.
using Content = std::map<std::string, std::string>;

class StoreConformance : public ::testing::TestWithParam<StoreUnderTest> {
 protected:
  void SetUp() override;

  // How a call of write() is to go.
  struct Plan {
    Policy policy = Policy::upsert;
    std::string newer_than = {};
    std::vector<std::string> owned = {};
    std::vector<std::string> once = {};
    bool dry_run = false;
    bool want_existing = false;
    bool created = false;
    Change change = Change::put;
  };
  struct Written {
    std::vector<Outcome> outcomes;
    std::vector<Rejection> rejections;
    std::map<std::uint32_t, Content> existing;  // by index in the rows
  };

  std::unique_ptr<Store> open(const std::string& folder);
  std::unique_ptr<Store> open() { return open(folder_.path()); }
  // id (text, the key), count and version (integers), note and author (texts).
  Definition wanted() const;
  // native() and create(); the definition as it stands.
  Definition create(Store& store, const Definition& wanted);
  // Conforms, stages, commits and finishes; each step has to succeed.
  Written write(Store& store, const Definition& definition, const std::vector<Fields>& rows,
                const Plan& plan);
  Written write(Store& store, const Definition& definition, const std::vector<Fields>& rows) {
    return write(store, definition, rows, Plan{});
  }
  std::unique_ptr<Writer> writer(Store& store, const Definition& definition, const Plan& plan);
  // Stages `rows` in as many calls as the store needs.
  void stage(Writer& writer, const Definition& definition, const Capabilities& capabilities,
             const std::vector<Fields>& rows, const Plan& plan, Written& written);
  // All records of the collection by their id, complements restored.
  std::map<std::string, Content> read(Store& store);
  // What read() must give for a record with these fields.
  static Content content(const Fields& fields);
  static std::map<std::string, Content> contents(const std::vector<Fields>& rows);
  // `count` rows with ids row-0000, ...
  std::vector<Fields> rows(std::size_t count);

  TemporaryFolder folder_;
  Arena arena_;        // of the rows' texts
  ShapeTable shapes_;  // of the rows
};

// Makes the linker keep the files that the cases stand in: nothing else refers to them.
void link_conformance_of_writing();
void link_conformance_of_reading();

}  // namespace decant::testing
