// A preloaded library that makes the Nth file call of a program fail, or kills the program there.
// Only files under one folder count, so that the loader and the C library are left alone.
//
//   DECANT_FAULT_PREFIX  the folder (absolute, without symbolic links)
//   DECANT_FAULT         CALL:N:WHAT[:once|forever]
//                        CALL  open read write fsync rename ftruncate unlink, or any
//                        N     1 is the first such call of the process
//                        WHAT  EIO, ENOSPC (the call fails), KILL (SIGKILL before the call),
//                              KILLED (SIGKILL after it), TORN (half of a write, then SIGKILL)
//   DECANT_FAULT_COUNT   a file of eight uint64 that holds the counts, in the order above and
//   `any`;
//                        kept up to date through shared memory, so it survives the kill
//
// read counts pread, write counts pwrite, fsync counts fdatasync. Build only for tests.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum call { kOpen, kRead, kWrite, kFsync, kRename, kFtruncate, kUnlink, kAny, kCalls };
static const char* const kCallNames[kCalls] = {"open",   "read",      "write",  "fsync",
                                               "rename", "ftruncate", "unlink", "any"};
enum what { kNothing, kFail, kKill, kKilled, kTorn };

enum { kDescriptorsMax = 65536 };
static atomic_uchar watched[kDescriptorsMax];  // descriptors of files under the prefix
static _Atomic uint64_t own_counts[kCalls];
static _Atomic uint64_t* counts = own_counts;
static char prefix[PATH_MAX];
static size_t prefix_bytes;
static enum call fault_call = kCalls;
static enum what fault_what = kNothing;
static int fault_errno;
static uint64_t fault_at;
static int fault_forever;

static void parse_fault(const char* text) {
  char call[16], what[16], repeat[16] = "once";
  unsigned long long at = 0;
  if (sscanf(text, "%15[a-z]:%llu:%15[A-Z]:%15[a-z]", call, &at, what, repeat) < 3) {
    fprintf(stderr, "fault shim: cannot read DECANT_FAULT=%s\n", text);
    _exit(99);
  }
  for (int i = 0; i < kCalls; ++i) {
    if (strcmp(call, kCallNames[i]) == 0) fault_call = (enum call)i;
  }
  fault_at = at;
  fault_forever = strcmp(repeat, "forever") == 0;
  fault_what = strcmp(what, "KILL") == 0     ? kKill
               : strcmp(what, "KILLED") == 0 ? kKilled
               : strcmp(what, "TORN") == 0   ? kTorn
                                             : kFail;
  fault_errno = strcmp(what, "ENOSPC") == 0 ? ENOSPC : EIO;
}

__attribute__((constructor)) static void start(void) {
  const char* folder = getenv("DECANT_FAULT_PREFIX");
  if (folder != NULL) prefix_bytes = (size_t)snprintf(prefix, sizeof prefix, "%s", folder);
  const char* fault = getenv("DECANT_FAULT");
  if (fault != NULL && *fault != 0) parse_fault(fault);
  const char* file = getenv("DECANT_FAULT_COUNT");
  if (file == NULL) return;
  const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CREAT, 0600);
  if (descriptor < 0 || syscall(SYS_ftruncate, descriptor, sizeof own_counts) != 0) return;
  void* map = mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (map != MAP_FAILED) counts = map;
  syscall(SYS_close, descriptor);
}

static int is_watched(int descriptor) {
  return descriptor >= 0 && descriptor < kDescriptorsMax && watched[descriptor];
}

static int under_prefix(int folder, const char* path) {
  if (prefix_bytes == 0 || path == NULL) return 0;
  char full[2 * PATH_MAX];
  if (path[0] == '/') {
    return strncmp(path, prefix, prefix_bytes) == 0;
  }
  char place[PATH_MAX];
  ssize_t size = 0;
  if (folder == AT_FDCWD) {
    if (getcwd(place, sizeof place) == NULL) return 0;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    size = readlink(link, place, sizeof place - 1);
    if (size < 0) return 0;
    place[size] = 0;
  }
  snprintf(full, sizeof full, "%s/%s", place, path);
  return strncmp(full, prefix, prefix_bytes) == 0;
}

