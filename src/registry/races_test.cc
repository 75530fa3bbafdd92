// SPDX-License-Identifier: Apache-2.0
//
// Several writers at once: what only one may have, one has, and none is sent away for the others' sake.
#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <thread>

#include "registry/test_registry.h"

namespace souk::registry {
namespace {

constexpr int kWriters = 8;

class RacesTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    r_ = std::make_unique<TestRegistry>(GetParam());
  }
  // f(0), f(1), … each in a thread of its own, begun together.
  template <class F>
  static void together(int count, F&& f) {
    std::latch begin(count);
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        begin.arrive_and_wait();
        f(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  Result<ModelVersion> create_version(const AuthorizedModel& model, const std::string& name) {
    return r_->registry->create_version(r_->call, model, {.name = name});
  }
  std::unique_ptr<TestRegistry> r_;
};
SOUK_ON_BOTH_DATABASES(RacesTest);

TEST_P(RacesTest, NamesOfOneSlugEachGetOne) {
  std::mutex mutex;
  std::set<std::string> slugs;
  together(kWriters, [&](int i) {
    const auto made =
        r_->registry->create_model(r_->call, r_->ns(), {.name = "My" + std::string(i + 1, ' ') + "model"});
    ASSERT_TRUE(made) << made.error().describe();
    const std::lock_guard lock(mutex);
    slugs.insert(made->slug);
  });
  EXPECT_EQ(slugs.size(), kWriters);
  EXPECT_EQ(r_->count("registered_models"), kWriters);
}

TEST_P(RacesTest, AnIdempotencyKeyMakesOneModel) {
  access::Call call = r_->call;
  call.idempotency_key = "the-same";
  std::mutex mutex;
  std::set<std::int64_t> ids;
  together(kWriters, [&](int) {
    const auto made = r_->registry->create_model(call, r_->ns(), {.name = "once"});
    ASSERT_TRUE(made) << made.error().describe();
    const std::lock_guard lock(mutex);
    ids.insert(made->id.value);
  });
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(r_->count("registered_models"), 1);
}

TEST_P(RacesTest, VersionsOfOneModelAreNumberedInARow) {
  const AuthorizedModel model = r_->make_model("m");
  std::mutex mutex;
  std::set<std::int64_t> numbers;
  together(kWriters, [&](int i) {
    const auto made = create_version(model, i % 2 == 0 ? "" : "v" + std::string(1, static_cast<char>('a' + i)));
    ASSERT_TRUE(made) << made.error().describe();
    const std::lock_guard lock(mutex);
    numbers.insert(made->number);
  });
  ASSERT_EQ(numbers.size(), kWriters);
  EXPECT_EQ(*numbers.begin(), 1);
  EXPECT_EQ(*numbers.rbegin(), kWriters);
}

TEST_P(RacesTest, AVersionsNameIsGivenOnce) {
  const AuthorizedModel model = r_->make_model("m");
  std::atomic<int> won{0}, lost{0};
  together(kWriters, [&](int) {
    const auto made = create_version(model, "candidate");
    if (made) ++won;
    if (!made && made.error().code == Code::already_exists) ++lost;
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, kWriters - 1);
  EXPECT_EQ(TestRegistry::must(create_version(model, "")).number, 2);  // those that lost took no number
}

TEST_P(RacesTest, AVersionAndAnAliasNeverShareAName) {
  const AuthorizedModel model = r_->make_model("m");
  TestRegistry::must(create_version(model, ""));
  for (int round = 0; round < 20; ++round) {
    const std::string name = "name-" + std::to_string(round);
    Status version, alias;
    together(2, [&](int i) {
      if (i == 0) {
        const auto made = create_version(model, name);
        version = made ? Status() : Status(made.error());
      } else {
        const auto made = r_->registry->set_alias(r_->call, model, name, "1");
        alias = made ? Status() : Status(made.error());
      }
    });
    EXPECT_NE(version.has_value(), alias.has_value()) << name;
    EXPECT_EQ((version ? alias : version).error().code, Code::already_exists);
  }
}

TEST_P(RacesTest, NewModelsAndVersionsAreNotTriedAgain) {
  if (GetParam() != store::Dialect::postgresql) GTEST_SKIP() << "SQLite writes one at a time";
  std::vector<AuthorizedModel> models;
  for (int i = 0; i < kWriters; ++i) models.push_back(r_->make_model("m" + std::to_string(i)));
  Counter& retries = r_->database.metrics.counter("souk_store_retries_total", "").with();
  const auto before = retries.value();
  together(kWriters, [&](int i) {
    for (int n = 0; n < 10; ++n) {
      const std::string name = "new-" + std::to_string(i) + "-" + std::to_string(n);
      TestRegistry::must(r_->registry->create_model(
          r_->call, r_->ns(), {.name = name, .slug = name, .custom_properties = {R"({"a":1,"b":"x","c":0.5})"}}));
      TestRegistry::must(create_version(models[static_cast<std::size_t>(i)], name));
    }
  });
  EXPECT_EQ(retries.value(), before);
}

}  // namespace
}  // namespace souk::registry
