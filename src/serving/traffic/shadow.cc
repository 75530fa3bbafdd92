// SPDX-License-Identifier: Apache-2.0
#include "serving/traffic/shadow.h"

#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include "serving/traffic/compare.h"

namespace souk::serving {

namespace {

constexpr int kNice = 10;

// A request that owns what it views.
struct Copied {
  std::vector<std::string> names, outputs;
  std::vector<std::vector<std::byte>> data;
  std::vector<std::vector<std::string>> strings;
  runtimes::InferRequest request;

  explicit Copied(const runtimes::InferRequest& from) {
    for (const runtimes::TensorView& input : from.inputs) {
      names.emplace_back(input.name);
      data.emplace_back(input.data.begin(), input.data.end());
      strings.emplace_back(input.strings.begin(), input.strings.end());
    }
    outputs.assign(from.outputs.begin(), from.outputs.end());
    for (std::size_t i = 0; i < from.inputs.size(); ++i) {
      request.inputs.push_back(
          {names[i], from.inputs[i].datatype, from.inputs[i].shape, data[i], {strings[i].begin(), strings[i].end()}});
    }
    request.outputs.assign(outputs.begin(), outputs.end());
  }
  Copied(const Copied&) = delete;
};

struct Job {
  Job(const runtimes::InferRequest& request, std::shared_ptr<const Split> split)
      : copied(request), split(std::move(split)) {}
  const Copied copied;
  const std::shared_ptr<const Split> split;  // keeps the replicas
  std::vector<const Split::Arm*> arms;
  std::vector<runtimes::Tensor> expected;  // what was returned

  void drop() const {
    for (const Split::Arm* arm : arms) arm->replica->figures()->dropped();
  }
};

std::size_t size_of(const runtimes::InferRequest& request) {
  std::size_t size = 0;
  for (const runtimes::TensorView& input : request.inputs) {
    size += input.data.size();
    for (const std::string_view one : input.strings) size += one.size() + sizeof(one);
  }
  return size;
}

void be_patient() {
  thread_local bool told = false;
  if (!std::exchange(told, true)) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
}

void run(const std::shared_ptr<Job>& job, const Split::Arm& arm) {
  const std::shared_ptr<Replicated>& replica = arm.replica;
  if (!replica->pin()) return replica->figures()->dropped();
  if (replica->asleep()) {
    replica->unpin();
    return replica->figures()->dropped();
  }
  const Target& target = *replica->target;
  if (!runtimes::check_request(target.signature, job->copied.request)) {
    replica->figures()->compared(false);
    return replica->unpin();
  }
  replica->runtime->infer(job->copied.request, kNoDeadline, [job, replica](runtimes::InferResult result) {
    const bool sound = result && runtimes::check_response(replica->target->signature, job->copied.request, *result);
    replica->figures()->compared(sound && agree(job->expected, *result, job->split->absolute, job->split->relative));
    replica->unpin();
  });
}

}  // namespace

runtimes::Completion with_copies(Pool& pool, const std::shared_ptr<const Split>& split, const Replicated& answering,
                                 const runtimes::InferRequest& request, runtimes::Completion done) {
  std::vector<const Split::Arm*> arms;
  for (const std::size_t index : split->copies) {
    const Split::Arm& arm = split->arms[index];
    if (arm.replica.get() == &answering || random_percent() >= static_cast<std::size_t>(arm.shadow)) continue;
    arms.push_back(&arm);
  }
  if (arms.empty()) return done;
  if (pool.queued() >= kMostCopies || size_of(request) > kLargestCopy) {
    for (const Split::Arm* arm : arms) arm->replica->figures()->dropped();
    return done;
  }
  auto job = std::make_shared<Job>(request, split);
  job->arms = std::move(arms);
  return [job, &pool, done = std::move(done)](runtimes::InferResult result) {
    const bool answered = result.has_value();
    if (answered) job->expected = *result;
    done(std::move(result));
    if (!answered) return;  // nothing to compare with
    Status posted = pool.post([job] {
      be_patient();
      for (const Split::Arm* arm : job->arms) run(job, *arm);
    });
    if (!posted) job->drop();
  };
}

}  // namespace souk::serving
