// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/store.h"

#include <filesystem>

namespace souk::store {

SqliteStore::SqliteStore(const std::string& path, const StoreSettings& settings, Metrics& metrics, Access access)
    : readers_(*this, path, static_cast<std::size_t>(settings.readers), settings.busy_timeout,
               access == Access::exclusive, metrics),
      write_seconds_(
          metrics.histogram("souk_store_write_seconds", "A write, from its call to its durable commit.").with()) {}

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path, const StoreSettings& settings, Logger& log,
                                                 Metrics& metrics, Access access) {
  if (path.empty() || path.find('\0') != std::string::npos || path.starts_with(':')) {
    return invalid_argument("\"sqlite:" + path + "\" names no file").advise("write sqlite:PATH");
  }
  std::error_code ignored;
  const std::string file = std::filesystem::absolute(path, ignored).string();
  std::unique_ptr<SqliteStore> store(new SqliteStore(file, settings, metrics, access));
  if (access == Access::exclusive) {
    store->lock_ = SOUK_TRY(LockFile::acquire(file + ".lock"));
    auto connection = SOUK_TRY(SqliteConnection::open(file, SqliteConnection::Mode::writer, settings.busy_timeout));
    store->writer_ = std::make_unique<SqliteWriter>(*store, store->readers_, std::move(connection),
                                                    static_cast<std::size_t>(settings.group_limit), log, metrics);
  }
  // A file that cannot be read is told now, not at the first request.
  SOUK_TRY(store->read([](Tx& tx) { return tx.exec("SELECT count(*) FROM sqlite_schema"); }, Statements::one));
  return std::unique_ptr<Store>(std::move(store));
}

SqliteStore::~SqliteStore() {
  close();
}

void SqliteStore::close() {
  if (writer_ != nullptr) writer_->close();
  readers_.close();
}

Status SqliteStore::write_tx(const std::function<Status(Tx&)>& f, Isolation) {
  SOUK_TRY(may_write(*this));
  if (writer_ == nullptr) return failed_precondition("the database was opened to be read only");
  const auto begun = std::chrono::steady_clock::now();
  Status status = writer_->write(f);
  write_seconds_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  return status;
}

Status SqliteStore::read_tx(const std::function<Status(Tx&)>& f, Statements statements) {
  if (Tx* outer = SOUK_TRY(outer_read(*this))) return f(*outer);
  return readers_.read(f, statements);
}

}  // namespace souk::store
