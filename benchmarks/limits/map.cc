// Limit: NDJSON -> the mapping of benchmarks/plans/mapping.yaml, by hand for this one shape ->
// NDJSON.
//   limit-map SOURCE.ndjson TARGET.ndjson
#include "writer.h"

namespace {

void mapped(const limit::Job& job, limit::Output& out) {
  using namespace limit;
  const auto text = [&](std::string_view start, int field) {
    if (!job.present[field]) return;
    out.raw(start);
    out.quoted(job.text[field]);
  };
  const auto raw = [&](std::string_view start, int field) {
    if (!job.present[field]) return;
    out.raw(start);
    out.raw(job.text[field]);
  };
  static thread_local std::string key;
  key.assign("JOB#").append(job.text[kId]);
  out.raw("{\"job_id\":");
  out.quoted(key);
  text(",\"job_title\":", kTitle);
  text(",\"employer\":", kCompany);
  text(",\"location\":", kLocation);
  text(",\"country\":", kCountry);
  text(",\"category\":", kCategory);
  if (job.present[kType]) {
    const std::string_view type = job.text[kType];
    out.raw(",\"contract\":");
    out.quoted(type == "full-time"    ? "FT"
               : type == "part-time"  ? "PT"
               : type == "contract"   ? "C"
               : type == "internship" ? "I"
                                      : type);
  }
  text(",\"work_mode\":", kWorkMode);
  text(",\"status\":", kStatus);
  out.raw(",\"salary_min\":\"");
  out.integer(job.number[kSalaryMin]);
  out.raw("\",\"salary_max\":");
  out.integer(job.number[kSalaryMax]);
  raw(",\"hourly_rate\":", kHourlyRate);
  out.raw(",\"score\":");
  out.raw(job.present[kScore] ? job.text[kScore] : "0");
  out.raw(job.number[kFeatured] ? ",\"featured\":true" : ",\"featured\":false");
  text(",\"posted\":", job.present[kPostedDate] ? kPostedDate : kCreatedAt);
  text(",\"expires_at\":", kExpiresAt);
  text(",\"created_at\":", kCreatedAt);
  text(",\"description\":", kDescription);
  raw(",\"skills\":", kSkills);
  out.raw(",\"source\":");
  out.quoted(job.present[kSource] ? job.text[kSource] : "manual");
  out.raw(",\"entity\":\"JOB\"");
  out.end_record();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) limit::die("usage: limit-map SOURCE TARGET");
  limit::Output out(argv[2]);
  std::uint64_t count = 0;
  limit::for_each_job(argv[1], [&](const limit::Job& job) {
    mapped(job, out);
    ++count;
  });
  out.close();
  std::printf("%llu\n", static_cast<unsigned long long>(count));
}
