// The testing store, `testing:FILE[#COLLECTION]`: a store over one file that imitates DynamoDB, so
// that what depends on a store's weaknesses is tested without a server. Never shipped.
//
// No transactions beyond 25 items, no order among them, no snapshot, no checkpoint; collections
// have a key and nothing else declared; null, nested values and sets are held; decimals have 38
// digits. With DECANT_TESTING_SEED set, items are refused for a while as an overloaded server
// does, and are sent again by the writer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "decant/store.h"

namespace decant::testing {

struct TestingStoreOptions {
  std::string collection;  // only this one; empty: all in the file
  std::uint64_t seed = 0;  // of order and refusals; 0: in order, nothing refused
};

// Opens nothing yet; describe() and view() say not_found where there is no file.
std::unique_ptr<Store> make_testing_store(const std::string& path,
                                          const TestingStoreOptions& options);

// The seed from DECANT_TESTING_SEED; 0 where it is not set.
std::uint64_t testing_seed();

}  // namespace decant::testing
