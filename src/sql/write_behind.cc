#include "sql/write_behind.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "sql/sqlite.h"

namespace decant::sql {
namespace {

constexpr char kName[] = "decant-write-behind";
constexpr std::size_t kBufferBytesMax = 1u << 20;  // two of them: one fills, one is written
// Pages that do not lie side by side, in one buffer: each read looks at all of them.
constexpr std::size_t kBufferPiecesMax = 256;
// The thread holds the file for no longer than this takes, since reads wait for it.
constexpr std::size_t kSliceBytesMax = 64u << 10;

// Pages to be written, in their order; those that lie side by side are one piece.
class PageBuffer {
 public:
  struct Piece {
    std::int64_t offset = 0;  // in the file
    std::size_t size = 0;
    std::size_t begin = 0;  // in the buffer
  };

  bool is_empty() const { return pieces_.empty(); }
  bool has_room(std::size_t size) const {
    return bytes_.size() + size <= kBufferBytesMax && pieces_.size() < kBufferPiecesMax;
  }
  const std::vector<Piece>& pieces() const { return pieces_; }
  const char* data(const Piece& piece) const { return bytes_.data() + piece.begin; }

  void add(const char* data, std::size_t size, std::int64_t offset) {
    if (bytes_.capacity() == 0) bytes_.reserve(kBufferBytesMax);
    const bool adjoins = !pieces_.empty() && end(pieces_.back()) == offset;
    if (adjoins) {
      pieces_.back().size += size;
    } else {
      pieces_.push_back({offset, size, bytes_.size()});
    }
    bytes_.insert(bytes_.end(), data, data + size);
  }
  void clear() {
    bytes_.clear();
    pieces_.clear();
  }

  // The piece that was written last of those that touch these bytes of the file; null for none.
  const Piece* find(std::int64_t offset, std::size_t size) const {
    const std::int64_t behind = offset + static_cast<std::int64_t>(size);
    for (std::size_t i = pieces_.size(); i-- > 0;) {
      if (pieces_[i].offset < behind && offset < end(pieces_[i])) return &pieces_[i];
    }
    return nullptr;
  }
  static bool holds(const Piece& piece, std::int64_t offset, std::size_t size) {
    return piece.offset <= offset && offset + static_cast<std::int64_t>(size) <= end(piece);
  }

 private:
  static std::int64_t end(const Piece& piece) {
    return piece.offset + static_cast<std::int64_t>(piece.size);
  }

  std::vector<char> bytes_;
  std::vector<Piece> pieces_;
};

// The pages of one open file. All is called by the connection's thread; work() is the other one.
class PageWriter {
 public:
  explicit PageWriter(sqlite3_file* file) : file_(file) {}

  int read(void* out, int size, std::int64_t offset);
  int write(const void* data, int size, std::int64_t offset);
  // All pages are with the system, or the failure waits to be told.
  void drain();
  // SQLITE_OK, or what a write came to; told once.
  int take_failure() { return failure_.exchange(SQLITE_OK); }
  // Held by each call of the file below that is made while the thread may write: all but those
  // that come right after drain().
  std::mutex& turn() { return turn_; }

 private:
  bool hand_over();
  bool start();
  void work(const std::stop_token& stop);
  int write_pieces(const PageBuffer& buffer);

