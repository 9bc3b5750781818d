// glob(3) knows no `**`, sorts by locale and has no bound; so the matcher is our own.
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
#include "base/glob.h"
#include "base/limits.h"

namespace decant {
namespace {

constexpr int kFolderDepthMax = 128;  // below a `**`; symbolic links to folders are not followed

std::vector<std::string> split(const std::string& pattern) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= pattern.size()) {
    const std::size_t slash = std::min(pattern.find('/', start), pattern.size());
    if (slash > start) parts.push_back(pattern.substr(start, slash - start));
    start = slash + 1;
  }
  return parts;
}

std::string join(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return folder.back() == '/' ? folder + name : folder + "/" + name;
}

// Walks the folders for one pattern.
class Search {
 public:
  explicit Search(const std::string& pattern) : pattern_(pattern), parts_(split(pattern)) {}

  Result<std::vector<std::string>> run() {
    if (!parts_.empty()) DECANT_CHECK(visit(pattern_.front() == '/' ? "/" : "", 0, 0));
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  // Matches parts_[part...] against what is in `folder`.
  Status visit(const std::string& folder, std::size_t part, int depth) {
    const std::string& wanted = parts_[part];
    const bool last = part + 1 == parts_.size();
    if (wanted == "**") {
      if (!last) DECANT_CHECK(visit(folder, part + 1, depth));
      return visit_below(folder, part, depth);
    }
    if (!has_wildcard(wanted)) return enter(join(folder, wanted), part, depth);
    DECANT_ASSIGN(const std::vector<std::string> names, list(folder));
    for (const std::string& name : names) {
      if (glob_matches(wanted, name)) DECANT_CHECK(enter(join(folder, name), part, depth));
    }
    return ok_status();
  }

  // `**`: every folder below, and as the last part every file.
  Status visit_below(const std::string& folder, std::size_t part, int depth) {
    const bool last = part + 1 == parts_.size();
    if (depth >= kFolderDepthMax) {
      return Error{ErrorCode::invalid, "'" + pattern_ + "' goes more than " +
                                           std::to_string(kFolderDepthMax) +
                                           " folders deep; name the folder"};
    }
    DECANT_ASSIGN(const std::vector<std::string> names, list(folder));
    for (const std::string& name : names) {
      if (name.front() == '.') continue;
      const std::string path = join(folder, name);
      struct stat status;
      if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) continue;  // gone since it was listed
        return errno_error("look at", path);
      }
      if (S_ISDIR(status.st_mode)) {
        DECANT_CHECK(visit(path, part, depth + 1));
      } else if (last) {
        DECANT_CHECK(add(path));
      }
    }
    return ok_status();
  }

  Status enter(const std::string& path, std::size_t part, int depth) {
    if (part + 1 == parts_.size()) return add(path);
    DECANT_ASSIGN(const mode_t mode, mode_of(path));
    return S_ISDIR(mode) ? visit(path, part + 1, depth) : ok_status();
  }

  // 0 where nothing has that name. What has it and cannot be looked at must not be left out
  // silently.
  static Result<mode_t> mode_of(const std::string& path) {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return status.st_mode;
    const bool is_absent = errno == ENOENT || errno == ENOTDIR;
    if (!is_absent) return errno_error("look at", path);
    if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return mode_t{0};
    return Error{ErrorCode::not_found, "'" + path +
                                           "' is a link to something that is not there; mend or "
                                           "remove it, or name the files"};
  }

  Status add(const std::string& path) {
    DECANT_ASSIGN(const mode_t mode, mode_of(path));
    if (mode == 0 || S_ISDIR(mode)) return ok_status();
    if (found_.size() >= files_max) {
      return Error{ErrorCode::invalid, "'" + pattern_ + "' matches more than " +
                                           std::to_string(files_max) + " files; split the job"};
    }
    found_.push_back(path);
    return ok_status();
  }

  static Result<std::vector<std::string>> list(const std::string& folder) {
    const std::string path = folder.empty() ? "." : folder;
    std::vector<std::string> names;
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) {
      if (errno == ENOENT || errno == ENOTDIR) return names;
      return errno_error("list", path);
    }
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(directory);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const int number = errno;
    ::closedir(directory);
    errno = number;
    if (number != 0) return errno_error("list", path);
    return names;
  }

  const std::string& pattern_;
  std::vector<std::string> parts_;
  std::vector<std::string> found_;
};

// The end of a [..] that starts at `at`, or npos where it is not closed (then it is plain text).
std::size_t class_end(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;
  return pattern.find(']', i);
}

bool class_matches(std::string_view inner, unsigned char byte) {
  bool negated = false;
  if (!inner.empty() && (inner.front() == '!' || inner.front() == '^')) {
    negated = true;
    inner.remove_prefix(1);
  }
  bool found = false;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const auto low = static_cast<unsigned char>(inner[i]);
    auto high = low;
    if (i + 2 < inner.size() && inner[i + 1] == '-') {
      high = static_cast<unsigned char>(inner[i + 2]);
      i += 2;
    }
    if (low <= byte && byte <= high) found = true;
  }
  return found != negated;
}

}  // namespace

bool has_wildcard(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

bool glob_matches(std::string_view pattern, std::string_view name) {
  // As shells do: a leading dot is matched by a dot only.
  if (!name.empty() && name.front() == '.' && (pattern.empty() || pattern.front() != '.')) {
    return false;
  }
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (n < name.size()) {
    bool matched = false;
    std::size_t next = p + 1;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '?') {
      matched = true;
    } else if (p < pattern.size() && pattern[p] == '[' &&
               class_end(pattern, p) != std::string_view::npos) {
      const std::size_t end = class_end(pattern, p);
      matched =
          class_matches(pattern.substr(p + 1, end - p - 1), static_cast<unsigned char>(name[n]));
      next = end + 1;
    } else if (p < pattern.size()) {
      matched = pattern[p] == name[n];
    }
    if (matched) {
      p = next;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<std::vector<std::string>> glob_files(const std::string& pattern) {
  // A file whose own name has a bracket or star in it is meant by that name.
  if (path_exists(pattern) && !is_directory(pattern)) return std::vector<std::string>{pattern};
  return Search(pattern).run();
}

}  // namespace decant
