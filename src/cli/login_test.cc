// SPDX-License-Identifier: Apache-2.0
#include "cli/login.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "cli/remote.h"
#include "cli/transfer/digest_cache.h"
#include "cli/transfer/hash_pipe.h"
#include "cli/transfer/temporary_folder_test.h"

namespace souk::cli {
namespace {

TEST(Login, IsSavedForTheOwnerOnly) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path / "souk" / "login.json";
  EXPECT_FALSE(load_login(file).value());
  ASSERT_TRUE(save_login(file, {"http://127.0.0.1:1", "souk_k"}));
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(load_login(file).value()->key, "souk_k");
  chmod(file.c_str(), 0644);
  EXPECT_EQ(load_login(file).error().code, Code::failed_precondition);
  chmod(file.c_str(), 0600);
  folder.write("souk/login.json", "{");
  EXPECT_EQ(load_login(file).error().code, Code::invalid_argument);
}

TEST(Login, KeyGoesOnlyToItsServer) {
  const TemporaryFolder folder;
  setenv("XDG_CONFIG_HOME", folder.path.c_str(), 1);
  unsetenv("SOUK_URL");
  unsetenv("SOUK_KEY");
  EXPECT_EQ(find_login("").value().url, kLocalUrl);
  ASSERT_TRUE(save_login(login_file(), {"http://one:1", "souk_k"}));
  EXPECT_EQ(find_login("").value().url, "http://one:1");
  EXPECT_EQ(find_login("").value().key, "souk_k");
  EXPECT_EQ(find_login("http://one:1/").value().key, "souk_k");
  EXPECT_EQ(find_login("http://two:1").value().key, "");
  setenv("SOUK_URL", "http://three:1", 1);
  setenv("SOUK_KEY", "souk_e", 1);
  EXPECT_EQ(find_login("").value().url, "http://three:1");
  EXPECT_EQ(find_login("").value().key, "souk_e");
  unsetenv("SOUK_URL");
  unsetenv("SOUK_KEY");
  unsetenv("XDG_CONFIG_HOME");
}

TEST(DigestCache, ForgetsAFileThatChanged) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("big", "bytes");
  const std::filesystem::path cache_file = folder.path / "cache" / "digests.json";
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  {
    DigestCache cache(cache_file);
    cache.remember(file, DigestCache::stamp(file), sha256("bytes"));
    cache.save();
  }
  EXPECT_EQ(DigestCache(cache_file).find(file), sha256("bytes"));
  folder.write("big", "other");
  EXPECT_FALSE(DigestCache(cache_file).find(file));
  DigestCache cache(cache_file);
  cache.remember(file, DigestCache::stamp(file), sha256("other"));  // changed a moment ago
  EXPECT_FALSE(cache.find(file));
  folder.write("cache/digests.json", "broken");
  EXPECT_FALSE(DigestCache(cache_file).find(file));
}

TEST(HashPipe, HashesWhatWasSubmitted) {
  for (const std::size_t size : {std::size_t(0), std::size_t(5), HashPipe::kBlock, HashPipe::kBlock * 9 + 17}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 257);
    HashPipe pipe;
    for (std::size_t at = 0; at < size;) {
      const std::span<std::byte> block = pipe.block();
      const std::size_t count = std::min(block.size(), size - at);
      std::memcpy(block.data(), bytes.data() + at, count);
      pipe.submit(count);
      at += count;
    }
    EXPECT_EQ(pipe.finish(), sha256(bytes)) << size;
  }
}

std::string told(int status, const std::string& body) {
  net::ClientResponse response;
  response.status = status;
  response.body = body;
  const Error error = error_of(response, "GET /x");
  return std::string(code_name(error.code)) + "|" + error.message + "|" + error.field + "|" + error.hint;
}

TEST(Remote, ErrorsOfEveryDoor) {
  EXPECT_EQ(
      told(
          400,
          R"({"type":"about:blank","title":"Bad","status":400,"detail":"d","code":"FAILED_PRECONDITION","field":"f","hint":"h"})"),
      "FAILED_PRECONDITION|d|f|h");
  EXPECT_EQ(told(404, R"({"errors":[{"code":"NAME_UNKNOWN","message":"m"},{"code":"X","message":"n"}]})"),
            "NOT_FOUND|m||");
  EXPECT_EQ(told(400, R"({"error":"no such tensor"})"), "INVALID_ARGUMENT|no such tensor||");
  EXPECT_EQ(told(401, R"({"code":16,"message":"who?","details":[]})"), "UNAUTHENTICATED|who?||");
  EXPECT_EQ(told(429, R"({"error":{"message":"slow down"}})"), "RESOURCE_EXHAUSTED|slow down||");
  EXPECT_EQ(told(502, "<html>"), "UNAVAILABLE|the server answered 502 to GET /x||");
}

}  // namespace
}  // namespace souk::cli
