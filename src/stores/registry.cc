#include "stores/registry.h"

#include "stores/json/json_store.h"
#include "stores/sqlite/store.h"

namespace decant::stores {
namespace {

Result<std::unique_ptr<Store>> open_json(const Address& address, const StoreOptions& options) {
  const std::string& fragment = address.pointer.empty() ? address.collection : address.pointer;
  return open_json_store({address.place, fragment, address.scheme}, options);
}

Result<std::unique_ptr<Store>> open_sqlite(const Address& address, const StoreOptions& options) {
  if (!address.pointer.empty()) {
    return Error{ErrorCode::invalid, "address '" + address.text +
                                         "': a JSON Pointer means nothing in an SQLite file; write "
                                         "the table's name behind the '#'"};
  }
  const bool of_files = options.pretty || !options.columns.empty() || !options.records.empty() ||
                        !options.format.empty();
  if (of_files) {
    return Error{ErrorCode::invalid, "address '" + address.text +
                                         "': records, columns, format and pretty say how files "
                                         "of text are read and written; an SQLite file has none"};
  }
  return sqlite::open_store(address.place, address.collection, options);
}

}  // namespace

Registry Registry::standard() {
  Registry registry;
  registry.add("json", open_json);
  registry.add("ndjson", open_json);
  registry.add("csv", open_json);
  registry.add("sqlite", open_sqlite);
  return registry;
}

void Registry::add(std::string scheme, Factory factory) {
  factories_[std::move(scheme)] = std::move(factory);
}

std::vector<std::string> Registry::schemes() const {
  std::vector<std::string> names;
  for (const auto& [scheme, factory] : factories_) names.push_back(scheme);
  return names;
}

Result<std::unique_ptr<Store>> Registry::open(const Address& address,
                                              const StoreOptions& options) const {
  auto factory = factories_.find(address.scheme);
  if (factory == factories_.end()) {
    return Error{ErrorCode::invalid, "there is no store '" + address.scheme + "'"};
  }
  return factory->second(address, options);
}

}  // namespace decant::stores
