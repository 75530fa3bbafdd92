// SPDX-License-Identifier: Apache-2.0
#include "api/native/figures/sampler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/json.h"

namespace souk::api::native {
namespace {

using std::chrono::milliseconds;

access::Call somebody() {
  access::Call call;
  call.principal = std::make_shared<access::Principal>();
  return call;
}

Figure marked(std::int64_t number) {
  Figure out;
  out.mark = std::to_string(number);
  return out;
}

// What one watcher was told.
class Ear {
 public:
  Sampler::Tell tell() {
    return [this](const std::string& text) {
      const std::lock_guard lock(mutex_);
      told_.push_back(json::read<Figure>(text).value());
      changed_.notify_all();
    };
  }
  std::vector<Figure> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return told_.size() >= count; }));
    return told_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Figure> told_;
};

class SamplerTest : public ::testing::Test {
 protected:
  Topic topic(std::string name) {
    return {.name = std::move(name),
            .every = milliseconds(1),
            .may = [](const access::Call&, const std::string&) { return Status(); },
            .sample = [this](const access::Call&, const std::string&) -> Result<Figure> {
              ++samples_;
              return marked(state_.load());
            }};
  }
  // Returns once the sampler has looked that often more.
  void let_look(int times) {
    const int until = samples_.load() + times;
    while (samples_.load() < until) std::this_thread::sleep_for(milliseconds(1));
  }

  Logger log_{Logger::Level::error};
  access::PrincipalPtr own_ = std::make_shared<access::Principal>();
  std::atomic<int> samples_{0};
  std::atomic<std::int64_t> state_{1};
};

TEST_F(SamplerTest, TellsAtOnceAndThenWhatChanged) {
  Sampler sampler({topic("work")}, own_, log_);
  Ear ear;
  const auto hold = sampler.watch(somebody(), {"work"}, ear.tell());
  EXPECT_EQ(ear.wait_for(1)[0].mark, "1");
  let_look(5);
  EXPECT_EQ(ear.count(), 1u);
  state_ = 2;
  const auto told = ear.wait_for(2);
  EXPECT_EQ(told[1].mark, "2");
  EXPECT_EQ(told[1].of, "work");
}

TEST_F(SamplerTest, LooksOnlyWhileSomebodyWatches) {
  Sampler sampler({topic("work")}, own_, log_);
  EXPECT_EQ(samples_, 0);
  Ear ear;
  auto hold = sampler.watch(somebody(), {"work"}, ear.tell());
  ear.wait_for(1);
  EXPECT_EQ(sampler.watched(), 1u);
  hold.reset();
  EXPECT_EQ(sampler.watched(), 0u);
  hold = sampler.watch(somebody(), {"work"}, ear.tell());
  ear.wait_for(2);
}

TEST_F(SamplerTest, ManyWhoWatchAreSampledOnce) {
  Sampler sampler({topic("work")}, own_, log_);
  std::vector<Ear> ears(20);
  std::vector<std::shared_ptr<void>> holds;
  for (Ear& ear : ears) holds.push_back(sampler.watch(somebody(), {"work"}, ear.tell()));
  for (Ear& ear : ears) ear.wait_for(1);
  EXPECT_EQ(sampler.watched(), 1u);
  state_ = 2;
  for (Ear& ear : ears) EXPECT_EQ(ear.wait_for(2).size(), 2u);
}

TEST_F(SamplerTest, WhatIsPersonalIsSampledForEach) {
  Topic mine = topic("mine");
  mine.personal = true;
  mine.sample = [](const access::Call& call, const std::string&) { return marked(call.principal->id.value); };
  Sampler sampler({mine}, own_, log_);
  std::vector<Ear> ears(2);
  std::vector<std::shared_ptr<void>> holds;
  for (std::int64_t id : {1, 2}) {
    auto principal = std::make_shared<access::Principal>();
    principal->id = PrincipalId(id);
    access::Call call;
    call.principal = principal;
    holds.push_back(sampler.watch(call, {"mine"}, ears[static_cast<std::size_t>(id - 1)].tell()));
  }
  EXPECT_EQ(ears[0].wait_for(1)[0].mark, "1");
  EXPECT_EQ(ears[1].wait_for(1)[0].mark, "2");
}

