// SPDX-License-Identifier: Apache-2.0
#include "api/native/server/care.h"

#include <chrono>
#include <memory>
#include <mutex>

#include "api/bind.h"
#include "api/error_table.h"

namespace souk::api::native {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())
struct BackupList {
  std::vector<BackupRecord> backups;
};
BOOST_DESCRIBE_STRUCT(BackupList, (), (backups))
struct StorageUse {
  std::int64_t stored_bytes = 0;  // equal bytes once
  std::vector<ModelStorage> models;
};
BOOST_DESCRIBE_STRUCT(StorageUse, (), (stored_bytes, models))

constexpr std::int64_t kLargest = 50;

// Looking costs a child process and writes to disks: those who ask together share one look.
class LastLook {
 public:
  explicit LastLook(std::function<Diagnosis()> diagnose) : diagnose_(std::move(diagnose)) {}
  Diagnosis look() {
    const auto asked = std::chrono::steady_clock::now();
    const std::scoped_lock lock(mutex_);
    if (!last_ || begun_ < asked) {
      begun_ = std::chrono::steady_clock::now();
      last_ = diagnose_();
    }
    return *last_;
  }

 private:
  std::function<Diagnosis()> diagnose_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point begun_;
  std::optional<Diagnosis> last_;
};

}  // namespace

void add_care(RouteTable& table, const access::Access& access, Care care) {
  auto door = table.door("native", &problem, {});
  const auto doctor = std::make_shared<LastLook>(std::move(care.diagnose));
  door.add(plain<Nothing, Diagnosis>(
      "GET", "/api/v1/doctor", kAdmin, kUsual,
      {"get_diagnosis", "What souk doctor finds, looked at now, and how to put it right; for the server's admins"},
      [&access, doctor](const access::Call& call, const Nothing&) -> Result<Diagnosis> {
        SOUK_TRY(access.require_everywhere(call, access::Role::ADMIN));
        return doctor->look();
      }));
  door.add(plain<Nothing, BackupList>(
      "GET", "/api/v1/backups", kAdmin, kUsual,
      {"list_backups", "The backups that souk backup made of this server, newest first; for its admins"},
      [&access, read = std::move(care.backups)](const access::Call& call, const Nothing&) -> Result<BackupList> {
        SOUK_TRY(access.require_everywhere(call, access::Role::ADMIN));
        return BackupList{SOUK_TRY(read())};
      }));
  door.add(plain<Nothing, StorageUse>(
      "GET", "/api/v1/storage", kAdmin, kUsual,
      {"get_storage", "What is stored, and the models that take most of it; for the server's admins"},
      [&access, all = std::move(care.stored_bytes), read = std::move(care.storage)](
          const access::Call& call, const Nothing&) -> Result<StorageUse> {
        SOUK_TRY(access.require_everywhere(call, access::Role::ADMIN));
        return StorageUse{SOUK_TRY(all()), SOUK_TRY(read(kLargest))};
      }));
}

}  // namespace souk::api::native
