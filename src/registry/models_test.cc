// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "registry/test_registry.h"

namespace souk::registry {
namespace {

using access::Role;

class ModelsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
  }
  Result<RegisteredModel> create(NewModel wanted) {
    return w_->registry->create_model(w_->call, w_->ns(), std::move(wanted));
  }
  template <class T>
  static json::Patch<T> set(T value) {
    return {json::Patch<T>::State::value, std::move(value)};
  }
  std::unique_ptr<TestRegistry> w_;
};
SOUK_ON_BOTH_DATABASES(ModelsTest);

TEST_P(ModelsTest, WhatIsCreatedIsReadBack) {
  const RegisteredModel made = TestRegistry::must(create({.name = "Mein Modell",
                                                          .description = "d",
                                                          .readme = "# r\n",
                                                          .owner = "o",
                                                          .tags = {R"({"a":"b"})"},
                                                          .custom_properties = {R"({"n":1.5,"l":[1]})"}}));
  const AuthorizedModel read = w_->model("mein-modell");
  EXPECT_EQ(json::write(*read), json::write(made));
  EXPECT_EQ(read->revision, 1);
  EXPECT_EQ(read->uid.size(), 36u);
  EXPECT_EQ(json::write(*TestRegistry::must(w_->registry->get_model(w_->call, Role::READER, made.id))),
            json::write(made));
  EXPECT_EQ(w_->event_types().find("model.created mein-modell") == std::string::npos, false);
  EXPECT_EQ(w_->count("resources"), 2);
}

TEST_P(ModelsTest, ManyPropertiesOfAllTypesAreFound) {
  std::string properties = R"({"text":"x","whole":7,"real":1.5,"large":18446744073709551615,"flag":true,"none":null)";
  for (int i = 0; i < 40; ++i) properties += ",\"p" + std::to_string(i) + "\":" + std::to_string(i);
  const NewModel wanted{.tags = {R"({"stage":"x"})"}, .custom_properties = {properties + "}"}};
  NewModel one = wanted, other = wanted;
  one.name = "one";
  other.name = "other";
  TestRegistry::must(create(one));
  EXPECT_EQ(w_->count("model_properties"), 46);
  TestRegistry::must(w_->registry->create_models(w_->call, w_->ns(), {other, {.name = "plain"}}));
  EXPECT_EQ(w_->count("model_properties"), 92);
  for (const char* filter :
       {"custom_properties.text = 'x'", "custom_properties.whole = 7", "custom_properties.real > 1.4",
        "custom_properties.flag = true", "custom_properties.p39 = 39", "tags.stage = 'x'"}) {
    const auto page = TestRegistry::must(w_->registry->list_models(w_->call, "default", {.filter = filter}));
    EXPECT_EQ(page.items.size(), 2u) << filter;
  }
}

TEST_P(ModelsTest, APatchOfAnObjectIsMerged) {
  TestRegistry::must(
      create({.name = "m", .tags = {R"({"a":"1","b":"2"})"}, .custom_properties = {R"({"o":{"x":1,"y":[1]},"n":1})"}}));
  const auto patched = TestRegistry::must(w_->registry->update_model(
      w_->call, w_->model("m"),
      {.tags = set<json::Raw>({R"({"a":null,"c":"3","d":null})"}),
       .custom_properties = set<json::Raw>({R"({"o":{"x":null,"y":{"z":1},"w":{"v":null}},"n":[null]})"})},
      {}));
  EXPECT_EQ(patched.tags.text, R"({"b":"2","c":"3"})");
  EXPECT_EQ(patched.custom_properties.text, R"({"n":[null],"o":{"y":{"z":1},"w":{}}})");
  const auto update = [&](json::Patch<json::Raw> tags) {
    return w_->registry->update_model(w_->call, w_->model("m"), {.tags = std::move(tags)}, {});
  };
  EXPECT_EQ(update(set<json::Raw>({R"({"b":7})"})).error().field, "tags");
  EXPECT_EQ(update(set<json::Raw>({"[]"})).error().field, "tags");
  EXPECT_EQ(TestRegistry::must(update({json::Patch<json::Raw>::State::null, {}})).tags.text, "{}");
}

