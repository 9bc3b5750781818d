// Timestamps, dates, times, intervals and uuids as text. Strict both ways: what parses is a moment
// that exists and is kept exactly; what prints parses back to the same value.
//
// Dates are proleptic Gregorian. Years 0001 to 9999 have four digits; others have a sign and at
// least six ("+012024", "-000044"; year 0 is "+000000"), as ISO 8601 writes expanded years. The
// words "infinity" and "-infinity" are kForever and kForeverAgo for timestamps and dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decant/value.h"

namespace decant {

struct Timestamp {
  std::int64_t microseconds = 0;  // since 1970-01-01T00:00:00Z
  std::int16_t zone_minutes = 0;
  bool operator==(const Timestamp&) const = default;
};

// DATE, 'T' or a blank, HH:MM:SS[.f] with at most 6 places (more only if they are 0), and a zone:
// Z, +HH:MM, +HHMM or +HH. No leap second, no 24:00.
std::optional<Timestamp> parse_timestamp(std::string_view text);
// The same without a zone. Microseconds as if the zone were UTC.
std::optional<std::int64_t> parse_timestamp_local(std::string_view text);
std::optional<std::int64_t> parse_date(std::string_view text);  // days since 1970-01-01
std::optional<std::int64_t> parse_time(std::string_view text);  // HH:MM:SS[.f], up to 24:00:00
// P[nY][nM][nW][nD][T[nH][nM][n[.f]S]], each with a sign of its own if it needs one.
std::optional<Interval> parse_interval(std::string_view text);
// 8-4-4-4-12 hexadecimal digits, of either case, to 16 bytes. False where it is none.
bool parse_uuid(std::string_view text, char (&bytes)[16]);

inline constexpr std::size_t kTemporalTextMax = 96;
using TemporalText = char[kTemporalTextMax];

// The views point into `buffer`. In its own zone, "Z" for UTC; pass zone 0 for UTC.
std::string_view print_timestamp(std::int64_t microseconds, std::int16_t zone_minutes,
                                 TemporalText& buffer);
std::string_view print_timestamp_local(std::int64_t microseconds, TemporalText& buffer,
                                       char separator = 'T');
std::string_view print_date(std::int64_t days, TemporalText& buffer);
std::string_view print_time(std::int64_t microseconds, TemporalText& buffer);
std::string_view print_interval(const Interval& interval, TemporalText& buffer);
// REQUIRES: 16 bytes. Lower case.
std::string_view print_uuid(std::string_view bytes, TemporalText& buffer);

// Timestamp, timestamp_local, date, time, interval or uuid as above; empty for every other type.
std::string_view print_temporal(const Value& value, TemporalText& buffer);

}  // namespace decant
