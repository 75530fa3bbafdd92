// SPDX-License-Identifier: Apache-2.0
#include "access/sessions/sessions.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "access/people/people.h"
#include "access/sessions/passwords.h"
#include "access/sessions/tries.h"
#include "access/state.h"
#include "access/test_access.h"

namespace souk::access {
namespace {

using store::TestDatabase;

AccessSettings quick() {
  AccessSettings settings;
  settings.password_memory.count = 64 << 10;
  settings.password_passes = 1;
  settings.sign_in_tries = 3;
  return settings;
}

constexpr const char* kPassword = "correct horse battery";

class SessionsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    world_ = std::make_unique<TestAccess>(GetParam(), false, quick());
    people_ = std::make_unique<People>(*world_->access);
    sessions_ = std::make_unique<Sessions>(*world_->access);
    owner_ = TestDatabase::must(world_->with_key(world_->first_key));
    outside_.principal = std::make_shared<Principal>();
    outside_.address = "10.1.2.3";
  }
  Result<SignedIn> sign_in(const std::string& name, const std::string& password, Browser browser = {},
                           const std::string& address = "10.1.2.3") {
    Call call = outside_;
    call.address = address;
    std::promise<Result<SignedIn>> done;
    sessions_->sign_in(call, {name, password}, std::move(browser),
                       [&](Result<SignedIn> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  Result<SignedIn> set_up(const std::string& token, const std::string& password, const std::string& name = "") {
    std::promise<Result<SignedIn>> done;
    sessions_->set_up(outside_, {token, password, name}, {},
                      [&](Result<SignedIn> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  Result<Sessions::Replaced> change(const Call& call, const std::string& before, const std::string& after) {
    std::promise<Result<Sessions::Replaced>> done;
    sessions_->change_password(call, before, after,
                               [&](Result<Sessions::Replaced> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  Result<PrincipalPtr> who(const std::string& token) { return world_->access->authenticate(Shown{{}, token}); }
  Call by(const SignedIn& signed_in) { return TestAccess::call_of(TestDatabase::must(who(signed_in.token))); }
  void make_anna() {
    TestDatabase::must(people_->create_user(owner_, {.name = "anna"}));
    TestDatabase::must(set_up(TestDatabase::must(sessions_->make_link(owner_, "anna")).token, kPassword));
  }

  std::unique_ptr<TestAccess> world_;
  std::unique_ptr<People> people_;
  std::unique_ptr<Sessions> sessions_;
  Call owner_, outside_;
};
SOUK_ON_BOTH_DATABASES(SessionsTest);

TEST_P(SessionsTest, TheSetUpLinkNamesTheFirstAdministratorOnce) {
  const auto link = TestDatabase::must(sessions_->setup_link());
  ASSERT_TRUE(link);
  EXPECT_EQ(TestDatabase::must(sessions_->link_owner(link->token)), "");
  EXPECT_EQ(set_up(link->token, "short").error().field, "password");
  EXPECT_EQ(set_up(link->token, "aaaaaaaaaaaa").error().field, "password");
  EXPECT_EQ(set_up(link->token, kPassword, "Not A Slug").error().field, "name");
  const SignedIn chief = TestDatabase::must(set_up(link->token, kPassword, "chief"));
  EXPECT_EQ(by(chief).principal->role_everywhere(), Role::OWNER);
  EXPECT_EQ(set_up(link->token, kPassword, "other").error().code, Code::unauthenticated);
  EXPECT_FALSE(TestDatabase::must(sessions_->setup_link()));
  EXPECT_TRUE(sign_in("chief", kPassword));
}

TEST_P(SessionsTest, FailuresReadAlike) {
  make_anna();
  TestDatabase::must(people_->create_user(owner_, {.name = "ben"}));  // has no password
  TestDatabase::must(people_->update_user(
      owner_, "ben", {.state = {json::Patch<PrincipalState>::State::value, PrincipalState::DISABLED}}));
  const std::string wrong = sign_in("anna", "wrong password", {}, "1.1.1.1").error().describe();
  EXPECT_EQ(sign_in("ben", kPassword, {}, "1.1.1.2").error().describe(), wrong);
  EXPECT_EQ(sign_in("nobody", kPassword, {}, "1.1.1.3").error().describe(), wrong);
  EXPECT_EQ(sign_in(std::string("\xff\0", 2), kPassword, {}, "1.1.1.4").error().describe(), wrong);
  EXPECT_EQ(sign_in("anna", std::string("correct\0horse", 13), {}, "1.1.1.5").error().describe(), wrong);
}

TEST_P(SessionsTest, ASignInTakesNoSessionOver) {
  make_anna();
  const std::string planted(43, 'x');
  const SignedIn first = TestDatabase::must(sign_in("anna", kPassword, {.session = planted}));
  EXPECT_NE(first.token, planted);
  EXPECT_FALSE(who(planted));
  const SignedIn second = TestDatabase::must(sign_in("anna", kPassword, {.session = first.token}));
  EXPECT_NE(second.token, first.token);
  EXPECT_FALSE(who(first.token));
  EXPECT_TRUE(who(second.token));
  // A token is no key, a key no token.
  EXPECT_FALSE(world_->access->authenticate("Bearer " + second.token));
  EXPECT_FALSE(who(world_->first_key));
}

TEST_P(SessionsTest, SessionsAreListedAndRevoked) {
  make_anna();
  const SignedIn one = TestDatabase::must(sign_in("anna", kPassword, {.user_agent = "Fox\r\nevil: 1"}));
  const SignedIn two = TestDatabase::must(sign_in("anna", kPassword));
  const auto listed = TestDatabase::must(sessions_->list(by(two)));
  ASSERT_EQ(listed.size(), 3u);  // the link's too
  EXPECT_TRUE(listed[0].current);
  EXPECT_EQ(listed[1].user_agent, "Fox??evil: 1");
  EXPECT_EQ(listed[1].address, "10.1.2.3");
  EXPECT_TRUE(sessions_->revoke(by(two), listed[1].id));
  EXPECT_FALSE(who(one.token));
  TestDatabase::must(people_->create_user(owner_, {.name = "ben"}));
  const SignedIn ben =
      TestDatabase::must(set_up(TestDatabase::must(sessions_->make_link(owner_, "ben")).token, kPassword));
  EXPECT_EQ(sessions_->revoke(by(ben), listed[0].id).error().code, Code::not_found);
  EXPECT_TRUE(sessions_->revoke_others(by(two)));
  EXPECT_EQ(TestDatabase::must(sessions_->list(by(two))).size(), 1u);
  EXPECT_TRUE(sessions_->sign_out(by(two)));
  EXPECT_FALSE(who(two.token));
}

TEST_P(SessionsTest, AnAdministratorSeesAndEndsTheSessionsOfOthers) {
  make_anna();
  const SignedIn anna = TestDatabase::must(sign_in("anna", kPassword));
  TestDatabase::must(people_->create_user(owner_, {.name = "ben"}));
  const SignedIn ben =
      TestDatabase::must(set_up(TestDatabase::must(sessions_->make_link(owner_, "ben")).token, kPassword));
  for (const char* name : {"anna", "nobody"}) {
    EXPECT_EQ(sessions_->list(by(ben), name).error().code, Code::permission_denied);
    EXPECT_EQ(sessions_->revoke_others(by(ben), name).error().code, Code::permission_denied);
  }
  EXPECT_EQ(TestDatabase::must(sessions_->list(by(ben), "ben")).size(), 1u);
  EXPECT_EQ(TestDatabase::must(sessions_->list(owner_, "anna")).size(), 2u);
  EXPECT_EQ(sessions_->list(owner_, "nobody").error().code, Code::not_found);
  EXPECT_TRUE(sessions_->revoke_others(owner_, "anna"));
  EXPECT_FALSE(who(anna.token));
  EXPECT_TRUE(who(ben.token));
}

TEST_P(SessionsTest, AnotherPasswordEndsTheOtherSessions) {
  make_anna();
  const SignedIn one = TestDatabase::must(sign_in("anna", kPassword));
  const SignedIn two = TestDatabase::must(sign_in("anna", kPassword));
  EXPECT_EQ(change(by(two), "not it at all", "another password").error().code, Code::permission_denied);
  EXPECT_FALSE(change(by(two), kPassword, "short"));
  const auto mine = TestDatabase::must(change(by(two), kPassword, "another password"));
  EXPECT_FALSE(who(one.token));
  EXPECT_FALSE(who(two.token)) << "a token that may have been stolen lives on";
  ASSERT_TRUE(mine);
  EXPECT_TRUE(who(mine->token));
  EXPECT_EQ(mine->expire_time, two.expire_time);
  EXPECT_FALSE(sign_in("anna", kPassword));
  EXPECT_TRUE(sign_in("anna", "another password"));
}

TEST_P(SessionsTest, AnOldTokenIsReplacedOnceAndWorksOnForWhatIsOnItsWay) {
  make_anna();
  const SignedIn old = TestDatabase::must(sign_in("anna", kPassword));
  const Call call = by(old);
  EXPECT_FALSE(TestDatabase::must(sessions_->rotate(call))) << "it is young";
  EXPECT_FALSE(TestDatabase::must(sessions_->rotate(owner_))) << "came by a key";
  TestDatabase::must(world_->store->write([&](store::Tx& tx) {
    return tx.exec("UPDATE sessions SET create_time = create_time - 7200000 WHERE hash = $1", sha256(old.token));
  }));
  const auto fresh = TestDatabase::must(sessions_->rotate(call));
  ASSERT_TRUE(fresh);
  EXPECT_NE(fresh->token, old.token);
  EXPECT_EQ(to_millis(fresh->expire_time), to_millis(old.expire_time));
  EXPECT_TRUE(who(fresh->token));
  EXPECT_TRUE(who(old.token));
  EXPECT_FALSE(TestDatabase::must(sessions_->rotate(by(old)))) << "it was replaced before";
  TestDatabase::must(world_->store->write([&](store::Tx& tx) {
    return tx.exec("UPDATE sessions SET expire_time = expire_time - 60001 WHERE hash = $1", sha256(old.token));
  }));
  world_->access->state().credentials.drop_all();
  EXPECT_FALSE(who(old.token));
  EXPECT_TRUE(who(fresh->token));
}

TEST_P(SessionsTest, ADisabledUsersSessionEnds) {
  make_anna();
  const SignedIn one = TestDatabase::must(sign_in("anna", kPassword));
  EXPECT_TRUE(who(one.token));
  TestDatabase::must(people_->update_user(
      owner_, "anna", {.state = {json::Patch<PrincipalState>::State::value, PrincipalState::DISABLED}}));
  EXPECT_FALSE(who(one.token));
  EXPECT_FALSE(sign_in("anna", kPassword));
}

TEST_P(SessionsTest, WhoGuessesDoesNotLockTheOwnerOut) {
  make_anna();
  const SignedIn mine = TestDatabase::must(sign_in("anna", kPassword));
  Code last = Code::unknown;
  for (int i = 0; i < 20; ++i) {
    last = sign_in("anna", "guess " + std::to_string(i), {}, "6.6.6." + std::to_string(i)).error().code;
  }
  EXPECT_EQ(last, Code::resource_exhausted);
  // Not even the right password tells, from where nobody signed in before.
  const auto told = sign_in("anna", kPassword, {}, "7.7.7.7");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, Code::resource_exhausted);
  EXPECT_TRUE(told.error().retry_after);
  EXPECT_TRUE(sign_in("anna", kPassword, {.device = mine.device}, "6.6.6.1"));
  // Somebody else's device token, or one that was made up, opens nothing.
  std::string other = mine.device;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_FALSE(sign_in("anna", kPassword, {.device = other}, "7.7.7.8"));
  // A stolen one has few tries too.
  for (int i = 0; i < 5; ++i) last = sign_in("anna", "guess", {.device = mine.device}, "8.8.8.8").error().code;
  EXPECT_EQ(last, Code::resource_exhausted);
}

TEST_P(SessionsTest, ANameThatIsNobodysIsSlowedDownAlike) {
  make_anna();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sign_in("nobody", "x", {}, "6.6.7." + std::to_string(i)).error().code, Code::unauthenticated);
  }
  EXPECT_EQ(sign_in("nobody", "x", {}, "6.6.7.9").error().code, Code::resource_exhausted);
}

TEST_P(SessionsTest, AnOldHashIsMadeAnewAtSignIn) {
  make_anna();
  AccessSettings stronger = quick();
  stronger.password_passes = 2;
  Access second(*world_->store, *world_->events, world_->database.log, world_->database.metrics, false, stronger);
  TestDatabase::must(second.bootstrap());
  Sessions sessions(second);
  const auto encoded = [&] {
    return TestDatabase::must(world_->store->read([](store::Tx& tx) {
             return tx.scalar<std::string>("SELECT password FROM principals WHERE name = 'anna'");
           }))
        .value_or("");
  };
  EXPECT_TRUE(encoded().starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << encoded();
  std::promise<bool> done;
  sessions.sign_in(outside_, {"anna", kPassword}, {}, [&](Result<SignedIn> r) { done.set_value(r.has_value()); });
  EXPECT_TRUE(done.get_future().get());
  EXPECT_TRUE(encoded().starts_with("$argon2id$v=19$m=64,t=2,p=1$")) << encoded();
  EXPECT_TRUE(sign_in("anna", kPassword));
}

TEST_P(SessionsTest, LinksAreForAdministratorsToMake) {
  make_anna();
  const Call anna = by(TestDatabase::must(sign_in("anna", kPassword)));
  EXPECT_EQ(sessions_->make_link(anna, "admin").error().code, Code::permission_denied);
  EXPECT_EQ(sessions_->make_link(owner_, "nobody").error().code, Code::not_found);
  const auto first = TestDatabase::must(sessions_->make_link(owner_, "anna"));
  const auto second = TestDatabase::must(sessions_->make_link(owner_, "anna"));
  EXPECT_FALSE(sessions_->link_owner(first.token));
  EXPECT_EQ(TestDatabase::must(sessions_->link_owner(second.token)), "anna");
}

TEST(Throttle, FillsAgainOverTime) {
  Throttle throttle(2, std::chrono::seconds(10));
  const auto at = Throttle::Clock::now();
  EXPECT_FALSE(throttle.take("a", at));
  EXPECT_FALSE(throttle.take("a", at));
  EXPECT_EQ(throttle.take("a", at), Duration(10'000));
  EXPECT_FALSE(throttle.take("b", at));
  EXPECT_EQ(throttle.take("a", at + std::chrono::seconds(4)), Duration(6'000));
  EXPECT_FALSE(throttle.take("a", at + std::chrono::seconds(11)));
  throttle.forgive("a");
  EXPECT_FALSE(throttle.take("a", at));
  EXPECT_FALSE(throttle.take("a", at));
}

class TriesTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override { SOUK_NEEDS_DATABASE(GetParam()); }
};
SOUK_ON_BOTH_DATABASES(TriesTest);

TEST_P(TriesTest, AnotherNodeHearsOfEachFailure) {
  AccessSettings settings;
  settings.sign_in_tries = 1;
  settings.sign_in_interval = std::chrono::hours(1);
  TestDatabase database(GetParam());
  auto here = database.open(), there = GetParam() == store::Dialect::postgresql ? database.open() : nullptr;
  Tries one(settings, *here), other(settings, there ? *there : *here);
  EXPECT_FALSE(one.accounts().take("anna"));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {  // until the other listens
    one.tell({.account = "anna", .address = "1.2.3.4"});
    if (!there) return;  // nobody else is there to hear it
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  } while (other.addresses().size() == 0 && std::chrono::steady_clock::now() < until);
  EXPECT_TRUE(other.accounts().take("anna"));
  EXPECT_FALSE(other.accounts().take("ben"));
  EXPECT_EQ(one.addresses().size(), 0u) << "its own is not counted twice";
}

TEST(Throttle, IsBounded) {
  Throttle throttle(2, std::chrono::hours(1), 100);
  const auto at = Throttle::Clock::now();
  for (int i = 0; i < 10'000; ++i) throttle.take(std::to_string(i), at);
  EXPECT_LE(throttle.size(), 100u);
}

TEST(CsrfToken, TellsNothingOfTheSession) {
  const std::string token(43, 'a');
  EXPECT_EQ(csrf_token(token).size(), 43u);
  EXPECT_EQ(csrf_token(token), csrf_token(token));
  EXPECT_NE(csrf_token(token), csrf_token(std::string(43, 'b')));
  EXPECT_EQ(csrf_token(token).find(token), std::string::npos);
}

}  // namespace
}  // namespace souk::access
