// decant-testing: the program itself, which also knows the testing store (`testing:FILE`). For the
// kill and fault tests; never shipped.
#include "cli/command_line.h"
#include "stores/registry.h"
#include "testing/testing_store.h"

int main(int argc, char** argv) {
  decant::stores::Registry registry = decant::stores::Registry::standard();
  registry.add("testing",
               [](const decant::stores::Address& address,
                  const decant::StoreOptions&) -> decant::Result<std::unique_ptr<decant::Store>> {
                 return decant::testing::make_testing_store(
                     address.place, {address.collection, decant::testing::testing_seed()});
               });
  return decant::cli::run(argc, argv, registry);
}
