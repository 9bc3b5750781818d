// The registry: the only place that knows every store by name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decant/result.h"
#include "decant/store.h"
#include "stores/address.h"

namespace decant::stores {

using Factory = std::function<Result<std::unique_ptr<Store>>(const Address&, const StoreOptions&)>;

class Registry {
 public:
  // json:, ndjson:, csv: and sqlite:.
  static Registry standard();

  void add(std::string scheme, Factory factory);
  std::vector<std::string> schemes() const;

  Result<Address> parse(std::string_view text) const { return parse_address(text, schemes()); }
  // Opens nothing yet but what the store needs to know itself; never creates a file.
  Result<std::unique_ptr<Store>> open(const Address& address, const StoreOptions& options) const;

 private:
  std::map<std::string, Factory, std::less<>> factories_;
};

}  // namespace decant::stores
