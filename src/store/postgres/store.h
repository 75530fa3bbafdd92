// SPDX-License-Identifier: Apache-2.0
//
// The shared store: SERIALIZABLE writes, tried again when they conflict, and REPEATABLE READ reads on a pool of
// PostgreSQL connections.
#pragma once

#include <memory>
#include <string>

#include "store/checked_tx.h"
#include "store/postgres/listener.h"
#include "store/postgres/pool.h"
#include "store/store.h"

namespace souk::store {

class PostgresStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& url, const StoreSettings& settings, Logger& log,
                                             Metrics& metrics, Access access);
  ~PostgresStore() override;

  Dialect dialect() const override { return Dialect::postgresql; }
  Status write_tx(const std::function<Status(Tx&)>& f, Isolation isolation) override;
  Status read_tx(const std::function<Status(Tx&)>& f, Statements statements) override;
  void listen(std::string channel, std::function<void(std::string)> f) override;
  void close() override;

 private:
  enum class Next { done, retry, reconnect };
  struct Attempt {
    Next next = Next::done;
    Status status;
    Hooks hooks;
  };

  PostgresStore(const std::string& url, const StoreSettings& settings, Logger& log, Metrics& metrics, Access access);
  Status write_until(const std::function<Status(Tx&)>& f, Isolation isolation, Deadline deadline, Hooks& hooks);
  Attempt try_write(const std::function<Status(Tx&)>& f, Isolation isolation);
  Attempt try_read(const std::function<Status(Tx&)>& f, Statements statements);

  const Access access_;
  const std::chrono::milliseconds patience_;
  Logger& log_;
  Counter& writes_;
  Counter& commits_;
  Counter& retries_;
  Counter& statements_;
  Histogram& write_seconds_;
  PostgresPool pool_;
  PostgresListener listener_;
};

}  // namespace souk::store
