#include "testing/testing_store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/file.h"
#include "testing/conformance.h"
#include "testing/generators.h"
#include "testing/testing_log.h"
#include "testing/value_codec.h"

namespace decant::testing {
namespace {

StoreUnderTest testing_store(const std::string& name, std::uint64_t seed) {
  StoreUnderTest store;
  store.name = name;
  store.open = [seed](const std::string& folder) -> Result<std::unique_ptr<Store>> {
    return make_testing_store(folder + "/store.log", {.collection = "", .seed = seed});
  };
  return store;
}

INSTANTIATE_TEST_SUITE_P(Testing, StoreConformance,
                         ::testing::Values(testing_store("Plain", 0), testing_store("Partial", 7)),
                         name_of);

RC_GTEST_PROP(ValueCodec, EveryValueComesBackAsItWas, ()) {
  Arena arena;
  const Value value = (*any_value()).in(arena);
  std::string bytes;
  encode_value(value, bytes);
  Decoder decoder(bytes, arena);
  const Value back = decoder.value();
  std::string again;
  encode_value(back, again);
  RC_ASSERT(again == bytes);
  RC_ASSERT(decoder.at_end());
  RC_ASSERT(!decoder.failed());
}

// A kill at any byte of the log: what is read is the state before or after some whole frame.
TEST(TestingLog, IsReadableWhereverItWasCutOff) {
  const TemporaryFolder folder;
  const std::string path = folder / "log";
  std::vector<std::size_t> ends;  // sizes at which so many items are there
  {
    Result<LogWriter> log = LogWriter::open(path);
    ASSERT_TRUE(log.ok());
    std::string frame;
    append_create("t", {"id"}, frame);
    ASSERT_TRUE(log->append(frame).ok());
    for (int i = 0; i < 5; ++i) {
      ends.push_back(file_stamp(path)->size);
      frame.clear();
      append_put("t", "key" + std::to_string(i), "record", frame);
      ASSERT_TRUE(log->append(frame).ok());
    }
  }
  const std::string whole = read_file(path, 1u << 20).value();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    ASSERT_TRUE(write_file_atomically(path, whole.substr(0, size)).ok());
    const Result<Image> image = load_image(path);
    ASSERT_TRUE(image.ok()) << size << ": " << image.error().message;
    const auto table = image->tables.find("t");
    std::size_t expected = 0;
    while (expected < ends.size() &&
           size >= (expected + 1 < ends.size() ? ends[expected + 1] : whole.size())) {
      ++expected;
    }
    EXPECT_EQ(table == image->tables.end() ? 0 : table->second.items.size(), expected) << size;

    // And is written on from there.
    Result<LogWriter> log = LogWriter::open(path);
    ASSERT_TRUE(log.ok());
    std::string frame;
    append_create("t", {"id"}, frame);
    append_put("t", "later", "record", frame);
    ASSERT_TRUE(log->append(frame).ok());
    EXPECT_EQ(load_image(path)->tables.at("t").items.size(), expected + 1) << size;
  }
}

TEST(TestingLog, AnotherFileIsLeftAlone) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder / "x", "something of somebody else").ok());
  EXPECT_EQ(load_image(folder / "x").error().code, ErrorCode::corrupt);
  EXPECT_FALSE(LogWriter::open(folder / "x").ok());
  EXPECT_EQ(read_file(folder / "x", 100).value(), "something of somebody else");
}

}  // namespace
}  // namespace decant::testing
