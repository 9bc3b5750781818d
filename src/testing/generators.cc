#include "testing/generators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <set>

#include "model/describe_value.h"

namespace decant::testing {
namespace {

namespace gen = rc::gen;

// A short container of items at full size: RapidCheck's grow to 100, and those in them too.
template <typename Container, typename T>
rc::Gen<Container> few(rc::Gen<T> item) {
  return gen::scale(0.1, gen::container<Container>(gen::scale(10, std::move(item))));
}

std::string utf8(std::uint32_t point) {
  std::string out;
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 63));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 63));
    out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  }
  return out;
}

rc::Gen<std::string> code_point() {
  return gen::map(gen::oneOf(gen::inRange<std::uint32_t>(0, 0x80), gen::inRange(0x80u, 0xD800u),
                             gen::inRange(0xE000u, 0x110000u)),
                  utf8);
}

const std::vector<std::string>& known_pieces() {
  using namespace std::string_literals;
  static const std::vector<std::string> pieces = {""s,
                                                  " "s,
                                                  "\0"s,
                                                  "a\0b"s,
                                                  "\""s,
                                                  "\\"s,
                                                  "\n"s,
                                                  "\t"s,
                                                  "\x1f"s,
                                                  "\x7f"s,
                                                  "'"s,
                                                  "%s"s,
                                                  "\u00e9"s,
                                                  "e\u0301"s,
                                                  "\u2028"s,
                                                  "\ufeff"s,
                                                  "\U0001F600"s,
                                                  "\U0010FFFF"s,
                                                  "\u0130"s,
                                                  "\u00df"s,
                                                  "null"s,
                                                  "true"s,
                                                  "0"s,
                                                  "007"s,
                                                  "1.0"s,
                                                  "-0"s,
                                                  "NaN"s,
                                                  "1e400"s,
                                                  "NA"s,
                                                  "2024-02-30"s,
                                                  "#"s,
                                                  "a/b~0"s,
                                                  "[]"s,
                                                  "{}"s,
                                                  "decant_rest"s,
                                                  "; DROP TABLE t"s,
                                                  "\u202e"s,
                                                  "\u200d"s,
                                                  "2024-02-29T12:00:00Z"s,
                                                  "2024-02-29 12:00:00"s};
  return pieces;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

rc::Gen<std::string> digits(int min, int max) {
  return gen::mapcat(gen::inRange(min, max + 1), [](int count) {
    return gen::container<std::string>(static_cast<std::size_t>(count), gen::inRange('0', ':'));
  });
}

Specimen of_number(Type type, std::int64_t number) {
  Specimen specimen;
  specimen.type = type;
  specimen.number = number;
  return specimen;
}

Specimen of_text(Type type, std::string text) {
  Specimen specimen;
  specimen.type = type;
  specimen.text = std::move(text);
  return specimen;
}

rc::Gen<std::int64_t> nasty_int64() {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  return gen::oneOf(gen::element<std::int64_t>(0, 1, -1, 10, 1000, kMax, kMin, kMax - 1, 1LL << 53,
                                               (1LL << 53) + 1, -(1LL << 53) - 1),
                    gen::inRange<std::int64_t>(-1000, 1000), gen::arbitrary<std::int64_t>());
}

rc::Gen<Specimen> moment(Type type) {
  // Some 250,000 years each way; dates in days.
  constexpr std::int64_t kFar = 8'000'000'000'000'000'000;
  const bool date = type == Type::date;
  auto number = gen::oneOf(
      gen::element<std::int64_t>(0, -1, 1, kForever, kForeverAgo),
      date ? gen::inRange<std::int64_t>(-900'000, 3'000'000)
           : gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'799'999'999),
      date ? gen::inRange<std::int64_t>(-100'000'000, 100'000'000)
           : gen::inRange<std::int64_t>(-kFar, kFar));
  return gen::map(gen::pair(number, gen::element<std::int16_t>(0, 0, 60, -330, 840, -719)),
                  [type](const std::pair<std::int64_t, std::int16_t>& parts) {
                    Specimen specimen = of_number(type, parts.first);
                    const bool endless = parts.first == kForever || parts.first == kForeverAgo;
                    if (type == Type::timestamp && !endless) specimen.zone_minutes = parts.second;
                    return specimen;
                  });
}

rc::Gen<Specimen> interval_value() {
  return gen::map(
      gen::tuple(gen::inRange(-30'000, 30'000), gen::inRange(-400'000, 400'000), nasty_int64()),
      [](const std::tuple<int, int, std::int64_t>& parts) {
        Specimen specimen;
        specimen.type = Type::interval;
        specimen.interval = {std::get<0>(parts), std::get<1>(parts), std::get<2>(parts)};
        return specimen;
      });
}

rc::Gen<Specimen> items_of(Type type, rc::Gen<Specimen> item) {
  return gen::map(few<std::vector<Specimen>>(std::move(item)), [type](std::vector<Specimen> items) {
    Specimen specimen;
    specimen.type = type;
    if (items.size() > 8) items.resize(8);
    specimen.items = std::move(items);
    return specimen;
  });
}

template <typename T>
std::vector<std::pair<std::string, T>> without_repeats(
    std::vector<std::pair<std::string, T>> members, std::size_t size_max) {
  std::set<std::string> seen;
  std::erase_if(members, [&](const auto& member) { return !seen.insert(member.first).second; });
  if (members.size() > size_max) members.resize(size_max);
  return members;
}

rc::Gen<Specimen> map_of(rc::Gen<Specimen> value) {
  return gen::map(gen::container<std::vector<std::pair<std::string, Specimen>>>(
                      gen::pair(nasty_text(), std::move(value))),
                  [](std::vector<std::pair<std::string, Specimen>> members) {
                    Specimen specimen;
                    specimen.type = Type::map;
                    specimen.members = without_repeats(std::move(members), 8);
                    return specimen;
                  });
}

rc::Gen<Specimen> real_value() {
  return gen::map(nasty_real(), [](double real) {
    Specimen specimen;
    specimen.type = Type::real;
    specimen.real = real;
    return specimen;
  });
}

rc::Gen<Specimen> text_value(Type type, rc::Gen<std::string> text) {
  return gen::map(std::move(text), [type](std::string t) { return of_text(type, std::move(t)); });
}

rc::Gen<std::string> sixteen_bytes() {
  return gen::container<std::string>(16, gen::arbitrary<char>());
}

}  // namespace

rc::Gen<std::string> nasty_text() {
  const auto piece = gen::oneOf(gen::elementOf(known_pieces()), code_point(),
                                few<std::string>(gen::inRange('a', '{')));
  return gen::map(few<std::vector<std::string>>(piece), [](std::vector<std::string> p) {
    if (p.size() > 6) p.resize(6);
    return joined(p);
  });
}

rc::Gen<std::string> nasty_bytes() {
  return gen::oneOf(gen::just(std::string()), gen::just(std::string(1, '\0')), nasty_text(),
                    gen::container<std::string>(gen::arbitrary<char>()));
}

rc::Gen<std::string> decimal_text() {
  const auto sign = gen::element<std::string>("", "-");
  const auto whole = gen::oneOf(
      gen::just(std::string("0")),
      gen::map(gen::pair(gen::inRange('1', ':'), digits(0, 25)),
               [](const std::pair<char, std::string>& p) { return p.first + p.second; }));
  const auto fraction =
      gen::oneOf(gen::just(std::string()), gen::just(std::string(".0")),
                 gen::map(digits(1, 25), [](const std::string& text) { return "." + text; }));
  const auto exponent = gen::oneOf(
      gen::just(std::string()), gen::element<std::string>("e0", "E+5", "e-3", "e400", "e-400"),
      gen::map(gen::inRange(-40, 40), [](int e) { return "e" + std::to_string(e); }));
  return gen::map(gen::tuple(sign, whole, fraction, exponent), [](const auto& parts) {
    return std::get<0>(parts) + std::get<1>(parts) + std::get<2>(parts) + std::get<3>(parts);
  });
}

rc::Gen<double> nasty_real() {
  using limits = std::numeric_limits<double>;
  return gen::oneOf(gen::element(0.0, -0.0, 0.1, 1.5, 1e15, 9007199254740993.0, 1e22, 1e300,
                                 limits::max(), limits::min(), limits::denorm_min(),
                                 limits::infinity(), -limits::infinity(), limits::quiet_NaN()),
                    gen::map(gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000),
                             [](std::int64_t n) { return static_cast<double>(n) / 100; }),
                    gen::map(gen::arbitrary<std::uint64_t>(), [](std::uint64_t bits) {
                      double real = 0;
                      static_assert(sizeof real == sizeof bits);
                      std::copy_n(reinterpret_cast<const char*>(&bits), sizeof bits,
                                  reinterpret_cast<char*>(&real));
                      return real;
                    }));
}

