// Plan files: any bytes give a document and rules or an Error that names a place; rules that parse
// can be compiled, judged and applied.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/limits.h"
#include "mapping/condition.h"
#include "mapping/mapping.h"
#include "mapping/node.h"
#include "mapping/rules.h"
#include "mapping/verdict.h"

using namespace decant;
using namespace decant::mapping;

namespace {

// A record with the fields that the seeds name.
void apply(const std::shared_ptr<const Mapping>& mapping) {
  ShapeTable shapes;
  Batch batch;
  const std::string_view names[] = {"id", "PK", "status", "title", "n"};
  const Value values[] = {Value::int64(7), Value::text("JOB#7"), Value::text("open"), Value::null(),
                          Value::decimal("1.50")};
  Record record;
  record.shape = shapes.get(names, batch);
  record.values = values;
  batch.records.push_back(record);
  Mapper mapper(mapping, shapes);
  MappedBatch out;
  MappedBatch back;
  mapper.apply(batch, out);
  std::size_t seen = out.left.size() + out.rejections.size();
  for (const auto& records : out.targets) seen += records.size();
  if (seen < 1) std::abort();  // every record has a fate
  if (!out.targets.empty() && !mapper.invert(0, out.targets.front(), back).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBytesMax = 64u << 10;  // what is longer only takes longer
  if (size > kBytesMax) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<Node> node = parse_yaml(text, "plan.yaml");
  if (!node.ok()) {
    if (!node.error().message.starts_with("plan.yaml")) std::abort();
    return 0;
  }
  (void)parse_condition(*node, "plan.yaml");
  Result<Rules> rules = parse_rules(*node, "jobs", "plan.yaml", {"decant", "source", "target"});
  if (!rules.ok()) {
    if (!rules.error().message.starts_with("plan.yaml")) std::abort();
    return 0;
  }
  (void)verdicts(*rules, {}, {});
  CompileOptions options;
  options.keep_notes = true;
  auto mapping = Mapping::compile({std::move(rules).value()}, options);
  if (mapping.ok()) apply(*mapping);
  return 0;
}
