// SPDX-License-Identifier: Apache-2.0
#include "api/grpc/call.h"

#include <utility>

#include "api/error_table.h"
#include "api/grpc/status.h"
#include "api/route.h"

namespace souk::api::grpc {
namespace {

constexpr std::size_t kCompressedFrom = 1 << 10;
constexpr const char* kCodings = "identity,gzip,deflate";

bool accepts(std::string_view list, Coding coding) {
  while (!list.empty()) {
    std::size_t comma = list.find(',');
    if (find_coding(list.substr(0, comma)) == coding) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

Error refuse_transport(const net::RequestHead& head) {
  if (!is_grpc(head)) {
    return invalid_argument("Content-Type is '" + std::string(head.header("Content-Type").substr(0, 64)) +
                            "'; application/grpc is expected")
        .at("Content-Type");
  }
  return invalid_argument("gRPC needs HTTP/2").advise("connect with prior knowledge of HTTP/2, or over TLS by ALPN");
}

}  // namespace

std::size_t Reply::size() const {
  std::size_t size = head.size() - kPrefix;
  for (const net::Chunk& chunk : rest) size += chunk.data().size();
  return size;
}

std::shared_ptr<ServerCall> ServerCall::open(const ExchangePtr& exchange, MessageReader::Limits limits) {
  const net::RequestHead& head = exchange->head();
  if (!is_grpc(head) || !head.takes_trailers) {
    net::Response response = problem(refuse_transport(head), exchange->call);
    if (!is_grpc(head)) response.status = 415;
    exchange->send(std::move(response));
    return nullptr;
  }
  if (std::string_view timeout = head.header("grpc-timeout"); !timeout.empty()) {
    auto parsed = parse_timeout(timeout);
    if (!parsed) {
      exchange->fail(parsed.error());
      return nullptr;
    }
    exchange->call.deadline = std::chrono::steady_clock::now() + *parsed;
  }
  auto in = find_coding(head.header("grpc-encoding"));
  if (!in) {
    net::Response response =
        error_response(unimplemented("grpc-encoding is '" + std::string(head.header("grpc-encoding").substr(0, 32)) +
                                     "'; identity, gzip and deflate are understood"),
                       exchange->call);
    exchange->send(std::move(response.add("grpc-accept-encoding", kCodings)));
    return nullptr;
  }
  Coding out = accepts(head.header("grpc-accept-encoding"), *in) ? *in : Coding::identity;
  return std::make_shared<ServerCall>(exchange, *in, out, limits);
}

ServerCall::ServerCall(ExchangePtr exchange, Coding in, Coding out, MessageReader::Limits limits)
    : exchange_(std::move(exchange)), out_(out), reader_(exchange_->stream, in, limits) {}

void ServerCall::next(MessageReader::Done done) {
  reading_ = shared_from_this();
  next_done_ = std::move(done);
  reader_.next([this](Result<std::optional<Message>> message) {
    auto self = std::exchange(reading_, nullptr);
    auto told = std::exchange(next_done_, nullptr);
    told(std::move(message));
  });
}

void ServerCall::only(std::function<void(Result<Message>)> done) {
  only_done_ = std::move(done);
  next([this](Result<std::optional<Message>> first) {
    if (!first) return std::exchange(only_done_, nullptr)(std::move(first.error()));
    if (!*first) return std::exchange(only_done_, nullptr)(invalid_argument("the call carries no message"));
    next([this, message = std::move(**first)](Result<std::optional<Message>> second) mutable {
      auto told = std::exchange(only_done_, nullptr);
      if (!second) return told(std::move(second.error()));
      if (*second) return told(invalid_argument("the call carries more than one message"));
      told(std::move(message));
    });
  });
}

void ServerCall::add_header(std::string name, std::string value) {
  headers_.push_back({std::move(name), std::move(value)});
}

std::vector<net::Header> ServerCall::headers() {
  headers_.push_back({"content-type", std::string(kContentType)});
  if (out_ != Coding::identity) headers_.push_back({"grpc-encoding", std::string(coding_name(out_))});
  return std::move(headers_);
}

std::vector<net::Chunk> ServerCall::pack(Reply reply) const {
  std::size_t size = reply.size();
  std::vector<net::Chunk> chunks;
  if (out_ != Coding::identity && size >= kCompressedFrom) {
    Compressor compressor(out_);
    compressor.add(std::as_bytes(std::span(reply.head)).subspan(kPrefix));
    for (const net::Chunk& chunk : reply.rest) compressor.add(chunk.data());
    std::string packed = compressor.finish();
    std::string prefix(kPrefix, '\0');
    write_prefix(prefix.data(), packed.size(), true);
    chunks.emplace_back(std::move(prefix));
    chunks.emplace_back(std::move(packed));
    return chunks;
  }
  write_prefix(reply.head.data(), size, false);
  chunks.reserve(1 + reply.rest.size());
  chunks.emplace_back(std::move(reply.head));
  for (net::Chunk& chunk : reply.rest) chunks.push_back(std::move(chunk));
  return chunks;
}

void ServerCall::send(Reply reply) {
  if (reply.size() > UINT32_MAX) return fail(resource_exhausted("the answer is larger than a message can be"));
  net::Response response;
  response.headers = headers();
  response.body = pack(std::move(reply));
  response.trailers = ok_fields();
  exchange_->send(std::move(response));
}

void ServerCall::fail(const Error& error) {
  exchange_->fail(error);
}

void ServerCall::write(Reply reply, std::function<void(Status)> written) {
  if (!std::exchange(started_, true)) exchange_->start({.status = 200, .headers = headers(), .content_length = {}});
  std::vector<net::Chunk> chunks = pack(std::move(reply));
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) exchange_->stream->write(std::move(chunks[i]), [](Status) {});
  exchange_->stream->write(std::move(chunks.back()), std::move(written));
}

void ServerCall::finish(const Status& status) {
  if (!started_ && !status) return exchange_->fail(status.error());
  if (!std::exchange(started_, true)) exchange_->start({.status = 200, .headers = headers(), .content_length = {}});
  exchange_->finish(status ? ok_fields() : status_fields(status.error()));
}

}  // namespace souk::api::grpc
