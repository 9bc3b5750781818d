#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

namespace decant {
namespace {

// Never asked of the kernel at once: write() takes at most 2^31 bytes anyway.
constexpr std::size_t kTransferBytesMax = 1u << 30;

Result<File> open_file(const std::string& path, int flags, unsigned mode, std::string_view action) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return errno_error(action, path);
  return File(descriptor, path);
}

}  // namespace

Error errno_error(std::string_view action, const std::string& path) {
  const int number = errno;
  ErrorCode code = ErrorCode::io;
  std::string_view remedy;
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      code = ErrorCode::disk_full;
      remedy = "; free some space, then run the same command again";
      break;
    case EFBIG:
      remedy = "; raise the limit of file sizes (ulimit -f), then run the same command again";
      break;
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::not_found;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::refused;
      remedy = "; check the owner and the permissions";
      break;
    default:
      break;
  }
  return Error{code, std::string("cannot ") + std::string(action) + " '" + path +
                         "': " + ::strerror(number) + std::string(remedy)};
}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

Result<File> File::open_read(const std::string& path) {
  DECANT_ASSIGN(File file, open_file(path, O_RDONLY, 0, "open"));
  struct stat status;
  if (::fstat(file.descriptor(), &status) != 0) return errno_error("look at", path);
  if (S_ISDIR(status.st_mode)) {
    return Error{ErrorCode::invalid, "cannot read '" + path + "': it is a folder; name a file"};
  }
  return file;
}

Result<File> File::create(const std::string& path, unsigned mode) {
  return open_file(path, O_RDWR | O_CREAT | O_TRUNC, mode, "create");
}

Result<File> File::open_append(const std::string& path, unsigned mode) {
  return open_file(path, O_RDWR | O_CREAT | O_APPEND, mode, "open for appending");
}

Result<File> File::standard_input() {
  const int descriptor = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  if (descriptor < 0) return errno_error("read", "standard input");
  return File(descriptor, "standard input");
}

Result<File> File::open_stream(const std::string& path) {
  return open_file(path, O_RDONLY | O_NONBLOCK, 0, "open");
}

Result<bool> File::wait_readable(int wait_ms) {
  pollfd waiting{descriptor_, POLLIN, 0};
  const int count = ::poll(&waiting, 1, wait_ms);
  if (count < 0 && errno != EINTR) return errno_error("wait for", path_);
  return count > 0;
}

Result<std::size_t> File::read(char* buffer, std::size_t bytes) {
  while (true) {
    const ssize_t count = ::read(descriptor_, buffer, std::min(bytes, kTransferBytesMax));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return errno_error("read", path_);
  }
}

Result<std::size_t> File::read_at(std::uint64_t offset, char* buffer, std::size_t bytes) {
  while (true) {
    const ssize_t count = ::pread(descriptor_, buffer, std::min(bytes, kTransferBytesMax),
                                  static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return errno_error("read", path_);
  }
}

Status File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::write(descriptor_, bytes.data(), std::min(bytes.size(), kTransferBytesMax));
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
#if DECANT_MUTANT_WRITE_ERROR_SWALLOWED
    } else if (errno != EINTR) {
      return ok_status();
    }
#else
    } else if (errno != EINTR) {
      return errno_error("write", path_);
    }
#endif
  }
  return ok_status();
}

Status File::sync() {
  // Not repeated: after a failed fsync the kernel may have dropped the pages, and a second call
  // would report success for data that is gone.
  if (::fsync(descriptor_) != 0) return errno_error("make durable", path_);
  return ok_status();
}

Status File::truncate(std::uint64_t size) {
  int code = 0;
  do {
    code = ::ftruncate(descriptor_, static_cast<off_t>(size));
  } while (code != 0 && errno == EINTR);
  if (code != 0) return errno_error("truncate", path_);
  return ok_status();
}

Status File::seek(std::uint64_t offset) {
  if (::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0) {
    return errno_error("seek in", path_);
  }
  return ok_status();
}

void File::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<FileStamp> file_stamp(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return errno_error("look at", path);
  FileStamp stamp;
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  stamp.modified_ns = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
  stamp.inode = status.st_ino;
  stamp.device = status.st_dev;
  return stamp;
}

