// Base64 (RFC 4648, with padding): how bytes stand in JSON.
#pragma once

#include <cstddef>
#include <string_view>

namespace decant::json {

inline std::size_t base64_bytes(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// Writes base64_bytes(bytes.size()) characters, returns behind them.
char* encode_base64(std::string_view bytes, char* out);

// `out` must hold 3 bytes for each 4 characters. False where the text is no base64 as it is written
// above (another length, characters, or bits behind the end).
bool decode_base64(std::string_view text, char* out, std::size_t& bytes);

}  // namespace decant::json
