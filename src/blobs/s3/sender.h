// SPDX-License-Identifier: Apache-2.0
//
// Sends signed requests to one bucket, again where the reason of a failure may pass: no connection, a stall, a body cut
// short, 429 and 5xx. Thread-safe; blocking.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "blobs/s3/settings.h"
#include "blobs/s3/signature.h"
#include "net/client/client.h"

namespace souk::blobs::s3 {

struct Request {
  std::string method;
  std::string key;  // empty: the bucket
  Query query;
  std::vector<net::Header> headers;
  const std::string* body = nullptr;
  std::string payload{kUnsignedPayload};  // the body's SHA-256 in hex, where it is known
  // Of a 2xx answer's body. `restart` is called before each attempt.
  std::function<Status(std::span<const std::byte>)> sink;
  std::function<void()> restart;
  bool slow = false;  // the server may need minutes before its first byte
};

// What an answer of S3 says went wrong.
struct Fault {
  std::string code;  // "NoSuchKey"
  std::string message;
};
Fault fault_of(const net::ClientResponse& response);

class Sender {
 public:
  Sender(Address address, Credentials credentials, const S3Settings& settings, Logger& log, Metrics& metrics);

  // Any answer but 429 and 5xx, which are unavailable once the attempts are used up. Errors: unavailable, and the
  // sink's
  Result<net::ClientResponse> send(const Request& request);
  // Ends waits between attempts, for good.
  void stop();

  std::string presign(const std::string& key, const Query& query, std::chrono::seconds life) const;
  // What an unexpected answer means. `doing`: "reading sha256:…"
  Error error_of(const net::ClientResponse& response, const std::string& doing) const;
  const Address& address() const { return address_; }

 private:
  struct Attempt {
    Result<net::ClientResponse> response;
    bool again = false;
    std::optional<Duration> asked;
  };
  Attempt attempt(const Request& request);
  bool wait(Duration pause);

  const Address address_;
  const Credentials credentials_;
  const int attempts_;
  const Duration pause_;
  net::Client client_, slow_client_;
  Logger& log_;
  Counter& requests_;
  Counter& retries_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
};

}  // namespace souk::blobs::s3
