// "Did you mean": the known word nearest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace decant {

// The known word with the smallest edit distance (Damerau-Levenshtein, adjacent transpositions
// counted once), if that is at most a third of its length, rounded up.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

}  // namespace decant
