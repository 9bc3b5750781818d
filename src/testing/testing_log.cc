#include "testing/testing_log.h"

#include <cstring>

#include "base/hash.h"
#include "testing/value_codec.h"

namespace decant::testing {
namespace {

constexpr std::string_view kMagic = "decant-testing 1\n";
constexpr std::size_t kFrameHead = sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t kLogBytesMax = std::size_t{4} << 30;
constexpr char kCreate = 'C';
constexpr char kPut = 'P';
constexpr char kRemove = 'R';

Error not_a_log(const std::string& path) {
  return {ErrorCode::corrupt,
          "'" + path + "' is not a file of the testing store; name another one, or remove it"};
}

bool apply(std::string_view operations, Image& image) {
  Arena arena;
  Decoder decoder(operations, arena);
  while (!decoder.at_end()) {
    const char operation = static_cast<char>(decoder.byte());
    const std::string_view name = decoder.text();
    if (operation == kCreate) {
      Table& table = image.tables[std::string(name)];
      table.key.clear();
      for (std::uint32_t left = decoder.u32(); left > 0 && !decoder.failed(); --left) {
        table.key.emplace_back(decoder.text());
      }
      continue;
    }
    const auto table = image.tables.find(name);
    const std::string_view key = decoder.text();
    if (table == image.tables.end()) return false;
    if (operation == kPut) {
      const std::string_view record = decoder.text();
      Item& item = table->second.items[std::string(key)];
      if (item.id == 0) item.id = image.next_id++;
      item.record = record;
    } else if (operation == kRemove) {
      table->second.items.erase(std::string(key));
    } else {
      return false;
    }
  }
  return !decoder.failed();
}

}  // namespace

void append_create(std::string_view table, const std::vector<std::string>& key,
                   std::string& frame) {
  frame += kCreate;
  encode_text(table, frame);
  encode_u32(static_cast<std::uint32_t>(key.size()), frame);
  for (const std::string& field : key) encode_text(field, frame);
}

void append_put(std::string_view table, std::string_view key, std::string_view record,
                std::string& frame) {
  frame += kPut;
  encode_text(table, frame);
  encode_text(key, frame);
  encode_text(record, frame);
}

void append_remove(std::string_view table, std::string_view key, std::string& frame) {
  frame += kRemove;
  encode_text(table, frame);
  encode_text(key, frame);
}

Result<Image> load_image(const std::string& path) {
  DECANT_ASSIGN(const std::string content, read_file(path, kLogBytesMax));
  Image image;
  std::string_view rest = content;
  if (!rest.starts_with(kMagic)) {
    // A file that was killed while its first line was written is an empty one.
    if (!kMagic.starts_with(rest)) return not_a_log(path);
    return image;
  }
  rest.remove_prefix(kMagic.size());
  while (rest.size() >= kFrameHead) {
    std::uint32_t size = 0;
    std::uint64_t hash = 0;
    std::memcpy(&size, rest.data(), sizeof size);
    std::memcpy(&hash, rest.data() + sizeof size, sizeof hash);
    if (rest.size() - kFrameHead < size) break;
    const std::string_view operations = rest.substr(kFrameHead, size);
    if (hash128(operations).low != hash) break;
    if (!apply(operations, image)) return not_a_log(path);
    rest.remove_prefix(kFrameHead + size);
  }
  image.valid_bytes = content.size() - rest.size();
  return image;
}

Result<LogWriter> LogWriter::open(const std::string& path) {
  DECANT_ASSIGN(File file, File::open_append(path, 0644));
  DECANT_ASSIGN(Image image, load_image(path));
  DECANT_CHECK(file.truncate(image.valid_bytes));
  if (image.valid_bytes == 0) {
    DECANT_CHECK(file.write(kMagic));
    DECANT_CHECK(file.sync());
    DECANT_CHECK(sync_directory_of(path));
    image.valid_bytes = kMagic.size();
  }
  return LogWriter(std::move(file), std::move(image));
}

Status LogWriter::append(std::string_view operations) {
  std::string frame;
  encode_u32(static_cast<std::uint32_t>(operations.size()), frame);
  const std::uint64_t hash = hash128(operations).low;
  char bytes[sizeof hash];
  std::memcpy(bytes, &hash, sizeof hash);
  frame.append(bytes, sizeof bytes);
  frame += operations;
  // What fails here may have been written in part: the end is torn, and nothing more follows it.
  DECANT_CHECK(file_.write(frame));
  DECANT_CHECK(file_.sync());
  image_.valid_bytes += frame.size();
  if (!apply(operations, image_)) return not_a_log(file_.path());
  return ok_status();
}

}  // namespace decant::testing
