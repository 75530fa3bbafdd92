// SPDX-License-Identifier: Apache-2.0
//
// AWS Signature Version 4 (docs.aws.amazon.com/AmazonS3/latest/API, "Authenticating Requests"): of a request's headers,
// and of a URL that is good for a while by itself. Written here because presigned URLs need it anyway. Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "blobs/s3/address.h"
#include "net/message.h"

namespace souk::blobs::s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: none
};

using Query = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

// "a=1&b=" in the order that signatures want.
std::string canonical_query(Query query);

// What a request needs besides `headers`: x-amz-date, x-amz-content-sha256, x-amz-security-token, Authorization.
// `path` is encoded already; `payload` is the body's SHA-256 in hex, or kUnsignedPayload.
std::vector<net::Header> sign(const Credentials& credentials, const Address& address, Time at, std::string_view method,
                              std::string_view path, const Query& query, const std::vector<net::Header>& headers,
                              std::string_view payload);

// A whole URL that lets anyone GET the key until `life` has passed.
std::string presign(const Credentials& credentials, const Address& address, Time at, std::string_view path,
                    const Query& query, std::chrono::seconds life);

}  // namespace souk::blobs::s3
