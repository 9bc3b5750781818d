#include "stores/json/source.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "base/file.h"

namespace decant::stores {
namespace {

constexpr std::size_t kCompressedBytes = 256u << 10;  // read from the file at once
constexpr std::size_t kReadBytesMax = 8u << 20;       // between two looks at the stop

Error damaged(const std::string& path, std::string_view what) {
  return Error{ErrorCode::corrupt,
               fmt::format("'{}': {}; bring the file again from where it came", path, what)};
}

// A file that is read no further once it is asked to stop.
class StoppableFile {
 public:
  StoppableFile(File file, std::stop_token stop) : file_(std::move(file)), stop_(std::move(stop)) {}

  const std::string& path() const { return file_.path(); }
  Result<std::size_t> read(char* buffer, std::size_t bytes) {
    if (stop_.stop_requested()) return stopped_while_reading();
    return file_.read(buffer, bytes);
  }

 private:
  File file_;
  std::stop_token stop_;
};

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(StoppableFile file) : file_(std::move(file)) {}
  Result<std::size_t> read(char* buffer, std::size_t bytes) override {
    return file_.read(buffer, std::min(bytes, kReadBytesMax));
  }

 private:
  StoppableFile file_;
};

// The compressed bytes of a file, refilled by its decompressor.
struct CompressedInput {
  explicit CompressedInput(StoppableFile opened)
      : file(std::move(opened)), buffer(kCompressedBytes) {}

  // Reads on where all is used up. False at the end of the file.
  Result<bool> refill() {
    if (used < filled) return true;
    DECANT_ASSIGN(filled, file.read(buffer.data(), buffer.size()));
    used = 0;
    return filled != 0;
  }

  StoppableFile file;
  std::vector<char> buffer;
  std::size_t used = 0;
  std::size_t filled = 0;
};

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(StoppableFile file) : input_(std::move(file)) {}
  ~GzipSource() override {
    if (open_) inflateEnd(&stream_);
  }

  Status start() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) {
      return Error{ErrorCode::io,
                   "there is no memory to decompress with; free some, then try again"};
    }
    open_ = true;
    return ok_status();
  }

  Result<std::size_t> read(char* buffer, std::size_t bytes) override {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(bytes, 1u << 30));
    const std::size_t wanted = stream_.avail_out;
    while (stream_.avail_out == wanted) {
      DECANT_ASSIGN(const bool more, input_.refill());
      if (!more) {
        if (in_member_) return damaged(input_.file.path(), "the gzip file is cut off");
        return std::size_t{0};
      }
      if (!in_member_ && skip_padding()) continue;
      DECANT_CHECK(inflate_some());
    }
    return wanted - stream_.avail_out;
  }

 private:
  // Zeros behind the last member, as tapes and block devices leave them. True where all that was
  // read is used up. What follows must be a member again.
  bool skip_padding() {
    while (input_.used < input_.filled && input_.buffer[input_.used] == 0) ++input_.used;
    return input_.used == input_.filled;
  }

  Status inflate_some() {
    in_member_ = true;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.buffer.data() + input_.used);
    stream_.avail_in = static_cast<uInt>(input_.filled - input_.used);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    input_.used = input_.filled - stream_.avail_in;
    if (code == Z_STREAM_END) {
      // The next member, if there is one, begins right behind this one.
      in_member_ = false;
      inflateReset(&stream_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return damaged(input_.file.path(), "the gzip data is damaged");
    }
    return ok_status();
  }

  CompressedInput input_;
  z_stream stream_ = {};
  bool open_ = false;
  bool in_member_ = true;  // an empty file is no gzip file
};

class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(StoppableFile file) : input_(std::move(file)), context_(ZSTD_createDCtx()) {}

  Result<std::size_t> read(char* buffer, std::size_t bytes) override {
    ZSTD_outBuffer out{buffer, bytes, 0};
    while (out.pos == 0) {
      DECANT_ASSIGN(const bool more, input_.refill());
      // What is left inside of the decompressor comes out without new input.
      if (!more && !in_frame_) return std::size_t{0};
      ZSTD_inBuffer in{input_.buffer.data(), input_.filled, input_.used};
      const std::size_t code = ZSTD_decompressStream(context_.get(), &out, &in);
      input_.used = in.pos;
      if (ZSTD_isError(code) != 0) return damaged(input_.file.path(), "the zstd data is damaged");
      in_frame_ = code != 0;
      if (!more && out.pos == 0 && in_frame_) {
        return damaged(input_.file.path(), "the zstd file is cut off");
      }
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  CompressedInput input_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool in_frame_ = true;  // an empty file is no zstd file
};

Status skip(ByteSource& source, std::uint64_t bytes, const std::string& path) {
  std::vector<char> buffer(kCompressedBytes);
  while (bytes > 0) {
    DECANT_ASSIGN(const std::size_t count,
                  source.read(buffer.data(), std::min<std::uint64_t>(bytes, buffer.size())));
    if (count == 0) return damaged(path, "the file is shorter than it was");
    bytes -= count;
  }
  return ok_status();
}

}  // namespace

Error stopped_while_reading() {
  return Error{ErrorCode::interrupted,
               "stopped as asked; the same command again goes on from here"};
}

Result<std::unique_ptr<ByteSource>> open_source(const std::string& path, Compression compression,
                                                std::uint64_t offset, const std::stop_token& stop) {
  DECANT_ASSIGN(File opened, File::open_read(path));
  if (compression == Compression::none && offset != 0) DECANT_CHECK(opened.seek(offset));
  StoppableFile file(std::move(opened), stop);
  if (compression == Compression::none) {
    return std::unique_ptr<ByteSource>(std::make_unique<PlainSource>(std::move(file)));
  }
  std::unique_ptr<ByteSource> source;
  if (compression == Compression::gzip) {
    auto gzip = std::make_unique<GzipSource>(std::move(file));
    DECANT_CHECK(gzip->start());
    source = std::move(gzip);
  } else {
    source = std::make_unique<ZstdSource>(std::move(file));
  }
  DECANT_CHECK(skip(*source, offset, path));
  return source;
}

}  // namespace decant::stores
