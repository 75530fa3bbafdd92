// SPDX-License-Identifier: Apache-2.0
//
// One request on its way through a door: the stream, who calls, and the values of the path.
// Used by one thread at a time; answered exactly once by `send`, `fail`, or the stream's own start/write/finish.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/model.h"
#include "api/request_span.h"
#include "base/result.h"
#include "net/stream.h"

namespace souk::api {

struct Route;
struct Exchange;

// What an exchange needs of its dispatcher.
class Recorder {
 public:
  virtual ~Recorder() = default;
  // Hears of every answer once its status is known: counts, times, logs.
  virtual void answered(const Exchange& exchange, int status) = 0;
  // Runs f on the pool for what may block, or fails the exchange when that is full.
  virtual void run_on_pool(const std::shared_ptr<Exchange>& exchange, std::function<void()> f) = 0;
  // Hears of every error that is answered, before it is.
  virtual void failed(const Exchange& exchange, const Error& error) = 0;
};

struct Exchange {
  net::StreamPtr stream;
  access::Call call;
  const Route* route = nullptr;
  std::vector<std::string> path;      // decoded values, in the order of the pattern's names
  std::shared_ptr<std::string> body;  // whole, in the forms that collect it
  Recorder* recorder = nullptr;
  std::chrono::steady_clock::time_point started;
  mutable bool noted = false;         // its refusal, for the audit
  bool secure = false;                // the client speaks TLS, to souk or to a proxy that is trusted
  std::unique_ptr<RequestSpan> span;  // of a request that is sampled; ends with the answer, at the latest with this

  const net::RequestHead& head() const { return stream->head(); }
  // A value of the path by its name in the pattern; empty when the pattern has none of that name.
  std::string_view parameter(std::string_view name) const;
  // A value of the query; not there: nullopt. Errors: invalid_argument (encoding, given twice)
  Result<std::optional<std::string>> query(std::string_view name) const;

  // Answers, with the trace id as a header.
  void send(net::Response response);
  // Answers in the door's own error shape.
  void fail(const Error& error);
  // For doors that shape an error themselves, before they send it.
  void note(const Error& error) const;
  // The head of an answer that streams, with the trace id.
  void start(net::ResponseHead head);
  // The end of one, with its trailers.
  void finish(std::vector<net::Header> trailers);

 private:
  void send(net::Response response, int recorded);
};
using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace souk::api
