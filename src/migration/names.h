// Names on their way from the source to the target.
#pragma once

#include <string>
#include <string_view>

#include "migration/plan.h"

namespace decant::migration {

// "InvoiceLine" -> "invoice_line", "Order Details" -> "order_details", "userID2" -> "user_id2".
std::string to_snake_case(std::string_view name);

// What the plan makes of a collection's or field's name: `rename`, else `names`, else the same.
std::string collection_name(const Plan& plan, const std::string& source);
std::string field_name(const Plan& plan, const std::string& collection, const std::string& field);

// Whether field_name() may give anything but the same for this collection.
bool renames_fields(const Plan& plan, const std::string& collection);

}  // namespace decant::migration
