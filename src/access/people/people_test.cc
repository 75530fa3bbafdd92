// SPDX-License-Identifier: Apache-2.0
#include "access/people/people.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "access/test_access.h"

namespace souk::access {
namespace {

using store::TestDatabase;

class PeopleTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    world_ = std::make_unique<TestAccess>(GetParam(), false);
    people_ = std::make_unique<People>(*world_->access);
    owner_ = TestDatabase::must(world_->with_key(world_->first_key));
  }
  Access& access() { return *world_->access; }
  People& people() { return *people_; }
  // A user, as its own key names it.
  Call user(const std::string& name, Role role = Role::NONE) {
    TestDatabase::must(people().create_user(owner_, {.name = name, .role = role}));
    return as(name);
  }
  Call as(const std::string& name) {
    Call self = owner_;
    auto principal = std::make_shared<Principal>(*owner_.principal);
    const auto found = TestDatabase::must(people().get_user(owner_, name));
    principal->id = found.id;
    principal->name = name;
    self.principal = principal;
    const CreatedKey made = TestDatabase::must(access().create_key(self, {.name = "test"}));
    return TestDatabase::must(world_->with_key(made.secret));
  }
  // The same caller, with what it may do now.
  Call again(const Call& call) {
    const std::string name = call.principal->name;
    return as(name);
  }
  Code code_of(const Status& status) { return status ? Code::unknown : status.error().code; }
  template <class T>
  Code code_of(const Result<T>& result) {
    return result ? Code::unknown : result.error().code;
  }
  Role role_in(const Call& call, const std::string& ns) {
    const auto found = TestDatabase::must(access().find_namespace(call, ns));
    return found ? call.principal->role_in(found->id) : Role::NONE;
  }
  ResourceRef ns(const std::string& slug) {
    return TestDatabase::must(access().get_namespace(owner_, Role::READER, slug))->resource();
  }

  std::unique_ptr<TestAccess> world_;
  std::unique_ptr<People> people_;
  Call owner_;
};
SOUK_ON_BOTH_DATABASES(PeopleTest);

TEST_P(PeopleTest, AUserOwnsANamespaceOfItsNameAndSeesNothingElse) {
  const Call anna = user("anna");
  EXPECT_EQ(role_in(anna, "anna"), Role::OWNER);
  EXPECT_EQ(role_in(anna, "default"), Role::NONE);
  EXPECT_EQ(anna.principal->default_namespace, "anna");
  EXPECT_EQ(TestDatabase::must(access().list_namespaces(anna)).size(), 1u);
  EXPECT_EQ(code_of(people().create_user(anna, {.name = "ben"})), Code::permission_denied);
  EXPECT_EQ(code_of(people().create_user(owner_, {.name = "anna"})), Code::already_exists);
  EXPECT_EQ(code_of(people().create_user(owner_, {.name = "default"})), Code::already_exists);
  for (const char* name : {"", "everyone", "system", "a/b", "Anna", "../x", "versions"}) {
    EXPECT_EQ(code_of(people().create_user(owner_, {.name = name})), Code::invalid_argument) << name;
  }
}

TEST_P(PeopleTest, OthersSeeOnlyTheNameOfAUser) {
  const Call anna = user("anna");
  const Call ben = user("ben", Role::READER);
  EXPECT_FALSE(TestDatabase::must(people().get_user(anna, "ben")).role);
  EXPECT_EQ(TestDatabase::must(people().get_user(ben, "ben")).role, Role::READER);
  EXPECT_EQ(TestDatabase::must(people().get_user(owner_, "ben")).state, PrincipalState::ACTIVE);
  const auto page = TestDatabase::must(people().list_users(anna, {}));
  ASSERT_EQ(page.items.size(), 3u);
  for (const User& one : page.items) EXPECT_EQ(one.state.has_value(), one.name == "anna");
  EXPECT_FALSE(people().list_users(anna, {.filter = "state = 'ACTIVE'"}));
  EXPECT_EQ(code_of(people().get_user(anna, std::string("\xff\0", 2))), Code::not_found);
}

