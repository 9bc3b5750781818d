// What a job's options lay over its plan, and what two addresses make of themselves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decant/engine.h"

namespace decant::migration {

inline constexpr std::uint32_t threads_max = 256;

// "insert", "skip", "upsert" or "newer-than:FIELD" into on_conflict and newer_than; false where it
// is none of them.
bool set_policy(std::string_view text, JobOptions& options);

// `path` as it stands, or below `folder` where it is relative.
std::string below(const std::string& folder, const std::string& path);

// An address of a plan: its place is relative to the plan's folder.
std::string address_below(const std::string& folder, const std::string& address);

}  // namespace decant::migration
