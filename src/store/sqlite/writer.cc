// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writer.h"

#include <pthread.h>

#include <algorithm>

#include "store/error_texts.h"

namespace souk::store {

namespace {

class WriterTx final : public CheckedTx {
 public:
  WriterTx(SqliteConnection& connection, Counter& statements) : CheckedTx(statements), connection_(connection) {}
  Dialect dialect() const override { return Dialect::sqlite; }

 protected:
  Result<Rows> run_checked(std::string_view sql, std::span<const Value> parameters) override {
    return connection_.run(sql, parameters);
  }
  Status send_checked(std::string_view sql, std::span<const Value> parameters) override {
    SOUK_TRY(connection_.run(sql, parameters));
    return {};
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

SqliteWriter::SqliteWriter(const Store& store, SqliteReaders& readers, std::unique_ptr<SqliteConnection> connection,
                           std::size_t group_limit, Logger& log, Metrics& metrics)
    : store_(store),
      readers_(readers),
      connection_(std::move(connection)),
      group_limit_(group_limit),
      log_(log),
      commits_(metrics.counter("souk_store_commits_total", "Commits, each of one write or of a group.").with()),
      writes_(metrics.counter("souk_store_writes_total", "Writes, each one call of write().").with()),
      statements_(statements_counter(metrics)),
      thread_([this] { loop(); }) {}

SqliteWriter::~SqliteWriter() {
  close();
}

void SqliteWriter::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    arrived_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Status SqliteWriter::write(const std::function<Status(Tx&)>& f) {
  Job job{&f, {}, {}};
  std::shared_ptr<Group> group;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return closing_error();
    if (groups_.empty() || groups_.back()->jobs.size() >= group_limit_) {
      groups_.push_back(std::make_shared<Group>());
      wake = waiting_;
    }
    group = groups_.back();
    group->jobs.push_back(&job);
  }
  if (wake) arrived_.notify_one();
  group->done.wait(0, std::memory_order_acquire);
  return std::move(job.status);
}

void SqliteWriter::loop() {
  pthread_setname_np(pthread_self(), "souk-writer");
  while (const std::shared_ptr<Group> group = next_group()) {
    commit(group->jobs);
    group->done.store(1, std::memory_order_release);
    group->done.notify_all();
  }
}

std::shared_ptr<SqliteWriter::Group> SqliteWriter::next_group() {
  std::unique_lock lock(mutex_);
  waiting_ = true;
  arrived_.wait(lock, [this] { return closing_ || !groups_.empty(); });
  waiting_ = false;
  if (groups_.empty()) return nullptr;
  gather(lock);
  std::shared_ptr<Group> group = std::move(groups_.front());
  groups_.pop_front();
  last_size_ = group->jobs.size();
  return group;
}

// Callers that the last commit set free tend to come back at once. Without this moment for them the first
// would commit alone, and all the others after it.
void SqliteWriter::gather(std::unique_lock<std::mutex>& lock) {
  constexpr auto kPatience = std::chrono::microseconds(60);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!closing_ && groups_.front()->jobs.size() < last_size_ && std::chrono::steady_clock::now() < until) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
}

void SqliteWriter::commit(std::vector<Job*> jobs) {
  while (!jobs.empty()) {
    readers_.release_snapshots();
    if (Status begun = connection_->execute("BEGIN IMMEDIATE"); !begun) {
      for (Job* job : jobs) job->status = begun.error();
      return;
    }
    if (!run_jobs(jobs)) continue;
    const Status committed = connection_->execute("COMMIT");
    readers_.committed();
    if (committed) return finish(jobs);
    undo();
    if (jobs.size() > 1 && committed.error().code == Code::failed_precondition) {
      // A constraint that is checked at the commit: find whose by committing each alone.
      for (Job* job : jobs) commit({job});
      return;
    }
    for (Job* job : jobs) {
      if (job->status) job->status = committed.error();
    }
    return;
  }
}

// False: the transaction is gone, and `jobs` are those to run again.
bool SqliteWriter::run_jobs(std::vector<Job*>& jobs) {
  const bool alone = jobs.size() == 1;
  for (auto job = jobs.begin(); job != jobs.end(); ++job) {
    run_job(**job, alone);
    if (connection_->in_transaction()) continue;
    // SQLite undid the whole group (no space, no memory): this job keeps its error, the others begin again.
    if ((*job)->status) (*job)->status = internal("the database ended a transaction by itself");
    jobs.erase(job);
    return false;
  }
  return true;
}

void SqliteWriter::run_job(Job& job, bool alone) {
  job.status = alone ? Status() : connection_->execute("SAVEPOINT job");
  if (!job.status) return;
  WriterTx tx(*connection_, statements_);
  {
    const Scope scope(store_, Scope::Kind::write, &tx);
    job.status = run_body(*job.f, tx);
  }
  job.hooks = tx.take_hooks();
  if (!connection_->in_transaction()) return;
  if (alone) {
    if (!job.status) undo();
    return;
  }
  if (!job.status) {
    if (Status undone = connection_->execute("ROLLBACK TO job"); !undone) return undo();
  }
  if (Status released = connection_->execute("RELEASE job"); !released) job.status = released.error();
}

void SqliteWriter::finish(const std::vector<Job*>& jobs) {
  commits_.add();
  writes_.add(jobs.size());
  for (Job* job : jobs) {
    if (job->status) run_hooks(store_, job->hooks, log_);
  }
}

void SqliteWriter::undo() {
  if (!connection_->in_transaction()) return;
  if (Status undone = connection_->execute("ROLLBACK"); !undone) {
    log_.error("store", "a transaction cannot be undone", {{"cause", undone.error().describe()}});
  }
}

}  // namespace souk::store