TEST_F(SamplerTest, RightsAreLookedAtBeforeEachTelling) {
  std::atomic<bool> allowed{true};
  Topic guarded = topic("work");
  guarded.may = [&allowed](const access::Call&, const std::string&) -> Status {
    if (allowed) return {};
    return not_found("it is not there");
  };
  Sampler sampler({guarded}, own_, log_);
  Ear ear;
  const auto hold = sampler.watch(somebody(), {"work"}, ear.tell());
  ear.wait_for(1);
  allowed = false;
  state_ = 2;
  const auto told = ear.wait_for(2);
  EXPECT_FALSE(told[1].mark);
  ASSERT_TRUE(told[1].error);
  EXPECT_EQ(told[1].error->code, "NOT_FOUND");
  state_ = 3;
  let_look(5);
  EXPECT_EQ(ear.count(), 2u);  // a refusal is said once
  allowed = true;
  EXPECT_EQ(ear.wait_for(3)[2].mark, "3");
  EXPECT_FALSE(sampler.look(somebody(), "work")->error);
  allowed = false;
  EXPECT_EQ(sampler.look(somebody(), "work").error().code, Code::not_found);
}

TEST_F(SamplerTest, AFailureIsToldAndGoesAgain) {
  std::atomic<bool> broken{true};
  Topic fails = topic("work");
  fails.sample = [&broken](const access::Call&, const std::string&) -> Result<Figure> {
    if (broken) return unavailable("the database is gone");
    return marked(1);
  };
  Sampler sampler({fails}, own_, log_);
  Ear ear;
  const auto hold = sampler.watch(somebody(), {"work"}, ear.tell());
  EXPECT_EQ(ear.wait_for(1)[0].error->code, "UNAVAILABLE");
  broken = false;
  EXPECT_EQ(ear.wait_for(2)[1].mark, "1");
}

TEST_F(SamplerTest, ASeriesSaysThatItRestsAndSinceWhen) {
  Topic series = topic("deployment");
  series.series = true;
  Sampler sampler(
      {series}, own_, log_, [] {}, std::chrono::hours(1));
  Ear ear;
  const auto hold = sampler.watch(somebody(), {"deployment"}, ear.tell());
  auto told = ear.wait_for(2);
  EXPECT_FALSE(told[0].since);  // nothing was told before
  EXPECT_EQ(told[1].mark, "1");
  EXPECT_EQ(told[1].since, told[0].time);
  let_look(5);
  EXPECT_EQ(ear.count(), 2u);
  state_ = 2;
  told = ear.wait_for(3);
  ASSERT_TRUE(told[2].since);
  EXPECT_GE(*told[2].since, told[1].time);
  EXPECT_LE(*told[2].since, told[2].time);

  Ear late;
  const auto another = sampler.watch(somebody(), {"deployment"}, late.tell());
  EXPECT_FALSE(late.wait_for(1)[0].since);  // what was told before, it did not hear
}

TEST_F(SamplerTest, ARestingSeriesIsToldNowAndAgain) {
  Topic series = topic("deployment");
  series.series = true;
  Sampler sampler(
      {series}, own_, log_, [] {}, milliseconds(1));
  Ear ear;
  const auto hold = sampler.watch(somebody(), {"deployment"}, ear.tell());
  ear.wait_for(6);
}

TEST_F(SamplerTest, RefusesNamesOfNothing) {
  Topic of = topic("queue");
  of.of_object = true;
  Sampler sampler({topic("work"), of}, own_, log_);
  EXPECT_EQ(*sampler.names_of("work,queue:a/b,work"), (std::vector<std::string>{"work", "queue:a/b"}));
  EXPECT_TRUE(sampler.names_of("")->empty());
  for (const char* bad : {"nothing", "work:x", "queue", "queue:", ",work", "Work", " work"}) {
    EXPECT_EQ(sampler.names_of(bad).error().code, Code::invalid_argument) << bad;
  }
  EXPECT_FALSE(sampler.names_of("queue:" + std::string(600, 'a')));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "queue:" + std::to_string(i) + ",";
  EXPECT_FALSE(sampler.names_of(many.substr(0, many.size() - 1)));
}

TEST_F(SamplerTest, AWatcherMayOutliveIt) {
  Ear ear;
  std::shared_ptr<void> hold;
  {
    Sampler sampler({topic("work")}, own_, log_);
    hold = sampler.watch(somebody(), {"work"}, ear.tell());
    ear.wait_for(1);
  }
  hold.reset();
}

}  // namespace
}  // namespace souk::api::native
