// SPDX-License-Identifier: Apache-2.0
//
// For tests only: an empty database of either kind, gone with this object. Rooms use it to run one suite over
// both:
//
//   class ModelsTest : public testing::TestWithParam<store::Dialect> {
//    protected:
//     void SetUp() override { SOUK_NEEDS_DATABASE(GetParam()); }
//   };
//   SOUK_ON_BOTH_DATABASES(ModelsTest);
//
// PostgreSQL is what SOUK_TEST_POSTGRES_URL names (scripts/postgres sets it); each object has a schema there.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "store/migrations.h"
#include "store/store.h"

#define SOUK_NEEDS_DATABASE(dialect)                          \
  if (!::souk::store::TestDatabase::available(dialect)) {     \
    GTEST_SKIP() << "SOUK_TEST_POSTGRES_URL names no server"; \
  }
#define SOUK_ON_BOTH_DATABASES(Suite)                                                                        \
  INSTANTIATE_TEST_SUITE_P(                                                                                  \
      Databases, Suite, testing::Values(::souk::store::Dialect::sqlite, ::souk::store::Dialect::postgresql), \
      [](const auto& info) { return info.param == ::souk::store::Dialect::sqlite ? "sqlite" : "postgresql"; })

namespace souk::store {

class TestDatabase {
 public:
  static bool available(Dialect dialect) {
    return dialect == Dialect::sqlite || std::getenv("SOUK_TEST_POSTGRES_URL") != nullptr;
  }

  explicit TestDatabase(Dialect dialect) : dialect_(dialect) {
    static std::atomic<int> count{0};
    name_ = "souk_test_" + std::to_string(::getpid()) + "_" + std::to_string(count++);
    if (dialect == Dialect::sqlite) {
      folder_ = std::filesystem::temp_directory_path() / name_;
      std::filesystem::remove_all(folder_);
      std::filesystem::create_directories(folder_);
    } else {
      administer("DROP SCHEMA IF EXISTS " + name_ + " CASCADE");
      administer("CREATE SCHEMA " + name_);
    }
  }
  ~TestDatabase() {
    if (dialect_ == Dialect::sqlite) {
      std::error_code ignored;
      std::filesystem::remove_all(folder_, ignored);
    } else {
      administer("DROP SCHEMA " + name_ + " CASCADE");
    }
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  Dialect dialect() const { return dialect_; }
  std::filesystem::path folder() const { return folder_; }  // of SQLite
  std::string url() const {
    if (dialect_ == Dialect::sqlite) return "sqlite:" + (folder_ / "souk.db").string();
    const std::string server = std::getenv("SOUK_TEST_POSTGRES_URL");
    return server + (server.find('?') == std::string::npos ? "?" : "&") + "options=-csearch_path%3D" + name_;
  }

  std::unique_ptr<Store> open(StoreSettings settings = {}, Access access = Access::exclusive) {
    return must(Store::open(url(), settings, log, metrics, access));
  }
  // Opened, with all migrations applied.
  std::unique_ptr<Store> open_migrated(StoreSettings settings = {}) {
    auto store = open(settings);
    must(migrate(*store, migrations(), log));
    return store;
  }

  template <class T>
  static T must(Result<T> result) {
    if (!result) {
      std::fprintf(stderr, "test database: %s\n", result.error().describe().c_str());
      std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  Logger log{Logger::Level::error};
  Metrics metrics;

 private:
  void administer(const std::string& sql) {
    StoreSettings one;
    one.connections = 1;
    auto store = must(Store::open(std::getenv("SOUK_TEST_POSTGRES_URL"), one, log, metrics));
    must(store->write([&](Tx& tx) -> Status {
      SOUK_TRY(tx.exec(sql));
      return {};
    }));
  }

  Dialect dialect_;
  std::string name_;
  std::filesystem::path folder_;
};

}  // namespace souk::store
