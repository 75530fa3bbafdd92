// SPDX-License-Identifier: Apache-2.0
//
// POST …/infer, on the connection's thread: parse, pin, run, write. Bytes are copied only where they have to be.
#include <charconv>

#include "api/oip/oip.h"
#include "api/oip/request.h"
#include "api/oip/response.h"

namespace souk::api::oip {
namespace {

constexpr net::BodyLimits kInferLimits{.max_bytes = 256 << 20};
constexpr std::string_view kJsonSize = "Inference-Header-Content-Length";

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

// The place at fault in front of what is wrong there: {"error"} has no field for it.
Error placed(Error error) {
  if (!error.field.empty() && !error.message.starts_with("input \"") && !error.message.starts_with("output \"")) {
    error.message = error.field + ": " + error.message;
  }
  return error;
}

Status begin(serving::Serving& serving, const std::shared_ptr<Inference>& one) {
  Exchange& exchange = *one->exchange;
  std::int64_t revision = SOUK_TRY(model_revision(exchange));
  one->name = model_name(exchange);
  one->pinned = SOUK_TRY(serving.pin(exchange.call, one->name, revision));
  auto size = SOUK_TRY(json_size(exchange.head()));
  return parse(exchange.body, size, one->pinned->signature, one->body);
}

void infer(serving::Serving& serving, const ExchangePtr& exchange) {
  auto one = std::make_shared<Inference>();
  one->exchange = exchange;
  if (Status begun = begin(serving, one); !begun) return exchange->fail(placed(std::move(begun.error())));
  const auto done = [one](runtimes::InferResult result) {
    if (!result) return one->exchange->fail(placed(std::move(result.error())));
    auto response = write_response(one->name, *one->pinned, one->body, std::move(*result));
    if (!response) return one->exchange->fail(placed(std::move(response.error())));
    one->exchange->send(std::move(*response));
  };
  serving.infer(one->pinned, one->body.infer, exchange->call.deadline, done,
                [stream = exchange->stream.get()](std::function<void()> f) { stream->post(std::move(f)); });
}

}  // namespace

void add_infer(RouteTable::Door& door, serving::Serving& serving) {
  for (const char* model : {"/v2/models/{model}", "/v2/models/{ns}/{model}"}) {
    for (const char* version : {"", "/versions/{version}"}) {
      door.add(Route{"POST",
                     std::string(model) + version + "/infer",
                     kExecutor,
                     kInferLimits,
                     Form::completing,
                     [&serving](const ExchangePtr& exchange) { infer(serving, exchange); },
                     {}});
    }
  }
}

}  // namespace souk::api::oip
