// Time, passed in: nothing in Decant reads a clock of its own.
#pragma once

#include <cstdint>

namespace decant {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_us() const = 0;     // microseconds since 1970-01-01T00:00:00Z; may jump
  virtual std::int64_t steady_ms() const = 0;  // never goes back; only differences mean something
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_us() const override;
  std::int64_t steady_ms() const override;
};

}  // namespace decant
