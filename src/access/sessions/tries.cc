// SPDX-License-Identifier: Apache-2.0
#include "access/sessions/tries.h"

#include "base/digest.h"
#include "base/json.h"

namespace souk::access {

namespace {

constexpr const char* kChannel = "souk_sign_in";
constexpr std::size_t kName = 16;

struct Told {
  std::string from;
  std::string account, address, device;
};
BOOST_DESCRIBE_STRUCT(Told, (), (from, account, address, device))

}  // namespace

Tries::Buckets::Buckets(const AccessSettings& settings)
    : self(random_token(kName)),
      accounts(settings.sign_in_tries, settings.sign_in_interval),
      addresses(4 * settings.sign_in_tries, settings.sign_in_interval / 4),
      devices(settings.sign_in_tries, settings.sign_in_interval) {}

void Tries::Buckets::heard(const std::string& payload) {
  const Result<Told> told = json::read<Told>(payload);
  if (!told || told->from == self) return;
  if (!told->account.empty()) accounts.note(told->account);
  if (!told->address.empty()) addresses.note(told->address);
  if (!told->device.empty()) devices.note(told->device);
}

Tries::Tries(const AccessSettings& settings, store::Store& store)
    : store_(store), buckets_(std::make_shared<Buckets>(settings)) {
  store.listen(kChannel, [weak = std::weak_ptr<Buckets>(buckets_)](const std::string& payload) {
    if (const auto buckets = weak.lock()) buckets->heard(payload);
  });
}

void Tries::tell(const Failed& failed) {
  if (store_.dialect() != store::Dialect::postgresql) return;
  const std::string payload = json::write(Told{buckets_->self, failed.account, failed.address, failed.device});
  (void)store_.write([&](store::Tx& tx) { return tx.defer("SELECT pg_notify('souk_sign_in', $1)", payload); },
                     store::Isolation::read_committed);
}

}  // namespace souk::access
