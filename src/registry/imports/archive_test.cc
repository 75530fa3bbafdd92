// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/archive.h"

#include <gtest/gtest.h>

#include <map>

#include "registry/imports/fold.h"
#include "registry/imports/test_archives.h"

namespace souk::registry {
namespace {

using Files = std::map<std::string, std::string>;

Result<Files> unpack(const std::string& bytes, const ArchiveLimits& limits = {}) {
  auto archive = SOUK_TRY(Archive::open(source_of(bytes), limits));
  Files out;
  std::vector<std::byte> piece(10'000);
  while (auto entry = SOUK_TRY(archive->next())) {
    std::string& data = out[entry->path + (entry->executable ? "*" : "")];
    while (const std::size_t got = SOUK_TRY(archive->read(piece))) {
      data.append(reinterpret_cast<const char*>(piece.data()), got);
    }
  }
  return out;
}

class EachForm : public testing::TestWithParam<std::string> {
 protected:
  // Errors name the entry, say why, and what to do.
  void expect_refused(const std::vector<TestEntry>& entries, const std::string& why, Code code = Code::invalid_argument,
                      const ArchiveLimits& limits = {}) {
    const auto files = unpack(pack(GetParam(), entries), limits);
    ASSERT_FALSE(files) << why;
    EXPECT_EQ(files.error().code, code) << files.error().describe();
    EXPECT_NE(files.error().message.find(why), std::string::npos) << files.error().describe();
  }
};
INSTANTIATE_TEST_SUITE_P(Forms, EachForm, testing::Values("zip", "tar", "tar.gz", "tar.zst"),
                         [](const auto& info) { return info.param.substr(info.param.rfind('.') + 1); });

TEST_P(EachForm, gives_plain_files) {
  const std::string large(3'000'000, 'x');
  const auto files = unpack(pack(GetParam(), {{"./", "", AE_IFDIR},
                                              {"./model.onnx", "weights"},
                                              {"a/", "", AE_IFDIR},
                                              {"a/b/run.sh", "#!", AE_IFREG, "", false, 0755},
                                              {"empty.txt", ""},
                                              {"large.bin", large},
                                              {"für-日本.txt", "names"},
                                              {".hidden", "left out"},
                                              {"a/.git/config", "left out"},
                                              {"__MACOSX/._model.onnx", "left out"}}));
  ASSERT_TRUE(files) << files.error().describe();
  const Files expected{{"model.onnx", "weights"},
                       {"a/b/run.sh*", "#!"},
                       {"empty.txt", ""},
                       {"large.bin", large},
                       {"für-日本.txt", "names"}};
  EXPECT_EQ(*files, expected);
}

TEST_P(EachForm, refuses_paths_that_lead_elsewhere) {
  for (const char* path : {"../x", "a/../../x", "a/..", "..", "a/../b"}) {
    expect_refused({{"good", "1"}, {path, "2"}}, "leads out");
  }
  expect_refused({{"/etc/passwd", "x"}}, "absolute");
  expect_refused({{"C:/windows", "x"}}, "drive");
  // In a .zip it is a slash.
  expect_refused({{"a\\..\\x", "x"}}, GetParam() == "zip" ? "leads out" : "backslash");
  expect_refused({{"a//b", "x"}}, "empty step");
  expect_refused({{"a/./b", "x"}}, "empty step");
  expect_refused({{"../folder/", "", AE_IFDIR}}, "leads out");
}

TEST_P(EachForm, refuses_what_is_no_file) {
  expect_refused({{"link", "", AE_IFLNK, "/etc/passwd"}}, "symbolic link");
  if (GetParam() == "zip") return;  // knows no others
  expect_refused({{"a", "1"}, {"hard", "", AE_IFREG, "a", true}}, "hard link");
  expect_refused({{"null", "", AE_IFCHR}}, "device");
  expect_refused({{"disk", "", AE_IFBLK}}, "device");
  expect_refused({{"pipe", "", AE_IFIFO}}, "pipe");
}

TEST_P(EachForm, refuses_odd_names) {
  expect_refused({{"a\nb", "x"}}, "control character");
  expect_refused({{"a\x7f", "x"}}, "control character");
  expect_refused({{std::string(256, 'n'), "x"}}, "longer than 255");
  std::string deep = "d";
  while (deep.size() <= 1024) deep += "/d";
  expect_refused({{deep, "x"}}, "longer than 1024");
}

TEST_P(EachForm, refuses_collisions) {
  expect_refused({{"a", "1"}, {"a", "2"}}, "twice");
  expect_refused({{"Model.onnx", "1"}, {"model.ONNX", "2"}}, "case");
  expect_refused({{"ä.txt", "1"}, {"Ä.txt", "2"}}, "case");
  expect_refused({{"Data/a", "1"}, {"data/b", "2"}}, "case");
  expect_refused({{"a", "1"}, {"a/b", "2"}}, "below another file");
  expect_refused({{"a/b", "1"}, {"A", "2"}}, "file and a folder");
}

TEST_P(EachForm, refuses_bombs) {
  const std::string zeros(4 << 20, '\0');
  ArchiveLimits limits;
  limits.bytes = 3 << 20;
  expect_refused({{"zeros", zeros}}, "more than 3145728 bytes, at the entry \"zeros\"", Code::resource_exhausted,
                 limits);
  expect_refused({{".hidden", zeros}}, "more than 3145728", Code::resource_exhausted, limits);
  limits = {};
  limits.files = 3;
  expect_refused({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}, "more than 3 files", Code::resource_exhausted, limits);
  std::vector<TestEntry> folders;
  for (int i = 0; i < 7; i++) folders.push_back({"f" + std::to_string(i) + "/", "", AE_IFDIR});
  expect_refused(folders, "more than 6 entries", Code::resource_exhausted, limits);
  limits = {};
  limits.free = 1 << 20;
  limits.ratio = 50;
  if (GetParam() != "tar") expect_refused({{"zeros", zeros}}, "50 times", Code::resource_exhausted, limits);
}

TEST_P(EachForm, says_where_it_is_damaged) {
  const std::string whole = pack(GetParam(), {{"first", "1"}, {"second", std::string(200'000, 'y') + "z"}});
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, whole.size() / 2}) {
    const auto files = unpack(whole.substr(0, size));
    ASSERT_FALSE(files) << size;
    EXPECT_EQ(files.error().code, Code::invalid_argument);
  }
}

TEST(Archive, RefusesNulInNames) {
  std::string bytes = pack("zip", {{"good", "1"}, {"model-x.bin", "2"}});
  for (std::size_t at = 0; (at = bytes.find("model-x.bin", at)) != std::string::npos;) bytes[at + 5] = '\0';
  const auto files = unpack(bytes);
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().message.find("\"model\" has a NUL"), std::string::npos) << files.error().describe();
}

TEST(Archive, RefusesWhatIsNone) {
  for (const std::string& bytes :
       {std::string("plain text"), std::string(10'000, '\0'), std::string("7z\xbc\xaf\x27\x1c", 6)}) {
    EXPECT_NE(unpack(bytes).error().message.find("no archive"), std::string::npos);
  }
  EXPECT_NE(unpack(pack("tar.gz.gz", {{"a", "1"}})).error().message.find("more than once"), std::string::npos);
}

// An archive inside of one is a file like any other: nothing unpacks without end.
TEST(Archive, DoesNotUnpackWhatIsInside) {
  const std::string inner = pack("zip", {{"../x", "1"}});
  EXPECT_EQ((*unpack(pack("zip", {{"inner.zip", inner}})))["inner.zip"], inner);
}

TEST(Archive, PassesOnTheErrorsOfItsSource) {
  const std::string bytes = pack("tar", {{"a", std::string(1 << 20, 'a')}});
  ArchiveSource source = source_of(bytes);
  source.read = [&bytes, read = source.read](std::uint64_t offset, std::span<std::byte> into) -> Result<std::size_t> {
    if (offset > bytes.size() / 2) return unavailable("the store is away");
    return read(offset, into);
  };
  auto archive = Archive::open(source, {});
  ASSERT_TRUE((*archive)->next());
  std::vector<std::byte> piece(1 << 20);
  Result<std::size_t> got = std::size_t{1};
  while (got && *got > 0) got = (*archive)->read(piece);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "the store is away");
}

TEST(Archive, NeverCrashesOnDamage) {
  for (const char* form : {"zip", "tar", "tar.gz", "tar.zst"}) {
    const std::string whole = pack(form, {{"a/b", std::string(5000, 'q')}, {"c", "d"}});
    std::uint32_t random = 7;
    for (int round = 0; round < 400; round++) {
      std::string bytes = whole;
      for (int i = 0; i < 3; i++) {
        random = random * 1664525 + 1013904223;
        bytes[random % bytes.size()] = static_cast<char>(random >> 24);
      }
      (void)unpack(bytes);
    }
  }
}

TEST(FoldCase, MakesNamesEqualThatAFileSystemMayTakeForOne) {
  EXPECT_EQ(fold_case("ABC.Onnx"), fold_case("abc.onnx"));
  EXPECT_EQ(fold_case("ÄÖÜ"), fold_case("äöü"));
  EXPECT_EQ(fold_case("ΣΑΣ"), fold_case("σας"));
  EXPECT_NE(fold_case("a"), fold_case("b"));
  EXPECT_EQ(fold_case("\xff\xfe"), "\xff\xfe");
}

}  // namespace
}  // namespace souk::registry
