#include "decant/value.h"

namespace decant {

std::string_view to_string(Type type) {
  switch (type) {
    case Type::absent:
      return "absent";
    case Type::null:
      return "null";
    case Type::boolean:
      return "boolean";
    case Type::int64:
      return "int64";
    case Type::decimal:
      return "decimal";
    case Type::real:
      return "real";
    case Type::text:
      return "text";
    case Type::bytes:
      return "bytes";
    case Type::timestamp:
      return "timestamp";
    case Type::timestamp_local:
      return "timestamp_local";
    case Type::date:
      return "date";
    case Type::time:
      return "time";
    case Type::interval:
      return "interval";
    case Type::uuid:
      return "uuid";
    case Type::list:
      return "list";
    case Type::map:
      return "map";
    case Type::text_set:
      return "text_set";
    case Type::number_set:
      return "number_set";
    case Type::bytes_set:
      return "bytes_set";
    case Type::foreign:
      return "foreign";
  }
  return "unknown";
}

}  // namespace decant
