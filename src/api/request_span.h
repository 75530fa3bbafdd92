// SPDX-License-Identifier: Apache-2.0
//
// The span of a request as its server sees it: OpenTelemetry's semantic conventions for HTTP and for RPC, the latter
// where a method of gRPC is called. It ends with the answer; one that is dropped without an answer is a failed one.
// Used by one thread at a time, as its exchange is.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "net/message.h"

namespace souk::api {

struct Route;

class RequestSpan {
 public:
  // `route`: null where the request fits none. `address`: of the client.
  RequestSpan(TracePtr trace, std::chrono::steady_clock::time_point begun, const net::RequestHead& head,
              const Route* route, std::string_view address, bool secure);
  ~RequestSpan();

  // The whole answer. `status`: the answer's, or what it stands for where a protocol says 200 of a failure.
  void sent(const net::Response& response, int status);
  // An answer that streams, and its end.
  void started(int status);
  void finished(const std::vector<net::Header>& trailers);

 private:
  void end();
  void note_grpc(const std::vector<net::Header>& fields);

  Span span_;
  bool grpc_ = false;
  int status_ = 0;        // of HTTP; 0: none yet
  int grpc_status_ = -1;  // -1: none yet
  bool ended_ = false;
};

}  // namespace souk::api
