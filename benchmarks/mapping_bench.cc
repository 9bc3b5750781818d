// What a record costs in mapping and in inference, beside one parse and one write of it: the rules
// of benchmarks/plans/mapping.yaml over generated records of 20 fields.
#include <benchmark/benchmark.h>

#include <deque>
#include <memory>
#include <string>

#include "json/reader.h"
#include "json/writer.h"
#include "mapping/infer.h"
#include "mapping/mapping.h"
#include "mapping/node.h"

namespace {

using namespace decant;
using namespace decant::mapping;

constexpr int kRecords = 1024;

constexpr std::string_view kPlan = R"(
map:
  job_id: {from: id, prefix: 'JOB#'}
  job_title: title
  employer: company
  location: location
  country: country
  category: category
  contract: {from: type, values: {full-time: FT, part-time: PT, contract: C, internship: I}}
  work_mode: work_mode
  status: status
  salary_min: {from: salary_min, cast: text}
  salary_max: salary_max
  hourly_rate: hourly_rate
  score: {from: score, default: 0}
  featured: featured
  posted: {from: [posted_date, created_at]}
  expires_at: expires_at
  created_at: created_at
  description: description
  skills: skills
  source: {from: source, default: manual}
  entity: {const: JOB}
)";

std::string record_text(int i) {
  const std::string n = std::to_string(100'000 + i * 7919 % 900'000);
  constexpr const char* kTypes[] = {"full-time", "part-time", "contract", "internship"};
  return R"({"id":"job-)" + n + R"(","title":"Senior engineer )" + n +
         R"(","company":"Example AG","location":"Zurich","country":"CH","category":"engineering",)"
         R"("type":")" +
         kTypes[i % 4] + R"(","work_mode":"hybrid","status":"active","salary_min":)" + n +
         R"(,"salary_max":)" + n + R"(0,"hourly_rate":57.25,"score":8.5,"featured":false,)" +
         (i % 3 == 0 ? "" : R"("posted_date":"2024-01-31",)") +
         R"("expires_at":"2024-03-31T00:00:00Z","created_at":"2024-01-30T10:20:30Z",)"
         R"("description":")" +
         std::string(220, 'd') + R"(","skills":["c++","sql","go"],"source":"import"})";
}

struct Input {
  Input() {
    std::vector<json::RecordText> places;
    for (int i = 0; i < kRecords; ++i) {
      const std::string one = record_text(i);
      places.push_back({text.size(), one.size(), {0, static_cast<std::uint64_t>(i), text.size()}});
      text += one + "\n";
    }
    text += std::string(json::kPaddingBytes, ' ');
    texts = std::move(places);
    parser.parse(text, texts, batch);
  }
  std::string text;
  std::vector<json::RecordText> texts;
  ShapeTable shapes;
  json::RecordParser parser{shapes};
  Batch batch;
};

std::shared_ptr<const Mapping> compiled(bool keep_notes) {
  CompileOptions options;
  options.keep_notes = keep_notes;
  return Mapping::compile({parse_rules(*parse_yaml(kPlan, "plan"), "jobs", "plan").value()},
                          options)
      .value();
}

void per_record(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * kRecords); }

void parse(benchmark::State& state) {
  Input input;
  for (auto _ : state) {
    input.batch.clear();
    input.parser.parse(input.text, input.texts, input.batch);
  }
  per_record(state);
}
BENCHMARK(parse);

void map(benchmark::State& state) {
  Input input;
  Mapper mapper(compiled(state.range(0) != 0), input.shapes);
  MappedBatch out;
  for (auto _ : state) mapper.apply(input.batch, out);
  per_record(state);
}
BENCHMARK(map)->ArgName("keep_notes")->Arg(0)->Arg(1);

void map_identity(benchmark::State& state) {
  Input input;
  Mapper mapper(Mapping::identity(), input.shapes);
  MappedBatch out;
  for (auto _ : state) mapper.apply(input.batch, out);
  per_record(state);
}
BENCHMARK(map_identity);

void invert(benchmark::State& state) {
  Input input;
  Mapper mapper(compiled(false), input.shapes);
  MappedBatch out;
  MappedBatch back;
  mapper.apply(input.batch, out);
  for (auto _ : state) {
    if (!mapper.invert(0, out.targets[0], back).ok()) state.SkipWithError("no way back");
  }
  per_record(state);
}
BENCHMARK(invert);

void infer(benchmark::State& state) {
  Input input;
  DefinitionBuilder builder({"jobs", {"id"}});
  builder.start_partition(0);
  for (auto _ : state) builder.add(input.batch.records);
  per_record(state);
}
BENCHMARK(infer);

void write(benchmark::State& state) {
  Input input;
  json::RecordWriter writer;
  json::TextBuffer text;
  for (auto _ : state) {
    text.clear();
    for (const Record& record : input.batch.records) writer.write(record, text);
  }
  per_record(state);
}
BENCHMARK(write);

}  // namespace

BENCHMARK_MAIN();
