// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "access/test_access.h"

namespace souk::access {
namespace {

using store::TestDatabase;

class AccessTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override { SOUK_NEEDS_DATABASE(GetParam()); }
  TestAccess& world(bool dev = true) {
    if (!world_) world_ = std::make_unique<TestAccess>(GetParam(), dev);
    return *world_;
  }
  std::unique_ptr<TestAccess> world_;
};
SOUK_ON_BOTH_DATABASES(AccessTest);

std::int64_t count(store::Store& store, const std::string& table) {
  const std::string sql = "SELECT COUNT(*) FROM " + table;
  return TestDatabase::must(store.read([&](store::Tx& tx) { return tx.scalar<std::int64_t>(sql); })).value_or(-1);
}

TEST_P(AccessTest, TheFirstStartMakesOneKeyOnce) {
  TestAccess& w = world(false);
  ASSERT_EQ(w.first_key.size(), 45u);
  EXPECT_FALSE(TestDatabase::must(w.access->bootstrap()));
  const Call admin = TestDatabase::must(w.with_key(w.first_key));
  EXPECT_EQ(admin.principal->name, "admin");
  EXPECT_EQ(admin.principal->role_everywhere(), Role::OWNER);
  EXPECT_TRUE(w.access->get_namespace(admin, Role::OWNER, "default"));
  EXPECT_EQ(w.access->authenticate("").error().code, Code::unauthenticated);
}

TEST_P(AccessTest, DevModeTakesAnyoneForAnAdmin) {
  TestAccess& w = world();
  EXPECT_EQ(w.first_key, "");
  const PrincipalPtr anonymous = TestDatabase::must(w.access->authenticate(""));
  EXPECT_EQ(anonymous->kind, PrincipalKind::ANONYMOUS);
  EXPECT_EQ(anonymous->role_everywhere(), Role::ADMIN);
  EXPECT_EQ(w.access->authenticate("Bearer souk_wrong").error().code, Code::unauthenticated);
}

TEST_P(AccessTest, KeysComeAsBearerOrAsPassword) {
  TestAccess& w = world(false);
  const std::string& key = w.first_key;
  EXPECT_TRUE(w.access->authenticate("Bearer " + key));
  EXPECT_TRUE(w.access->authenticate("bearer   " + key + " "));
  EXPECT_TRUE(w.access->authenticate("Basic " + to_base64("anyone:" + key)));
  EXPECT_TRUE(w.access->authenticate("Basic " + to_base64(":" + key)));
  std::string other = key;
  other.back() = other.back() == 'a' ? 'b' : 'a';
  const std::string bad[] = {other,
                             "Bearer",
                             "Bearer ",
                             "Bearer " + other,
                             "Bearer " + key + "x",
                             key,
                             "Basic " + key,
                             "Basic " + to_base64(key),
                             "Basic !!!",
                             "Digest " + key,
                             "Bearer souk_" + std::string(40, '\''),
                             "Bearer " + std::string(100'000, 'a'),
                             std::string("Bearer \0", 8) + key};
  for (const std::string& header : bad) {
    const auto result = w.access->authenticate(header);
    ASSERT_FALSE(result) << header;
    EXPECT_EQ(result.error().code, Code::unauthenticated);
  }
}

TEST_P(AccessTest, OnlyTheHashOfAKeyIsKept) {
  TestAccess& w = world();
  const CreatedKey made = TestDatabase::must(w.access->create_key(w.system(), {.name = "ci"}));
  const auto rows =
      TestDatabase::must(w.store->read([](store::Tx& tx) { return tx.run("SELECT * FROM api_keys", {}); }));
  for (const auto& row : rows.rows) {
    for (const store::Value& value : row) {
      const auto* text = std::get_if<std::string>(&value);
      EXPECT_TRUE(text == nullptr || text->find(made.secret) == std::string::npos);
    }
  }
  EXPECT_TRUE(made.secret.starts_with(made.key.prefix));
  EXPECT_EQ(made.key.prefix.size(), 11u);
}

TEST_P(AccessTest, AKeyNeverExceedsItsMaker) {
  TestAccess& w = world();
  w.make_namespace("other");
  const auto make = [&](const Call& by, NewKey wanted) { return TestDatabase::must(w.access->create_key(by, wanted)); };
  const CreatedKey reader = make(w.system(), {.name = "reader", .role = Role::READER});
  const CreatedKey bound = make(w.system(), {.name = "bound", .namespaces = {"other", "other"}});
  const CreatedKey brief = make(w.system(), {.name = "brief", .expires_in = std::chrono::hours(1)});
  EXPECT_EQ(bound.key.namespaces, std::vector<std::string>{"other"});

  const Call as_reader = TestDatabase::must(w.with_key(reader.secret));
  EXPECT_TRUE(w.access->get_namespace(as_reader, Role::READER, "default"));
  EXPECT_EQ(w.access->get_namespace(as_reader, Role::WRITER, "default").error().code, Code::permission_denied);
  EXPECT_EQ(w.access->create_key(as_reader, {.name = "x", .role = Role::READER}).error().code, Code::permission_denied);
  EXPECT_EQ(w.access->list_keys(as_reader).error().code, Code::permission_denied);
  EXPECT_EQ(w.access->create_namespace(as_reader, "mine", "", "").error().code, Code::permission_denied);

  const Call as_bound = TestDatabase::must(w.with_key(bound.secret));
  EXPECT_TRUE(w.access->get_namespace(as_bound, Role::OWNER, "other"));
  EXPECT_EQ(w.access->get_namespace(as_bound, Role::READER, "default").error().code, Code::not_found);
  EXPECT_EQ(w.access->create_key(as_bound, {.name = "x"}).error().code, Code::permission_denied);
  EXPECT_EQ(TestDatabase::must(w.access->list_namespaces(as_bound)).size(), 1u);

  const Call as_brief = TestDatabase::must(w.with_key(brief.secret));
  const CreatedKey child = make(as_brief, {.name = "child", .expires_in = std::chrono::hours(100)});
  EXPECT_EQ(child.key.expire_time, brief.key.expire_time);
  const CreatedKey of_dev = make(TestAccess::call_of(TestDatabase::must(w.access->authenticate(""))), {.name = "dev"});
  EXPECT_EQ(of_dev.key.role, Role::ADMIN);  // the anonymous caller's own
}

TEST_P(AccessTest, ExpiredAndRevokedKeysStopAtOnce) {
  TestAccess& w = world();
  const CreatedKey brief =
      TestDatabase::must(w.access->create_key(w.system(), {.name = "brief", .expires_in = Duration(20)}));
  while (now() < *brief.key.expire_time) std::this_thread::yield();
  const auto expired = w.access->authenticate("Bearer " + brief.secret);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code, Code::unauthenticated);
  EXPECT_NE(expired.error().message.find("expired"), std::string::npos);

  const CreatedKey key = TestDatabase::must(w.access->create_key(w.system(), {.name = "ci"}));
  EXPECT_TRUE(w.access->authenticate("Bearer " + key.secret));
  EXPECT_TRUE(w.access->revoke_key(w.system(), key.key.id));
  const auto revoked = w.access->authenticate("Bearer " + key.secret);
  ASSERT_FALSE(revoked);
  EXPECT_NE(revoked.error().message.find("revoked"), std::string::npos);
  EXPECT_TRUE(w.access->revoke_key(w.system(), key.key.id));
  EXPECT_EQ(w.access->revoke_key(w.system(), ApiKeyId(999)).error().code, Code::not_found);
  EXPECT_FALSE(w.access->create_key(w.system(), {.name = "x", .expires_in = Duration(0)}));
  EXPECT_FALSE(w.access->create_key(w.system(), {.name = "x", .expires_in = Duration::max()}));
}

TEST_P(AccessTest, AnotherNodeHearsOfARevokedKey) {
  TestAccess& w = world();
  const CreatedKey key = TestDatabase::must(w.access->create_key(w.system(), {.name = "ci"}));
  events::Log second(*w.store, w.database.log, w.database.metrics);
  // On SQLite there is one process and one log.
  events::Log& log = GetParam() == store::Dialect::sqlite ? *w.events : second;
  Access other(*w.store, log, w.database.log, w.database.metrics, true);
  TestDatabase::must(other.bootstrap());
  EXPECT_TRUE(other.authenticate("Bearer " + key.secret));
  EXPECT_TRUE(w.access->revoke_key(w.system(), key.key.id));
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (other.authenticate("Bearer " + key.secret) && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  EXPECT_EQ(other.authenticate("Bearer " + key.secret).error().code, Code::unauthenticated);
}

TEST_P(AccessTest, AKeyOfAnotherIsNotThere) {
  TestAccess& w = world();
  const CreatedKey key = TestDatabase::must(w.access->create_key(w.system(), {.name = "ci"}));
  const Call stranger = TestAccess::somebody(Role::OWNER, w.make_namespace("theirs"));
  EXPECT_EQ(w.access->revoke_key(stranger, key.key.id).error().message,
            "API key " + std::to_string(key.key.id.value) + " does not exist");
  EXPECT_TRUE(TestDatabase::must(w.access->list_keys(stranger)).empty());
}

TEST_P(AccessTest, LastUsesAreWrittenTogether) {
  TestAccess& w = world();
  const CreatedKey key = TestDatabase::must(w.access->create_key(w.system(), {.name = "ci"}));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(w.access->authenticate("Bearer " + key.secret));
  EXPECT_FALSE(TestDatabase::must(w.access->list_keys(w.system())).back().last_use_time);
  EXPECT_TRUE(w.access->write_uses());
  const auto used = TestDatabase::must(w.access->list_keys(w.system())).back().last_use_time;
  ASSERT_TRUE(used);
  EXPECT_EQ(to_millis(*used) % 60'000, 0);
}

TEST_P(AccessTest, WhatOneMayNotSeeIsToldAsIfItWereNotThere) {
  TestAccess& w = world();
  const NamespaceId theirs = w.make_namespace("theirs");
  const Call stranger = TestAccess::somebody(Role::READER, w.make_namespace("mine"));
  const auto hidden = w.access->get_namespace(stranger, Role::READER, "theirs");
  const auto missing = w.access->get_namespace(stranger, Role::READER, "absent");
  ASSERT_FALSE(hidden);
  ASSERT_FALSE(missing);
  EXPECT_EQ(hidden.error().code, missing.error().code);
  EXPECT_EQ(hidden.error().message, "namespace theirs does not exist");
  EXPECT_EQ(missing.error().message, "namespace absent does not exist");
  EXPECT_EQ(w.access->get_namespace(stranger, Role::WRITER, "mine").error().code, Code::permission_denied);
  Call nobody = stranger;
  nobody.principal = nullptr;
  EXPECT_EQ(w.access->get_namespace(nobody, Role::READER, "theirs").error().code, Code::not_found);
  EXPECT_EQ(TestDatabase::must(w.access->namespace_slug(theirs)), "theirs");
}

TEST_P(AccessTest, NamespacesAreUniqueByNameAndSlug) {
  TestAccess& w = world();
  const Namespace made = TestDatabase::must(w.access->create_namespace(w.system(), "Team Blau", "", "x"));
  EXPECT_EQ(made.slug, "team-blau");
  const auto again = w.access->create_namespace(w.system(), "Team Blau", "other", "");
  EXPECT_EQ(again.error().code, Code::already_exists);
  EXPECT_EQ(again.error().field, "name");
  EXPECT_EQ(w.access->create_namespace(w.system(), "Other", "team-blau", "").error().field, "slug");
  EXPECT_EQ(w.access->create_namespace(w.system(), "", "models", "").error().code, Code::invalid_argument);
  EXPECT_EQ(w.access->create_namespace(w.system(), "x\ny", "", "").error().code, Code::invalid_argument);
  EXPECT_EQ(w.access->create_namespace(w.system(), "", "", "").error().code, Code::invalid_argument);
  const std::int64_t before = count(*w.store, "namespaces");
  EXPECT_EQ(count(*w.store, "resources"), before);
  EXPECT_EQ(TestDatabase::must(w.access->list_namespaces(w.system())).size(), static_cast<std::size_t>(before));
}

TEST_P(AccessTest, OfManyCreatorsOfOneNameOneWins) {
  TestAccess& w = world();
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto made = w.access->create_namespace(w.system(), "race", "", "");
      if (made) ++won;
      if (!made && made.error().code == Code::already_exists) ++lost;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
}

TEST_P(AccessTest, TheOwnerOfANewNamespaceIsItsMaker) {
  TestAccess& w = world(false);
  const Call admin = TestDatabase::must(w.with_key(w.first_key));
  TestDatabase::must(w.access->create_namespace(admin, "lab", "", ""));
  const Call again = TestDatabase::must(w.with_key(w.first_key));
  EXPECT_NE(again.principal, admin.principal);
  EXPECT_FALSE(w.access->holds(*admin.principal));
  EXPECT_EQ(again.principal->role_in(TestDatabase::must(w.access->find_namespace(again, "lab"))->id), Role::OWNER);
}

TEST_P(AccessTest, ARepeatedRequestGetsTheFirstAnswer) {
  TestAccess& w = world();
  Call call = w.system();
  call.idempotency_key = "5b1f";
  const Namespace first = TestDatabase::must(w.access->create_namespace(call, "once", "", ""));
  const Namespace second = TestDatabase::must(w.access->create_namespace(call, "once", "", ""));
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(first.uid, second.uid);
  EXPECT_EQ(first.create_time, second.create_time);
  EXPECT_EQ(w.access->create_namespace(call, "twice", "", "").error().code, Code::failed_precondition);
  Call other = TestAccess::somebody(Role::OWNER, NamespaceId());
  other.idempotency_key = "5b1f";
  EXPECT_EQ(w.access->create_namespace(other, "once", "", "").error().code, Code::already_exists);
  call.idempotency_key = "two words";
  EXPECT_EQ(w.access->create_namespace(call, "third", "", "").error().field, "Idempotency-Key");
  // A failed request keeps nothing: the key is free for the corrected one.
  call.idempotency_key = "retry";
  EXPECT_FALSE(w.access->create_namespace(call, "once", "", ""));
  EXPECT_TRUE(w.access->create_namespace(call, "once-more", "", ""));
}

TEST_P(AccessTest, ARepeatedRequestAtTheSameTimeMakesOne) {
  TestAccess& w = world();
  Call call = w.system();
  call.idempotency_key = "same";
  std::mutex mutex;
  std::vector<std::int64_t> ids;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto made = w.access->create_namespace(call, "once", "", "");
      std::lock_guard lock(mutex);
      ids.push_back(made ? made->id.value : -1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(ids.begin(), ids.end(), ids.front()), 8) << ids.front();
  EXPECT_GT(ids.front(), 0);
}

TEST_P(AccessTest, ARepeatedKeyRequestShowsNoSecretAgain) {
  TestAccess& w = world();
  Call call = w.system();
  call.idempotency_key = "k";
  EXPECT_TRUE(w.access->create_key(call, {.name = "ci"}));
  const auto again = w.access->create_key(call, {.name = "ci"});
  EXPECT_EQ(again.error().code, Code::failed_precondition);
  EXPECT_EQ(TestDatabase::must(w.access->list_keys(call)).size(), 1u);
}

TEST_P(AccessTest, VisibleIsAPredicateOverNamespacesAndObjects) {
  TestAccess& w = world();
  const Visible all = w.access->visible(w.system(), ObjectKind::MODEL, "m.namespace_id", "m.id", 3);
  EXPECT_EQ(all.sql, "TRUE");
  Call nobody = TestAccess::somebody(Role::NONE, NamespaceId(1));
  EXPECT_EQ(w.access->visible(nobody, ObjectKind::MODEL, "n", "i", 1).sql, "FALSE");
  auto principal = std::make_shared<Principal>();
  for (int i = 1; i <= 3; ++i) principal->grant({.namespace_id = NamespaceId(i), .role = Role::READER});
  principal->grant({NamespaceId(9), ObjectKind::MODEL, 42, Role::WRITER});
  principal->grant({NamespaceId(9), ObjectKind::DEPLOYMENT, 43, Role::WRITER});
  const Visible some = w.access->visible(TestAccess::call_of(principal), ObjectKind::MODEL, "n", "i", 3);
  const bool sqlite = GetParam() == store::Dialect::sqlite;
  EXPECT_EQ(some.sql, sqlite ? "(n IN (SELECT value FROM json_each($3)) OR i IN (SELECT value FROM json_each($4)))"
                             : "(n = ANY (CAST($3 AS BIGINT[])) OR i = ANY (CAST($4 AS BIGINT[])))");
  EXPECT_EQ(some.parameters.size(), 2u);
  EXPECT_EQ(some.namespaces, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(some.objects, std::vector<std::int64_t>{42});
}

}  // namespace
}  // namespace souk::access