// Counts one call. 1: it is to fail (errno is set). 2: to be torn. 3: kill after it.
static int meet(enum call call) {
  const uint64_t own = atomic_fetch_add(&counts[call], 1) + 1;
  const uint64_t any = atomic_fetch_add(&counts[kAny], 1) + 1;
  if (fault_what == kNothing) return 0;
  uint64_t seen;
  if (fault_call == kAny) {
    seen = any;
  } else if (fault_call == call) {
    seen = own;
  } else {
    return 0;
  }
  if (seen != fault_at && !(fault_forever && seen > fault_at)) return 0;
  switch (fault_what) {
    case kFail:
      errno = fault_errno;
      return 1;
    case kKill:
      kill(getpid(), SIGKILL);
      return 1;
    case kTorn:
      if (call == kWrite) return 2;
      kill(getpid(), SIGKILL);
      return 1;
    default:
      return 3;
  }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define CACHED(name)                           \
  static __typeof__(&name) real_##name = NULL; \
  if (real_##name == NULL) real_##name = REAL(name)

// What a call returned, after a kill that was asked for.
#define AFTER(met, result)                   \
  do {                                       \
    __typeof__(result) returned = (result);  \
    if ((met) == 3) kill(getpid(), SIGKILL); \
    return returned;                         \
  } while (0)

static int opened(int descriptor, int is_ours) {
  if (descriptor >= 0 && descriptor < kDescriptorsMax) watched[descriptor] = (unsigned char)is_ours;
  return descriptor;
}

static int open_at(int folder, const char* path, int flags, mode_t mode) {
  const int ours = under_prefix(folder, path);
  const int met = ours ? meet(kOpen) : 0;
  if (met == 1) return -1;
  const int descriptor = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (met == 3) kill(getpid(), SIGKILL);
  return opened(descriptor, ours);
}

#define OPEN_MODE(flags)                   \
  mode_t mode = 0;                         \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { \
    va_list list;                          \
    va_start(list, flags);                 \
    mode = va_arg(list, mode_t);           \
    va_end(list);                          \
  }

int open(const char* path, int flags, ...) {
  OPEN_MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  OPEN_MODE(flags)
  return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  OPEN_MODE(flags)
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  OPEN_MODE(flags)
  return open_at(folder, path, flags | O_LARGEFILE, mode);
}
int creat(const char* path, mode_t mode) {
  return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int descriptor) {
  CACHED(close);
  if (is_watched(descriptor)) watched[descriptor] = 0;
  return real_close(descriptor);
}

ssize_t read(int descriptor, void* buffer, size_t bytes) {
  CACHED(read);
  const int met = is_watched(descriptor) ? meet(kRead) : 0;
  if (met == 1) return -1;
  AFTER(met, real_read(descriptor, buffer, bytes));
}
ssize_t pread(int descriptor, void* buffer, size_t bytes, off_t offset) {
  CACHED(pread);
  const int met = is_watched(descriptor) ? meet(kRead) : 0;
  if (met == 1) return -1;
  AFTER(met, real_pread(descriptor, buffer, bytes, offset));
}
ssize_t pread64(int descriptor, void* buffer, size_t bytes, off64_t offset) {
  CACHED(pread64);
  const int met = is_watched(descriptor) ? meet(kRead) : 0;
  if (met == 1) return -1;
  AFTER(met, real_pread64(descriptor, buffer, bytes, offset));
}

ssize_t write(int descriptor, const void* buffer, size_t bytes) {
  CACHED(write);
  const int met = is_watched(descriptor) ? meet(kWrite) : 0;
  if (met == 1) return -1;
  if (met == 2) {
    real_write(descriptor, buffer, bytes / 2);
    kill(getpid(), SIGKILL);
  }
  AFTER(met, real_write(descriptor, buffer, bytes));
}
static ssize_t write_at(int descriptor, const void* buffer, size_t bytes, off64_t offset) {
  CACHED(pwrite64);
  const int met = is_watched(descriptor) ? meet(kWrite) : 0;
  if (met == 1) return -1;
  if (met == 2) {
    real_pwrite64(descriptor, buffer, bytes / 2, offset);
    kill(getpid(), SIGKILL);
  }
  AFTER(met, real_pwrite64(descriptor, buffer, bytes, offset));
}
ssize_t pwrite(int descriptor, const void* buffer, size_t bytes, off_t offset) {
  return write_at(descriptor, buffer, bytes, offset);
}
ssize_t pwrite64(int descriptor, const void* buffer, size_t bytes, off64_t offset) {
  return write_at(descriptor, buffer, bytes, offset);
}

int fsync(int descriptor) {
  CACHED(fsync);
  const int met = is_watched(descriptor) ? meet(kFsync) : 0;
  if (met == 1) return -1;
  AFTER(met, real_fsync(descriptor));
}
int fdatasync(int descriptor) {
  CACHED(fdatasync);
  const int met = is_watched(descriptor) ? meet(kFsync) : 0;
  if (met == 1) return -1;
  AFTER(met, real_fdatasync(descriptor));
}

int ftruncate(int descriptor, off_t size) {
  CACHED(ftruncate);
  const int met = is_watched(descriptor) ? meet(kFtruncate) : 0;
  if (met == 1) return -1;
  AFTER(met, real_ftruncate(descriptor, size));
}
int ftruncate64(int descriptor, off64_t size) {
  CACHED(ftruncate64);
  const int met = is_watched(descriptor) ? meet(kFtruncate) : 0;
  if (met == 1) return -1;
  AFTER(met, real_ftruncate64(descriptor, size));
}

int rename(const char* from, const char* to) {
  CACHED(rename);
  const int met = under_prefix(AT_FDCWD, to) ? meet(kRename) : 0;
  if (met == 1) return -1;
  AFTER(met, real_rename(from, to));
}

int unlink(const char* path) {
  CACHED(unlink);
  const int met = under_prefix(AT_FDCWD, path) ? meet(kUnlink) : 0;
  if (met == 1) return -1;
  AFTER(met, real_unlink(path));
}
