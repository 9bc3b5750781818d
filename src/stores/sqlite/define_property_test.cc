// create(describe(x)) == x, for definitions of every sort.
#include <gtest/gtest.h>
// After gtest, which it needs.
#include <rapidcheck/gtest.h>

#include <set>

#include "stores/sqlite/ddl.h"
#include "stores/sqlite/describe.h"
#include "stores/sqlite/store_fixture.h"

namespace decant::sqlite {
namespace {

std::string name_number(int number) {
  static const char* kNames[] = {"id",       "a b", "quo\"te", "select", "x'y",   "[z]",
                                 "\xC3\xBC", "--c", "a,b",     "ro`w",   "rowid", "(p)"};
  return kNames[number];
}

Definition any_definition() {
  Definition wanted;
  wanted.name = *rc::gen::element<std::string>("t", "the \"table\"", "order",
                                               "j\xC3\xB6"
                                               "b",
                                               "a'b");
  int count = *rc::gen::inRange(1, 12);
  for (int i = 0; i < count; ++i) {
    Field field;
    field.name = name_number(i);
    field.type.kind = static_cast<FieldKind>(*rc::gen::inRange(0, 21));
    field.required = *rc::gen::arbitrary<bool>();
    field.nullable = *rc::gen::arbitrary<bool>();
    if (*rc::gen::inRange(0, 4) == 0) {
      field.default_sql = *rc::gen::element<std::string>(
          "1", "-2.5", "'it''s'", "CURRENT_TIMESTAMP", "abs(-1)", "NULL", "x'00'");
    }
    if (*rc::gen::inRange(0, 4) == 0) field.collation = "NOCASE";
    wanted.fields.push_back(field);
  }
  int keys = *rc::gen::inRange(0, std::min(3, count) + 1);
  for (int i = 0; i < keys; ++i) wanted.key.push_back(name_number(i));
  wanted.without_rowid = *rc::gen::arbitrary<bool>();
  wanted.key_generated = *rc::gen::arbitrary<bool>();
  int indexes = *rc::gen::inRange(0, 3);
  for (int i = 0; i < indexes; ++i) {
    Index index;
    index.unique = *rc::gen::arbitrary<bool>();
    index.name = "index " + std::to_string(i);
    index.parts.push_back({name_number(*rc::gen::inRange(0, count)), "",
                           *rc::gen::arbitrary<bool>(),
                           *rc::gen::element<std::string>("", "RTRIM")});
    if (*rc::gen::arbitrary<bool>()) {
      index.where = sql::quote_name(name_number(0)) + " IS NOT NULL";
    }
    wanted.indexes.push_back(index);
  }
  if (*rc::gen::arbitrary<bool>()) {
    wanted.checks.push_back({*rc::gen::element<std::string>("", "a rule"),
                             sql::quote_name(name_number(0)) + " <> ')' "});
    wanted.checks.back().expression.pop_back();
  }
  if (*rc::gen::arbitrary<bool>()) {
    wanted.foreign_keys.push_back({"",
                                   {name_number(0)},
                                   "par ent",
                                   {"k"},
                                   *rc::gen::element<std::string>("", "CASCADE", "SET NULL"),
                                   *rc::gen::element<std::string>("", "SET DEFAULT", "RESTRICT"),
                                   *rc::gen::arbitrary<bool>()});
  }
  return wanted;
}

RC_GTEST_PROP(DefineProperty, WhatIsCreatedIsDescribedAndCreatedAgain, ()) {
  Definition wanted = any_definition();
  auto native = native_definition(wanted);
  RC_ASSERT(native.ok());
  RC_ASSERT(native->key == wanted.key);
  RC_ASSERT(native->fields.size() == wanted.fields.size());
  auto again = native_definition(*native);
  RC_ASSERT(again.ok());
  RC_ASSERT(*again == *native);
  RC_ASSERT(differences(*native, *again).empty());
  auto memory = sql::Database::open("", {sql::OpenMode::memory});
  RC_ASSERT(memory->exec(create_table_sql(*native)).ok());
  auto schema = read_schema(*memory);
  auto there = describe_table(*memory, *schema, native->name, create_index_sql(*native));
  RC_ASSERT(there.ok());
  RC_ASSERT(*there == *native);
}

}  // namespace
}  // namespace decant::sqlite
