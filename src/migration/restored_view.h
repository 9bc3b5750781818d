// A view whose records are what they were before a table kept them: complements are taken apart.
#pragma once

#include <memory>

#include "decant/store.h"

namespace decant::migration {

// `view` itself where no collection of it has a complement. The definitions stay as they are.
std::unique_ptr<View> restored_view(std::unique_ptr<View> view);

}  // namespace decant::migration
