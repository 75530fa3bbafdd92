// SPDX-License-Identifier: Apache-2.0
//
// Objects under a prefix of a bucket that is nobody's store of blobs: to be listed and read. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "blobs/blobs.h"

namespace souk::blobs {

namespace s3 {
class Core;
}

struct ForeignObject {
  std::string path;  // below the prefix
  std::uint64_t size = 0;
  std::string tag;  // of this content of it
};

class ForeignObjects {
 public:
  // `url` is s3://bucket/prefix?endpoint=…&region=…. Errors: invalid_argument, unavailable
  static Result<std::unique_ptr<ForeignObjects>> open(const std::string& url, const S3Settings& settings, Logger& log,
                                                      Metrics& metrics);
  ~ForeignObjects();

  // In bytewise order after the path `after`, at most 1000; empty ones that stand for folders are left out.
  Result<std::vector<ForeignObject>> list(const std::string& after);
  // Gives the content that was listed. Errors of reading: aborted (it is another one now), not_found
  std::unique_ptr<Reader> read(const ForeignObject& object);

  // Whether `inner` is `outer`, or below it in the same bucket, written as s3://bucket/prefix without options.
  static bool lies_in(const std::string& inner, const std::string& outer);

 private:
  explicit ForeignObjects(std::unique_ptr<s3::Core> core);
  std::unique_ptr<s3::Core> core_;
};

}  // namespace souk::blobs