  sqlite3_file* file_;
  PageBuffer filling_;
  PageBuffer written_;  // the thread reads it while busy_, and the connection, too
  std::mutex mutex_;    // of busy_
  std::condition_variable_any changed_;
  bool busy_ = false;
  std::atomic<int> failure_ = SQLITE_OK;
  std::mutex turn_;  // of the file below
  std::jthread thread_;
};

int PageWriter::read(void* out, int size, std::int64_t offset) {
  const auto bytes = static_cast<std::size_t>(size);
  for (const PageBuffer* buffer : {&filling_, &written_}) {
    const PageBuffer::Piece* piece = buffer->find(offset, bytes);
    if (piece == nullptr) continue;
    if (PageBuffer::holds(*piece, offset, bytes)) {
      std::memcpy(out, buffer->data(*piece) + (offset - piece->offset), bytes);
      return SQLITE_OK;
    }
    drain();
    break;
  }
  // The file lacks pages. Not taken: SQLite need not roll back for a read.
  if (const int code = failure_; code != SQLITE_OK) return code;
  std::lock_guard turn(turn_);
  return file_->pMethods->xRead(file_, out, size, offset);
}

int PageWriter::write(const void* data, int size, std::int64_t offset) {
  const auto bytes = static_cast<std::size_t>(size);
  if (!filling_.has_room(bytes) && !hand_over()) drain();
  if (int code = take_failure(); code != SQLITE_OK) return code;
  filling_.add(static_cast<const char*>(data), bytes, offset);
  return SQLITE_OK;
}

// Whether there is a thread that takes the pages.
bool PageWriter::hand_over() {
  if (!start()) return false;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !busy_; });
  if (failure_ != SQLITE_OK) return true;
  std::swap(filling_, written_);
  filling_.clear();
  busy_ = true;
  changed_.notify_all();
  return true;
}

bool PageWriter::start() {
  if (thread_.joinable()) return true;
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void PageWriter::drain() {
  if (filling_.is_empty() && written_.is_empty()) return;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !busy_; });
  }
  if (failure_ == SQLITE_OK) failure_ = write_pieces(filling_);
  filling_.clear();
  written_.clear();
}

