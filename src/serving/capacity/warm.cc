// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/warm.h"

#include <condition_variable>
#include <mutex>

#include "runtimes/datatype.h"

namespace souk::serving {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMostBytes = 64 << 20;  // of one input
constexpr int kRuns = 3;
constexpr std::chrono::milliseconds kLong{20};  // a run this long is run once

// Dynamic dimensions are 1.
std::vector<std::int64_t> smallest(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> made = shape;
  for (std::int64_t& dimension : made) dimension = dimension < 0 ? 1 : dimension;
  return made;
}

Status run_once(runtimes::Runtime& runtime, const runtimes::InferRequest& request) {
  std::mutex mutex;
  std::condition_variable condition;
  bool done = false;
  Status status;
  runtime.infer(request, kNoDeadline, [&](runtimes::InferResult result) {
    std::lock_guard lock(mutex);
    if (!result) status = std::move(result.error());
    done = true;
    condition.notify_one();
  });
  std::unique_lock lock(mutex);
  condition.wait(lock, [&] { return done; });
  return status;
}

// Zero: it does not run on zeros.
std::chrono::nanoseconds run_on_zeros(runtimes::Runtime& runtime) {
  runtimes::InferRequest request;
  std::vector<std::vector<std::byte>> zeros;
  for (const registry::TensorSpec& spec : runtime.signature().inputs) {
    runtimes::TensorView view{spec.name, spec.datatype, smallest(spec.shape), {}, {}};
    auto count = runtimes::element_count(view.shape);
    if (!count || *count > kMostBytes / std::max<std::size_t>(element_size(spec.datatype), 16)) return {};
    if (spec.datatype == registry::Datatype::BYTES) {
      view.strings.resize(*count);
    } else {
      zeros.emplace_back(*count * element_size(spec.datatype));
      view.data = zeros.back();
    }
    request.inputs.push_back(std::move(view));
  }
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < kRuns; ++i) {
    auto begun = Clock::now();
    if (!run_once(runtime, request)) return {};
    auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun);
    best = std::min(best, took);
    if (took > kLong) break;
  }
  return best;
}

}  // namespace

Result<std::chrono::nanoseconds> warm_up(runtimes::Runtime& runtime,
                                         const std::vector<std::unique_ptr<const Sample>>& samples) {
  auto shortest = std::chrono::nanoseconds::max();
  for (const auto& sample : samples) {
    const auto begun = Clock::now();
    if (Status ran = run_once(runtime, sample->request); !ran) {
      ran.error().message = sample->what + ": " + ran.error().message;
      return std::move(ran.error());
    }
    shortest = std::min(shortest, std::chrono::nanoseconds(Clock::now() - begun));
  }
  const auto zeros = run_on_zeros(runtime);
  return samples.empty() ? zeros : shortest;
}

}  // namespace souk::serving
