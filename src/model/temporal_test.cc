#include "model/temporal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "testing/generators.h"

namespace decant {
namespace {

std::string again(std::string_view text) {
  const auto parsed = parse_timestamp(text);
  if (!parsed) return "refused";
  TemporalText buffer;
  return std::string(print_timestamp(parsed->microseconds, parsed->zone_minutes, buffer));
}

TEST(Timestamp, KeepsMomentAndZone) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), (Timestamp{0, 0}));
  EXPECT_EQ(parse_timestamp("1970-01-01 01:30:00+01:30"), (Timestamp{0, 90}));
  EXPECT_EQ(parse_timestamp("1969-12-31T23:59:59.999999Z"), (Timestamp{-1, 0}));
  EXPECT_EQ(again("2024-02-29T12:34:56.120000Z"), "2024-02-29T12:34:56.12Z");
  EXPECT_EQ(again("2024-02-29 12:34:56-0330"), "2024-02-29T12:34:56-03:30");
  EXPECT_EQ(again("2024-02-29 12:34:56+05"), "2024-02-29T12:34:56+05:00");
  EXPECT_EQ(again("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(again("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(again("+012024-01-01T00:00:00Z"), "+012024-01-01T00:00:00Z");
  EXPECT_EQ(again("-000044-03-15T00:00:00Z"), "-000044-03-15T00:00:00Z");
  EXPECT_EQ(again("infinity"), "infinity");
  EXPECT_EQ(again("2024-01-01T00:00:00.1234560000Z"), "2024-01-01T00:00:00.123456Z");
}

TEST(Timestamp, RefusesWhatIsNoMomentOrWouldLoseDigits) {
  for (const char* text : {"",
                           "2024-02-30T00:00:00Z",
                           "2023-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2024-13-01T00:00:00Z",
                           "2024-00-01T00:00:00Z",
                           "2024-01-00T00:00:00Z",
                           "2024-01-01T24:00:00Z",
                           "2024-01-01T23:60:00Z",
                           "2024-01-01T23:59:60Z",
                           "2024-01-01T00:00:00",
                           "2024-01-01",
                           "2024-1-1T00:00:00Z",
                           "24-01-01T00:00:00Z",
                           "2024-01-01T00:00Z",
                           "2024-01-01T00:00:00.Z",
                           "2024-01-01T00:00:00.1234567Z",
                           "2024-01-01T00:00:00 Z",
                           "2024-01-01T00:00:00Zx",
                           "2024-01-01T00:00:00+24:00",
                           "2024-01-01T00:00:00+01:60",
                           "2024-01-01T00:00:00+1",
                           "0000-01-01T00:00:00Z",
                           "+294248-01-01T00:00:00Z",
                           "2024-01-01  00:00:00Z",
                           "-00000-01-01T00:00:00Z",
                           "now"}) {
    EXPECT_EQ(again(text), "refused") << text;
  }
}

TEST(TimestampLocal, HasNoZone) {
  EXPECT_EQ(parse_timestamp_local("1970-01-01 00:00:01"), 1'000'000);
  EXPECT_EQ(parse_timestamp_local("1970-01-01T00:00:01.5"), 1'500'000);
  EXPECT_EQ(parse_timestamp_local("1970-01-01T00:00:01Z"), std::nullopt);
  TemporalText buffer;
  EXPECT_EQ(print_timestamp_local(1'500'000, buffer, ' '), "1970-01-01 00:00:01.5");
}

TEST(Date, CountsDays) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("2000-03-01"), 11017);
  EXPECT_EQ(parse_date("2000-02-30"), std::nullopt);
  EXPECT_EQ(parse_date("2000-02-28T00:00:00"), std::nullopt);
}

TEST(Time, RunsUpToTheEndOfTheDay) {
  EXPECT_EQ(parse_time("00:00:00.000001"), 1);
  EXPECT_EQ(parse_time("24:00:00"), 86'400'000'000);
  EXPECT_EQ(parse_time("24:00:00.1"), std::nullopt);
  EXPECT_EQ(parse_time("12:00"), std::nullopt);
}

TEST(IntervalText, KeepsMonthsDaysAndTimeApart) {
  EXPECT_EQ(parse_interval("P1Y2M3W4DT5H6M7.5S"), (Interval{14, 25, 18'367'500'000}));
  EXPECT_EQ(parse_interval("PT0S"), (Interval{0, 0, 0}));
  EXPECT_EQ(parse_interval("P-1M"), (Interval{-1, 0, 0}));
  EXPECT_EQ(parse_interval("PT-0.5S"), (Interval{0, 0, -500'000}));
  for (const char* text : {"", "P", "PT", "P1", "1D", "P1DT", "PT1D", "P1H", "P1M1Y", "P1.5D",
                           "P1Y1Y", "PT1S1S", "P--1D", "P999999999999Y"}) {
    EXPECT_EQ(parse_interval(text), std::nullopt) << text;
  }
}

TEST(Uuid, TakesEitherCaseAndPrintsLower) {
  char bytes[16];
  ASSERT_TRUE(parse_uuid("0123ABCD-4567-89ef-0000-ffffFFFF0001", bytes));
  TemporalText buffer;
  EXPECT_EQ(print_uuid({bytes, 16}, buffer), "0123abcd-4567-89ef-0000-ffffffff0001");
  EXPECT_FALSE(parse_uuid("0123abcd-4567-89ef-0000-ffffffff000", bytes));
  EXPECT_FALSE(parse_uuid("0123abcd-4567-89ef-0000-ffffffff000g", bytes));
  EXPECT_FALSE(parse_uuid("0123abcd+4567-89ef-0000-ffffffff0001", bytes));
}

RC_GTEST_PROP(Temporal, WhatPrintsParsesBackToTheSame, ()) {
  const Type type = *rc::gen::element(Type::timestamp, Type::timestamp_local, Type::date,
                                      Type::time, Type::interval, Type::uuid);
  const testing::Specimen specimen = *testing::value_of(type);
  Arena arena;
  TemporalText buffer;
  const std::string text(print_temporal(specimen.in(arena), buffer));
  switch (type) {
    case Type::timestamp:
      RC_ASSERT(parse_timestamp(text) == Timestamp({specimen.number, specimen.zone_minutes}));
      break;
    case Type::timestamp_local:
      RC_ASSERT(parse_timestamp_local(text) == specimen.number);
      break;
    case Type::date:
      RC_ASSERT(parse_date(text) == specimen.number);
      break;
    case Type::time:
      RC_ASSERT(parse_time(text) == specimen.number);
      break;
    case Type::interval:
      RC_ASSERT(parse_interval(text) == specimen.interval);
      break;
    default: {
      char bytes[16];
      RC_ASSERT(parse_uuid(text, bytes));
      RC_ASSERT(std::string(bytes, 16) == specimen.text);
    }
  }
}

}  // namespace
}  // namespace decant