void PageWriter::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return busy_; })) {
    lock.unlock();
    if (int code = write_pieces(written_); code != SQLITE_OK) failure_ = code;
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

int PageWriter::write_pieces(const PageBuffer& buffer) {
  for (const PageBuffer::Piece& piece : buffer.pieces()) {
    for (std::size_t done = 0; done < piece.size;) {
      const std::size_t size = std::min(kSliceBytesMax, piece.size - done);
      std::lock_guard turn(turn_);
      int code = file_->pMethods->xWrite(file_, buffer.data(piece) + done, static_cast<int>(size),
                                         piece.offset + static_cast<std::int64_t>(done));
      if (code != SQLITE_OK) return code;
      done += size;
    }
  }
  return SQLITE_OK;
}

// ---- SQLite's seam: what it keeps of an open file begins with sqlite3_file ----------------------

struct File {
  sqlite3_file base;
  PageWriter* pages;  // owned
  sqlite3_file* below;
  int lock;
};

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

int close_file(sqlite3_file* file) {
  File& own = of(file);
  own.pages->drain();
  delete std::exchange(own.pages, nullptr);
  return own.below->pMethods->xClose(own.below);
}

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return of(file).pages->read(out, size, offset);
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  File& own = of(file);
  if (own.lock != SQLITE_LOCK_EXCLUSIVE) {
    return own.below->pMethods->xWrite(own.below, data, size, offset);
  }
  try {
    return own.pages->write(data, size, offset);
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  File& own = of(file);
  own.pages->drain();
  // A checkpoint with synchronous=OFF neither syncs nor commits after this.
  if (int code = own.pages->take_failure(); code != SQLITE_OK) return code;
  return own.below->pMethods->xTruncate(own.below, size);
}

int sync_file(sqlite3_file* file, int flags) {
  File& own = of(file);
  own.pages->drain();
  if (int code = own.pages->take_failure(); code != SQLITE_OK) return code;
  return own.below->pMethods->xSync(own.below, flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  File& own = of(file);
  own.pages->drain();
  return own.below->pMethods->xFileSize(own.below, size);
}

int lock_file(sqlite3_file* file, int lock) {
  File& own = of(file);
  std::lock_guard turn(own.pages->turn());
  int code = own.below->pMethods->xLock(own.below, lock);
  if (code == SQLITE_OK) own.lock = std::max(own.lock, lock);
  return code;
}

// A failure that is still untold belongs to a transaction that was given up: to keep its pages,
// SQLite would have had to cut or sync the file, or to commit.
int unlock_file(sqlite3_file* file, int lock) {
  File& own = of(file);
  own.pages->drain();
  own.pages->take_failure();
  own.lock = std::min(own.lock, lock);
  return own.below->pMethods->xUnlock(own.below, lock);
}

int check_reserved_lock(sqlite3_file* file, int* reserved) {
  File& own = of(file);
  std::lock_guard turn(own.pages->turn());
  return own.below->pMethods->xCheckReservedLock(own.below, reserved);
}

// SQLITE_FCNTL_SYNC comes before each commit, with synchronous=OFF, too.
int control_file(sqlite3_file* file, int operation, void* argument) {
  File& own = of(file);
  if (operation == SQLITE_FCNTL_SYNC) {
    own.pages->drain();
#if DECANT_MUTANT_PAGE_FAILURE_UNTOLD
    own.pages->take_failure();
#endif
    if (int code = own.pages->take_failure(); code != SQLITE_OK) return code;
  }
  std::lock_guard turn(own.pages->turn());
  return own.below->pMethods->xFileControl(own.below, operation, argument);
}

int sector_size(sqlite3_file* file) {
  File& own = of(file);
  return own.below->pMethods->xSectorSize(own.below);
}

// Without transactions of the file system, which would pass by pages that wait.
int device_characteristics(sqlite3_file* file) {
  File& own = of(file);
  return own.below->pMethods->xDeviceCharacteristics(own.below) & ~SQLITE_IOCAP_BATCH_ATOMIC;
}

int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  File& own = of(file);
  return own.below->pMethods->xShmMap(own.below, region, size, extend, out);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  File& own = of(file);
  return own.below->pMethods->xShmLock(own.below, offset, count, flags);
}

void order_shared(sqlite3_file* file) {
  File& own = of(file);
  own.below->pMethods->xShmBarrier(own.below);
}

int unmap_shared(sqlite3_file* file, int remove) {
  File& own = of(file);
  return own.below->pMethods->xShmUnmap(own.below, remove);
}

// Version 2: no mapped pages, which would pass by those that wait.
constexpr sqlite3_io_methods kMethods = {2,
                                         close_file,
                                         read_file,
                                         write_file,
                                         truncate_file,
                                         sync_file,
                                         file_size,
                                         lock_file,
                                         unlock_file,
                                         check_reserved_lock,
                                         control_file,
                                         sector_size,
                                         device_characteristics,
                                         map_shared,
                                         lock_shared,
                                         order_shared,
                                         unmap_shared,
                                         nullptr,
                                         nullptr};

// SQLite's layer and this one, which is made of it; one of each in a process, as SQLite has it.
struct Layers {
  sqlite3_vfs* below = nullptr;
  sqlite3_vfs own{};
};

Layers& layers() {
  static Layers layers;
  return layers;
}

constexpr std::size_t kOwnBytes = (sizeof(File) + 15) / 16 * 16;

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* below = layers().below;
  if (below == nullptr) return SQLITE_CANTOPEN;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return below->xOpen(below, name, file, flags, out_flags);
  File& own = of(file);
  own = {};
  own.below = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kOwnBytes);
  own.below->pMethods = nullptr;
  int code = below->xOpen(below, name, own.below, flags, out_flags);
  if (code == SQLITE_OK && own.below->pMethods->iVersion < 2) code = SQLITE_CANTOPEN;
  try {
    if (code == SQLITE_OK) own.pages = new PageWriter(own.below);
  } catch (const std::exception&) {
    code = SQLITE_NOMEM;
  }
  if (code == SQLITE_OK) {
    own.base.pMethods = &kMethods;
  } else if (own.below->pMethods != nullptr) {
    own.below->pMethods->xClose(own.below);
  }
  return code;
}

bool register_vfs() {
  prepare_library();
  sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
  if (below == nullptr) return false;
  layers().below = below;
  sqlite3_vfs& own = layers().own;
  own = *below;
  own.zName = kName;
  own.pNext = nullptr;
  own.szOsFile = static_cast<int>(kOwnBytes) + below->szOsFile;
  own.xOpen = open_file;
  return sqlite3_vfs_register(&own, 0) == SQLITE_OK;
}

}  // namespace

std::string write_behind_vfs() {
  static const bool registered = register_vfs();
  return registered ? kName : "";
}

}  // namespace decant::sql
