// SPDX-License-Identifier: Apache-2.0
//
// Telling HTTP/2 from HTTP/1.1 by what a client says first (RFC 9113, 3.3 and 3.4).
#include "net/http1/connection.h"
#include "net/http2/connection.h"

namespace souk::net {

Http1Connection::Preface Http1Connection::look_for_http2(const Input& input) {
  if (!first_) return Preface::absent;
  http2_ = wire_->protocol() == "h2" || input.text().starts_with(Http2Connection::kPreface);
  if (http2_) return Preface::whole;
  if (Http2Connection::kPreface.starts_with(input.text())) return Preface::begun;
  first_ = false;
  return Preface::absent;
}

void Http1Connection::hand_over() {
  loop_->remove(*this);
  deadline_ = SteadyTime::max();
  auto connection =
      std::make_shared<Http2Connection>(core_, loop_, traffic_, fd_, peer_, std::move(descriptor_), std::move(wire_));
  connection->open(exchange_->input().bytes());
}

}  // namespace souk::net
