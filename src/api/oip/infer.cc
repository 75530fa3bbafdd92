// SPDX-License-Identifier: Apache-2.0
//
// POST …/infer, on the connection's thread: parse, pin, run, write. Bytes are copied only where they have to be.
#include <charconv>

#include "api/compression.h"
#include "api/oip/classification.h"
#include "api/oip/models.h"
#include "api/oip/oip.h"
#include "api/oip/request.h"
#include "api/oip/response.h"

namespace souk::api::oip {
namespace {

constexpr std::string_view kJsonSize = "Inference-Header-Content-Length";
constexpr std::size_t kCompressedFrom = 1024;  // smaller answers gain nothing

// One request under way: what its tensors view lives here until the answer is sent.
struct Inference {
  ExchangePtr exchange;
  serving::Pinned pinned;
  std::string name;
  InferBody body;
};

Result<std::optional<std::uint64_t>> json_size(const net::RequestHead& head) {
  std::string_view text = head.header(kJsonSize);
  if (text.empty() && !head.has_header(kJsonSize)) return std::optional<std::uint64_t>();
  std::uint64_t size = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (fault == std::errc() && end == text.data() + text.size()) return std::optional(size);
  return invalid_argument("is not a number of bytes").at(std::string(kJsonSize));
}

Status begin(Context& context, const std::shared_ptr<Inference>& one) {
  Exchange& exchange = *one->exchange;
  std::int64_t revision = SOUK_TRY(revision_of(exchange.parameter("version")));
  one->name = model_name(exchange);
  one->pinned =
      SOUK_TRY(context.serving.pin(exchange.call, one->name, revision, access::Role::EXECUTOR, &exchange.head()));
  auto size = SOUK_TRY(json_size(exchange.head()));
  return parse(exchange.body, size, one->pinned->signature, one->body);
}

void pack(net::Response& response, Coding coding) {
  Compressor compressor(coding);
  for (const net::Chunk& chunk : response.body) compressor.add(chunk.data());
  response.body.clear();
  response.body.emplace_back(compressor.finish());
  response.add("Content-Encoding", std::string(coding_name(coding)));
}

void answer(const ExchangePtr& exchange, net::Response response) {
  const Coding coding = choose_coding(exchange->head().header("accept-encoding"));
  std::size_t size = 0;
  for (const net::Chunk& chunk : response.body) size += chunk.data().size();
  if (coding == Coding::identity || size < kCompressedFrom) return exchange->send(std::move(response));
  auto shared = std::make_shared<net::Response>(std::move(response));
  exchange->recorder->run_on_pool(exchange, [exchange, shared, coding] {
    pack(*shared, coding);
    exchange->send(std::move(*shared));
  });
}

// `later`: see Serving::infer; only on the connection's thread.
void run(Context& context, const ExchangePtr& exchange, const serving::Later& later) {
  auto one = std::make_shared<Inference>();
  one->exchange = exchange;
  if (Status begun = begin(context, one); !begun) return exchange->fail(std::move(begun.error()));
  const auto done = [one, &context](runtimes::InferResult result) {
    if (result) {
      Status classified = classify_outputs(one->body, one->pinned, context.tasks, *result);
      if (!classified) result = std::move(classified.error());
    }
    if (!result) return one->exchange->fail(std::move(result.error()));
    auto response = write_response(one->name, *one->pinned, one->body, std::move(*result));
    if (!response) return one->exchange->fail(std::move(response.error()));
    answer(one->exchange, std::move(*response));
  };
  serving::InferOptions options = one->body.options(exchange->call.deadline);
  options.later = later;
  options.gone = [stream = exchange->stream.get()] { return stream->gone(); };
  context.serving.infer(one->pinned, one->body.infer, std::move(options), done);
}

// Of a body in that coding; on the pool.
void run_coded(Context& context, const ExchangePtr& exchange, Coding coding) {
  auto bytes = decompress(coding, std::as_bytes(std::span(*exchange->body)), kInferLimits.max_bytes);
  if (!bytes) return exchange->fail(bytes.error());
  exchange->body = std::make_shared<std::string>(std::move(*bytes));
  run(context, exchange, {});
}

void infer(const ContextPtr& context, const ExchangePtr& exchange) {
  const std::string_view encoding = exchange->head().header("content-encoding");
  if (encoding.empty()) {
    return run(*context, exchange,
               [stream = exchange->stream.get()](std::function<void()> f) { stream->post(std::move(f)); });
  }
  const std::optional<Coding> coding = find_coding(encoding);
  if (!coding) {
    return exchange->fail(
        invalid_argument("is not known").at("Content-Encoding").advise("send gzip, deflate or identity"));
  }
  exchange->recorder->run_on_pool(exchange, [context, exchange, coding] { run_coded(*context, exchange, *coding); });
}

}  // namespace

void add_infer(RouteTable::Door& door, const ContextPtr& context) {
  for (const char* model : {"/v2/models/{model}", "/v2/models/{ns}/{model}"}) {
    for (const char* version : {"", "/versions/{version}"}) {
      door.add(Route{"POST",
                     std::string(model) + version + "/infer",
                     kExecutor,
                     kInferLimits,
                     Form::completing,
                     [context](const ExchangePtr& exchange) { infer(context, exchange); },
                     {}});
    }
  }
}

}  // namespace souk::api::oip
