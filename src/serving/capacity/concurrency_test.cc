// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/concurrency.h"

#include <gtest/gtest.h>

#include <vector>

namespace souk::serving {
namespace {

using runtimes::Concurrency;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

// Runs as long as is said, and tells what it was loaded with.
struct Fake : runtimes::Runtime {
  explicit Fake(Concurrency how) : how(how) {}
  const registry::Signature& signature() const override { return none; }
  void infer(const runtimes::InferRequest&, Deadline, runtimes::Completion) override {}
  runtimes::MemoryUse memory() const override { return {}; }
  Concurrency concurrency() const override { return how; }
  Concurrency how;
  registry::Signature none;
};

struct Machine {
  nanoseconds alone, together;  // zero: it cannot be loaded so
  std::vector<std::int64_t> loads = {};

  std::int64_t choose(Concurrency wanted, std::optional<Concurrency> known = {}, std::int64_t bytes = 1 << 20,
                      std::int64_t cores = 4) {
    loads.clear();
    const LoadAndWarm load = [this](Concurrency how) -> Result<Loaded> {
      loads.push_back(how.threads);
      const nanoseconds took = how.threads == 1 ? alone : together;
      if (took.count() == 0) return invalid_argument("no");
      return Loaded{std::make_shared<Fake>(how), took};
    };
    auto loaded = load_measured(load, wanted, known, bytes, cores);
    return loaded ? loaded->runtime->concurrency().threads : -1;
  }
};

using Loads = std::vector<std::int64_t>;

TEST(Concurrency, AShortRunIsNotTriedOnMoreThreads) {
  Machine machine{microseconds(900), microseconds(1)};
  EXPECT_EQ(machine.choose({}), 1);
  EXPECT_EQ(machine.loads, (Loads{1}));
}

TEST(Concurrency, AllCoresWhereTogetherTheyDoNearlyAsMuch) {
  Machine machine{microseconds(8000), microseconds(2200)};
  EXPECT_EQ(machine.choose({}), 4);
  EXPECT_EQ(machine.loads, (Loads{1, 4}));
}

TEST(Concurrency, OneThreadWhereTheyHinderEachOther) {
  Machine machine{microseconds(8000), microseconds(4000)};
  EXPECT_EQ(machine.choose({}), 1);
}

TEST(Concurrency, WhatIsKnownIsNotMeasuredAgain) {
  Machine machine{microseconds(8000), microseconds(2200)};
  EXPECT_EQ(machine.choose({}, Concurrency{1, 4}), 4);
  EXPECT_EQ(machine.loads, (Loads{4}));
}

TEST(Concurrency, WhatIsAskedForIsDone) {
  Machine machine{microseconds(8000), microseconds(2200)};
  EXPECT_EQ(machine.choose({.sessions = 2, .threads = 3}, Concurrency{1, 4}), 3);
  EXPECT_EQ(machine.loads, (Loads{3}));
}

TEST(Concurrency, AVeryLargeOneIsNotLoadedTwice) {
  Machine machine{microseconds(8000), microseconds(8000)};
  EXPECT_EQ(machine.choose({}, {}, 1ll << 30), 4);
  EXPECT_EQ(machine.loads, (Loads{4}));
}

TEST(Concurrency, OneCoreIsOneThread) {
  Machine machine{microseconds(8000), microseconds(1)};
  EXPECT_EQ(machine.choose({}, {}, 1ll << 30, 1), 1);
  EXPECT_EQ(machine.loads, (Loads{1}));
}

TEST(Concurrency, ASecondCopyThatFailsIsNoFault) {
  Machine machine{microseconds(8000), nanoseconds(0)};
  EXPECT_EQ(machine.choose({}), 1);
  machine.alone = {};
  EXPECT_EQ(machine.choose({}), -1);
}

TEST(Concurrency, ASecondCopyThatDoesNotRunIsNotTaken) {
  const LoadAndWarm load = [](Concurrency how) -> Result<Loaded> {
    return Loaded{std::make_shared<Fake>(how), how.threads == 1 ? microseconds(8000) : microseconds(0)};
  };
  EXPECT_EQ(load_measured(load, {}, {}, 1 << 20, 4)->runtime->concurrency().threads, 1);
}

TEST(Concurrency, TheDeploymentSaysBeforeTheVersionBeforeTheSettings) {
  ServingSettings settings;
  settings.sessions = 5;
  settings.threads = 6;
  Capacity deployment;
  const auto is = [&](Concurrency declared, Concurrency expected) {
    const Concurrency got = wanted_concurrency(deployment, declared, settings).value();
    EXPECT_EQ(got.sessions, expected.sessions);
    EXPECT_EQ(got.threads, expected.threads);
  };
  is({}, {5, 6});
  is({3, 0}, {3, 6});
  deployment.threads = 2;
  is({3, 4}, {3, 2});
  deployment.sessions = 64;
  deployment.threads = 4;
  is({}, {64, 4});
  deployment.threads = 5;
  const auto refused = wanted_concurrency(deployment, {}, settings);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().message.find("64 sessions of 5 threads"), std::string::npos) << refused.error().message;
}

TEST(Concurrency, OfSoukYaml) {
  const auto declared = [](std::string text) {
    const json::Raw raw{std::move(text)};
    return declared_concurrency(&raw);
  };
  EXPECT_EQ(declared_concurrency(nullptr)->threads, 0);
  EXPECT_EQ(declared(R"({"task":"X"})")->sessions, 0);
  EXPECT_EQ(declared(R"({"runtime":{"sessions":2}})")->sessions, 2);
  EXPECT_EQ(declared(R"({"runtime":{"threads":4}})")->threads, 4);
  EXPECT_EQ(declared(R"({"runtime":{"threads":0}})").error().field, "runtime.threads");
  EXPECT_EQ(declared(R"({"runtime":{"sessions":65}})").error().field, "runtime.sessions");
  EXPECT_EQ(declared(R"({"runtime":{"cores":1}})").error().field, "runtime.cores");
  EXPECT_EQ(declared(R"({"runtime":{"threads":"x"}})").error().field, "runtime.threads");
}

}  // namespace
}  // namespace souk::serving
