// Generates job records of about 600 bytes and 20 fields, the same ones for the same options: the
// data of the benchmarks, the demo and the tests.
//
//   decant-generate --records N [--format ndjson|array] [--first N] [--seed N]
//                   [--changed] [--optional] [--dirty N] [--output FILE]
//
// --changed gives the same keys with other salaries and titles; --optional leaves some fields out
// or null; --dirty N puts a record with a fault after every N good ones. One line on standard
// error says how many of each went out.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct Options {
  std::uint64_t records = 1000;
  std::uint64_t first = 0;
  std::uint64_t seed = 1;
  std::uint64_t dirty = 0;
  bool array = false;
  bool changed = false;
  bool optional = false;
  std::string output = "-";
};

// splitmix64 (S. Vigna): a bijection of 64 bits, so that keys made of it never collide.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

constexpr std::string_view kTitles[] = {"Data Engineer",  "Site Reliability Engineer",
                                        "Electrician",    "Registered Nurse",
                                        "Warehouse Lead", "Ökonom",
                                        "Welder II",      "Head of \\\"Special\\\" Projects",
                                        "Accountant",     "Chef de partie"};
constexpr std::string_view kCompanies[] = {"Northwind Traders", "Acme",
                                           "Müller & Söhne",    "Contoso",
                                           "Fabrikam Research", "Blue Yonder Airlines",
                                           "株式会社サンプル"};
constexpr std::string_view kCities[] = {"Zürich", "Cape Town", "Oslo",  "São Paulo",
                                        "Austin", "Nairobi",   "Osaka", "Lyon"};
constexpr std::string_view kCountries[] = {"CH", "ZA", "NO", "BR", "US", "KE", "JP", "FR"};
constexpr std::string_view kCategories[] = {"engineering", "health", "logistics", "finance",
                                            "hospitality"};
constexpr std::string_view kTypes[] = {"full-time", "part-time", "contract", "internship"};
constexpr std::string_view kModes[] = {"on-site", "hybrid", "remote"};
constexpr std::string_view kStatuses[] = {"active", "paused", "closed", "draft"};
constexpr std::string_view kSkills[] = {"c++",        "sql",         "python", "first aid",
                                        "forklift",   "bookkeeping", "french", "welding",
                                        "kubernetes", "statistics"};
constexpr std::string_view kSentences[] = {
    "You keep the line running and tell us early when it will not. ",
    "We value people who finish what they start. ",
    "The team is small, the hours are regular and the coffee is good. ",
    "Travel to customers happens about once a month. ",
    "Experience with older systems is welcome, patience with them more so. "};

template <std::size_t N>
std::string_view pick(const std::string_view (&list)[N], std::uint64_t random) {
  return list[random % N];
}

class Record {
 public:
  explicit Record(std::string& out) : out_(out) { out_ += '{'; }
  void text(std::string_view name, std::string_view value) {
    field(name);
    out_.append("\"").append(value).append("\"");
  }
  void raw(std::string_view name, std::string_view value) {
    field(name);
    out_ += value;
  }
  void number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }
  void end() { out_ += '}'; }

 private:
  void field(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_.append("\"").append(name).append("\":");
  }
  std::string& out_;
};

std::string key_of(std::uint64_t ordinal, const Options& options) {
  char text[32];
  std::snprintf(text, sizeof text, "job-%016" PRIx64, mix(ordinal ^ (options.seed << 40)));
  return text;
}

std::string date(std::uint64_t random, unsigned year) {
  char text[16];
  std::snprintf(text, sizeof text, "%04u-%02u-%02u", year, unsigned(random % 12 + 1),
                unsigned(random / 12 % 28 + 1));
  return text;
}

std::string timestamp(std::uint64_t random, unsigned year) {
  char text[32];
  std::snprintf(text, sizeof text, "T%02u:%02u:%02uZ", unsigned(random >> 8) % 24,
                unsigned(random >> 16) % 60, unsigned(random >> 24) % 60);
  return date(random, year) + text;
}

std::string skills(std::uint64_t random) {
  std::string list = "[";
  for (unsigned i = 0; i < 2 + random % 3; ++i) {
    if (i > 0) list += ',';
    list.append("\"").append(pick(kSkills, (random >> (8 + 4 * i)) + i)).append("\"");
  }
  return list + "]";
}

std::string description(std::uint64_t random) {
  std::string text;
  for (unsigned i = 0; i < 3; ++i) text += pick(kSentences, (random >> (5 * i)) + i);
  text.pop_back();
  return text;
}

