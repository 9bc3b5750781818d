// The order of values: what newer-than, ranges and `order` go by.
#pragma once

#include <compare>

#include "decant/value.h"

namespace decant {

// Numbers of every type by value, text and bytes bytewise, moments by time, false before true.
// Unordered where the two are of kinds that are not compared (a text and a number, a timestamp with
// a zone and one without, anything absent, null, NaN, nested or an interval).
std::partial_ordering order(const Value& a, const Value& b);

}  // namespace decant