TEST_P(PeopleTest, NobodyGivesOrTakesARoleAboveHisOwn) {
  const Call admin = user("chief", Role::ADMIN);
  const Call anna = user("anna");
  EXPECT_EQ(code_of(people().create_user(admin, {.name = "ben", .role = Role::OWNER})), Code::permission_denied);
  EXPECT_EQ(code_of(people().update_user(admin, "anna", {.role = {json::Patch<Role>::State::value, Role::OWNER}})),
            Code::permission_denied);
  EXPECT_EQ(code_of(people().update_user(
                admin, "admin", {.state = {json::Patch<PrincipalState>::State::value, PrincipalState::DISABLED}})),
            Code::permission_denied);
  EXPECT_EQ(code_of(people().update_user(anna, "anna", {.role = {json::Patch<Role>::State::value, Role::READER}})),
            Code::permission_denied);
  EXPECT_EQ(code_of(people().grant(admin, ns("default"), "anna", Role::OWNER)), Code::permission_denied);
  EXPECT_TRUE(people().grant(admin, ns("default"), "anna", Role::ADMIN));
}

TEST_P(PeopleTest, ADisabledUsersKeysStopAndTheLastOwnerStays) {
  user("anna", Role::OWNER);
  const CreatedKey key = TestDatabase::must(access().create_key(as("anna"), {.name = "k"}));
  const auto state = [](PrincipalState to) {
    return UserPatch{.state = {json::Patch<PrincipalState>::State::value, to}};
  };
  TestDatabase::must(people().update_user(owner_, "anna", state(PrincipalState::DISABLED)));
  const auto refused = access().authenticate("Bearer " + key.secret);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("disabled"), std::string::npos);
  EXPECT_EQ(code_of(people().update_user(owner_, "admin", state(PrincipalState::DISABLED))), Code::failed_precondition);
  TestDatabase::must(people().update_user(owner_, "anna", state(PrincipalState::ACTIVE)));
  EXPECT_TRUE(access().authenticate("Bearer " + key.secret));
  TestDatabase::must(people().update_user(owner_, "admin", state(PrincipalState::DISABLED)));
  EXPECT_EQ(code_of(people().delete_user(as("anna"), "anna", "")), Code::failed_precondition);
}

TEST_P(PeopleTest, WhatADeletedUserLeavesGoesToItsHeir) {
  const Call anna = user("anna");
  user("ben");
  TestDatabase::must(people().grant(owner_, ns("default"), "anna", Role::WRITER));
  const CreatedKey key = TestDatabase::must(access().create_key(anna, {.name = "k"}));
  EXPECT_TRUE(access().authenticate("Bearer " + key.secret));
  EXPECT_EQ(code_of(people().delete_user(owner_, "anna", "anna")), Code::failed_precondition);
  EXPECT_EQ(code_of(people().delete_user(owner_, "anna", "nobody")), Code::not_found);
  EXPECT_EQ(code_of(people().delete_user(anna, "ben", "")), Code::permission_denied);
  EXPECT_TRUE(people().delete_user(owner_, "anna", "ben"));
  EXPECT_EQ(access().authenticate("Bearer " + key.secret).error().code, Code::unauthenticated);
  EXPECT_EQ(role_in(as("ben"), "anna"), Role::OWNER);
  EXPECT_EQ(code_of(people().create_user(owner_, {.name = "anna"})), Code::already_exists);  // its namespace is there
  EXPECT_TRUE(TestDatabase::must(people().list_grants(owner_, ns("default"))).empty());
  EXPECT_EQ(code_of(people().delete_user(owner_, "admin", "ben")), Code::failed_precondition);
}

