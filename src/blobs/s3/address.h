// SPDX-License-Identifier: Apache-2.0
//
// Where a bucket is: s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME&style=path|virtual]. Without an endpoint it is
// Amazon's own. Credentials never stand in it. Pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::blobs::s3 {

struct Address {
  std::string origin;  // "https://bucket.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000"
  std::string host;    // as the Host header has it
  std::string base;    // before every key's path: "/bucket/" or "/"
  std::string bucket;
  std::string prefix;  // of every key: "" or "a/b/"
  std::string region;
  std::string url;  // that says all of this, whatever the environment

  // Of a key of ours, encoded for a URL.
  std::string path(std::string_view key) const;
};

using Environment = std::function<const char*(const char* name)>;

// The environment fills what the URL leaves out: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION.
// Errors: invalid_argument
Result<Address> parse_address(std::string_view url, const Environment& environment);

// As signatures want it: everything but A-Z a-z 0-9 - . _ ~ is escaped, and '/' where `slashes` says so.
std::string encode(std::string_view text, bool slashes);

}  // namespace souk::blobs::s3
