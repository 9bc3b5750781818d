// The file behind the testing store: a log of frames, and the state that it adds up to.
//
// A frame is the u32 length and the u64 hash of its payload, and the payload: operations one after
// the other. A frame takes effect whole or not at all; a torn one at the end (SIGKILL, power) is
// as if it had not been written, and is cut off by the next writer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace decant::testing {

struct Item {
  std::uint64_t id = 0;  // counts the new keys in the log; never used again
  std::string record;    // as value_codec.h encodes it
};

struct Table {
  std::vector<std::string> key;
  std::map<std::string, Item, std::less<>> items;  // by the canonical form of the key's values
};

struct Image {
  std::map<std::string, Table, std::less<>> tables;
  std::uint64_t next_id = 1;
  std::uint64_t valid_bytes = 0;  // of the file
};

// The operations of a frame.
void append_create(std::string_view table, const std::vector<std::string>& key, std::string& frame);
void append_put(std::string_view table, std::string_view key, std::string_view record,
                std::string& frame);
void append_remove(std::string_view table, std::string_view key, std::string& frame);

// not_found where there is no file; corrupt where it is something else.
Result<Image> load_image(const std::string& path);

// Appends frames and keeps an Image up to date with them. One at a time.
class LogWriter {
 public:
  // Makes the file where there is none, and cuts a torn end off.
  static Result<LogWriter> open(const std::string& path);

  const Image& image() const { return image_; }
  // Durable when it returns.
  Status append(std::string_view operations);

 private:
  LogWriter(File file, Image image) : file_(std::move(file)), image_(std::move(image)) {}
  File file_;
  Image image_;
};

}  // namespace decant::testing
