// SPDX-License-Identifier: Apache-2.0
#include "api/request_span.h"

#include <array>
#include <charconv>

#include "api/grpc/status.h"
#include "api/route.h"

namespace souk::api {
namespace {

constexpr std::size_t kLongest = 300;  // of what a client names

// A method that is none of HTTP's is not to be a value of its own.
std::string_view method_of(std::string_view method) {
  constexpr std::array<std::string_view, 9> kKnown{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  for (const std::string_view known : kKnown) {
    if (known == method) return known;
  }
  return "_OTHER";
}

// "10.0.0.1" of "10.0.0.1:8080".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

// Faults of the server, as the conventions for gRPC have it.
bool is_server_fault(int grpc_status) {
  switch (static_cast<Code>(grpc_status)) {
    case Code::unknown:
    case Code::deadline_exceeded:
    case Code::unimplemented:
    case Code::internal:
    case Code::unavailable:
    case Code::data_loss:
      return true;
    default:
      return false;
  }
}

}  // namespace

RequestSpan::RequestSpan(TracePtr trace, std::chrono::steady_clock::time_point begun, const net::RequestHead& head,
                         const Route* route, std::string_view address, bool secure) {
  span_.id = trace->span;
  span_.parent = trace->parent;
  span_.trace = std::move(trace);
  span_.kind = SpanKind::server;
  span_.begun = begun;
  auto& attributes = span_.attributes;
  attributes.reserve(12);
  grpc_ = route != nullptr && grpc::is_grpc(head);
  if (grpc_) {
    const std::string_view method = std::string_view(route->pattern).substr(1);
    const std::size_t slash = method.rfind('/');
    span_.name = method;
    attributes.push_back({"rpc.system", "grpc"});
    attributes.push_back({"rpc.service", std::string(method.substr(0, slash))});
    attributes.push_back({"rpc.method", std::string(method.substr(slash + 1))});
  } else {
    const std::string_view method = method_of(head.method);
    span_.name = method == "_OTHER" ? "HTTP" : method;
    attributes.push_back({"http.request.method", std::string(method)});
    attributes.push_back({"url.path", std::string(head.path.substr(0, kLongest))});
    attributes.push_back({"url.scheme", secure ? "https" : "http"});
    if (route != nullptr) {
      span_.name.append(" ").append(route->pattern);
      attributes.push_back({"http.route", route->pattern});
    }
  }
  attributes.push_back({"client.address", std::string(address)});
  const std::string_view authority = head.header("Host").substr(0, kLongest);
  if (!authority.empty()) attributes.push_back({"server.address", std::string(host_of(authority))});
  const std::string_view agent = head.header("User-Agent").substr(0, kLongest);
  if (!agent.empty()) attributes.push_back({"user_agent.original", std::string(agent)});
}

RequestSpan::~RequestSpan() {
  end();
}

void RequestSpan::sent(const net::Response& response, int status) {
  status_ = status;
  note_grpc(response.headers);
  note_grpc(response.trailers);
  end();
}

void RequestSpan::started(int status) {
  status_ = status;
}

void RequestSpan::finished(const std::vector<net::Header>& trailers) {
  note_grpc(trailers);
  end();
}

void RequestSpan::note_grpc(const std::vector<net::Header>& fields) {
  if (!grpc_) return;
  for (const net::Header& field : fields) {
    if (field.name != "grpc-status") continue;
    std::from_chars(field.value.data(), field.value.data() + field.value.size(), grpc_status_);
  }
}

void RequestSpan::end() {
  if (std::exchange(ended_, true)) return;
  span_.ended = std::chrono::steady_clock::now();
  auto& attributes = span_.attributes;
  if (grpc_ && grpc_status_ >= 0) {
    attributes.push_back({"rpc.grpc.status_code", std::int64_t{grpc_status_}});
    span_.failed = is_server_fault(grpc_status_);
    if (grpc_status_ != 0)
      attributes.push_back({"error.type", std::string(code_name(static_cast<Code>(grpc_status_)))});
  } else if (status_ != 0 && !grpc_) {
    attributes.push_back({"http.response.status_code", std::int64_t{status_}});
    span_.failed = status_ >= 500;
    if (span_.failed) attributes.push_back({"error.type", std::to_string(status_)});
  } else {
    span_.failed = true;
    attributes.push_back({"error.type", "cancelled"});
  }
  const TracePtr trace = span_.trace;
  trace->add(std::move(span_));
}

}  // namespace souk::api
