// SPDX-License-Identifier: Apache-2.0
#include "serving/traffic/split.h"

#include <gtest/gtest.h>

#include <map>

#include "serving/traffic/compare.h"

namespace souk::serving {
namespace {

class SplitTest : public testing::Test {
 protected:
  std::shared_ptr<Replicated> replica(std::int64_t number, ReplicaState state = ReplicaState::READY) {
    Revision revision;
    revision.id = RevisionId(number);
    revision.number = number;
    auto made = std::make_shared<Replicated>(DeploymentId(1), revision);
    made->state = state;
    return made;
  }
  std::shared_ptr<const Split> split(std::vector<Split::Arm> arms, const Routing& routing = {}) {
    return make_split(arms, arms.empty() ? nullptr : arms.front().replica, routing, DeploymentId(7));
  }
  std::int64_t chosen(const Split& split, const net::RequestHead* head = nullptr) {
    return split.choose(call(), head).replica->revision.number;
  }
  access::Call call(std::string credential = "key 12") {
    auto principal = std::make_shared<access::Principal>();
    principal->name = "anna";
    principal->credential = std::move(credential);
    access::Call call;
    call.principal = principal;
    return call;
  }
};

TEST_F(SplitTest, SharesByWeight) {
  const auto made = split({{replica(1), 90, 0}, {replica(2), 10, 0}});
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < 100'000; ++i) ++counts[chosen(*made)];
  // Binomial: five standard deviations are 475.
  EXPECT_NEAR(counts[2], 10'000, 475);
  EXPECT_EQ(counts[1] + counts[2], 100'000);
}

TEST_F(SplitTest, AShareThatIsNotReadyIsAnsweredByTheOther) {
  const auto made = split({{replica(1), 50, 0}, {replica(2, ReplicaState::LOADING), 50, 0}});
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(chosen(*made), 1);
  const auto other = split({{replica(1, ReplicaState::LOADING), 100, 0}, {replica(2), 0, 0}});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(chosen(*other), 2);
  EXPECT_EQ(split({{replica(1, ReplicaState::LOADING), 100, 0}}), nullptr);
}

TEST_F(SplitTest, TheSameHeaderGetsTheSameRevision) {
  Routing routing;
  routing.sticky = Sticky{StickyBy::HEADER, "X-User"};
  const auto at_10 = split({{replica(1), 90, 0}, {replica(2), 10, 0}}, routing);
  const auto at_30 = split({{replica(1), 70, 0}, {replica(2), 30, 0}}, routing);
  int second = 0;
  for (int user = 0; user < 2'000; ++user) {
    const std::string name = "user-" + std::to_string(user);
    net::RequestHead head;
    head.headers.push_back({"x-user", name});
    const std::int64_t first = chosen(*at_10, &head);
    EXPECT_EQ(chosen(*at_10, &head), first);
    // Who has the new revision keeps it while its share grows.
    EXPECT_TRUE(first == 1 || chosen(*at_30, &head) == 2);
    second += first == 2;
  }
  EXPECT_NEAR(second, 200, 70);
}

TEST_F(SplitTest, TheSameKeyGetsTheSameRevision) {
  Routing routing;
  routing.sticky = Sticky{StickyBy::KEY, std::nullopt};
  const auto made = split({{replica(1), 50, 0}, {replica(2), 50, 0}}, routing);
  std::map<std::int64_t, int> counts;
  for (int key = 0; key < 1'000; ++key) {
    const access::Call as = call("key " + std::to_string(key));
    const std::int64_t first = made->choose(as, nullptr).replica->revision.number;
    EXPECT_EQ(made->choose(as, nullptr).replica->revision.number, first);
    ++counts[first];
  }
  EXPECT_NEAR(counts[1], 500, 80);
}

TEST_F(SplitTest, RulesComeBeforeWeights) {
  Routing routing;
  routing.match = {{"X-Beta", "yes", std::nullopt, std::nullopt}, {std::nullopt, std::nullopt, 12, 1}};
  const auto made = split({{replica(1), 0, 0}, {replica(2), 100, 0}, {replica(3), 0, 0}}, routing);
  net::RequestHead head;
  head.headers.push_back({"X-Beta", "yes"});
  EXPECT_EQ(chosen(*made, &head), 3);
  EXPECT_EQ(chosen(*made), 1);
  EXPECT_EQ(made->choose(call("key 13"), nullptr).replica->revision.number, 2);
  EXPECT_EQ(made->find(3)->replica->revision.number, 3);
  EXPECT_EQ(made->find(4), nullptr);
}

TEST_F(SplitTest, ARuleForWhatIsNotReadyWaits) {
  Routing routing;
  routing.match = {{"X-Beta", "yes", std::nullopt, std::nullopt}};
  const auto made = split({{replica(1), 100, 0}, {replica(2, ReplicaState::LOADING), 0, 0}}, routing);
  net::RequestHead head;
  head.headers.push_back({"X-Beta", "yes"});
  EXPECT_EQ(chosen(*made, &head), 1);
}

TEST(StickyHash, IsTheSameEverywhere) {
  EXPECT_EQ(sticky_hash("anna", 7), sticky_hash("anna", 7));
  EXPECT_NE(sticky_hash("anna", 7), sticky_hash("anna", 8));
}

TEST(Traffic, AddsUpToAHundred) {
  const auto field = [](std::vector<TrafficShare> shares) {
    const Status checked = check(shares);
    return checked ? std::string() : checked.error().field;
  };
  EXPECT_EQ(field({{1, 100, {}}}), "");
  EXPECT_EQ(field({{1, 90, {}}, {2, 10, {}}}), "");
  EXPECT_EQ(field({}), "traffic");
  EXPECT_EQ(field({{1, 90, {}}, {2, 11, {}}}), "traffic");
  EXPECT_EQ(field({{1, 90, {}}, {1, 10, {}}}), "traffic[1].revision");
  EXPECT_EQ(field({{1, 101, {}}, {2, -1, {}}}), "traffic[0].weight");
  EXPECT_EQ(field({{1, 100, 5}}), "traffic[0].shadow");
  EXPECT_EQ(check(std::vector<TrafficShare>{{1, 80, {}}}).error().message,
            "weights add up to 80; they must add up to 100");
}

TEST(Routing, RefusesWhatCannotBe) {
  const auto field = [](const std::string& text) {
    const Status checked = check(json::read<Routing>(text).value());
    return checked ? std::string() : checked.error().field;
  };
  EXPECT_EQ(field(R"({"sticky":{"by":"KEY"},"match":[{"header":"X-Beta","value":"1"},{"key":3}]})"), "");
  EXPECT_EQ(field(R"({"sticky":{"by":"HEADER"}})"), "routing.sticky.header");
  EXPECT_EQ(field(R"({"sticky":{"by":"KEY","header":"a"}})"), "routing.sticky.header");
  EXPECT_EQ(field(R"({"sticky":{"by":"HEADER","header":"a b"}})"), "routing.sticky.header");
  EXPECT_EQ(field(R"({"match":[{}]})"), "routing.match[0]");
  EXPECT_EQ(field(R"({"match":[{"header":"a"}]})"), "routing.match[0].value");
  EXPECT_EQ(field(R"({"match":[{"key":3,"value":"x"}]})"), "routing.match[0].value");
  EXPECT_EQ(field(R"({"match":[{"key":3,"revision":0}]})"), "routing.match[0].revision");
  EXPECT_EQ(field(R"({"tolerance":{"relative":-1}})"), "routing.tolerance");
}

runtimes::Tensor floats(const std::vector<float>& values) {
  runtimes::Tensor tensor{"y", runtimes::Datatype::FP32, {static_cast<std::int64_t>(values.size())}, {}, {}, {}};
  auto owner = std::make_shared<std::vector<float>>(values);
  tensor.data = std::as_bytes(std::span(*owner));
  tensor.owner = owner;
  return tensor;
}

TEST(Compare, WithinTolerance) {
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return agree(std::vector{floats(a)}, std::vector{floats(b)}, 1e-5, 1e-3);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(same({1, 2}, {1, 2}));
  EXPECT_TRUE(same({1'000}, {1'000.9F}));
  EXPECT_FALSE(same({1'000}, {1'002}));
  EXPECT_FALSE(same({0}, {1e-4F}));
  EXPECT_FALSE(same({1, 2}, {1}));
  EXPECT_TRUE(same({nan}, {nan}));
  EXPECT_FALSE(same({nan}, {1}));
  auto renamed = floats({1});
  renamed.name = "z";
  EXPECT_FALSE(agree(std::vector{floats({1})}, std::vector{renamed}, 1, 1));
  EXPECT_FALSE(agree(std::vector{floats({1})}, {}, 1, 1));
}

}  // namespace
}  // namespace souk::serving
