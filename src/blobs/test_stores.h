// SPDX-License-Identifier: Apache-2.0
//
// For tests only: the stores that a contract test runs on. A folder, and a real S3 server where one is given in
// SOUK_TEST_S3_ENDPOINT and its companions (scripts/s3).
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.h"
#include "blobs/blobs.h"

namespace souk::blobs {

class TestStore {
 public:
  // "file", "s3"
  explicit TestStore(const std::string& kind) {
    std::string form = (std::filesystem::temp_directory_path() / "souk_blobs_XXXXXX").string();
    root_ = mkdtemp(form.data());
    url_ = kind == "s3" ? s3_url() : "file:" + root_.string() + "/blobs";
    if (kind == "s3") settings_ = s3_settings();
    settings_.cache = root_.string() + "/cache";
  }
  ~TestStore() { std::filesystem::remove_all(root_); }

  static std::vector<std::string> kinds() {
    if (std::getenv("SOUK_TEST_S3_ENDPOINT") != nullptr) return {"file", "s3"};
    return {"file"};
  }
  // A prefix of its own in the bucket of the tests.
  static std::string s3_url() {
    return "s3://" + environment("SOUK_TEST_S3_BUCKET") + "/test-" + random_token(12) +
           "?endpoint=" + environment("SOUK_TEST_S3_ENDPOINT") + "&region=" + environment("SOUK_TEST_S3_REGION");
  }
  static S3Settings s3_settings() {
    S3Settings out;
    out.access_key = environment("SOUK_TEST_S3_ACCESS_KEY");
    out.secret_key = environment("SOUK_TEST_S3_SECRET_KEY");
    out.part_size.count = 5 << 20;
    return out;
  }

  Result<std::unique_ptr<Blobs>> open(Logger& log, Metrics& metrics) {
    return Blobs::open(url_, log, metrics, settings_);
  }
  const std::filesystem::path& root() const { return root_; }
  const std::string& url() const { return url_; }

 private:
  static std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
  }

  std::filesystem::path root_;
  std::string url_;
  S3Settings settings_;
};

// Bytes that do not repeat, the same for the same count.
std::string noise(std::size_t count);

}  // namespace souk::blobs
