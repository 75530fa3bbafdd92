// SPDX-License-Identifier: Apache-2.0
//
// Operations (typed tasks asked for now and done by the queue) and the records of all invocations.
#include <memory>
#include <mutex>

#include "api/bind.h"
#include "api/native/shapes.h"
#include "api/prefer.h"
#include "net/sse.h"

namespace souk::api::native {
namespace {

constexpr net::BodyLimits kInputs{.max_bytes = 16 << 20};

struct RunError {
  std::string code, message;
};
BOOST_DESCRIBE_STRUCT(RunError, (), (code, message))

struct ModelRun {
  std::int64_t id = 0;
  std::string uid, namespace_, model;
  std::optional<std::string> version, digest, task;
  tasks::RunState state = tasks::RunState::QUEUED;
  tasks::RunSource source = tasks::RunSource::API;
  bool asynchronous = false;
  std::string requester, runner;
  std::int64_t input_count = 0;
  std::optional<RunError> error;
  std::optional<double> duration_ms;
  Time create_time, update_time;
  std::optional<Time> start_time, end_time;
  std::optional<json::Raw> task_inputs, task_outputs;
};
BOOST_DESCRIBE_STRUCT(ModelRun, (),
                      (id, uid, namespace_, model, version, digest, task, state, source, asynchronous, requester,
                       runner, input_count, error, duration_ms, create_time, update_time, start_time, end_time,
                       task_inputs, task_outputs))

struct OperationList {
  std::vector<ModelRun> operations;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(OperationList, (), (operations, next_page_token))
struct RunList {
  std::vector<ModelRun> model_runs;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(RunList, (), (model_runs, next_page_token))
struct ListRuns : ListFields {};
BOOST_DESCRIBE_STRUCT(ListRuns, (ListFields), ())

struct NewOperation {
  std::string model;  // "default/digits", "digits:2"
  std::vector<json::Raw> task_inputs;
};
BOOST_DESCRIBE_STRUCT(NewOperation, (), (model, task_inputs))
struct CreateOperation {
  std::optional<std::string> prefer;
  NewOperation body;
};
BOOST_DESCRIBE_STRUCT(CreateOperation, (), (prefer, body))
struct OneOperation {
  std::string operation;
  std::optional<std::string> prefer;
};
BOOST_DESCRIBE_STRUCT(OneOperation, (), (operation, prefer))
struct OneRun {
  std::string run;
};
BOOST_DESCRIBE_STRUCT(OneRun, (), (run))

std::optional<std::string> filled(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

ModelRun shape(const tasks::ModelRun& run) {
  ModelRun out;
  out.id = run.id.value;
  out.uid = run.uid;
  out.namespace_ = run.namespace_;
  out.model = run.model;
  out.version = filled(run.version);
  out.digest = filled(run.digest);
  out.task = filled(run.task);
  out.state = run.state;
  out.source = run.source;
  out.asynchronous = run.is_operation();
  out.requester = run.requester;
  out.runner = run.runner;
  out.input_count = run.input_count;
  if (!run.error_code.empty()) out.error = RunError{run.error_code, run.error};
  if (run.end_time) out.duration_ms = run.duration_ms;
  out.create_time = run.create_time;
  out.update_time = run.update_time;
  out.start_time = run.start_time;
  out.end_time = run.end_time;
  return out;
}

// With what went in and came out, for who asked.
Result<ModelRun> whole(const Rooms& rooms, const access::Call& call, std::string_view uid) {
  const auto run = SOUK_TRY(rooms.model_runs.get(call, uid));
  ModelRun out = shape(*run);
  tasks::Payload payload = SOUK_TRY(rooms.model_runs.payload(call, run));
  out.task_inputs = std::move(payload.inputs);
  out.task_outputs = std::move(payload.outputs);
  return out;
}

using Done = std::function<void(Result<Answer<ModelRun>>)>;

// 200 once it has ended, else `status`.
void answer(const Rooms& rooms, const access::Call& call, const std::string& uid, int status, Duration wait,
            const Done& done) {
  const auto finish = [&rooms, &call, uid, status, done]() {
    auto run = whole(rooms, call, uid);
    if (!run) return done(std::move(run).error());
    const int answered = tasks::is_final(run->state) ? 200 : status;
    done(Answer<ModelRun>{answered, std::move(*run)});
  };
  if (wait.count() == 0) return finish();
  auto run = rooms.model_runs.get(call, uid);
  if (!run) return done(std::move(run).error());
  rooms.model_runs.wait(*run, std::chrono::steady_clock::now() + wait,
                        [finish](const Result<tasks::ModelRun>&) { finish(); });
}

void create(const Rooms& rooms, const access::Call& call, const CreateOperation& request, const Done& done) {
  auto reference = registry::Reference::parse(request.body.model);
  if (!reference) return done(std::move(reference.error()).at("model"));
  if (!reference->alias.empty() || reference->digest) {
    return done(invalid_argument("'" + access::as_shown(request.body.model) + "' names an alias or a digest")
                    .at("model")
                    .advise("name the model, or one of its versions: default/digits, default/digits:2"));
  }
  tasks::TriggerRequest wanted;
  wanted.namespace_ = reference->namespace_;
  wanted.model = reference->model;
  if (!reference->version.empty()) wanted.version = reference->version;
  wanted.inputs = request.body.task_inputs;
  auto run = rooms.model_runs.trigger_async(call, std::move(wanted));
  if (!run) return done(std::move(run).error());
  answer(rooms, call, run->uid, 202, wait_of(request.prefer), done);
}

// What an operation's stream lives on; goes with the last copy of its callback.
struct Watched {
  std::mutex mutex;
  events::Subscription subscription;
};

// One event now and one at each move; ends with the operation.
Status watch(const Rooms& rooms, const ExchangePtr& exchange) {
  const std::string cursor = SOUK_TRY(rooms.events.head());
  const auto run = SOUK_TRY(rooms.model_runs.get(exchange->call, exchange->parameter("operation")));
  net::EventWriter writer(exchange->stream, {}, {{"souk-trace-id", exchange->call.trace_id}});
  const auto send = [writer](const ModelRun& now) {
    net::EventWriter to = writer;  // a handle
    if (!to.send({.id = "", .type = "operation", .data = json::write(now), .retry = std::nullopt})) return;
    if (tasks::is_final(now.state)) to.close();
  };
  send(shape(*run));
  if (tasks::is_final(run->state)) return {};
  events::Filter filter;
  filter.types = {"operation.*"};
  filter.visible = [uid = run->uid](const events::Event& event) { return event.name == uid; };
  auto watched = std::make_shared<Watched>();
  auto subscribed = rooms.events.subscribe(
      std::move(filter),
      [send, &rooms, run](const events::EventPtr&) {
        // Read elsewhere: the thread of events does not wait for the database.
        rooms.model_runs.wait(run, Deadline::min(), [send](const Result<tasks::ModelRun>& now) {
          if (now) send(shape(*now));
        });
      },
      cursor);
  if (!subscribed) {
    writer.close();
    return {};
  }
  {
    const std::lock_guard lock(watched->mutex);
    watched->subscription = std::move(*subscribed);
  }
  writer.on_close([watched] {
    const std::lock_guard lock(watched->mutex);
    watched->subscription.reset();
  });
  return {};
}

Result<OperationList> list_operations(const Rooms& rooms, const access::Call& call, const ListRuns& request) {
  auto page = SOUK_TRY(rooms.model_runs.list(call, true, SOUK_TRY(list_query(request))));
  OperationList out;
  for (const tasks::ModelRun& run : page.items) out.operations.push_back(shape(run));
  out.next_page_token = page_token_of(page.next_page_token);
  return out;
}

Result<RunList> list_runs(const Rooms& rooms, const access::Call& call, const ListRuns& request) {
  auto page = SOUK_TRY(rooms.model_runs.list(call, false, SOUK_TRY(list_query(request))));
  RunList out;
  for (const tasks::ModelRun& run : page.items) out.model_runs.push_back(shape(run));
  out.next_page_token = page_token_of(page.next_page_token);
  return out;
}

void add_watch(RouteTable::Door& door, const Rooms& rooms) {
  Route route{"GET",
              "/api/v1/operations/{operation}/events",
              kExecutor,
              kUsual,
              Form::plain,
              [&rooms](const ExchangePtr& exchange) {
                if (Status status = watch(rooms, exchange); !status) exchange->fail(status.error());
              },
              {}};
  route.doc.operation_id = "watch_operation";
  route.doc.summary = "An operation as it goes on: server-sent events until it has ended";
  route.doc.parameters = {{"operation", "path", true, R"({"type":"string"})", "The operation's uid"}};
  route.doc.response_type = "text/event-stream";
  route.doc.response_schema = R"({"type":"string"})";
  door.add(std::move(route));
}

}  // namespace

void add_operations(RouteTable::Door& door, const Rooms& rooms) {
  door.add(later<CreateOperation, Answer<ModelRun>>(
      "POST", "/api/v1/operations", kExecutor, kInputs,
      {"create_operation", "Invoke a typed task asynchronously; 200 when it ends within Prefer: wait", 202},
      [&rooms](const access::Call& call, const CreateOperation& request, Done done) {
        create(rooms, call, request, done);
      }));
  door.add(plain<ListRuns, OperationList>(
      "GET", "/api/v1/operations", kExecutor, kUsual,
      {"list_operations", "Operations that the caller asked for; an admin's: all"},
      [&rooms](const access::Call& call, const ListRuns& request) { return list_operations(rooms, call, request); }));
  door.add(later<OneOperation, Answer<ModelRun>>(
      "GET", "/api/v1/operations/{operation}", kExecutor, kUsual,
      {"get_operation", "One operation; Prefer: wait waits for its end"},
      [&rooms](const access::Call& call, const OneOperation& request, Done done) {
        answer(rooms, call, request.operation, 200, wait_of(request.prefer), done);
      }));
  door.add(later<OneOperation, Answer<ModelRun>>(
      "POST", "/api/v1/operations/{operation}:cancel", kExecutor, kUsual,
      {"cancel_operation", "Ask an operation to end"},
      [&rooms](const access::Call& call, const OneOperation& request, Done done) {
        auto run = rooms.model_runs.get(call, request.operation);
        if (!run) return done(std::move(run).error());
        auto cancelled = rooms.model_runs.cancel(call, *run);
        if (!cancelled) return done(std::move(cancelled).error());
        answer(rooms, call, request.operation, 200, wait_of(request.prefer), done);
      }));
  add_watch(door, rooms);
  door.add(plain<ListRuns, RunList>(
      "GET", "/api/v1/model_runs", kExecutor, kUsual,
      {"list_model_runs", "Records of the caller's invocations of typed tasks; an admin's: all"},
      [&rooms](const access::Call& call, const ListRuns& request) { return list_runs(rooms, call, request); }));
  door.add(plain<OneRun, ModelRun>(
      "GET", "/api/v1/model_runs/{run}", kExecutor, kUsual,
      {"get_model_run", "One record, with what went in and came out for who asked"},
      [&rooms](const access::Call& call, const OneRun& request) { return whole(rooms, call, request.run); }));
}

}  // namespace souk::api::native
