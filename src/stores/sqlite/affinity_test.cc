// What SQLite would change is refused by name; what is taken comes back as the same fact.
#include <cmath>
#include <limits>

#include "model/canonical.h"
#include "model/conform.h"
#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

class AffinityTest : public StoreFixture {
 protected:
  // Through the conformer and the writer into a column of this type, and read again. "refused
  // (REASON)", or the value as JSON with its type where it came back equal.
  std::string pass(const std::string& declared, Value value, bool strict = false) {
    exec("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, x " + declared + ")" +
         (strict ? " STRICT" : ""));
    auto store = open("t");
    WriteTarget target;
    target.definition = describe(*store);
    Rows rows({"id", "x"});
    rows.add({Value::int64(1), value});
    Record& record = rows.records().front();
    Arena arena;
    Misfit misfit;
    Conformer conformer(target.definition, store->capabilities(), {});
    if (!conformer.conform(record, arena, misfit)) {
      return "refused (" + std::string(misfit.reason) + ")";
    }
    Value conformed = record.find("x");
    auto out = writer(*store, {target});
    StageResult result;
    EXPECT_TRUE(out->stage(0, rows.records(), result).ok());
    if (result.outcomes.front() != Outcome::inserted) return "late: " + words(result);
    commit(*out);
    finish(*out);
    out.reset();
    auto view = store->view();
    auto reader = (*view)->read((*view)->partitions("t")->front(), {});
    Batch batch;
    EXPECT_TRUE((*reader)->next(batch).value());
    Value back = batch.records.front().find("x");
    if (!equal(back, conformed)) return "changed to " + json::to_json(back);
    return std::string(to_string(back.type())) + " " + json::to_json(back);
  }
};

TEST_F(AffinityTest, TextIsNeverTakenForANumber) {
  for (const char* type : {"INTEGER", "REAL", "NUMERIC", "DECIMAL(10,2)", "BOOLEAN", "BIGINT"}) {
    EXPECT_EQ(pass(type, Value::text("007")), "refused (type)") << type;
    EXPECT_EQ(pass(type, Value::text("abc")), "refused (type)") << type;
  }
  for (const char* type : {"STRING", "UUID"}) {  // numeric affinity by an unlucky word
    EXPECT_EQ(pass(type, Value::text("007")), "late: quarantined(type)") << type;
    EXPECT_EQ(pass(type, Value::text("1e3")), "late: quarantined(type)") << type;
    EXPECT_EQ(pass(type, Value::text("abc")), "text \"abc\"") << type;
  }
  for (const char* type : {"TEXT", "VARCHAR(3)", "BLOB", ""}) {
    EXPECT_EQ(pass(type, Value::text("007")), "text \"007\"") << type;
  }
  EXPECT_EQ(pass("JSON", Value::text("007")), "text \"007\"");
  EXPECT_EQ(pass("JSON_TEXT", Value::text("007")), "text \"007\"");
}

TEST_F(AffinityTest, NumbersThatWouldChangeAreRefused) {
  Value big = Value::decimal("12345678901234567890");
  Value huge = Value::decimal("1e400");
  Value past53 = Value::int64((1LL << 53) + 1);
  Value sixty = Value::decimal("0.100000000000000000000000000000000000000000000000000000000001");
  EXPECT_EQ(pass("INTEGER", big), "refused (range)");
  EXPECT_EQ(pass("INTEGER", Value::decimal("1.5")), "refused (number_would_change)");
  EXPECT_EQ(pass("INTEGER", Value::decimal("1.0")), "int64 1");
  EXPECT_EQ(pass("INTEGER", past53), "int64 9007199254740993");
  EXPECT_EQ(pass("REAL", past53), "refused (number_would_change)");
  for (const char* type : {"REAL", "NUMERIC", "DECIMAL(10,2)", "BLOB", "", "JSON"}) {
    for (const Value& value : {big, huge, sixty}) {
      std::string told = pass(type, value);
      EXPECT_TRUE(told == "refused (number_would_change)" ||
                  told == "late: quarantined(number_would_change)")
          << type << ": " << told;
    }
  }
  for (const Value& value : {big, huge, sixty}) {
    EXPECT_EQ(pass("DECIMAL_TEXT", value), "decimal " + std::string(value.as_text()));
    EXPECT_EQ(pass("JSON_TEXT", value), "decimal " + std::string(value.as_text()));
  }
  EXPECT_EQ(pass("NUMERIC", Value::decimal("0.1")), "real 0.1");
  EXPECT_EQ(pass("NUMERIC", Value::decimal("1.0")), "int64 1");
}

