// SPDX-License-Identifier: Apache-2.0
//
// The embedded store: one writer thread and readers on one SQLite file, held by one process.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/sqlite/lock_file.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"
#include "store/store.h"

namespace souk::store {

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path, const StoreSettings& settings, Logger& log,
                                             Metrics& metrics, Access access);
  ~SqliteStore() override;

  Dialect dialect() const override { return Dialect::sqlite; }
  std::optional<std::uint64_t> commits() const override {
    return writer_ == nullptr ? std::nullopt : std::optional(readers_.commits());
  }
  Status write_tx(const std::function<Status(Tx&)>& f, Isolation isolation) override;
  Status read_tx(const std::function<Status(Tx&)>& f, Statements statements) override;
  void listen(std::string, std::function<void(std::string)>) override {}
  void close() override;

 private:
  SqliteStore(const std::string& path, const StoreSettings& settings, Metrics& metrics, Access access);

  std::optional<LockFile> lock_;
  std::unique_ptr<SqliteWriter> writer_;  // null: read only
  SqliteReaders readers_;                 // closed before the writer: the last to close checkpoints
  Histogram& write_seconds_;
};

}  // namespace souk::store