TEST_P(PeopleTest, TeamMembersHaveTheirRoleOnTheTeamsNamespace) {
  Call anna = user("anna");
  Call ben = user("ben");
  TestDatabase::must(people().create_team(owner_, {.name = "blue", .owner = "anna"}));
  anna = again(anna);
  EXPECT_EQ(role_in(anna, "blue"), Role::OWNER);
  EXPECT_EQ(code_of(people().get_team(ben, "blue")), Code::not_found);
  TestDatabase::must(people().set_member(anna, "blue", "ben", Role::EXECUTOR));
  ben = again(ben);
  EXPECT_EQ(role_in(ben, "blue"), Role::EXECUTOR);
  EXPECT_EQ(TestDatabase::must(people().get_team(ben, "blue")).role, Role::EXECUTOR);
  EXPECT_EQ(code_of(people().set_member(ben, "blue", "ben", Role::ADMIN)), Code::permission_denied);
  EXPECT_EQ(code_of(people().delete_team(ben, "blue", "")), Code::permission_denied);
  EXPECT_EQ(code_of(people().remove_member(anna, "blue", "anna")), Code::failed_precondition);
  EXPECT_EQ(code_of(people().set_member(anna, "blue", "anna", Role::READER)), Code::failed_precondition);
  TestDatabase::must(people().set_member(anna, "blue", "ben", Role::ADMIN));
  ben = again(ben);
  EXPECT_EQ(code_of(people().set_member(ben, "blue", "anna", Role::READER)), Code::permission_denied);
  EXPECT_EQ(code_of(people().remove_member(ben, "blue", "anna")), Code::permission_denied);
  EXPECT_EQ(TestDatabase::must(people().list_members(ben, "blue", {})).items.size(), 2u);
  EXPECT_TRUE(people().remove_member(ben, "blue", "ben"));  // leaves
  EXPECT_EQ(role_in(again(ben), "blue"), Role::NONE);
  EXPECT_TRUE(people().delete_team(anna, "blue", ""));
  EXPECT_EQ(role_in(again(anna), "blue"), Role::OWNER);  // the heir
}

TEST_P(PeopleTest, AGrantToATeamReachesItsMembersAtOnce) {
  Call ben = user("ben");
  TestDatabase::must(people().create_team(owner_, {.name = "red", .owner = "ben"}));
  const Call held = again(ben);
  EXPECT_EQ(role_in(held, "default"), Role::NONE);
  TestDatabase::must(people().grant(owner_, ns("default"), "red", Role::READER));
  EXPECT_FALSE(access().holds(*held.principal));
  EXPECT_EQ(role_in(again(ben), "default"), Role::READER);
  const auto grants = TestDatabase::must(people().list_grants(owner_, ns("default")));
  ASSERT_EQ(grants.size(), 1u);
  EXPECT_EQ(grants[0].to, "red");
  EXPECT_EQ(grants[0].kind, GranteeKind::TEAM);
  EXPECT_EQ(grants[0].on, "namespace default");
  EXPECT_TRUE(people().revoke_grant(owner_, ns("default"), grants[0].id));
  EXPECT_EQ(role_in(again(ben), "default"), Role::NONE);
  EXPECT_EQ(code_of(people().revoke_grant(owner_, ns("default"), grants[0].id)), Code::not_found);
}

TEST_P(PeopleTest, OneSharesWithTeamsThatOneIsIn) {
  const Call anna = user("anna");
  TestDatabase::must(people().create_team(owner_, {.name = "red", .owner = "admin"}));
  EXPECT_EQ(code_of(people().grant(anna, ns("anna"), "red", Role::READER)), Code::not_found);
  EXPECT_EQ(code_of(people().grant(anna, ns("anna"), "nobody", Role::READER)), Code::not_found);
  EXPECT_EQ(code_of(people().grant(anna, ns("anna"), "everyone", Role::ADMIN)), Code::invalid_argument);
  EXPECT_EQ(code_of(people().grant(anna, everything(), "anna", Role::READER)), Code::permission_denied);
  EXPECT_TRUE(people().grant(anna, ns("anna"), "everyone", Role::READER));
  EXPECT_EQ(role_in(user("ben"), "anna"), Role::READER);
}

