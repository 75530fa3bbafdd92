// SPDX-License-Identifier: Apache-2.0
//
// POST …/trigger, …/trigger-async and …/trigger-multipart: typed inputs in, typed outputs or an operation out. Decoding
// runs on the request pool; the answer is sent by whichever thread ends the last inference.
#include "api/bind.h"
#include "api/instill/instill.h"
#include "api/instill/shapes.h"
#include "api/multipart.h"
#include "api/prefer.h"
#include "base/digest.h"

namespace souk::api::instill {
namespace {

constexpr net::BodyLimits kNow{.max_bytes = 64 << 20};
constexpr net::BodyLimits kLater{.max_bytes = 16 << 20};  // kept in the database until it is done

struct TriggerBody {
  std::optional<std::vector<json::Raw>> task_inputs, taskInputs;
};
BOOST_DESCRIBE_STRUCT(TriggerBody, (), (task_inputs, taskInputs))
struct TriggerAnswer {
  std::string task;
  std::vector<json::Raw> task_outputs;
};
BOOST_DESCRIBE_STRUCT(TriggerAnswer, (), (task, task_outputs))

Result<tasks::TriggerRequest> request_of(const Rooms& rooms, const Exchange& exchange, std::vector<json::Raw> inputs) {
  tasks::TriggerRequest out;
  out.head = &exchange.head();
  out.namespace_ = exchange.parameter("ns");
  out.model = exchange.parameter("model");
  if (const std::string_view version = exchange.parameter("version"); !version.empty()) out.version = version;
  // One deployment of the model, with whatever shares its traffic.
  out.deployment = SOUK_TRY(exchange.query("deployment")).value_or("");
  if (out.version && !out.deployment.empty()) {
    return invalid_argument("cannot be given with a version: the deployment decides which answers").at("deployment");
  }
  out.inputs = std::move(inputs);
  // Only a browser says so.
  if (exchange.head().has_header("Sec-Fetch-Mode")) out.source = tasks::RunSource::CONSOLE;
  out.requester = SOUK_TRY(requester_of(rooms, exchange));
  return out;
}

Result<tasks::TriggerRequest> from_json(const Rooms& rooms, const Exchange& exchange) {
  TriggerBody body =
      SOUK_TRY(json::read<TriggerBody>(SOUK_TRY(api::detail::json_body(exchange)), json::UnknownFields::ignore));
  auto& given = body.task_inputs ? body.task_inputs : body.taskInputs;
  return request_of(rooms, exchange, given ? std::move(*given) : std::vector<json::Raw>());
}

// Each file is the picture of one input; a form without files is one input of its fields.
Result<tasks::TriggerRequest> from_form(const Rooms& rooms, const Exchange& exchange) {
  std::vector<json::Raw> inputs;
  std::map<std::string, std::string> fields;
  for (const Part& part : SOUK_TRY(parse_multipart(exchange.head().header("Content-Type"), *exchange.body))) {
    if (!part.is_file) {
      if (!json::is_utf8(part.content)) return invalid_argument("field '" + part.name + "' is not UTF-8").at("body");
      fields[part.name] = part.content;
      continue;
    }
    inputs.push_back({R"({"data":{"type":"image-base64","image-base64":")" + to_base64(part.content) + "\"}}"});
  }
  if (inputs.empty() && !fields.empty()) inputs.push_back({R"({"data":)" + json::write(fields) + "}"});
  return request_of(rooms, exchange, std::move(inputs));
}

void answer_now(const Rooms& rooms, const ExchangePtr& exchange, Result<tasks::TriggerRequest> request) {
  if (!request) return exchange->fail(request.error());
  rooms.runs.trigger(exchange->call, std::move(*request), [exchange](Result<tasks::Triggered> done) {
    if (!done) return exchange->fail(done.error());
    const TriggerAnswer body{"TASK_" + done->task, std::move(done->outputs)};
    net::Response response = net::Response::text(200, "application/json", json::write(body));
    response.add("souk-version-digest", done->digest);
    response.add("souk-run", done->run_uid);
    exchange->send(std::move(response));
  });
}

void answer_later(const Rooms& rooms, const ExchangePtr& exchange, Result<tasks::TriggerRequest> request) {
  if (!request) return exchange->fail(request.error());
  const auto run = rooms.runs.trigger_async(exchange->call, std::move(*request));
  if (!run) return exchange->fail(run.error());
  const auto send = [exchange](const OperationAnswer& answer) {
    exchange->send(net::Response::text(200, "application/json", json::write(answer)));
  };
  const Duration wait = wait_of(std::string(exchange->head().header("Prefer")));
  if (wait.count() == 0) return send(OperationAnswer{operation_of(*run, tasks::Payload{}, false)});
  answer_operation(rooms, exchange->call, run->uid, wait, [exchange, send](Result<OperationAnswer> answer) {
    if (!answer) return exchange->fail(answer.error());
    send(*answer);
  });
}

template <class F>
void add(RouteTable::Door& door, const std::string& verb, net::BodyLimits limits, F f) {
  for (const char* version : {"", "/versions/{version}"}) {
    Route route{"POST",      std::string("/v1alpha/namespaces/{ns}/models/{model}") + version + "/" + verb,
                kExecutor,   limits,
                Form::plain, f,
                {}};
    route.unknown = json::UnknownFields::ignore;
    door.add(std::move(route));
  }
}

}  // namespace

void add_trigger(RouteTable::Door& door, const Rooms& rooms) {
  add(door, "trigger", kNow,
      [&rooms](const ExchangePtr& exchange) { answer_now(rooms, exchange, from_json(rooms, *exchange)); });
  add(door, "trigger-multipart", kNow,
      [&rooms](const ExchangePtr& exchange) { answer_now(rooms, exchange, from_form(rooms, *exchange)); });
  add(door, "trigger-async", kLater,
      [&rooms](const ExchangePtr& exchange) { answer_later(rooms, exchange, from_json(rooms, *exchange)); });
}

}  // namespace souk::api::instill