TEST_P(ModelsTest, NamesAndSlugsAreUniqueInTheirNamespace) {
  EXPECT_TRUE(create({.name = "One", .slug = "one"}));
  const auto same_name = create({.name = "One", .slug = "two"});
  EXPECT_EQ(same_name.error().code, Code::already_exists);
  EXPECT_EQ(same_name.error().field, "name");
  const auto same_slug = create({.name = "Two", .slug = "one"});
  EXPECT_EQ(same_slug.error().code, Code::already_exists);
  EXPECT_EQ(same_slug.error().field, "slug");
  // A slug that was not asked for makes way.
  EXPECT_EQ(create({.name = "ONE"}).value().slug, "one-2");
  EXPECT_EQ(create({.name = "oNe"}).value().slug, "one-3");
  w_->make_namespace("other");
  EXPECT_TRUE(w_->registry->create_model(w_->call, w_->ns("other"), {.name = "One", .slug = "one"}));
  EXPECT_TRUE(create({.name = "模型"}).value().slug.starts_with("model-"));
}

TEST_P(ModelsTest, BadNamesLeaveNothing) {
  const std::string bad[] = {"", "a\nb", std::string("a\0b", 3), "\xFF", std::string(10'000, 'x')};
  for (const std::string& name : bad) {
    const auto made = create({.name = name});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::invalid_argument);
  }
  EXPECT_EQ(create({.name = "x", .slug = ".."}).error().field, "slug");
  EXPECT_EQ(create({.name = "x", .slug = "manifests"}).error().field, "slug");
  EXPECT_EQ(create({.name = "x", .readme = std::string((1 << 20) + 1, 'r')}).error().field, "readme");
  EXPECT_EQ(create({.name = "x", .tags = {R"({"a":1})"}}).error().field, "tags");
  EXPECT_EQ(create({.name = "x", .tags = {"[]"}}).error().field, "tags");
  EXPECT_FALSE(create({.name = "x", .custom_properties = {R"({"":1})"}}));
  EXPECT_FALSE(create({.name = "x", .custom_properties = {R"({"a\u0000b":1})"}}));
  EXPECT_FALSE(create({.name = "x", .custom_properties = {R"({"a":"\u0000"})"}}));
  EXPECT_FALSE(create({.name = "x", .custom_properties = {R"({"a":1,"a":2})"}}));
  EXPECT_FALSE(create({.name = "x", .custom_properties = {"{\"" + std::string(251, 'k') + "\":1}"}}));
  EXPECT_FALSE(create({.name = "x", .custom_properties = {"{\"k\":\"" + std::string(65'536, 'v') + "\"}"}}));
  EXPECT_EQ(w_->count("registered_models"), 0);
  EXPECT_EQ(w_->count("model_properties"), 0);
  EXPECT_TRUE(create({.name = ".."}).value().slug.starts_with("model-"));
}

TEST_P(ModelsTest, OfManyCreatorsOfOneNameOneWins) {
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto made = create({.name = "race", .slug = "race"});
      if (made) ++won;
      if (!made && made.error().code == Code::already_exists) ++lost;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
  EXPECT_EQ(w_->count("registered_models"), 1);
  EXPECT_EQ(w_->count("resources"), 2);
}

TEST_P(ModelsTest, AChangeNeedsTheRevisionThatWasSeen) {
  const AuthorizedModel model = w_->make_model("m");
  const auto changed = TestRegistry::must(w_->registry->update_model(
      w_->call, model, {.name = set<std::string>("M two"), .state = set(State::ARCHIVED)}, 1));
  EXPECT_EQ(changed.revision, 2);
  EXPECT_EQ(changed.slug, "m");
  EXPECT_EQ(changed.state, State::ARCHIVED);
  const auto late = w_->registry->update_model(w_->call, model, {.description = set<std::string>("x")}, 1);
  EXPECT_EQ(late.error().code, Code::failed_precondition);
  EXPECT_EQ(late.error().field, "If-Match");
  EXPECT_EQ(w_->model("m")->description, "");
  EXPECT_EQ(w_->registry->delete_model(w_->call, model, 1).error().field, "If-Match");
  // Nothing changed: no new revision and no event.
  const std::string before = w_->event_types();
  EXPECT_EQ(
      TestRegistry::must(w_->registry->update_model(w_->call, model, {.name = set<std::string>("M two")}, {})).revision,
      2);
  EXPECT_EQ(w_->event_types(), before);
  json::Patch<std::string> null{json::Patch<std::string>::State::null, ""};
  EXPECT_EQ(w_->registry->update_model(w_->call, model, {.name = null}, {}).error().field, "name");
  w_->make_model("taken");
  EXPECT_EQ(w_->registry->update_model(w_->call, model, {.name = set<std::string>("taken")}, {}).error().code,
            Code::already_exists);
}

TEST_P(ModelsTest, OfManyChangesOfOneRevisionOneWins) {
  const AuthorizedModel model = w_->make_model("m");
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto done = w_->registry->update_model(w_->call, model, {.description = set("d" + std::to_string(i))}, 1);
      done ? ++won : ++lost;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(w_->model("m")->revision, 2);
}

TEST_P(ModelsTest, ForeignModelsAreNotThere) {
  const NamespaceId theirs = w_->make_namespace("theirs");
  TestRegistry::must(w_->registry->create_model(w_->call, w_->ns("theirs"), {.name = "secret"}));
  const access::Call stranger = access::TestAccess::somebody(Role::OWNER, w_->make_namespace("mine"));
  const auto hidden = w_->registry->get_model(stranger, Role::READER, "theirs", "secret");
  const auto missing = w_->registry->get_model(stranger, Role::READER, "theirs", "absent");
  const auto nowhere = w_->registry->get_model(stranger, Role::READER, "nowhere", "secret");
  EXPECT_EQ(hidden.error().message, "model theirs/secret does not exist");
  EXPECT_EQ(missing.error().message, "model theirs/absent does not exist");
  EXPECT_EQ(nowhere.error().message, "model nowhere/secret does not exist");
  for (const auto* result : {&hidden, &missing, &nowhere}) EXPECT_EQ(result->error().code, Code::not_found);
  EXPECT_EQ(w_->registry->list_models(stranger, "theirs", {}).error().code, Code::not_found);
  EXPECT_TRUE(TestRegistry::must(w_->registry->list_models(stranger, "", {})).items.empty());
  EXPECT_EQ(w_->registry->repository(stranger, Role::READER, "theirs", "secret").error().message,
            "model theirs/secret does not exist");

  const access::Call reader = access::TestAccess::somebody(Role::READER, theirs);
  const auto seen = w_->registry->get_model(reader, Role::READER, "theirs", "secret");
  ASSERT_TRUE(seen);
  EXPECT_EQ(w_->registry->get_model(reader, Role::WRITER, "theirs", "secret").error().code, Code::permission_denied);
  EXPECT_EQ(w_->registry->update_model(reader, *seen, {.name = set<std::string>("x")}, {}).error().code,
            Code::permission_denied);
  EXPECT_EQ(w_->registry->create_version(reader, *seen, {}).error().code, Code::permission_denied);
  EXPECT_EQ(w_->registry->set_alias(reader, *seen, "a", "1").error().code, Code::permission_denied);
  EXPECT_EQ(w_->registry->delete_model(reader, *seen, {}).error().code, Code::permission_denied);
}

TEST_P(ModelsTest, AGrantOnOneModelShowsThatModelAlone) {
  const NamespaceId theirs = w_->make_namespace("theirs");
  const auto shared = TestRegistry::must(w_->registry->create_model(w_->call, w_->ns("theirs"), {.name = "shared"}));
  TestRegistry::must(w_->registry->create_model(w_->call, w_->ns("theirs"), {.name = "secret"}));
  auto principal = std::make_shared<access::Principal>();
  principal->grant({theirs, access::ObjectKind::MODEL, shared.id.value, Role::READER});
  const access::Call guest = access::TestAccess::call_of(principal);
  EXPECT_TRUE(w_->registry->get_model(guest, Role::READER, "theirs", "shared"));
  EXPECT_FALSE(w_->registry->get_model(guest, Role::READER, "theirs", "secret"));
  EXPECT_EQ(TestRegistry::must(w_->registry->list_models(guest, "theirs", {})).items.size(), 1u);
  EXPECT_EQ(TestRegistry::must(w_->registry->list_models(guest, "", {})).items.size(), 1u);
}

TEST_P(ModelsTest, ListsFilterOrderAndPage) {
  for (int i = 0; i < 7; ++i) {
    TestRegistry::must(create({.name = "m" + std::to_string(i),
                               .readme = "long",
                               .tags = {R"({"team":")" + std::string(i % 2 ? "blue" : "red") + "\"}"},
                               .custom_properties = {R"({"accuracy":0.)" + std::to_string(i + 1) + "}"}}));
  }
  const auto names = [&](const ListQuery& query, std::string_view ns = "default") {
    std::string out;
    for (const ListedModel& model : TestRegistry::must(w_->registry->list_models(w_->call, ns, query)).items) {
      out += (out.empty() ? "" : ",") + model.name;
      EXPECT_EQ(model.namespace_, "default");
      EXPECT_EQ(model.readme, "");
    }
    return out;
  };
  EXPECT_EQ(names({.order_by = "name"}), "m0,m1,m2,m3,m4,m5,m6");
  EXPECT_EQ(names({}, ""), "m6,m5,m4,m3,m2,m1,m0");
  EXPECT_EQ(names({.filter = "custom_properties.accuracy > 0.45", .order_by = "name desc"}), "m6,m5,m4");
  EXPECT_EQ(names({.filter = "tags.team = 'blue' AND name < 'm4'", .order_by = "id"}), "m1,m3");
  EXPECT_EQ(names({.filter = "namespace = 'default' AND state = 'LIVE' AND name LIKE '%3'"}), "m3");
  EXPECT_EQ(w_->registry->list_models(w_->call, "default", {.filter = "nme = 'x'"}).error().field, "filter");
  EXPECT_EQ(w_->registry->list_models(w_->call, "absent", {}).error().code, Code::not_found);

  ListQuery query{.order_by = "update_time", .page_size = 3};
  std::set<std::string> seen;
  do {
    const auto page = TestRegistry::must(w_->registry->list_models(w_->call, "default", query));
    for (const ListedModel& model : page.items) EXPECT_TRUE(seen.insert(model.name).second) << model.name;
    query.page_token = page.next_page_token;
    if (seen.size() == 3) {
      EXPECT_FALSE(w_->registry->list_models(w_->call, "", query));  // another list's token
    }
  } while (!query.page_token.empty());
  EXPECT_EQ(seen.size(), 7u);
}

TEST_P(ModelsTest, ChangedPropertiesAreFoundByTheirNewValues) {
  const AuthorizedModel model = w_->make_model("m");
  const auto found = [&](const std::string& filter) {
    return TestRegistry::must(w_->registry->list_models(w_->call, "", {.filter = filter})).items.size();
  };
  TestRegistry::must(w_->registry->update_model(
      w_->call, model, {.tags = set(json::Raw{R"({"a":"1"})"}), .custom_properties = set(json::Raw{R"({"x":1})"})},
      {}));
  EXPECT_EQ(found("custom_properties.x = 1"), 1u);
  TestRegistry::must(
      w_->registry->update_model(w_->call, model, {.custom_properties = set(json::Raw{R"({"x":2})"})}, {}));
  EXPECT_EQ(found("custom_properties.x = 1"), 0u);
  EXPECT_EQ(found("custom_properties.x = 2 AND tags.a = '1'"), 1u);
}

TEST_P(ModelsTest, ARepeatedCreateGetsTheFirstAnswer) {
  w_->call.idempotency_key = "once";
  const auto first = TestRegistry::must(create({.name = "m"}));
  EXPECT_EQ(json::write(TestRegistry::must(create({.name = "m"}))), json::write(first));
  EXPECT_EQ(create({.name = "other"}).error().code, Code::failed_precondition);
  EXPECT_EQ(w_->count("registered_models"), 1);
}

TEST_P(ModelsTest, AnErrorInTheMiddleLeavesNothing) {
  const AuthorizedModel model = w_->make_model("m");
  w_->registry->ask_before_delete([](store::Tx&, ModelId, std::optional<VersionId>) {
    return Result<std::vector<std::string>>(std::vector<std::string>{"deployment default/m", "deployment default/n"});
  });
  const Status refused = w_->registry->delete_model(w_->call, model, {});
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("deployment default/m, deployment default/n"), std::string::npos);
  EXPECT_EQ(w_->count("registered_models"), 1);
  const std::string before = w_->event_types();
  const Status failed = w_->store->write([&](store::Tx& tx) -> Status {
    SOUK_TRY(w_->access->add_resource(tx, {access::ObjectKind::MODEL, 500, NamespaceId(1), ""}));
    SOUK_TRY(tx.exec("DELETE FROM registered_models"));
    return internal("stop");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(w_->count("registered_models"), 1);
  EXPECT_EQ(w_->event_types(), before);
}

}  // namespace
}  // namespace souk::registry
