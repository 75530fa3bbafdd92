// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "registry/test_registry.h"

namespace souk::registry {
namespace {

class VersionsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
    w_->make_model("m");
  }
  Result<ModelVersion> create(NewVersion wanted) {
    return w_->registry->create_version(w_->call, w_->model("m"), std::move(wanted));
  }
  Result<ModelVersion> get(const std::string& version) { return w_->registry->get_version(w_->model("m"), version); }
  Result<ModelVersion> update(const std::string& version, const VersionPatch& patch,
                              std::optional<std::int64_t> if_match = {}) {
    return w_->registry->update_version(w_->call, w_->model("m"), version, patch, if_match);
  }
  Result<Alias> alias(const std::string& name, const std::string& version) {
    return w_->registry->set_alias(w_->call, w_->model("m"), name, version);
  }
  template <class T>
  static json::Patch<T> set(T value) {
    return {json::Patch<T>::State::value, std::move(value)};
  }
  std::unique_ptr<TestRegistry> w_;
};
SOUK_ON_BOTH_DATABASES(VersionsTest);

TEST_P(VersionsTest, SummariesComeInTheOrderAsked) {
  w_->make_model("empty");
  TestRegistry::must(create({}));
  TestRegistry::must(create({.name = "second"}));
  TestRegistry::must(alias("champion", "1"));
  const ModelId m = w_->model("m")->id, empty = w_->model("empty")->id;
  const auto summaries = TestRegistry::must(w_->registry->summarize({empty, m, empty}));
  ASSERT_EQ(summaries.size(), 3u);
  EXPECT_EQ(summaries[0].version_count, 0);
  EXPECT_FALSE(summaries[0].latest);
  EXPECT_EQ(summaries[1].version_count, 2);
  EXPECT_EQ(summaries[1].latest.value().name, "second");
  ASSERT_EQ(summaries[1].aliases.size(), 1u);
  EXPECT_EQ(summaries[1].aliases[0].version, 1);
  EXPECT_EQ(TestRegistry::must(w_->registry->count_models(w_->call, "default")), 2);
  EXPECT_EQ(TestRegistry::must(w_->registry->count_models(w_->call, "")), 2);
  EXPECT_EQ(w_->registry->count_models(w_->call, "absent").error().code, Code::not_found);
}

TEST_P(VersionsTest, NumbersRiseAndNamesStandBesideThem) {
  EXPECT_EQ(get("latest").error().code, Code::not_found);
  const ModelVersion one = TestRegistry::must(create({}));
  EXPECT_EQ(one.number, 1);
  EXPECT_EQ(one.name, "1");
  EXPECT_FALSE(one.sealed_digest);
  EXPECT_EQ(create({.name = "v two / any text"}).value().number, 2);
  EXPECT_EQ(create({.name = "5"}).value().number, 5);  // a number may be skipped to
  EXPECT_EQ(create({}).value().number, 6);
  EXPECT_EQ(json::write(get("1").value()), json::write(one));
  EXPECT_EQ(get("v two / any text").value().number, 2);
  EXPECT_EQ(get("latest").value().number, 6);
  EXPECT_EQ(get("3").error().code, Code::not_found);
  EXPECT_EQ(create({.name = "5"}).error().code, Code::already_exists);
  EXPECT_EQ(create({.name = "v two / any text"}).error().code, Code::already_exists);
  EXPECT_EQ(create({.name = "3"}).value().number, 3);  // one that was never given
  EXPECT_EQ(get("latest").value().number, 6);
  for (const char* bad : {"0", "007", "9999999999999999", "latest", "sha256-abc", "a\nb"}) {
    EXPECT_EQ(create({.name = bad}).error().code, Code::invalid_argument) << bad;
  }
  EXPECT_EQ(create({.name = "20261121103000"}).value().number, 20261121103000);
  for (const char* bad : {"", "007", "99999999999999999999999", "absent", "1; DROP TABLE x"})
    EXPECT_FALSE(get(bad)) << bad;
  EXPECT_EQ(TestRegistry::must(w_->registry->count_versions(w_->model("m"))), 6);
}

