// Text from a file that checks nothing: copied and looked at in one pass.
#pragma once

#include <string_view>

namespace decant::sqlite {

struct TextForm {
  bool valid = true;  // UTF-8
  bool plain = true;  // no byte needs an escape in JSON
};

// Copies `text` to `to`, which has room for it.
TextForm copy_text(std::string_view text, char* to);

}  // namespace decant::sqlite