TEST_F(AffinityTest, NegativeZeroKeepsItsTextWhereTheColumnCan) {
  EXPECT_EQ(pass("DECIMAL_TEXT", Value::decimal("-0")), "decimal -0");
  EXPECT_EQ(pass("JSON_TEXT", Value::decimal("-0")), "decimal -0");
  // Elsewhere -0 equals 0, which is what SQLite makes of it.
  EXPECT_EQ(pass("REAL", Value::real(-0.0)), "real 0.0");
  EXPECT_EQ(pass("INTEGER", Value::decimal("-0")), "int64 0");
}

TEST_F(AffinityTest, DoublesComeBackToTheLastBit) {
  for (double real : {0.1, 1e308, 5e-324, 1.0 / 3, 123456789012345.678, -2.5}) {
    EXPECT_EQ(pass("REAL", Value::real(real)).substr(0, 4), "real");
    EXPECT_EQ(pass("NUMERIC", Value::real(real)).substr(0, 7).find("changed"), std::string::npos);
  }
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(pass("REAL", Value::real(infinity)), "real \"Infinity\"");
  // SQLite stores NULL for it.
  EXPECT_NE(pass("REAL", Value::real(std::nan(""))).find("number_would_change"), std::string::npos);
}

TEST_F(AffinityTest, StrictTablesHoldTheSame) {
  EXPECT_EQ(pass("INTEGER", Value::text("7"), true), "refused (type)");
  EXPECT_EQ(pass("TEXT", Value::int64(7), true), "refused (type)");
  EXPECT_EQ(pass("TEXT", Value::text("007"), true), "text \"007\"");
  EXPECT_EQ(pass("REAL", Value::int64(7), true), "real 7.0");
  EXPECT_EQ(pass("ANY", Value::text("007"), true), "text \"007\"");
  EXPECT_EQ(pass("ANY", Value::int64(7), true), "int64 7");
  EXPECT_EQ(pass("BLOB", Value::bytes("x"), true), "bytes \"eA==\"");
  EXPECT_EQ(pass("BLOB", Value::text("x"), true), "refused (type)");
}

TEST_F(AffinityTest, MomentsAndTheLikeComeBackAsWhatTheyWere) {
  Interval interval = {1, -2, 3'000'000};
  Value timestamp = Value::timestamp(1'700'000'000'123'456, 120);
  Value local = Value::timestamp_local(1'700'000'000'123'456);
  EXPECT_EQ(pass("TIMESTAMP_TEXT", timestamp).substr(0, 10), "timestamp ");
  EXPECT_EQ(query("SELECT x FROM t"), "2023-11-15T00:13:20.123456+02:00");
  EXPECT_EQ(pass("TIMESTAMP_LOCAL_TEXT", local).substr(0, 16), "timestamp_local ");
  EXPECT_EQ(pass("DATETIME", local).substr(0, 16), "timestamp_local ");
  EXPECT_EQ(query("SELECT x FROM t"), "2023-11-14 22:13:20.123456");
  for (const char* type : {"DATE", "DATE_TEXT"}) {
    EXPECT_EQ(pass(type, Value::date(-1)), "date \"1969-12-31\"");
    EXPECT_EQ(pass(type, Value::date(kForever)), "date \"infinity\"");
  }
  EXPECT_EQ(pass("TIME_TEXT", Value::time(1)).substr(0, 5), "time ");
  EXPECT_EQ(pass("INTERVAL_TEXT", Value::interval(&interval)).substr(0, 9), "interval ");
  EXPECT_EQ(pass("UUID_TEXT", Value::uuid("0123456789abcdef")).substr(0, 5), "uuid ");
  EXPECT_EQ(pass("TEXT", timestamp), "refused (type)");
  EXPECT_EQ(pass("INTEGER", timestamp), "refused (type)");
}

TEST_F(AffinityTest, JsonKeepsScalarsApart) {
  EXPECT_EQ(pass("JSON_TEXT", Value::text("")), "text \"\"");
  EXPECT_EQ(pass("JSON_TEXT", Value::text("null")), "text \"null\"");
  EXPECT_EQ(pass("JSON_TEXT", Value::boolean(true)), "boolean true");
  EXPECT_EQ(pass("JSON_TEXT", Value::int64(1)), "int64 1");
  EXPECT_EQ(pass("JSON_TEXT", Value::items({})), "list []");
  Member member = {"a", Value::text("x\"y")};
  EXPECT_EQ(pass("JSON_TEXT", Value::map({&member, 1})), R"(map {"a":"x\"y"})");
}

}  // namespace
}  // namespace decant::sqlite
