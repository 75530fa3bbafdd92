// SPDX-License-Identifier: Apache-2.0
//
// The operations of S3 that a store is made of, typed; XML ends here. Thread-safe; blocking. Every operation may be
// repeated without harm. Keys are whole, with the address's prefix.
// Source: docs.aws.amazon.com/AmazonS3/latest/API. Errors of all: unavailable, and those named.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "blobs/s3/sender.h"

namespace souk::blobs::s3 {

using Metadata = std::map<std::string, std::string>;  // "souk-size" → …, sent as x-amz-meta-souk-size

struct Object {
  std::uint64_t size = 0;
  Time modified;
  Metadata metadata;
};

struct Listed {
  std::string key;
  std::uint64_t size = 0;
  Time modified;
  std::string tag;  // ETag: what tells one content from another
};

struct Part {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
  std::string tag;  // its ETag and CRC-32C, as complete_upload wants them back
  Time modified;
};

struct Upload {
  std::string key;
  std::string id;
  Time begun;
};

class Bucket {
 public:
  explicit Bucket(Sender& sender) : sender_(sender) {}

  // That the bucket is there and may be listed. Errors: as they come, with what to do
  Status check();

  Result<std::optional<Object>> find(const std::string& key);
  // Whole object to memory. Errors: not_found, resource_exhausted (larger than `limit`)
  Result<std::string> get(const std::string& key, std::uint64_t limit, Metadata* metadata = nullptr);
  // Appends exactly `count` bytes to `into`. Errors: not_found, data_loss (there is less), aborted (its tag is not
  // `tag`, where one is given)
  Status get_range(const std::string& key, std::uint64_t offset, std::uint64_t count, std::string& into,
                   const std::string& tag = "");
  // `payload`: SHA-256 of the body in hex, which the server checks. False: `only_new`, and there is one.
  Result<bool> put(const std::string& key, const std::string& body, std::string_view payload,
                   const Metadata& metadata = {}, bool only_new = false);
  Status remove(const std::string& key);  // none there: fine
  // In bytewise order after `after`, at most 1000.
  Result<std::vector<Listed>> list(const std::string& prefix, const std::string& after, std::size_t count = 1000);

  Result<std::string> begin_upload(const std::string& key);
  // Returns the part's tag. The server checks the bytes by their CRC-32C.
  Result<std::string> put_part(const std::string& key, const std::string& upload, std::uint32_t number,
                               const std::string& bytes);
  // `size` of all parts. Errors: not_found (no such upload, and no such object of that size)
  Status complete_upload(const std::string& key, const std::string& upload, const std::vector<std::string>& tags,
                         std::uint64_t size);
  Status abort_upload(const std::string& key, const std::string& upload);  // none there: fine
  Result<std::vector<Upload>> list_uploads(const std::string& prefix);
  // Errors: not_found
  Result<std::vector<Part>> list_parts(const std::string& key, const std::string& upload);

  Sender& sender() { return sender_; }

 private:
  Sender& sender_;
};

}  // namespace souk::blobs::s3