rc::Gen<Specimen> value_of(Type type, int depth) {
  switch (type) {
    case Type::boolean:
      return gen::map(gen::arbitrary<bool>(), [](bool v) { return of_number(Type::boolean, v); });
    case Type::int64:
      return gen::map(nasty_int64(), [](std::int64_t v) { return of_number(Type::int64, v); });
    case Type::decimal:
      return text_value(type, decimal_text());
    case Type::real:
      return real_value();
    case Type::text:
    case Type::foreign:
      return text_value(type, nasty_text());
    case Type::bytes:
      return text_value(type, nasty_bytes());
    case Type::timestamp:
    case Type::timestamp_local:
    case Type::date:
      return moment(type);
    case Type::time:
      return gen::map(gen::inRange<std::int64_t>(0, 86'400'000'001),
                      [](std::int64_t v) { return of_number(Type::time, v); });
    case Type::interval:
      return interval_value();
    case Type::uuid:
      return text_value(type, sixteen_bytes());
    case Type::list:
      return items_of(type, json_value(depth - 1));
    case Type::map:
      return map_of(json_value(depth - 1));
    case Type::text_set:
      return items_of(type, value_of(Type::text));
    case Type::number_set:
      return items_of(type, value_of(Type::decimal));
    case Type::bytes_set:
      return items_of(type, value_of(Type::bytes));
    default:
      return gen::just(Specimen{});
  }
}

rc::Gen<Specimen> json_value(int depth) {
  const auto scalar =
      gen::oneOf(value_of(Type::null), value_of(Type::boolean), value_of(Type::int64),
                 value_of(Type::decimal), value_of(Type::text));
  if (depth <= 0) return scalar;
  return gen::weightedOneOf<Specimen>(
      {{6, scalar},
       {1, gen::lazy([depth] { return value_of(Type::list, depth); })},
       {1, gen::lazy([depth] { return value_of(Type::map, depth); })}});
}

rc::Gen<Specimen> any_value(int depth) {
  return gen::mapcat(
      gen::inRange(static_cast<int>(Type::null), static_cast<int>(Type::foreign) + 1),
      [depth](int type) { return value_of(static_cast<Type>(type), depth); });
}

rc::Gen<SpecimenRecord> record_of(rc::Gen<Specimen> value) {
  const auto name = gen::oneOf(
      gen::element<std::string>("id", "name", "Name", "price", "note", "a b"), nasty_text());
  return gen::map(gen::nonEmpty(few<SpecimenRecord>(gen::pair(name, std::move(value)))),
                  [](SpecimenRecord fields) { return without_repeats(std::move(fields), 12); });
}

Value Specimen::in(Arena& arena) const {
  const auto items_in = [&] {
    const std::span<Value> values = arena.allocate_array<Value>(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) values[i] = items[i].in(arena);
    return values;
  };
  switch (type) {
    case Type::absent:
      return Value::absent();
    case Type::null:
      return Value::null();
    case Type::boolean:
      return Value::boolean(number != 0);
    case Type::int64:
      return Value::int64(number);
    case Type::decimal:
      return Value::decimal(arena.copy(text));
    case Type::real:
      return Value::real(real);
    case Type::text:
      return Value::text(arena.copy(text));
    case Type::bytes:
      return Value::bytes(arena.copy(text));
    case Type::timestamp:
      return Value::timestamp(number, zone_minutes);
    case Type::timestamp_local:
      return Value::timestamp_local(number);
    case Type::date:
      return Value::date(number);
    case Type::time:
      return Value::time(number);
    case Type::interval:
      return Value::interval(new (arena.allocate(sizeof(Interval))) Interval(interval));
    case Type::uuid:
      return Value::uuid(arena.copy(text));
    case Type::foreign:
      return Value::foreign(arena.copy(text));
    case Type::map: {
      const std::span<Member> made = arena.allocate_array<Member>(members.size());
      for (std::size_t i = 0; i < members.size(); ++i) {
        made[i] = {arena.copy(members[i].first), members[i].second.in(arena)};
      }
      return Value::map(made);
    }
    default:
      return Value::items(items_in(), type);
  }
}

Record add_record(const SpecimenRecord& specimen, ShapeTable& shapes, Batch& batch) {
  std::vector<std::string_view> names;
  const std::span<Value> values = batch.arena.allocate_array<Value>(specimen.size());
  for (std::size_t i = 0; i < specimen.size(); ++i) {
    names.push_back(specimen[i].first);
    values[i] = specimen[i].second.in(batch.arena);
  }
  Record record;
  record.shape = shapes.get(names, batch);
  record.values = values.data();
  record.origin.ordinal = batch.records.size();
  batch.records.push_back(record);
  return record;
}

void showValue(const Specimen& specimen, std::ostream& out) {
  if (specimen.type == Type::map) {
    out << '{';
    for (const auto& [name, value] : specimen.members) {
      rc::show(name, out);
      out << ": ";
      showValue(value, out);
      out << ", ";
    }
    out << '}';
  } else if (!specimen.items.empty()) {
    out << to_string(specimen.type) << '[';
    for (const Specimen& item : specimen.items) {
      showValue(item, out);
      out << ", ";
    }
    out << ']';
  } else {
    Arena arena;
    out << describe(specimen.in(arena));
  }
}

}  // namespace decant::testing
