// Files, with every error named by its path. Thin over POSIX; no buffering of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decant/result.h"

namespace decant {

// An open file descriptor. Movable; closes itself, silently: call sync() for what must be durable.
class File {
 public:
  File() = default;
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  File(File&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept;
  ~File() { close(); }

  static Result<File> open_read(const std::string& path);  // not_found where it is missing
  static Result<File> create(const std::string& path, unsigned mode = 0644);  // truncates
  static Result<File> open_append(const std::string& path, unsigned mode = 0644);
  static Result<File> standard_input();
  static Result<File> open_stream(const std::string& path);  // a FIFO: does not wait for a writer

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  const std::string& path() const { return path_; }

  // Bytes read, 0 at the end. Retries on EINTR.
  Result<std::size_t> read(char* buffer, std::size_t bytes);
  // True where read() would not wait, false after `wait_ms`.
  Result<bool> wait_readable(int wait_ms);
  Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t bytes);
  Status write(std::string_view bytes);  // all of it; disk_full by name
  Status sync();                         // a failed fsync is never retried as success
  Status truncate(std::uint64_t size);
  Status seek(std::uint64_t offset);
  void close();

 private:
  int descriptor_ = -1;
  std::string path_;
};

// What changes when a file is changed: size, modification time, inode.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  bool operator==(const FileStamp&) const = default;
};
Result<FileStamp> file_stamp(const std::string& path);

bool path_exists(const std::string& path);
bool is_directory(const std::string& path);
bool is_regular_file(const std::string& path);
bool is_stream(const std::string& path);  // a FIFO or a socket: read once, and it may wait
// `path`, or where it is a symbolic link what that points to, there or not.
std::string behind_links(const std::string& path);
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
// Through a temporary file beside it, fsync, rename and fsync of the folder. Of a symbolic link the
// file behind it is written; a device or FIFO is written in place.
Status write_file_atomically(const std::string& path, std::string_view content,
                             unsigned mode = 0644);
Status rename_file(const std::string& from, const std::string& to);  // and syncs the folder
Status remove_file(const std::string& path);                         // a missing file is no error
Status sync_directory_of(const std::string& path);
Status make_directories(const std::string& path, unsigned mode = 0755);
// The same, and each that is made is synced into the folder that holds it.
Status make_lasting_directories(const std::string& path, unsigned mode = 0755);
// A file without a name, gone when it is closed. Empty: in TMPDIR, else in /var/tmp, which is not
// in memory, else in /tmp; a folder that is not there is made.
Result<File> unnamed_file(const std::string& folder = {});
Result<std::uint64_t> free_bytes(const std::string& folder);
std::string absolute_path(const std::string& path);  // without symbolic links where it exists
std::string parent_of(const std::string& path);      // "." where there is none

// Paths that match a glob (* ? [..] and ** for folders), bytewise sorted, files only.
Result<std::vector<std::string>> glob_files(const std::string& pattern);

// An Error for the current errno: disk_full, not_found, refused (permission) or io, naming `path`.
Error errno_error(std::string_view action, const std::string& path);

// A lock file `path` held by flock: dies with its process. `owner` is written into it.
// refused, with the owner's line, where another process holds it.
class FileLock {
 public:
  static Result<std::unique_ptr<FileLock>> acquire(const std::string& path, std::string_view owner);
  ~FileLock();

 private:
  explicit FileLock(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace decant
