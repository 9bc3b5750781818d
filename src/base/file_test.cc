#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/glob.h"
#include "testing/temporary_folder.h"

namespace decant {
namespace {

using testing::TemporaryFolder;

void touch(const std::string& path) { ASSERT_TRUE(write_file_atomically(path, "x").ok()); }

TEST(File, ErrorsNameThePathAndWhatToDo) {
  const Result<File> missing = File::open_read("/nowhere/at all.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("'/nowhere/at all.json'"), std::string::npos);

  const TemporaryFolder folder;
  const Result<File> directory = File::open_read(folder.path());
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().code, ErrorCode::invalid);
}

TEST(File, FullDiskIsSaidByName) {
  Result<File> full = File::open_append("/dev/full");
  if (!full.ok()) GTEST_SKIP() << "no /dev/full here";
  const Status written = full->write("something");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::disk_full);
}

TEST(File, AtomicWriteReplacesTheWholeContentAndKeepsTheMode) {
  const TemporaryFolder folder;
  const std::string path = folder / "secret";
  ASSERT_TRUE(write_file_atomically(path, "a longer first content", 0600).ok());
  ASSERT_TRUE(write_file_atomically(path, "second", 0600).ok());
  EXPECT_EQ(read_file(path, 100).value(), "second");
  EXPECT_FALSE(path_exists(path + ".decant-tmp"));
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(File, ReadIsBounded) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder / "ten", "0123456789").ok());
  EXPECT_TRUE(read_file(folder / "ten", 10).ok());
  EXPECT_EQ(read_file(folder / "ten", 9).error().code, ErrorCode::invalid);
}

TEST(File, StampChangesWithTheFile) {
  const TemporaryFolder folder;
  touch(folder / "a");
  const FileStamp before = file_stamp(folder / "a").value();
  EXPECT_EQ(before, file_stamp(folder / "a").value());
  touch(folder / "a");  // the same content in a new inode
  EXPECT_NE(before, file_stamp(folder / "a").value());
}

TEST(File, PathsAreTakenApart) {
  EXPECT_EQ(parent_of("a"), ".");
  EXPECT_EQ(parent_of("a/b"), "a");
  EXPECT_EQ(parent_of("a/b/"), "a");
  EXPECT_EQ(parent_of("/a"), "/");
  EXPECT_EQ(parent_of("/"), "/");
  const TemporaryFolder folder;
  EXPECT_EQ(absolute_path(folder / "not/there"), folder / "not/there");
  EXPECT_EQ(absolute_path(folder.path() + "/./x"), absolute_path(folder.path()) + "/x");
}

TEST(File, MakesFoldersOnTheWay) {
  const TemporaryFolder folder;
  ASSERT_TRUE(make_directories(folder / "a/b/c").ok());
  EXPECT_TRUE(is_directory(folder / "a/b/c"));
  EXPECT_TRUE(make_directories(folder / "a/b/c").ok());
  touch(folder / "file");
  EXPECT_FALSE(make_directories(folder / "file/x").ok());
}

TEST(Glob, MatchesNames) {
  EXPECT_TRUE(glob_matches("*.json", "jobs.json"));
  EXPECT_TRUE(glob_matches("a?c", "abc"));
  EXPECT_TRUE(glob_matches("[a-c]x[!0-9]", "bxy"));
  EXPECT_TRUE(glob_matches("*a*b*", "xxaxxbxx"));
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("a[", "a["));
  EXPECT_FALSE(glob_matches("[!0-9]", "5"));
  EXPECT_FALSE(glob_matches("*.json", "jobs.json.gz"));
  EXPECT_FALSE(glob_matches("a?c", "ac"));
  EXPECT_FALSE(glob_matches("*", ".hidden"));
}

TEST(Glob, FindsFilesInBytewiseOrder) {
  const TemporaryFolder folder;
  ASSERT_TRUE(make_directories(folder / "sub/deep").ok());
  for (const char* name : {"b.json", "B.json", "a-1.json", "a.json", "a.txt", "sub/c.json",
                           "sub/deep/d.json", ".hidden.json"}) {
    touch(folder / name);
  }
  const auto found = [&](const std::string& pattern) {
    std::vector<std::string> names;
    const std::vector<std::string> paths = glob_files(folder / pattern).value();
    for (const std::string& path : paths) {
      names.push_back(path.substr(folder.path().size() + 1));
    }
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(found("*.json"), (Names{"B.json", "a-1.json", "a.json", "b.json"}));
  EXPECT_EQ(found("**/*.json"),
            (Names{"B.json", "a-1.json", "a.json", "b.json", "sub/c.json", "sub/deep/d.json"}));
  EXPECT_EQ(found("sub/**"), (Names{"sub/c.json", "sub/deep/d.json"}));
  EXPECT_EQ(found("s*/*/d.json"), (Names{"sub/deep/d.json"}));
  EXPECT_EQ(found("a.json"), (Names{"a.json"}));
  EXPECT_EQ(found("nothing*"), Names{});
}

TEST(Glob, WhatCannotBeLookedAtIsAnErrorWithItsName) {
  const TemporaryFolder folder;
  touch(folder / "a.json");
  std::filesystem::create_symlink("nowhere", folder / "b.json");
  std::filesystem::create_symlink("loop", folder / "loop");
  for (const char* pattern : {"*.json", "**", "l*/x.json"}) {
    const auto found = glob_files(folder / pattern);
    ASSERT_FALSE(found.ok()) << pattern;
    const bool names = found.error().message.find("b.json") != std::string::npos ||
                       found.error().message.find("loop") != std::string::npos;
    EXPECT_TRUE(names) << found.error().message;
  }
  EXPECT_TRUE(glob_files(folder / "absent/*.json").value().empty());
}

TEST(Glob, AFileNamedLikeAPatternIsMeantByItsName) {
  const TemporaryFolder folder;
  touch(folder / "jobs[1].json");
  touch(folder / "jobs1.json");
  EXPECT_EQ(glob_files(folder / "jobs[1].json").value(),
            std::vector<std::string>{folder / "jobs[1].json"});
}

TEST(FileLock, IsRefusedWithTheOwnersLineAndReleased) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.decant-lock";
  {
    const auto first = FileLock::acquire(path, "run 7 of jobs-v2, process 12");
    ASSERT_TRUE(first.ok());
    const auto second = FileLock::acquire(path, "another one");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::refused);
    EXPECT_NE(second.error().message.find("run 7 of jobs-v2, process 12"), std::string::npos);
  }
  EXPECT_TRUE(FileLock::acquire(path, "another one").ok());
}

}  // namespace
}  // namespace decant
