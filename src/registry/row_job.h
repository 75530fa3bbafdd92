// SPDX-License-Identifier: Apache-2.0
//
// A job with a row: what exports and imports are. An item of the durable queue works it off; the row tells how far it
// came and how it ended. Inside the room only.
//
// `Jobs` is the state that all jobs of a queue share, and says:
//   store::Store& store;
//   Result<std::optional<Row>> find(store::Tx&, const work::Item&);   nothing: it is gone
//   std::unique_ptr<RowJob<Jobs, Row>> job(work::Attempt&, Row);
//   Status save(store::Tx&, const Row&);        all that changes on the way, and its event
//   Status let_go(store::Tx&, const Row&);      what a job that is over no longer needs
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "store/store.h"
#include "work/work.h"

namespace souk::registry {

inline constexpr std::int64_t kJobAttempts = 8;

// One attempt.
template <class Jobs, class Row>
class RowJob {
 public:
  RowJob(Jobs& jobs, work::Attempt& attempt, Row row) : state_(jobs), attempt_(attempt), row_(std::move(row)) {}
  virtual ~RowJob() = default;
  virtual Status run() = 0;
  const Row& row() const { return row_; }  // as far as it came

 protected:
  // Progress into the row and the events, about once a second; `at_once`: in any case. Errors: cancelled
  Status note(bool at_once = false) {
    SOUK_TRY(check_stop());
    const auto time = std::chrono::steady_clock::now();
    if (!at_once && time - noted_ < std::chrono::seconds(1)) return {};
    noted_ = time;
    return state_.store.write([&](store::Tx& tx) -> Status {
      SOUK_TRY(attempt_.check(tx));
      return state_.save(tx, row_);
    });
  }
  Status check_stop() const {
    return attempt_.stop().stop_requested() ? Status(cancelled("it was asked to stop")) : Status();
  }

  Jobs& state_;
  work::Attempt& attempt_;
  Row row_;

 private:
  std::chrono::steady_clock::time_point noted_{};
};

template <class Jobs, class Row>
Status end_row(Jobs& jobs, store::Tx& tx, Row row, const Error& why) {
  using State = decltype(row.state);
  row.state = why.code == Code::cancelled ? State::CANCELLED : State::FAILED;
  row.error_code = code_name(why.code);
  row.error = why.describe() + (why.hint.empty() ? "" : "; " + why.hint);
  SOUK_TRY(jobs.save(tx, row));
  return jobs.let_go(tx, row);
}

template <class Jobs>
Status run_row(Jobs& jobs, work::Attempt& attempt) {
  auto row = SOUK_TRY(jobs.store.read([&](store::Tx& tx) { return jobs.find(tx, attempt.item()); }));
  if (!row || row->is_over()) return {};
  const auto job = SOUK_TRY(jobs.job(attempt, std::move(*row)));
  const Status done = job->run();
  if (done || attempt.stop().stop_requested()) return done;
  const Code code = done.error().code;
  const bool may_pass = code == Code::unavailable || code == Code::aborted || code == Code::deadline_exceeded ||
                        code == Code::internal || code == Code::unknown;
  if (may_pass && attempt.item().attempts < kJobAttempts) return done;
  // Its own end, not a dead letter: there is nothing for an operator to do about a bad archive.
  return jobs.store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt.complete(tx));
    return end_row(jobs, tx, job->row(), done.error());
  });
}

// `jobs` outlives `work`'s threads.
template <class Jobs>
void add_row_queue(Jobs& jobs, work::Work& work, const char* name, std::int64_t concurrency) {
  work.add({.name = name,
            .run = [&jobs](work::Attempt& attempt) { return run_row(jobs, attempt); },
            .gave_up = [&jobs](store::Tx& tx, const work::Item& item, const Error& why) -> Status {
              auto row = jobs.find(tx, item);
              if (!row || !*row || (*row)->is_over()) return {};  // of no row, so there is none to say it of
              return end_row(jobs, tx, std::move(**row), why);
            },
            .concurrency = concurrency,
            .max_attempts = kJobAttempts});
}

}  // namespace souk::registry