void append_record(std::string& out, std::uint64_t ordinal, const Options& options) {
  const std::uint64_t r = mix(ordinal * 2 + 1 + (options.seed << 32));
  const std::uint64_t s = mix(r);
  const std::uint64_t change = options.changed ? 1 : 0;
  const bool sparse = options.optional && ordinal % 7 == 0;
  char text[64];
  Record record(out);
  record.text("id", key_of(ordinal, options));
  record.text("title", pick(kTitles, r + change));
  record.text("company", pick(kCompanies, r >> 8));
  record.text("location", pick(kCities, r >> 16));
  record.text("country", pick(kCountries, r >> 16));
  record.text("category", pick(kCategories, r >> 24));
  record.text("type", pick(kTypes, r >> 32));
  record.text("work_mode", pick(kModes, r >> 40));
  record.text("status", pick(kStatuses, r >> 48));
  record.number("salary_min", 30000 + r % 40 * 1000 + change);
  record.number("salary_max", 75000 + s % 90 * 1000);
  std::snprintf(text, sizeof text, "%u.%02u", unsigned(s >> 8) % 90 + 15, unsigned(s >> 16) % 100);
  record.raw("hourly_rate", text);
  std::snprintf(text, sizeof text, "0.%03u", unsigned(s >> 24) % 1000);
  record.raw("score", sparse ? "null" : text);
  record.raw("featured", s >> 34 & 1 ? "true" : "false");
  record.text("posted_date", date(s >> 3, 2025));
  record.text("expires_at", timestamp(s >> 5, 2026));
  record.text("created_at", timestamp(s >> 7, 2024));
  record.text("description", description(s));
  record.raw("skills", skills(r >> 5));
  if (!sparse) record.text("source", s >> 60 & 1 ? "linkedin" : "manual");
  record.end();
}

// One record with a fault. Brackets and quotes balance, so that what follows can be read.
constexpr unsigned kFaults = 7;
void append_fault(std::string& out, std::uint64_t number, std::uint64_t ordinal,
                  const Options& options) {
  const std::string key = "dirty-" + std::to_string(number);
  switch (number % kFaults) {
    case 0:
      out += R"({"id":")" + key + R"(","title":"bad number","salary_min":12x4})";
      break;
    case 1:
      out += R"({"id":")" + key + R"(","title":"one","title":"two"})";
      break;
    case 2:
      out += R"({"title":"no key","salary_min":1})";
      break;
    case 3:
      out += R"({"id":")" + key + R"(","title":"half a pair \ud800"})";
      break;
    case 4:
      out += R"({"id":")" + key + "\",\"title\":\"not UTF-8 \xff\xfe\"}";
      break;
    case 5:
      append_record(out, ordinal, options);
      break;    // the same record again
    default: {  // the key of an earlier record, with other content
      Options other = options;
      other.changed = !options.changed;
      append_record(out, ordinal, other);
    }
  }
}

[[noreturn]] void usage() {
  std::fputs(
      "usage: decant-generate --records N [--format ndjson|array] [--first N] [--seed N] "
      "[--changed]"
      " [--optional] [--dirty N] [--output FILE]\n",
      stderr);
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : (usage(), ""); };
    if (word == "--records")
      options.records = std::strtoull(value(), nullptr, 10);
    else if (word == "--first")
      options.first = std::strtoull(value(), nullptr, 10);
    else if (word == "--seed")
      options.seed = std::strtoull(value(), nullptr, 10);
    else if (word == "--dirty")
      options.dirty = std::strtoull(value(), nullptr, 10);
    else if (word == "--format")
      options.array = std::string_view(value()) == "array";
    else if (word == "--changed")
      options.changed = true;
    else if (word == "--optional")
      options.optional = true;
    else if (word == "--output")
      options.output = value();
    else
      usage();
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  std::FILE* file = options.output == "-" ? stdout : std::fopen(options.output.c_str(), "wb");
  if (file == nullptr) {
    std::perror(options.output.c_str());
    return 1;
  }
  std::string out = options.array ? "[" : "";
  std::uint64_t bytes = 0, faults = 0;
  bool written = true;
  auto separate = [&, any = false]() mutable {
    if (any) out += options.array ? ",\n" : "\n";
    any = true;
  };
  for (std::uint64_t i = 0; i < options.records; ++i) {
    separate();
    append_record(out, options.first + i, options);
    if (options.dirty != 0 && (i + 1) % options.dirty == 0) {
      separate();
      append_fault(out, faults++, options.first + i, options);
    }
    if (out.size() > (1u << 20)) {
      written = written && std::fwrite(out.data(), 1, out.size(), file) == out.size();
      bytes += out.size();
      out.clear();
    }
  }
  out += options.array ? "]\n" : "\n";
  written = written && std::fwrite(out.data(), 1, out.size(), file) == out.size();
  bytes += out.size();
  written = std::fclose(file) == 0 && written;
  if (!written) std::perror(options.output.c_str());
  std::fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " with a fault, %" PRIu64 " bytes\n",
               options.records + faults, faults, bytes);
  return written ? 0 : 1;
}
