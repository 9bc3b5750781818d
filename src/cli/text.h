// Reports as text for people, and the small forms of numbers in them.
#pragma once

#include <cstdint>
#include <string>

#include "decant/report.h"

namespace decant::cli {

std::string grouped(std::uint64_t number);    // 1,234,567
std::string bytes_text(std::uint64_t bytes);  // 610.4 MB

std::string to_text(const Report& report);
std::string to_text(const PlanReport& report);
std::string to_text(const InspectReport& report);
std::string to_text(const StatusReport& report);
std::string to_text(const QuarantineEntry& entry);        // one line of `quarantine list`
std::string to_text_whole(const QuarantineEntry& entry);  // `quarantine show`

}  // namespace decant::cli
