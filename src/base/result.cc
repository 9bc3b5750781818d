#include "decant/result.h"

namespace decant {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return "invalid";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::refused:
      return "refused";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::lost:
      return "lost";
    case ErrorCode::in_doubt:
      return "in_doubt";
    case ErrorCode::io:
      return "io";
    case ErrorCode::disk_full:
      return "disk_full";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::interrupted:
      return "interrupted";
    case ErrorCode::unsupported:
      return "unsupported";
  }
  return "unknown";
}

int exit_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
    case ErrorCode::not_found:
    case ErrorCode::unsupported:
      return 2;
    case ErrorCode::refused:
      return 4;
    case ErrorCode::interrupted:
      return 130;
    case ErrorCode::busy:
    case ErrorCode::lost:
    case ErrorCode::in_doubt:
    case ErrorCode::io:
    case ErrorCode::disk_full:
    case ErrorCode::corrupt:
      return 1;
  }
  return 1;
}

}  // namespace decant
