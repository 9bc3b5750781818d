// Store addresses: any text is an address or an error; what was understood does not lose text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stores/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> schemes = {"json", "ndjson", "csv", "sqlite", "testing"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = decant::stores::parse_address(text, schemes);
  if (!address.ok()) {
    if (address.error().message.empty()) std::abort();
    return 0;
  }
  const auto& parsed = address.value();
  if (parsed.scheme.empty() || parsed.place.empty()) std::abort();
  if (!parsed.collection.empty() && !parsed.pointer.empty()) std::abort();
  if (!parsed.pointer.empty() && parsed.pointer[0] != '/') std::abort();
  const auto again = decant::stores::parse_address(parsed.text, schemes);
  if (again.ok() && (again.value().place != parsed.place || again.value().scheme != parsed.scheme))
    std::abort();
  return 0;
}
