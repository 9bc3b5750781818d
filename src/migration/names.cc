#include "migration/names.h"

#include <cctype>

namespace decant::migration {
namespace {

bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
char to_lower(char c) { return upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string to_snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    bool separator = c == ' ' || c == '-' || c == '.' || c == '_';
    if (separator) {
      if (!out.empty() && out.back() != '_') out += '_';
      continue;
    }
    bool after_small = i > 0 && lower_or_digit(name[i - 1]);
    bool ends_capitals = i > 0 && upper(name[i - 1]) && i + 1 < name.size() && name[i + 1] >= 'a' &&
                         name[i + 1] <= 'z';
    bool begins_word = upper(c) && (after_small || ends_capitals);
    if (begins_word && !out.empty() && out.back() != '_') out += '_';
    out += to_lower(c);
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.empty() ? std::string(name) : out;
}

std::string collection_name(const Plan& plan, const std::string& source) {
  if (auto found = plan.rename.find(source); found != plan.rename.end()) return found->second;
  return plan.snake_case ? to_snake_case(source) : source;
}

std::string field_name(const Plan& plan, const std::string& collection, const std::string& field) {
  auto found = plan.rename.find(collection + "." + field);
  if (found != plan.rename.end()) return found->second;
  return plan.snake_case ? to_snake_case(field) : field;
}

bool renames_fields(const Plan& plan, const std::string& collection) {
  if (plan.snake_case) return true;
  auto next = plan.rename.lower_bound(collection + ".");
  return next != plan.rename.end() && next->first.starts_with(collection + ".");
}

}  // namespace decant::migration