bool path_exists(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_regular_file(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_stream(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

std::string behind_links(const std::string& path) {
  constexpr int kLinksMax = 40;  // as the kernel follows
  std::string place = path;
  for (int links = 0; links < kLinksMax; ++links) {
    char next[PATH_MAX];
    const ssize_t count = ::readlink(place.c_str(), next, sizeof next);
    if (count < 0) return place;
    const std::string target(next, static_cast<std::size_t>(count));
    place = target.starts_with('/') ? target : parent_of(place) + "/" + target;
  }
  return path;
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  DECANT_ASSIGN(File file, File::open_read(path));
  std::string content;
  while (true) {
    const std::size_t before = content.size();
    content.resize(before + (64u << 10));
    DECANT_ASSIGN(const std::size_t count, file.read(content.data() + before, 64u << 10));
    content.resize(before + count);
    if (content.size() > bytes_max) {
      return Error{ErrorCode::invalid, "'" + path + "' is larger than the " +
                                           std::to_string(bytes_max) + " bytes allowed for it"};
    }
    if (count == 0) return content;
  }
}

Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
  const std::string place = behind_links(path);
  if (path_exists(place) && !is_regular_file(place)) {
    DECANT_ASSIGN(File device, open_file(place, O_WRONLY | O_NOCTTY, 0, "open"));
    return device.write(content);
  }
  const std::string temporary = place + ".decant-tmp";
  {
    DECANT_ASSIGN(File file, File::create(temporary, mode));
    Status written = file.write(content);
    if (written.ok()) written = file.sync();
    if (!written.ok()) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  return rename_file(temporary, place);
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return errno_error("rename to '" + to + "'", from);
  return sync_directory_of(to);
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("remove", path);
  return ok_status();
}

Status sync_directory_of(const std::string& path) {
  const std::string folder = parent_of(path);
  DECANT_ASSIGN(File directory, open_file(folder, O_RDONLY | O_DIRECTORY, 0, "open"));
  return directory.sync();
}

namespace {

// Tells `made` of each folder that was not there.
template <typename Made>
Status make_each(const std::string& path, unsigned mode, const Made& made) {
  if (path.empty() || is_directory(path)) return ok_status();
  const std::string parent = parent_of(path);
  if (parent != path) DECANT_CHECK(make_each(parent, mode, made));
  if (::mkdir(path.c_str(), mode) == 0) return made(path);
  return errno == EEXIST && is_directory(path) ? ok_status() : errno_error("create folder", path);
}

}  // namespace

Status make_directories(const std::string& path, unsigned mode) {
  return make_each(path, mode, [](const std::string&) { return ok_status(); });
}

Status make_lasting_directories(const std::string& path, unsigned mode) {
  return make_each(path, mode, sync_directory_of);
}

Result<File> unnamed_file(const std::string& folder) {
  std::string place = folder;
  if (place.empty()) {
    const char* chosen = ::getenv("TMPDIR");
    place = chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";
    if (!is_directory(place)) place = "/tmp";
  } else {
    DECANT_CHECK(make_directories(place, 0700));
  }
  std::string path = place + "/decant-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return errno_error("create a temporary file in", place);
  File file(descriptor, path);
  DECANT_CHECK(remove_file(path));
  return file;
}

Result<std::uint64_t> free_bytes(const std::string& folder) {
  struct statvfs status;
  if (::statvfs(folder.c_str(), &status) != 0) return errno_error("look at", folder);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

std::string absolute_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) != nullptr) return resolved;
  // A file that is not there yet: its folder tells where it will be.
  const std::string parent = parent_of(path);
  const std::size_t slash = path.find_last_of('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (parent != path && ::realpath(parent.c_str(), resolved) != nullptr) {
    const std::string folder = resolved;
    return (folder == "/" ? folder : folder + "/") + name;
  }
  if (!path.empty() && path.front() == '/') return path;
  if (::getcwd(resolved, sizeof resolved) == nullptr) return path;
  return std::string(resolved) + "/" + path;
}

std::string parent_of(const std::string& path) {
  std::size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  const std::size_t slash = path.find_last_of('/', end == 0 ? 0 : end - 1);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::unique_ptr<FileLock>> FileLock::acquire(const std::string& path,
                                                    std::string_view owner) {
  DECANT_ASSIGN(File file, open_file(path, O_RDWR | O_CREAT, 0600, "open the lock file"));
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return errno_error("lock", path);
    char line[512];
    DECANT_ASSIGN(const std::size_t count, file.read_at(0, line, sizeof line));
    std::string holder(line, count);
    if (const std::size_t end = holder.find('\n'); end != std::string::npos) holder.resize(end);
    if (holder.empty()) holder = "another process";
    return Error{ErrorCode::refused,
                 "'" + path + "' is held by " + holder + "; wait until it has ended, or stop it"};
  }
  // The line is for people only; the lock itself is the kernel's, and dies with the process.
  DECANT_CHECK(file.truncate(0));
  DECANT_CHECK(file.write(std::string(owner) + "\n"));
  return std::unique_ptr<FileLock>(new FileLock(std::move(file)));
}

// The file stays: removing it would let a third process lock a new file of the same name while a
// second one holds the old one. Emptied, so that it names nobody.
FileLock::~FileLock() {
  if (file_.is_open() && ::ftruncate(file_.descriptor(), 0) != 0) return;
}

}  // namespace decant
