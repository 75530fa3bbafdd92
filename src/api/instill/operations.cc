// SPDX-License-Identifier: Apache-2.0
//
// GET /operations/{id} and …/operation: handles of asynchronous triggers.
#include "api/bind.h"
#include "api/instill/instill.h"
#include "api/instill/shapes.h"
#include "api/prefer.h"

namespace souk::api::instill {
namespace {

struct OneOperation {
  std::string operation;
  std::optional<std::string> prefer;
};
BOOST_DESCRIBE_STRUCT(OneOperation, (), (operation, prefer))
struct OfModel {
  std::string ns, model;
  std::optional<std::string> view;
};
BOOST_DESCRIBE_STRUCT(OfModel, (), (ns, model, view))
struct OfVersion {
  std::string ns, model, version;
  std::optional<std::string> view;
};
BOOST_DESCRIBE_STRUCT(OfVersion, (), (ns, model, version, view))

// BASIC leaves out what went in and came out.
Result<OperationAnswer> latest(const Rooms& rooms, const access::Call& call, std::string_view ns,
                               std::string_view model, const std::optional<std::string>& version,
                               const std::optional<std::string>& view) {
  const auto found = SOUK_TRY(rooms.registry.get_model(call, access::Role::EXECUTOR, ns, model));
  std::optional<std::string> name;
  if (version) name = SOUK_TRY(rooms.registry.get_version(found, *version)).name;
  const auto run = SOUK_TRY(rooms.runs.latest(call, found->id, name));
  tasks::Payload payload;
  if (is_full(view)) payload = SOUK_TRY(rooms.runs.payload(call, run));
  Operation operation = operation_of(*run, payload, true);
  if (!is_full(view)) operation.response.reset();
  return OperationAnswer{std::move(operation)};
}

template <class Req, class F>
Route lenient(std::string pattern, F f) {
  Route route = plain<Req, OperationAnswer>("GET", std::move(pattern), kExecutor, kUsual, {}, std::move(f));
  route.unknown = json::UnknownFields::ignore;
  return route;
}

}  // namespace

void answer_operation(const Rooms& rooms, const access::Call& call, const std::string& uid, Duration wait,
                      std::function<void(Result<OperationAnswer>)> done) {
  const auto run = rooms.runs.get(call, uid);
  if (!run) return done(run.error());
  const auto answer = [&rooms, &call, authorized = *run, done](const tasks::ModelRun& now) {
    auto payload = rooms.runs.payload(call, authorized);
    if (!payload) return done(std::move(payload).error());
    done(OperationAnswer{operation_of(now, *payload, false)});
  };
  if (wait.count() == 0) return answer(**run);
  rooms.runs.wait(*run, std::chrono::steady_clock::now() + wait, [answer, done](Result<tasks::ModelRun> now) {
    if (!now) return done(std::move(now).error());
    answer(*now);
  });
}

void add_operations(RouteTable::Door& door, const Rooms& rooms) {
  Route one = later<OneOperation, OperationAnswer>("GET", "/v1alpha/operations/{operation}", kExecutor, kUsual, {},
                                                   [&rooms](const access::Call& call, const OneOperation& request,
                                                            const std::function<void(Result<OperationAnswer>)>& done) {
                                                     answer_operation(rooms, call, request.operation,
                                                                      wait_of(request.prefer), done);
                                                   });
  one.unknown = json::UnknownFields::ignore;
  door.add(std::move(one));
  door.add(lenient<OfModel>("/v1alpha/namespaces/{ns}/models/{model}/operation",
                            [&rooms](const access::Call& call, const OfModel& request) {
                              return latest(rooms, call, request.ns, request.model, std::nullopt, request.view);
                            }));
  door.add(lenient<OfVersion>("/v1alpha/namespaces/{ns}/models/{model}/versions/{version}/operation",
                              [&rooms](const access::Call& call, const OfVersion& request) {
                                return latest(rooms, call, request.ns, request.model, request.version, request.view);
                              }));
}

}  // namespace souk::api::instill
