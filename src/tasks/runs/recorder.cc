// SPDX-License-Identifier: Apache-2.0
#include "tasks/runs/recorder.h"

#include <pthread.h>

#include <utility>

#include "tasks/runs/run_rows.h"

namespace souk::tasks {
namespace {

constexpr std::size_t kMostRecords = 10'000;
constexpr std::size_t kMostBytes = 64 << 20;
constexpr std::chrono::milliseconds kTogether{20};  // what comes within shares a commit

}  // namespace

std::size_t Recorder::Record::bytes() const {
  return sizeof *this + (payload.inputs ? payload.inputs->text.size() : 0) +
         (payload.outputs ? payload.outputs->text.size() : 0);
}

Recorder::Recorder(store::Store& store, Logger& log, Metrics& metrics)
    : store_(store),
      log_(log),
      left_out_(
          metrics.counter("souk_tasks_runs_left_out_total", "Synchronous runs whose record could not be kept.").with()),
      thread_([this] { loop(); }) {}

Recorder::~Recorder() {
  stop();
}

void Recorder::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Recorder::add(ModelRun run, Payload payload) {
  Record record{std::move(run), std::move(payload)};
  const std::size_t bytes = record.bytes();
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() >= kMostRecords || waiting_bytes_ + bytes > kMostBytes) return left_out_.add();
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(record));
  if (waiting_.size() == 1) changed_.notify_one();
}

void Recorder::loop() {
  pthread_setname_np(pthread_self(), "souk-runs");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    changed_.wait_for(lock, kTogether, [this] { return stopping_; });
    const std::vector<Record> records = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
    lock.unlock();
    if (const Status written = write(records); !written) {
      left_out_.add(records.size());
      log_.warn("tasks", "runs could not be recorded",
                {{"runs", records.size()}, {"cause", written.error().describe()}});
    }
    lock.lock();
  }
}

Status Recorder::write(const std::vector<Record>& records) {
  return store_.write(
      [&](store::Tx& tx) -> Status {
        for (const Record& record : records) SOUK_TRY(send_finished(tx, record.run, record.payload));
        return {};
      },
      store::Isolation::read_committed);
}

}  // namespace souk::tasks
