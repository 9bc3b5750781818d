// Where differences go: the list of the report, the file that holds them all, and the caller.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "verify/verify.h"

namespace decant::verify {

// One thread.
class Findings {
 public:
  Findings(const VerifyJob& job, VerifyResult& result) : job_(job), result_(result) {}

  Status open();  // opens the file of differences, where one is asked for
  // Whether anybody still wants to see single differences; the counts stay exact in any case.
  bool wants_more() const {
    return job_.on_difference != nullptr || file_.is_open() ||
           result_.differences.size() < job_.differences_max;
  }
  Status add(const FoundDifference& found, Difference difference);
  Status finish();

 private:
  const VerifyJob& job_;
  VerifyResult& result_;
  File file_;
  std::string buffered_;
};

}  // namespace decant::verify
