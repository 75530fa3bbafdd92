// SPDX-License-Identifier: Apache-2.0
//
// As much of an S3 server as a store needs, in memory, on a port of its own, that fails as it is told. Checks what a
// real one checks: the payload's SHA-256, the parts' CRC-32C, tags at completion. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "net/server.h"

namespace souk::blobs::s3 {

enum class Failure { none, internal_error, slow_down, cut_short, corrupt, hang_up, denied };

class FakeS3 {
 public:
  struct Seen {
    std::string method;
    std::string key;    // without the bucket
    std::string query;  // still encoded
    std::string range;
  };
  struct Object {
    std::string bytes;
    std::vector<net::Header> metadata;
    Time modified;
  };
  struct Upload {
    std::string key;
    std::map<int, Object> parts;
    Time begun;
  };

  FakeS3();
  ~FakeS3();
  std::string url() const { return "s3://souk?endpoint=" + server_.url(); }

  // Asked for each request, under the mutex.
  std::function<Failure(const Seen&)> fails;
  // The next `count` requests that `which` says fail so.
  void fail_next(int count, Failure how, std::function<bool(const Seen&)> which = nullptr);
  int requests(const std::string& method);

  std::mutex mutex;
  std::map<std::string, Object> objects;
  std::map<std::string, Upload> uploads;
  std::vector<Seen> seen;

 private:
  using Parameters = std::map<std::string, std::string>;
  void handle(const net::StreamPtr& stream, const std::string& body);
  net::Response answer(const net::RequestHead& head, const Seen& seen, const Parameters& query,
                       const std::string& body);
  net::Response put(const net::RequestHead& head, const std::string& key, const std::string& body);
  net::Response put_part(const net::RequestHead& head, const Parameters& query, const std::string& body);
  net::Response get(const net::RequestHead& head, const std::string& key);
  net::Response complete(const std::string& id, const std::string& body);
  net::Response list(const Parameters& query);
  net::Response list_uploads(const Parameters& query);
  net::Response list_parts(const std::string& id);

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  net::Server server_;
};

}  // namespace souk::blobs::s3
