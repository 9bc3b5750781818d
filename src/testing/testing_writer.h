// Writing into the testing store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decant/store.h"

namespace decant::testing {

inline constexpr std::uint32_t kTestingDigitsMax = 38;
inline constexpr std::uint32_t kTestingRecordBytesMax = 400u << 10;

Result<std::unique_ptr<Writer>> make_testing_writer(const std::string& path,
                                                    std::vector<WriteTarget> targets,
                                                    const WriteOptions& options,
                                                    std::uint64_t seed);

}  // namespace decant::testing