TEST_P(PeopleTest, AGrantOnOneObjectIsOnThatAlone) {
  const Call anna = user("anna");
  const NamespaceId in = ns("default").namespace_id;
  const ResourceRef model{ObjectKind::MODEL, 5, in, "model default/digits"};
  TestDatabase::must(people().grant(owner_, model, "anna", Role::WRITER));
  const Call now = again(anna);
  EXPECT_EQ(now.principal->role_on(model), Role::WRITER);
  EXPECT_EQ(now.principal->role_on({ObjectKind::MODEL, 6, in, ""}), Role::NONE);
  EXPECT_EQ(now.principal->role_on({ObjectKind::DEPLOYMENT, 5, in, ""}), Role::NONE);
  EXPECT_EQ(role_in(now, "default"), Role::NONE);
  EXPECT_TRUE(people().grant(owner_, model, "anna", Role::READER));
  EXPECT_EQ(TestDatabase::must(people().list_grants(owner_, model)).size(), 1u);
  EXPECT_EQ(again(anna).principal->role_on(model), Role::READER);
}

TEST_P(PeopleTest, WhoCanSeeItAndWhy) {
  const Call anna = user("anna");
  const Call ben = user("ben");
  TestDatabase::must(people().create_team(owner_, {.name = "red", .owner = "ben"}));
  const ResourceRef model{ObjectKind::MODEL, 5, ns("default").namespace_id, "model default/digits"};
  TestDatabase::must(people().grant(owner_, model, "anna", Role::WRITER));
  TestDatabase::must(people().grant(owner_, ns("default"), "red", Role::READER));
  TestDatabase::must(people().grant(owner_, ns("default"), "anna", Role::READER));
  const auto all = TestDatabase::must(people().who_can(owner_, model, "", {})).items;
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "admin");
  EXPECT_EQ(all[0].because[0].on, "everywhere");
  EXPECT_EQ(all[1].name, "anna");
  EXPECT_EQ(all[1].role, Role::WRITER);
  EXPECT_EQ(all[1].because.size(), 2u);
  EXPECT_EQ(all[2].name, "ben");
  EXPECT_EQ(all[2].because[0].through, "the team red");
  const auto first = TestDatabase::must(people().who_can(owner_, model, "", {.page_size = 2}));
  EXPECT_EQ(first.items.size(), 2u);
  const auto rest =
      TestDatabase::must(people().who_can(owner_, model, "", {.page_size = 2, .page_token = first.next_page_token}));
  ASSERT_EQ(rest.items.size(), 1u);
  EXPECT_EQ(rest.items[0].name, "ben");
  EXPECT_EQ(TestDatabase::must(people().who_can(again(anna), model, "anna", {})).items.size(), 1u);
  EXPECT_EQ(code_of(people().who_can(again(anna), model, "", {})), Code::permission_denied);
  EXPECT_EQ(code_of(people().who_can(again(anna), model, "ben", {})), Code::permission_denied);
  EXPECT_EQ(code_of(people().who_can(again(ben), {ObjectKind::MODEL, 6, ns("anna").namespace_id, "x"}, "ben", {})),
            Code::not_found);
  const auto own = TestDatabase::must(people().who_can(anna, ns("anna"), "", {})).items;
  EXPECT_EQ(own.back().because[0].through, "its owner");
}