TEST_P(VersionsTest, ADeletedNumberNeverComesBack) {
  TestRegistry::must(create({}));
  TestRegistry::must(create({}));
  TestRegistry::must(w_->registry->delete_version(w_->call, w_->model("m"), "2"));
  EXPECT_EQ(get("2").error().code, Code::not_found);
  EXPECT_EQ(create({}).value().number, 3);
  const auto again = create({.name = "2"});
  EXPECT_EQ(again.error().code, Code::failed_precondition);
  EXPECT_NE(again.error().hint.find("4"), std::string::npos);
  EXPECT_EQ(w_->registry->delete_version(w_->call, w_->model("m"), "9").error().code, Code::not_found);
}

TEST_P(VersionsTest, ManyCreatorsGetManyNumbers) {
  std::mutex mutex;
  std::set<std::int64_t> numbers;
  std::vector<std::thread> threads;
  const AuthorizedModel model = w_->model("m");
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 3; ++k) {
        const auto made = w_->registry->create_version(w_->call, model, {});
        std::lock_guard lock(mutex);
        if (made) numbers.insert(made->number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(numbers.size(), 24u);
  EXPECT_EQ(*numbers.rbegin(), 24);
}

TEST_P(VersionsTest, OpenVersionsChangeAndAreArchived) {
  TestRegistry::must(create({.name = "draft", .custom_properties = {R"({"acc":0.9})"}}));
  const auto changed = TestRegistry::must(update("draft",
                                                 {.name = set<std::string>("v1"),
                                                  .state = set(State::ARCHIVED),
                                                  .custom_properties = set(json::Raw{R"({"acc":0.95})"})},
                                                 1));
  EXPECT_EQ(changed.name, "v1");
  EXPECT_EQ(changed.revision, 2);
  EXPECT_EQ(get("draft").error().code, Code::not_found);
  EXPECT_EQ(update("v1", {.author = set<std::string>("me")}, 1).error().field, "If-Match");
  EXPECT_EQ(update("v1", {.name = set<std::string>("7")}).error().code, Code::invalid_argument);
  EXPECT_EQ(update("v1", {.name = set<std::string>("1")}).value().name, "1");
  EXPECT_EQ(update("1", {.state = set(State::LIVE)}).value().state, State::LIVE);
  const auto page =
      TestRegistry::must(w_->registry->list_versions(w_->model("m"), {.filter = "custom_properties.acc > 0.92"}));
  EXPECT_EQ(page.items.size(), 1u);
}

TEST_P(VersionsTest, VersionsListNewestFirst) {
  for (int i = 0; i < 5; ++i) TestRegistry::must(create({}));
  ListQuery query{.page_size = 2};
  std::string seen;
  do {
    const auto page = TestRegistry::must(w_->registry->list_versions(w_->model("m"), query));
    for (const ModelVersion& version : page.items) seen += version.name;
    query.page_token = page.next_page_token;
  } while (!query.page_token.empty());
  EXPECT_EQ(seen, "54321");
}

TEST_P(VersionsTest, AliasesMoveAndRememberIt) {
  TestRegistry::must(create({}));
  TestRegistry::must(create({.name = "v2"}));
  EXPECT_EQ(alias("champion", "1").value().version, 1);
  EXPECT_EQ(alias("champion", "v2").value().version, 2);
  EXPECT_EQ(alias("champion", "2").value().version, 2);  // already there: no change
  EXPECT_EQ(w_->registry->resolve(w_->model("m"), {.model = "m", .alias = "champion"}).value().number, 2);
  TestRegistry::must(w_->registry->remove_alias(w_->call, w_->model("m"), "champion"));
  EXPECT_EQ(w_->registry->resolve(w_->model("m"), {.model = "m", .alias = "champion"}).error().code, Code::not_found);
  EXPECT_EQ(w_->registry->remove_alias(w_->call, w_->model("m"), "champion").error().code, Code::not_found);
  const auto history = TestRegistry::must(w_->registry->alias_history(w_->model("m"), "champion"));
  ASSERT_EQ(history.size(), 3u);  // newest first
  EXPECT_FALSE(history[0].version);
  EXPECT_EQ(history[1].version, 2);
  EXPECT_EQ(history[2].version, 1);
  EXPECT_EQ(history[0].actor, "system");
  EXPECT_EQ(w_->registry->alias_history(w_->model("m"), "never").error().code, Code::not_found);
}

TEST_P(VersionsTest, AliasesAndVersionsShareOneSpaceOfNames) {
  TestRegistry::must(create({.name = "v1"}));
  EXPECT_EQ(alias("v1", "1").error().code, Code::already_exists);
  TestRegistry::must(alias("champion", "1"));
  EXPECT_EQ(create({.name = "champion"}).error().code, Code::already_exists);
  EXPECT_EQ(update("1", {.name = set<std::string>("champion")}).error().code, Code::already_exists);
  for (const char* bad : {"latest", "5", "", "a b", "-x", "sha256-abc", "a/b", "é"}) {
    EXPECT_EQ(alias(bad, "1").error().code, Code::invalid_argument) << bad;
  }
  EXPECT_EQ(alias(std::string(129, 'a'), "1").error().code, Code::invalid_argument);
  EXPECT_EQ(alias("other", "9").error().code, Code::not_found);
}

TEST_P(VersionsTest, ADeletedVersionTakesItsAliasesWithIt) {
  TestRegistry::must(create({}));
  TestRegistry::must(create({}));
  TestRegistry::must(alias("champion", "2"));
  w_->registry->ask_before_delete([](store::Tx&, ModelId, std::optional<VersionId> version) {
    return Result<std::vector<std::string>>(version ? std::vector<std::string>{"deployment default/m"}
                                                    : std::vector<std::string>());
  });
  EXPECT_EQ(w_->registry->delete_version(w_->call, w_->model("m"), "2").error().code, Code::failed_precondition);
  w_->registry->ask_before_delete(nullptr);
  TestRegistry::must(w_->registry->delete_version(w_->call, w_->model("m"), "2"));
  EXPECT_TRUE(TestRegistry::must(w_->registry->list_aliases(w_->model("m"))).empty());
  EXPECT_FALSE(TestRegistry::must(w_->registry->alias_history(w_->model("m"), "champion")).front().version);
  TestRegistry::must(w_->registry->delete_model(w_->call, w_->model("m"), {}));
  for (const char* table : {"registered_models", "model_versions", "aliases", "alias_changes"})
    EXPECT_EQ(w_->count(table), 0) << table;
}

TEST_P(VersionsTest, ARepeatedCreateGetsTheFirstAnswer) {
  w_->call.idempotency_key = "k";
  const auto first = TestRegistry::must(create({}));
  EXPECT_EQ(TestRegistry::must(create({})).id, first.id);
  EXPECT_EQ(w_->count("model_versions"), 1);
}

TEST(References, ReadAndWritten) {
  const auto round = [](const std::string& text) {
    const auto parsed = Reference::parse(text);
    return parsed ? parsed->string() : "invalid";
  };
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string& good : {std::string("digits"), std::string("default/digits"), std::string("digits:2"),
                                  std::string("default/digits@champion"), "a/b@" + digest, std::string("a/b:v 1/x")}) {
    EXPECT_EQ(round(good), good);
  }
  for (const std::string& bad :
       {std::string(), std::string("/"), std::string("a/"), std::string("/b"), std::string("a/b/c"), std::string("A"),
        std::string("a:"), std::string("a@"), std::string("a@b c"), std::string("../x"), std::string("a@sha256:zz"),
        std::string("a:\n"), std::string(600, 'a')}) {
    EXPECT_EQ(round(bad), "invalid") << bad;
  }
}

}  // namespace
}  // namespace souk::registry
