// The matcher behind glob_files(), also for names that are not files (--only, --skip).
#pragma once

#include <string_view>

namespace decant {

bool has_wildcard(std::string_view pattern);

// One part of a path, or a name: * any bytes, ? one byte, [a-z] and [!a-z] one of them. A leading
// dot is matched by a dot only.
bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace decant
