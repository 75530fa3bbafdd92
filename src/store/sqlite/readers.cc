// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/readers.h"

#include "store/error_texts.h"

namespace souk::store {

// Begins with the first statement: that is when SQLite takes the snapshot.
class SqliteReaders::ReaderTx final : public CheckedTx {
 public:
  ReaderTx(Slot& slot, const std::atomic<std::uint64_t>& commits, Counter& counter, Statements statements)
      : CheckedTx(counter, statements), slot_(slot), commits_(commits) {}
  Dialect dialect() const override { return Dialect::sqlite; }

 protected:
  Result<Rows> run_checked(std::string_view sql, std::span<const Value> parameters) override {
    if (!slot_.connection->in_transaction()) {
      slot_.commits = commits_.load(std::memory_order_acquire);
      SOUK_TRY(slot_.connection->execute("BEGIN"));
    }
    return slot_.connection->run(sql, parameters);
  }
  Status send_checked(std::string_view sql, std::span<const Value> parameters) override {
    SOUK_TRY(run_checked(sql, parameters));
    return {};
  }

 private:
  Slot& slot_;
  const std::atomic<std::uint64_t>& commits_;
};

namespace {

void end_snapshot(SqliteConnection& connection) {
  if (connection.in_transaction()) (void)connection.execute("COMMIT");
}

// Numbers the threads, so that each begins its search at its own slot.
std::size_t thread_number() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

SqliteReaders::SqliteReaders(const Store& store, std::string path, std::size_t count,
                             std::chrono::milliseconds busy_timeout, bool keep_snapshots, Metrics& metrics)
    : store_(store),
      path_(std::move(path)),
      busy_timeout_(busy_timeout),
      keep_snapshots_(keep_snapshots),
      statements_(statements_counter(metrics)),
      slots_(count) {}

Status SqliteReaders::read(const std::function<Status(Tx&)>& f, Statements statements) {
  Slot* slot = take();
  if (slot == nullptr) return closing_error();
  Status status = read_on(*slot, f, statements);
  give_back(*slot);
  return status;
}

Status SqliteReaders::read_on(Slot& slot, const std::function<Status(Tx&)>& f, Statements statements) {
  if (slot.connection == nullptr) {
    slot.connection = SOUK_TRY(SqliteConnection::open(path_, SqliteConnection::Mode::reader, busy_timeout_));
  }
  if (slot.commits != commits()) end_snapshot(*slot.connection);
  ReaderTx tx(slot, commits_, statements_, statements);
  const Scope scope(store_, Scope::Kind::read, &tx);
  Status status = run_body(f, tx);
  if (!keep_snapshots_ || !status) end_snapshot(*slot.connection);
  slot.keeps_snapshot.store(slot.connection->in_transaction(), std::memory_order_relaxed);
  return status;
}

void SqliteReaders::release_snapshots() {
  for (Slot& slot : slots_) {
    if (!slot.keeps_snapshot.load(std::memory_order_relaxed) || slot.taken.exchange(true)) continue;
    end_snapshot(*slot.connection);
    slot.keeps_snapshot.store(false, std::memory_order_relaxed);
    give_back(slot);
  }
}

// Null when closing.
SqliteReaders::Slot* SqliteReaders::take() {
  Slot* slot = take_free();
  if (slot == nullptr) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    freed_.wait(lock, [&] { return closing_ || (slot = take_free()) != nullptr; });
    --waiting_;
  }
  if (slot != nullptr && closing_) {
    give_back(*slot);
    return nullptr;
  }
  return slot;
}

SqliteReaders::Slot* SqliteReaders::take_free() {
  const std::size_t first = thread_number();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[(first + i) % slots_.size()];
    if (!slot.taken && !slot.taken.exchange(true)) return &slot;
  }
  return nullptr;
}

void SqliteReaders::give_back(Slot& slot) {
  slot.taken = false;
  if (waiting_ == 0) return;
  const std::lock_guard lock(mutex_);
  freed_.notify_all();
}

void SqliteReaders::close() {
  closing_ = true;
  std::unique_lock lock(mutex_);
  ++waiting_;
  freed_.notify_all();
  freed_.wait(lock, [this] {
    for (const Slot& slot : slots_) {
      if (slot.taken) return false;
    }
    return true;
  });
  --waiting_;
}

}  // namespace souk::store
