// SPDX-License-Identifier: Apache-2.0
#include "access/audit/audit.h"

#include <gtest/gtest.h>

#include "access/audit/rows.h"
#include "access/people/people.h"
#include "access/test_access.h"
#include "base/hash/hash_chain.h"
#include "work/leases.h"
#include "work/nodes.h"

namespace souk::access {
namespace {

using store::TestDatabase;

class AuditTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    world_ = std::make_unique<TestAccess>(GetParam(), false);
    people_ = std::make_unique<People>(*world_->access);
    nodes_ = std::make_unique<work::Nodes>(work::NodeSettings{}, *world_->store, "test", world_->database.log);
    leases_ = std::make_unique<work::Leases>(*world_->store, *nodes_, world_->database.log);
    audit_ = std::make_unique<Audit>(*world_->access, *leases_);
    TestDatabase::must(nodes_->start());
    owner_ = TestDatabase::must(world_->with_key(world_->first_key));
    owner_.address = "10.1.2.3";
  }
  void TearDown() override {
    if (nodes_) nodes_->stop();  // calls what is wanted of it
    audit_.reset();
    leases_.reset();
  }
  std::vector<AuditEvent> all(const std::string& filter = "") {
    return TestDatabase::must(audit_->list(owner_, "", {.filter = filter, .order_by = "id"})).items;
  }
  // All links, once nothing is unchained.
  std::vector<ChainedEvent> chain() {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (TestDatabase::must(audit_->unchained(owner_)) > 0 && std::chrono::steady_clock::now() < patience) {
      std::this_thread::yield();
    }
    return TestDatabase::must(audit_->read_chain(owner_, 0, 1000));
  }
  static bool intact(const std::vector<ChainedEvent>& links) {
    std::string before = first_link();
    std::int64_t position = 0;
    for (const ChainedEvent& link : links) {
      if (link.position != ++position || !link.event) return false;
      before = next_link(before, link_fields(link.position, *link.event));
      if (before != link.hash) return false;
    }
    return true;
  }

  std::unique_ptr<TestAccess> world_;
  std::unique_ptr<People> people_;
  std::unique_ptr<work::Nodes> nodes_;
  std::unique_ptr<work::Leases> leases_;
  std::unique_ptr<Audit> audit_;
  Call owner_;
};
SOUK_ON_BOTH_DATABASES(AuditTest);

TEST_P(AuditTest, AChangeIsARowOfItsOwnTransaction) {
  TestDatabase::must(people_->create_user(owner_, {.name = "anna"}));
  EXPECT_FALSE(people_->create_user(owner_, {.name = "anna"}));
  const auto rows = all("action = 'user.created'");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].actor, "admin");
  EXPECT_EQ(rows[0].credential.substr(0, 4), "key ");
  EXPECT_EQ(rows[0].address, "10.1.2.3");
  EXPECT_EQ(rows[0].object, "anna");
  EXPECT_EQ(rows[0].outcome, Outcome::DONE);
  EXPECT_TRUE(all("actor = 'system'").empty());
}

TEST_P(AuditTest, ItIsChainedAfterTheCommit) {
  for (int i = 0; i < 20; ++i) TestDatabase::must(people_->create_user(owner_, {.name = "u" + std::to_string(i)}));
  auto links = chain();
  EXPECT_GE(links.size(), 20u);
  EXPECT_TRUE(intact(links));
  std::vector<ChainedEvent> damaged = links;
  damaged[3].event->actor = "somebody";
  EXPECT_FALSE(intact(damaged));
  damaged = links;
  damaged.erase(damaged.begin() + 5);
  EXPECT_FALSE(intact(damaged));
  damaged = links;
  std::swap(damaged[5].event, damaged[6].event);
  EXPECT_FALSE(intact(damaged));
}

TEST_P(AuditTest, RowsAreOnlyAdded) {
  TestDatabase::must(people_->create_user(owner_, {.name = "anna"}));
  chain();
  for (const char* sql : {"UPDATE audit_events SET actor = 'nobody'", "DELETE FROM audit_events",
                          "UPDATE audit_chain SET hash = ''", "DELETE FROM audit_chain"}) {
    EXPECT_FALSE(world_->store->write([&](store::Tx& tx) -> Status {
      SOUK_TRY(tx.exec(sql));
      return {};
    })) << sql;
  }
}

TEST_P(AuditTest, RefusalsThatRepeatAreJoined) {
  Call anna = TestAccess::somebody(Role::READER, NamespaceId(1), "anna");
  anna.address = "10.9.9.9";
  for (int i = 0; i < 50; ++i) world_->access->note_refusal(anna, {"DELETE /x", "/x/1", Code::permission_denied});
  TestDatabase::must(audit_->write_refusals(true));
  std::int64_t count = 0;
  for (const AuditEvent& row : all("outcome = 'REFUSED'")) {
    EXPECT_EQ(row.actor, "anna");
    EXPECT_EQ(row.action, "DELETE /x");
    EXPECT_EQ(row.object, "/x/1");
    count += row.count;
  }
  EXPECT_EQ(count, 50);
  EXPECT_LE(all("outcome = 'REFUSED'").size(), 2u);
}

TEST_P(AuditTest, OnlyAdministratorsReadIt) {
  const Call anna = TestAccess::somebody(Role::ADMIN, NamespaceId(1), "anna");
  EXPECT_EQ(audit_->list(anna, "", {}).error().code, Code::permission_denied);
  EXPECT_EQ(audit_->read_chain(anna, 0, 10).error().code, Code::permission_denied);
  EXPECT_TRUE(audit_->list(anna, "default", {}));
  const Call ben = TestAccess::somebody(Role::WRITER, NamespaceId(1), "ben");
  EXPECT_EQ(audit_->list(ben, "default", {}).error().code, Code::permission_denied);
}

TEST(Refusals, WhoIsNotKnownGetsOneRowAPlace) {
  Refusals refusals;
  Call call;
  call.principal = std::make_shared<Principal>();
  call.address = "1.2.3.4";
  const Time at = now();
  for (int i = 0; i < 1000; ++i)
    refusals.add(call, {"GET /m/{x}", "/m/" + std::to_string(i), Code::unauthenticated}, at);
  auto out = refusals.take(at);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].actor, "unauthenticated");
  EXPECT_EQ(out[0].count, 1000);
  EXPECT_EQ(out[0].refusal.object, "");
  refusals.add(call, {"GET /m/{x}", "", Code::unauthenticated}, at);
  EXPECT_TRUE(refusals.take(at + std::chrono::seconds(5)).empty());
  out = refusals.take(at + std::chrono::seconds(61));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].count, 1);
}

TEST(Refusals, AreBounded) {
  Refusals refusals;
  for (int i = 0; i < 50'000; ++i) {
    Call call = TestAccess::somebody(Role::READER, NamespaceId(1), "u" + std::to_string(i));
    refusals.add(call, {"GET /m/{x}", "/m/" + std::to_string(i), Code::permission_denied});
  }
  std::int64_t count = 0;
  const auto out = refusals.take(now(), true);
  for (const CountedRefusal& one : out) count += one.count;
  EXPECT_EQ(count, 50'000);
  EXPECT_LE(out.size(), 2 * Refusals::kMost + 1);
}

}  // namespace
}  // namespace souk::access