TEST_P(PeopleTest, AServiceAccountActsByKeysInItsNamespace) {
  const Call anna = user("anna");
  const Call ben = user("ben");
  const ServiceAccount ci =
      TestDatabase::must(people().create_service_account(anna, "anna", {.name = "ci", .role = Role::WRITER}));
  EXPECT_EQ(ci.name, "anna/ci");
  EXPECT_EQ(code_of(access().create_key(ben, {.name = "k", .service_account = "anna/ci"})), Code::not_found);
  const CreatedKey key = TestDatabase::must(access().create_key(anna, {.name = "k", .service_account = "anna/ci"}));
  const Call as_ci = TestDatabase::must(world_->with_key(key.secret));
  EXPECT_EQ(as_ci.principal->kind, PrincipalKind::SERVICE_ACCOUNT);
  EXPECT_EQ(role_in(as_ci, "anna"), Role::WRITER);
  EXPECT_EQ(code_of(people().list_service_accounts(as_ci, "anna")), Code::permission_denied);
  EXPECT_EQ(TestDatabase::must(people().list_service_accounts(anna, "anna")).size(), 1u);
  EXPECT_TRUE(access().revoke_key(anna, key.key.id));
  EXPECT_EQ(code_of(access().revoke_key(ben, key.key.id)), Code::not_found);
  EXPECT_TRUE(people().delete_service_account(anna, "anna", "ci"));
  EXPECT_EQ(code_of(people().delete_service_account(anna, "anna", "ci")), Code::not_found);
}

TEST_P(PeopleTest, AReplacedKeyWorksOnForAWhile) {
  const CreatedKey old = TestDatabase::must(access().create_key(owner_, {.name = "ci", .role = Role::WRITER}));
  const CreatedKey fresh = TestDatabase::must(access().rotate_key(owner_, old.key.id, std::chrono::hours(1)));
  EXPECT_TRUE(access().authenticate("Bearer " + old.secret));
  EXPECT_EQ(TestDatabase::must(access().authenticate("Bearer " + fresh.secret))->scope.role(), Role::WRITER);
  EXPECT_EQ(code_of(access().rotate_key(owner_, old.key.id, Duration(0))), Code::failed_precondition);
  const CreatedKey last = TestDatabase::must(access().rotate_key(owner_, fresh.key.id, Duration(0)));
  EXPECT_EQ(code_of(access().authenticate("Bearer " + fresh.secret)), Code::unauthenticated);
  EXPECT_TRUE(access().authenticate("Bearer " + last.secret));
  EXPECT_EQ(code_of(access().rotate_key(user("anna"), last.key.id, Duration(0))), Code::not_found);
  EXPECT_FALSE(access().rotate_key(owner_, last.key.id, std::chrono::days(400)));
}

TEST_P(PeopleTest, AKeysScopeIsActionsTimesObjects) {
  const NamespaceId in = ns("default").namespace_id;
  const CreatedKey key = TestDatabase::must(access().create_key(
      owner_, {.name = "infer",
               .scopes = {{{bits_of({Action::INFER}), in, ObjectKind::DEPLOYMENT, 7}, "default/digits"}},
               .default_namespace = "default"}));
  ASSERT_EQ(key.key.scopes.size(), 1u);
  EXPECT_EQ(key.key.scopes[0].deployment, "default/digits");
  const Call call = TestDatabase::must(world_->with_key(key.secret));
  EXPECT_TRUE(call.principal->may(Role::EXECUTOR, {ObjectKind::DEPLOYMENT, 7, in, ""}));
  EXPECT_FALSE(call.principal->may(Role::READER, {ObjectKind::DEPLOYMENT, 7, in, ""}));
  EXPECT_EQ(access().visible(call, ObjectKind::DEPLOYMENT, "n", "i", 1).sql, "FALSE");
  EXPECT_EQ(code_of(access().list_keys(call)), Code::permission_denied);
  EXPECT_EQ(code_of(people().list_users(call, {})), Code::permission_denied);
  const auto shown = TestDatabase::must(access().list_keys(owner_)).back();
  EXPECT_EQ(shown.scopes[0].actions, std::vector<Action>{Action::INFER});
  EXPECT_EQ(shown.default_namespace, "default");
}

}  // namespace
}  // namespace souk::access
