// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/store.h"

#include <algorithm>
#include <random>
#include <thread>

namespace souk::store {

namespace {

constexpr std::string_view kBeginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr std::string_view kBeginLatest = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr std::string_view kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

class PostgresTx final : public CheckedTx {
 public:
  // `begin`: empty for one statement that is a transaction of its own.
  PostgresTx(PostgresConnection& connection, std::string_view begin, Counter& counter)
      : CheckedTx(counter, begin.empty() ? Statements::one : Statements::several), connection_(connection) {
    connection_.begin(begin);
  }
  Dialect dialect() const override { return Dialect::postgresql; }

 protected:
  Result<Rows> run_checked(std::string_view sql, std::span<const Value> parameters) override {
    return connection_.run(sql, parameters);
  }
  Status send_checked(std::string_view sql, std::span<const Value> parameters) override {
    connection_.send(sql, parameters);
    return {};
  }

 private:
  PostgresConnection& connection_;
};

// Grows from a millisecond to 50; the chance in it lets two that met part.
void rest_before(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int longest = 1000 << std::min(attempt, 6);
  std::uniform_int_distribution<int> microseconds(0, std::min(longest, 50'000));
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

}  // namespace

PostgresStore::PostgresStore(const std::string& url, const StoreSettings& settings, Logger& log, Metrics& metrics,
                             Access access)
    : access_(access),
      patience_(settings.busy_timeout),
      log_(log),
      writes_(metrics.counter("souk_store_writes_total", "Writes, each one call of write().").with()),
      commits_(metrics.counter("souk_store_commits_total", "Commits, each of one write or of a group.").with()),
      retries_(metrics.counter("souk_store_retries_total", "Transactions begun again after a conflict.").with()),
      statements_(statements_counter(metrics)),
      write_seconds_(
          metrics.histogram("souk_store_write_seconds", "A write, from its call to its durable commit.").with()),
      pool_(url, static_cast<std::size_t>(settings.connections), settings.busy_timeout, settings.answer_timeout),
      listener_(url, log) {}

Result<std::unique_ptr<Store>> PostgresStore::open(const std::string& url, const StoreSettings& settings, Logger& log,
                                                   Metrics& metrics, Access access) {
  std::unique_ptr<PostgresStore> store(new PostgresStore(url, settings, log, metrics, access));
  SOUK_TRY(store->pool_.borrow());  // tells now what is wrong with the URL or the server
  return std::unique_ptr<Store>(std::move(store));
}

PostgresStore::~PostgresStore() {
  close();
}

void PostgresStore::close() {
  listener_.close();
  pool_.close();
}

void PostgresStore::listen(std::string channel, std::function<void(std::string)> f) {
  listener_.add(std::move(channel), std::move(f));
}

Status PostgresStore::write_tx(const std::function<Status(Tx&)>& f, Isolation isolation) {
  SOUK_TRY(may_write(*this));
  if (access_ == Access::read_only) return failed_precondition("the database was opened to be read only");
  const auto begun = std::chrono::steady_clock::now();
  Hooks hooks;
  Status status = write_until(f, isolation, begun + patience_, hooks);
  write_seconds_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  if (!status) return status;
  writes_.add();
  commits_.add();
  run_hooks(*this, hooks, log_);
  return status;
}

Status PostgresStore::write_until(const std::function<Status(Tx&)>& f, Isolation isolation, Deadline deadline,
                                  Hooks& hooks) {
  bool reconnected = false;
  for (int attempt = 0;; ++attempt) {
    Attempt tried = try_write(f, isolation);
    hooks = std::move(tried.hooks);
    if (tried.next == Next::reconnect && !reconnected) {
      reconnected = true;
      continue;
    }
    if (tried.next != Next::retry) return std::move(tried.status);
    if (std::chrono::steady_clock::now() >= deadline) {
      Error error = std::move(tried.status).error();
      return aborted("the change met others again and again and was given up")
          .retry_in(std::chrono::seconds(1))
          .because(std::move(error));
    }
    retries_.add();
    rest_before(attempt);
  }
}

PostgresStore::Attempt PostgresStore::try_write(const std::function<Status(Tx&)>& f, Isolation isolation) {
  Attempt out;
  auto lease = pool_.borrow();
  if (!lease) {
    out.status = std::move(lease).error();
    return out;
  }
  PostgresConnection& connection = **lease;
  PostgresTx tx(connection, isolation == Isolation::serializable ? kBeginWrite : kBeginLatest, statements_);
  {
    const Scope scope(*this, Scope::Kind::write, &tx);
    out.status = run_body(f, tx);
  }
  bool conflict = tx.error() && tx.error()->code == Code::aborted;
  if (out.status) {
    out.status = connection.commit();
    conflict = !out.status && out.status.error().code == Code::aborted;
  } else {
    connection.leave("ROLLBACK");
  }
  out.hooks = tx.take_hooks();
  if (conflict) out.next = Next::retry;
  if (!connection.broken()) return out;
  if (!connection.commit_sent()) {
    out.next = Next::reconnect;
  } else if (!out.status) {
    Error lost = std::move(out.status).error();
    out.status = unavailable("the database was lost during a commit: the change may have been kept or not")
                     .advise("look whether it is there before trying again")
                     .because(std::move(lost));
  }
  return out;
}

Status PostgresStore::read_tx(const std::function<Status(Tx&)>& f, Statements statements) {
  if (Tx* outer = SOUK_TRY(outer_read(*this))) return f(*outer);
  Attempt tried = try_read(f, statements);
  if (tried.next != Next::done) tried = try_read(f, statements);
  return std::move(tried.status);
}

PostgresStore::Attempt PostgresStore::try_read(const std::function<Status(Tx&)>& f, Statements statements) {
  Attempt out;
  auto lease = pool_.borrow();
  if (!lease) {
    out.status = std::move(lease).error();
    return out;
  }
  PostgresConnection& connection = **lease;
  PostgresTx tx(connection, statements == Statements::one ? "" : kBeginRead, statements_);
  {
    const Scope scope(*this, Scope::Kind::read, &tx);
    out.status = run_body(f, tx);
  }
  connection.leave(tx.error() ? "ROLLBACK" : "COMMIT");
  if (connection.broken()) {
    out.next = Next::reconnect;
  } else if (tx.error() && tx.error()->code == Code::aborted) {
    out.next = Next::retry;
  }
  return out;
}

}  // namespace souk::store
