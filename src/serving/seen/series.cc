// SPDX-License-Identifier: Apache-2.0
#include "serving/seen/series.h"

namespace souk::serving {

namespace {

constexpr std::array<double, 11> kRows{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

RevisionFamilies::RevisionFamilies(Metrics& metrics)
    : requests(metrics.counter("souk_serving_revision_requests_total",
                               "Inferences answered by a revision that is loaded, by code",
                               {"deployment", "revision", "code"})),
      evictions(metrics.counter("souk_serving_revision_evictions_total",
                                "Times that a revision was unloaded while it was wanted, by why: idle, room",
                                {"deployment", "revision", "reason"})),
      duration(metrics.histogram("souk_serving_revision_request_duration_seconds",
                                 "Of a revision: from the checked request to its answer, waiting included",
                                 {"deployment", "revision"})),
      queue(metrics.histogram("souk_serving_revision_queue_duration_seconds",
                              "Of a revision: from the checked request to the model's run",
                              {"deployment", "revision"})),
      compute(metrics.histogram("souk_serving_revision_compute_duration_seconds",
                                "Of a revision: the model's run, as each request saw it", {"deployment", "revision"})),
      rows(metrics.histogram("souk_serving_revision_batch_rows", "Of a revision: rows that the model ran over together",
                             {"deployment", "revision"}, kRows)),
      info(metrics.gauge("souk_serving_revision_info", "Always 1; its labels say which version a loaded revision runs.",
                         {"deployment", "revision", "model", "version", "digest"})),
      memory(metrics.gauge("souk_serving_revision_memory_bytes", "What loading a revision took",
                           {"deployment", "revision"})) {}

RevisionSeries::RevisionSeries(RevisionFamilies& families, const std::string& deployment, const std::string& model,
                               const Revision& revision)
    : families_(families),
      deployment_(deployment),
      revision_(std::to_string(revision.number)),
      ok_(families.requests.hold({deployment_, revision_, "OK"})),
      duration_(families.duration.hold({deployment_, revision_})),
      queue_(families.queue.hold({deployment_, revision_})),
      compute_(families.compute.hold({deployment_, revision_})),
      rows_(families.rows.hold({deployment_, revision_})),
      info_(families.info.hold(
          {deployment_, revision_, model, std::to_string(revision.version), revision.digest.string()})),
      memory_(families.memory.hold({deployment_, revision_})) {
  info_->set(1);
}

Counter& RevisionSeries::of(Code code) {
  const auto index = static_cast<std::size_t>(code);
  if (Counter* const ready = ready_[index].load(std::memory_order_acquire)) return *ready;
  const std::lock_guard lock(mutex_);
  if (!failed_[index]) failed_[index] = families_.requests.hold({deployment_, revision_, code_name(code)});
  ready_[index].store(failed_[index].get(), std::memory_order_release);
  return *failed_[index];
}

void RevisionSeries::counted(std::optional<Code> error, std::chrono::nanoseconds took, const Trace* trace) {
  (error ? of(*error) : *ok_).add();
  duration_->observe(seconds(took), trace);
}

void RevisionSeries::ran(Time begun, Time started, Time ended, const Trace* trace) {
  queue_->observe(seconds(started - begun), trace);
  compute_->observe(seconds(ended - started), trace);
}

void RevisionSeries::executed(std::int64_t rows) {
  rows_->observe(static_cast<double>(rows));
}

void RevisionSeries::evicted(const std::string& why) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Counter>& counter = evictions_[why];
  if (!counter) counter = families_.evictions.hold({deployment_, revision_, why});
  counter->add();
}

void RevisionSeries::loaded(std::int64_t memory_bytes) {
  memory_->set(static_cast<double>(memory_bytes));
}

}  // namespace souk::serving
