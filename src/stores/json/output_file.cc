#include "stores/json/output_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include <vector>

namespace decant::stores {
namespace {

constexpr std::size_t kBufferBytes = 512u << 10;
constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;

Error no_memory() {
  return Error{ErrorCode::io, "there is no memory to compress with; free some, then try again"};
}

Error no_compression(int code) {
  return Error{ErrorCode::io, fmt::format("gzip cannot compress (zlib says {}); this is a fault in "
                                          "Decant, please report it",
                                          code)};
}

}  // namespace

struct OutputFile::State {
  ~State() {
    if (gzip_open) deflateEnd(&gzip);
  }

  Status start(Compression wanted);
  Status flush_plain();
  Status compress(std::string_view text, bool end);
  Status compress_gzip(std::string_view text, bool end);
  Status compress_zstd(std::string_view text, bool end);

  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  File file;
  Compression compression = Compression::none;
  std::vector<char> buffer;
  std::size_t filled = 0;
  std::vector<char> compressed;
  std::uint64_t size = 0;  // of the file, without what is buffered
  bool in_member = false;  // something was written since the last whole member or frame
  bool any_member = false;
  z_stream gzip = {};
  bool gzip_open = false;
  std::unique_ptr<ZSTD_CCtx, Free> zstd;
};

OutputFile::OutputFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;
OutputFile::~OutputFile() = default;
File& OutputFile::file() { return state_->file; }

Status OutputFile::State::start(Compression wanted) {
  compression = wanted;
  buffer.resize(kBufferBytes);
  if (compression == Compression::none) return ok_status();
  compressed.resize(kBufferBytes);
  if (compression == Compression::zstd) {
    zstd.reset(ZSTD_createCCtx());
    if (zstd == nullptr) return no_memory();
    ZSTD_CCtx_setParameter(zstd.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(zstd.get(), ZSTD_c_checksumFlag, 1);
    return ok_status();
  }
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  constexpr int kMemoryLevel = 8;
  if (deflateInit2(&gzip, kGzipLevel, Z_DEFLATED, kGzipOnly, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return no_memory();
  }
  gzip_open = true;
  return ok_status();
}

Result<OutputFile> OutputFile::create(const std::string& path, Compression compression) {
  auto state = std::make_unique<State>();
  DECANT_ASSIGN(state->file, File::create(path));
  DECANT_CHECK(state->start(compression));
  return OutputFile(std::move(state));
}

Result<OutputFile> OutputFile::reopen(const std::string& path, Compression compression,
                                      std::uint64_t bytes) {
  auto state = std::make_unique<State>();
  DECANT_ASSIGN(const FileStamp stamp, file_stamp(path));
  if (stamp.size < bytes) {
    return Error{ErrorCode::corrupt,
                 fmt::format("'{}' has {} bytes, and {} were durable; start again with --restart",
                             path, stamp.size, bytes)};
  }
  DECANT_ASSIGN(state->file, File::open_append(path));
  DECANT_CHECK(state->file.truncate(bytes));
  state->size = bytes;
  state->any_member = bytes != 0;
  DECANT_CHECK(state->start(compression));
  return OutputFile(std::move(state));
}

Status OutputFile::write(std::string_view text) {
  State& state = *state_;
  state.in_member = state.in_member || !text.empty();
  while (!text.empty()) {
    if (state.filled == 0 && text.size() >= state.buffer.size()) {
      // Large enough by itself: not copied.
      if (state.compression != Compression::none) return state.compress(text, false);
      DECANT_CHECK(state.file.write(text));
      state.size += text.size();
      return ok_status();
    }
    const std::size_t count = std::min(text.size(), state.buffer.size() - state.filled);
    std::copy_n(text.data(), count, state.buffer.data() + state.filled);
    state.filled += count;
    text.remove_prefix(count);
    if (state.filled == state.buffer.size()) DECANT_CHECK(state.flush_plain());
  }
  return ok_status();
}

Status OutputFile::State::flush_plain() {
  const std::string_view text(buffer.data(), filled);
  filled = 0;
  if (text.empty()) return ok_status();
  if (compression != Compression::none) return compress(text, false);
  DECANT_CHECK(file.write(text));
  size += text.size();
  return ok_status();
}

Status OutputFile::State::compress(std::string_view text, bool end) {
  return compression == Compression::gzip ? compress_gzip(text, end) : compress_zstd(text, end);
}

Status OutputFile::State::compress_gzip(std::string_view text, bool end) {
  // zlib takes what it only reads by a pointer that is not const.
  gzip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  gzip.avail_in = static_cast<uInt>(text.size());
  int code = Z_OK;
  do {
    gzip.next_out = reinterpret_cast<Bytef*>(compressed.data());
    gzip.avail_out = static_cast<uInt>(compressed.size());
    code = deflate(&gzip, end ? Z_FINISH : Z_NO_FLUSH);
    // Z_BUF_ERROR: nothing was left to do.
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return no_compression(code);
    const std::size_t count = compressed.size() - gzip.avail_out;
    DECANT_CHECK(file.write({compressed.data(), count}));
    size += count;
  } while (gzip.avail_out == 0 || (end && code != Z_STREAM_END));
  if (end) code = deflateReset(&gzip);
  return end && code != Z_OK ? no_compression(code) : ok_status();
}

Status OutputFile::State::compress_zstd(std::string_view text, bool end) {
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  std::size_t rest = 0;
  do {
    ZSTD_outBuffer out{compressed.data(), compressed.size(), 0};
    rest = ZSTD_compressStream2(zstd.get(), &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(rest) != 0) return no_memory();
    DECANT_CHECK(file.write({compressed.data(), out.pos}));
    size += out.pos;
  } while (in.pos < in.size || (end && rest != 0));
  return ok_status();
}

Result<std::uint64_t> OutputFile::sync() {
  State& state = *state_;
  DECANT_CHECK(state.flush_plain());
  // An empty text is a member too: a file of no bytes is none.
  if (state.compression != Compression::none && (state.in_member || !state.any_member)) {
    DECANT_CHECK(state.compress({}, true));
    state.any_member = true;
  }
  state.in_member = false;
  DECANT_CHECK(state.file.sync());
  return state.size;
}

Status keep_owner(const std::string& path, const File& merged, std::vector<std::string>& notes) {
  struct stat old;
  struct stat now;
  if (::stat(path.c_str(), &old) != 0) return errno_error("look at", path);
  if (::fstat(merged.descriptor(), &now) != 0) return errno_error("look at", merged.path());
  const bool differs = old.st_uid != now.st_uid || old.st_gid != now.st_gid;
  if (differs && ::fchown(merged.descriptor(), old.st_uid, old.st_gid) != 0) {
    if (errno != EPERM) return errno_error("give its owner to", merged.path());
    notes.push_back(fmt::format("'{}': its owner could not be kept; it belongs to user {} now",
                                path, now.st_uid));
  }
  if (::fchmod(merged.descriptor(), old.st_mode & 07777) != 0) {
    return errno_error("give its permissions to", merged.path());
  }
  return ok_status();
}

std::string path_of(const File& file) {
  return "/proc/self/fd/" + std::to_string(file.descriptor());
}

}  // namespace decant::stores
