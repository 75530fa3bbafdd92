// SPDX-License-Identifier: Apache-2.0
//
// For tests only: Serving over a real registry and ONNX Runtime; the inspector only plays.
#pragma once

#include <condition_variable>
#include <cstring>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>

#include "registry/test_registry.h"
#include "runtimes/onnx/loader.h"
#include "serving/serving.h"

namespace souk::serving {

class TestServing : public registry::TestRegistry {
 public:
  explicit TestServing(store::Dialect dialect, ServingSettings settings = {})
      : TestRegistry(dialect), settings(settings), onnx(runtimes::OnnxSettings{}, database.log) {
    subscription = must(events->subscribe({}, [this](const events::EventPtr& event) {
      std::lock_guard lock(mutex);
      seen.push_back(event);
      heard.notify_all();
    }));
    must(store->write([](store::Tx& tx) {  // as work::Nodes does it
      return tx.exec("INSERT INTO nodes (name, incarnation, start_time, seen_time) VALUES ('here', 'test', 0, 0)");
    }));
    start();
  }
  ~TestServing() { subscription.reset(); }

  void start() {
    serving = std::make_unique<Serving>(settings, *store, *events, *access, *registry, *artifacts, loaders, "here",
                                        database.log, database.metrics);
    Status started = serving->start(std::chrono::seconds(20));
    if (!started) throw std::runtime_error(started.error().describe());
  }
  void restart() {
    serving.reset();
    start();
  }

  std::string model_bytes(const std::string& name) {
    std::ifstream in(std::string(SOUK_SOURCE_DIR) + "/src/runtimes/testdata/" + name + ".onnx", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Appended to a model: the same model, other bytes (field 4, model_version's neighbour `domain`).
  std::string harmless_field() { return {'\x22', '\x01', 'x'}; }

  void push_model(const std::string& model, const std::string& tag, const std::string& bytes) {
    must(push_onnx(model, tag, bytes));
  }
  void push_files(const std::string& model, const std::string& tag, const std::map<std::string, std::string>& files) {
    must(push(model, tag, model_manifest(repository(model), files)));
  }

  Result<DeploymentView> try_deploy_as(const access::Call& as, const std::string& reference, DeployRequest wanted = {},
                                       bool* created = nullptr) {
    wanted.reference = must(registry::Reference::parse(reference));
    return serving->deploy(as, std::move(wanted), created);
  }
  Result<DeploymentView> try_deploy(const std::string& reference, DeployRequest wanted = {}, bool* created = nullptr) {
    return try_deploy_as(call, reference, std::move(wanted), created);
  }
  // Deployed, and settled.
  DeploymentView deploy(const std::string& reference, DeployRequest wanted = {}, bool* created = nullptr) {
    return settle(must(try_deploy(reference, std::move(wanted), created)));
  }
  DeploymentView update(const std::string& slug, const DeploymentPatch& patch) {
    return settle(must(serving->update(call, get(slug), patch, {})));
  }
  DeploymentView settle(const DeploymentView& view) {
    std::promise<Result<DeploymentView>> settled;
    serving->wait_settled(get(view.deployment.slug), std::chrono::steady_clock::now() + std::chrono::seconds(60),
                          [&](Result<DeploymentView> result) { settled.set_value(std::move(result)); });
    return must(settled.get_future().get());
  }
  AuthorizedDeployment get(const std::string& slug) {
    return must(serving->get(call, access::Role::WRITER, "default", slug));
  }
  DeploymentView view(const std::string& slug) { return must(serving->view(get(slug))); }
  void set_alias(const std::string& of, const std::string& alias, const std::string& version) {
    must(registry->set_alias(call, model(of), alias, version));
  }

  // One request of the model `mlp`.
  runtimes::InferResult infer(const Pinned& pinned) {
    static const std::vector<float> pixels(64, 0.5F);
    runtimes::InferRequest request{
        {{"pixels", runtimes::Datatype::FP32, {1, 64}, std::as_bytes(std::span(pixels)), {}}}, {}};
    return infer(pinned, request);
  }
  runtimes::InferResult infer(const Pinned& pinned, const runtimes::InferRequest& request,
                              Deadline deadline = kNoDeadline) {
    std::promise<runtimes::InferResult> answer;
    serving->infer(pinned, request, {.deadline = deadline},
                   [&](runtimes::InferResult result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  Result<std::vector<float>> scores(const std::string& name) {
    auto pinned = SOUK_TRY(serving->pin(call, name));
    auto outputs = SOUK_TRY(infer(pinned));
    std::vector<float> values(outputs.at(0).data.size() / sizeof(float));
    std::memcpy(values.data(), outputs[0].data.data(), outputs[0].data.size());
    return values;
  }

  void wait_for_event(const std::string& type, const std::string& part) {
    std::unique_lock lock(mutex);
    bool came = heard.wait_for(lock, std::chrono::seconds(60), [&] {
      return std::any_of(seen.begin(), seen.end(), [&](const auto& event) {
        return event->type == type && event->data.text.find(part) != std::string::npos;
      });
    });
    if (!came) throw std::runtime_error("no event " + type + " with " + part);
  }
  // Looks again after every event, and at least every 10 ms.
  void wait_until(const std::function<bool()>& there) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!there()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("what was waited for did not come");
      std::unique_lock lock(mutex);
      heard.wait_for(lock, std::chrono::milliseconds(10));
    }
  }
  std::vector<std::string> event_data(const std::string& type) {
    std::lock_guard lock(mutex);
    std::vector<std::string> data;
    for (const auto& event : seen) {
      if (event->type == type) data.push_back(event->data.text);
    }
    return data;
  }

  ServingSettings settings;
  runtimes::OnnxLoader onnx;
  std::vector<runtimes::Loader*> loaders{&onnx};  // from the next start on
  std::mutex mutex;
  std::condition_variable heard;
  std::vector<events::EventPtr> seen;
  events::Subscription subscription;
  std::unique_ptr<Serving> serving;
};

}  // namespace souk::serving
