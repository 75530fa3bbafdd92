// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "access/access.h"
#include "access/scopes.h"

namespace souk::access {
namespace {

TEST(Names, SlugsFollowThePathComponentGrammar) {
  for (const char* good : {"a", "0", "digits", "a.b", "a_b", "a__b", "a-b", "a---b", "resnet-50.v2_x", "1.2.3"}) {
    EXPECT_TRUE(check_slug(good)) << good;
  }
  for (const char* bad : {"", "-a", "a-", ".a", "a.", "a..b", "a___b", "a._b", "_a", "A", "a b", "a/b", "..", "a\n",
                          "é", "a%2f", "a\x01"}) {
    const Status status = check_slug(bad);
    ASSERT_FALSE(status) << bad;
    EXPECT_EQ(status.error().code, Code::invalid_argument);
    EXPECT_EQ(status.error().field, "slug");
  }
  EXPECT_TRUE(check_slug(std::string(100, 'a')));
  EXPECT_FALSE(check_slug(std::string(101, 'a')));
  EXPECT_FALSE(check_slug(std::string(10'000, 'a')));
  EXPECT_FALSE(check_slug(std::string("a\0b", 3)));
}

TEST(Names, ReservedWordsAreNoSlugs) {
  for (const char* word : {"blobs", "manifests", "tags", "referrers", "versions", "ready", "infer", "config", "stats",
                           "load", "unload", "models", "health", "repository"}) {
    EXPECT_FALSE(check_slug(word)) << word;
    EXPECT_EQ(slug_of(word).value(), std::string(word) + "-1");
  }
}

TEST(Names, SlugsAreMadeOfNames) {
  EXPECT_EQ(slug_of("Mein Modell 2").value(), "mein-modell-2");
  EXPECT_EQ(slug_of("  ResNet_50.v2!! ").value(), "resnet_50.v2");
  EXPECT_EQ(slug_of("a._-b").value(), "a-b");
  EXPECT_EQ(slug_of("../../etc/passwd").value(), "etc-passwd");
  EXPECT_EQ(slug_of("modèle").value(), "mod-le");
  EXPECT_FALSE(slug_of("模型"));
  EXPECT_FALSE(slug_of("..."));
  for (const std::string& name :
       {std::string(10'000, 'x'), std::string("A.") + std::string(200, '.') + "b", std::string(91, 'a') + "--b"}) {
    const std::string slug = slug_of(name).value();
    EXPECT_TRUE(check_slug(slug)) << slug;
  }
}

TEST(Names, NamesAreAnyTextOnOneLine) {
  for (const char* good : {"digits", "Mein Modell", "模型 ✓", "a/b:c@d", "🙂", ".."})
    EXPECT_TRUE(check_name(good, "name")) << good;
  const std::string bad[] = {"",
                             "  ",
                             "\xC2\xA0",
                             "a\nb",
                             "a\tb",
                             std::string("a\0b", 3),
                             "a\x7F",
                             "\xC2\x85",
                             "\xE2\x80\xAE"
                             "abc",
                             "\xFF",
                             "\xC0\xAF",
                             "\xED\xA0\x80",
                             "\xF4\x90\x80\x80",
                             "\xE2\x82",
                             std::string(251, 'a')};
  for (const std::string& name : bad) {
    const Status status = check_name(name, "name");
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, Code::invalid_argument);
    EXPECT_EQ(status.error().field, "name");
  }
  EXPECT_TRUE(check_name(std::string(250, 'a'), "name"));
  EXPECT_TRUE(check_text("lines\nand\ttabs", 100, "readme"));
  EXPECT_TRUE(check_text("", 0, "readme"));
  EXPECT_FALSE(check_text("abc", 2, "readme"));
  EXPECT_FALSE(check_text(std::string("\0", 1), 2, "readme"));
}

TEST(Names, WhatIsShownIsShortAndPlain) {
  EXPECT_EQ(as_shown("digits"), "digits");
  EXPECT_EQ(as_shown("Two words"), "'Two words'");
  EXPECT_EQ(as_shown("a\r\nSet-Cookie: x"), "'a…'");
  EXPECT_LT(as_shown(std::string(10'000, 'X')).size(), 80u);
}

TEST(Roles, GrantsAddUpAndTheKeyBoundsThem) {
  const NamespaceId one(1), two(2);
  Principal who;
  who.grant({one, std::nullopt, 0, Role::READER});
  who.grants.push_back(std::make_shared<const Grants>(std::vector<Grant>{{one, ObjectKind::MODEL, 5, Role::WRITER},
                                                                         {two, std::nullopt, 0, Role::READER},
                                                                         {two, std::nullopt, 0, Role::OWNER}}));
  EXPECT_EQ(who.role_on({ObjectKind::MODEL, 5, one, ""}), Role::WRITER);
  EXPECT_EQ(who.role_on({ObjectKind::MODEL, 6, one, ""}), Role::READER);
  EXPECT_EQ(who.role_on({ObjectKind::DEPLOYMENT, 5, one, ""}), Role::READER);
  EXPECT_EQ(who.role_on({ObjectKind::MODEL, 5, NamespaceId(3), ""}), Role::NONE);
  EXPECT_EQ(who.role_in(one), Role::READER);
  EXPECT_EQ(who.role_in(two), Role::OWNER);
  EXPECT_EQ(who.role_everywhere(), Role::NONE);
  who.scope.entries = {{.actions = actions_up_to(Role::EXECUTOR), .namespace_id = two}};
  EXPECT_EQ(who.role_on({ObjectKind::MODEL, 5, one, ""}), Role::NONE);
  EXPECT_EQ(who.role_in(two), Role::EXECUTOR);
  who.grant({.role = Role::OWNER});
  EXPECT_EQ(who.role_everywhere(), Role::NONE);  // the key is bound to a namespace
  who.scope.entries = {{.actions = actions_up_to(Role::EXECUTOR)}};
  EXPECT_EQ(who.role_everywhere(), Role::EXECUTOR);
}

TEST(Roles, AScopeIsActionsTimesObjects) {
  const ResourceRef five{ObjectKind::DEPLOYMENT, 5, NamespaceId(1), ""},
      six{ObjectKind::DEPLOYMENT, 6, NamespaceId(1), ""};
  const ResourceRef model{ObjectKind::MODEL, 5, NamespaceId(1), ""}, there{ObjectKind::MODEL, 9, NamespaceId(2), ""};
  Principal who;
  who.grant({.role = Role::WRITER});
  who.scope.entries = {{bits_of({Action::INFER}), NamespaceId(1), ObjectKind::DEPLOYMENT, 5},
                       {bits_of({Action::READ, Action::WRITE}), NamespaceId(2), {}, 0}};
  EXPECT_TRUE(who.may(Role::EXECUTOR, five));
  EXPECT_FALSE(who.may(Role::READER, five));
  EXPECT_EQ(who.role_on(five), Role::NONE);  // fit for comparing: it may not even read
  EXPECT_FALSE(who.may(Role::EXECUTOR, six));
  EXPECT_FALSE(who.scope.covers(six));
  EXPECT_FALSE(who.may(Role::EXECUTOR, model));
  EXPECT_TRUE(who.may(Role::WRITER, there));
  EXPECT_FALSE(who.may(Role::EXECUTOR, there));
  EXPECT_EQ(who.role_on(there), Role::READER);
  EXPECT_FALSE(who.may(Role::ADMIN, there));
  EXPECT_TRUE(who.scope.allows_somewhere(Action::INFER));
  EXPECT_FALSE(who.scope.allows_everywhere(Action::READ));
}

TEST(Roles, ManyGrantsAreFoundAtOnce) {
  std::vector<Grant> grants;
  for (int i = 1; i <= 5000; ++i)
    grants.push_back({NamespaceId(1 + i % 7), ObjectKind::MODEL, (i * 7919) % 5003, Role::READER});
  const Grants all(grants);
  for (const Grant& one : grants)
    EXPECT_EQ(all.on({ObjectKind::MODEL, one.object_id, one.namespace_id, ""}), Role::READER);
  EXPECT_EQ(all.on({ObjectKind::MODEL, 6000, NamespaceId(1), ""}), Role::NONE);
  EXPECT_EQ(all.on({ObjectKind::DEPLOYMENT, grants[0].object_id, grants[0].namespace_id, ""}), Role::NONE);
}

}  // namespace
}  // namespace souk::access
