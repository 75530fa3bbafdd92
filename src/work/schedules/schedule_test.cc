// SPDX-License-Identifier: Apache-2.0
#include "work/schedules/schedule.h"

#include <thread>
#include "work/schedules/schedule_rows.h"

#include "work/work_testing.h"

namespace souk::work {
namespace {

std::string after(const char* cron, const char* zone, const char* time) {
  const auto next = next_time(cron, zone, parse_rfc3339(time).value());
  return next ? format_rfc3339(*next) : std::string(code_name(next.error().code));
}

TEST(Cron, NamesTheNextTime) {
  EXPECT_EQ(after("*/15 * * * *", "UTC", "2026-03-01T10:07:30Z"), "2026-03-01T10:15:00.000Z");
  EXPECT_EQ(after("*/15 * * * *", "UTC", "2026-03-01T10:15:00Z"), "2026-03-01T10:30:00.000Z");
  EXPECT_EQ(after("30 3 * * mon-fri", "UTC", "2026-03-06T03:30:00Z"), "2026-03-09T03:30:00.000Z");
  EXPECT_EQ(after("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z"), "2028-02-29T00:00:00.000Z");
  EXPECT_EQ(after("5,10 4-6/2 * JAN Sun", "UTC", "2026-01-04T04:10:00Z"), "2026-01-04T06:05:00.000Z");
  EXPECT_EQ(after("@monthly", "UTC", "2026-12-31T23:59:59Z"), "2027-01-01T00:00:00.000Z");
  EXPECT_EQ(after("0 12 * * 7", "UTC", "2026-03-02T00:00:00Z"), "2026-03-08T12:00:00.000Z");
  // Both days bound: either will do.
  EXPECT_EQ(after("0 0 13 * fri", "UTC", "2026-03-07T00:00:00Z"), "2026-03-13T00:00:00.000Z");
  EXPECT_EQ(after("0 0 13 * fri", "UTC", "2026-03-13T00:00:00Z"), "2026-03-20T00:00:00.000Z");
}

TEST(Cron, FollowsTheClockOnTheWall) {
  EXPECT_EQ(after("0 8 * * *", "Europe/Berlin", "2026-01-10T00:00:00Z"), "2026-01-10T07:00:00.000Z");
  EXPECT_EQ(after("0 8 * * *", "Europe/Berlin", "2026-07-10T00:00:00Z"), "2026-07-10T06:00:00.000Z");
  // 02:30 is left out on 29 March 2026: due at the change. The next day it is there again.
  EXPECT_EQ(after("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00.000Z");
  EXPECT_EQ(after("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z"), "2026-03-30T00:30:00.000Z");
  // 02:30 comes twice on 25 October 2026: due the first time only.
  EXPECT_EQ(after("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00.000Z");
  EXPECT_EQ(after("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00.000Z");
  // Every half hour is every half hour, on that day too.
  EXPECT_EQ(after("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z"), "2026-10-25T01:00:00.000Z");
  EXPECT_EQ(after("*/30 * * * *", "Europe/Berlin", "2026-10-25T01:00:00Z"), "2026-10-25T01:30:00.000Z");
  EXPECT_EQ(after("0 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z"), "2026-03-29T01:00:00.000Z");
}

TEST(Cron, RefusesWhatItCannotRead) {
  for (const char* bad : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
                          "* * * * 8", "a * * * *", "1- * * * *", "5-1 * * * *", "*/0 * * * *", "*/x * * * *",
                          "1,,2 * * * *", "-1 * * * *", "99999999999999999999 * * * *", "@never", "* * * foo *"}) {
    EXPECT_EQ(after(bad, "UTC", "2026-01-01T00:00:00Z"), "INVALID_ARGUMENT") << bad;
  }
  EXPECT_EQ(after("* * * * *", "Mars/Olympus", "2026-01-01T00:00:00Z"), "INVALID_ARGUMENT");
  EXPECT_EQ(after("* * * * *", "../../etc/passwd", "2026-01-01T00:00:00Z"), "INVALID_ARGUMENT");
  EXPECT_EQ(after("0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z"), "OUT_OF_RANGE");
}

class ScheduleTest : public WorkRoomTest {
 protected:
  Result<Time> fire(const char* time) {
    const Time wall = parse_rfc3339(time).value();
    return fire_due_schedules(*store, wall, wall, [&](const std::string& queue) { fired.push_back(queue); });
  }
  void put(const char* cron, const char* time, bool overlap) {
    const Status done = store->write([&](store::Tx& tx) {
      return write_schedule(
          tx, {.name = "nightly", .cron = cron, .zone = "UTC", .item = {.queue = "q"}, .overlap = overlap},
          parse_rfc3339(time).value());
    });
    ASSERT_TRUE(done) << done.error().describe();
  }
  std::vector<std::string> fired;
};
SOUK_ON_BOTH_DATABASES(ScheduleTest);

TEST_P(ScheduleTest, FiresOnceEachTimeAndMakesUpForMissedOnesOnce) {
  put("0 * * * *", "2026-01-01T00:30:00Z", true);
  EXPECT_EQ(format_rfc3339(fire("2026-01-01T00:59:59Z").value()), "2026-01-01T01:00:00.000Z");
  EXPECT_EQ(fired.size(), 0u);
  ASSERT_TRUE(fire("2026-01-01T01:00:00Z"));
  ASSERT_TRUE(fire("2026-01-01T01:00:00Z"));
  EXPECT_EQ(fired.size(), 1u);
  EXPECT_EQ(format_rfc3339(fire("2026-01-01T07:20:00Z").value()), "2026-01-01T08:00:00.000Z");
  EXPECT_EQ(fired.size(), 2u);
  EXPECT_EQ(count("SELECT count(*) FROM work_items WHERE queue = 'q' AND state = 'WAITING'"), 2);
}

TEST_P(ScheduleTest, IsLeftOutWhileTheLastOneIsNotDone) {
  put("0 * * * *", "2026-01-01T00:30:00Z", false);
  ASSERT_TRUE(fire("2026-01-01T01:00:00Z"));
  ASSERT_TRUE(fire("2026-01-01T02:00:00Z"));
  EXPECT_EQ(fired.size(), 1u);
  run("DELETE FROM work_items");
  ASSERT_TRUE(fire("2026-01-01T03:00:00Z"));
  EXPECT_EQ(fired.size(), 2u);
}

TEST_P(ScheduleTest, PuttingItAgainKeepsItsTimeUnlessItChanged) {
  put("0 * * * *", "2026-01-01T00:30:00Z", false);
  put("0 * * * *", "2026-01-01T05:30:00Z", false);
  EXPECT_EQ(count("SELECT next_time FROM work_schedules"), to_millis(parse_rfc3339("2026-01-01T01:00:00Z").value()));
  put("30 * * * *", "2026-01-01T05:10:00Z", false);
  EXPECT_EQ(count("SELECT next_time FROM work_schedules"), to_millis(parse_rfc3339("2026-01-01T05:30:00Z").value()));
}

TEST_P(ScheduleTest, AClockSetBackFiresNothingTwice) {
  put("0 * * * *", "2026-01-01T00:30:00Z", true);
  ASSERT_TRUE(fire("2026-01-01T01:00:00Z"));
  ASSERT_TRUE(fire("2026-01-01T00:10:00Z"));
  ASSERT_TRUE(fire("2026-01-01T01:00:30Z"));
  EXPECT_EQ(fired.size(), 1u);
}

TEST_P(ScheduleTest, TwoSchedulersFireItOnceEachTime) {
  if (!shared()) GTEST_SKIP() << "one process has an embedded database";
  put("* * * * *", "2026-01-01T00:00:00Z", true);
  const auto other = database->open();
  constexpr int kMinutes = 40;
  for (int minute = 1; minute <= kMinutes; ++minute) {
    const Time wall = parse_rfc3339("2026-01-01T00:00:00Z").value() + Duration(60'000 * minute);
    std::vector<std::thread> schedulers;
    for (store::Store* one : {store.get(), other.get(), store.get(), other.get()}) {
      schedulers.emplace_back([=] { EXPECT_TRUE(fire_due_schedules(*one, wall, wall, [](const std::string&) {})); });
    }
    for (std::thread& scheduler : schedulers) scheduler.join();
    ASSERT_EQ(count("SELECT count(*) FROM work_items"), minute);
  }
}

TEST_P(ScheduleTest, WorkRunsWhatIsDue) {
  Journal journal;
  TestNode node(*store, "one");
  node.work.add({.name = "q", .run = [&](Attempt& attempt) -> Status {
                   journal.add(attempt.item().payload.text);
                   return {};
                 }});
  node.start();
  const Status put = store->write([&](store::Tx& tx) {
    return node.work.put_schedule(tx, {.name = "s", .cron = "* * * * *", .item = {.queue = "q", .payload = {"7"}}});
  });
  ASSERT_TRUE(put) << put.error().describe();
  run("UPDATE work_schedules SET next_time = 1");
  ASSERT_TRUE(store->write([&](store::Tx& tx) {
    return node.work.put_schedule(tx, {.name = "s", .cron = "* * * * *", .item = {.queue = "q", .payload = {"7"}}});
  }));
  EXPECT_EQ(journal.wait(1), std::vector<std::string>{"7"});
  EXPECT_EQ(node.work.schedules()->size(), 1u);
  EXPECT_TRUE(store->write([&](store::Tx& tx) { return node.work.remove_schedule(tx, "s"); }).value());
}

}  // namespace
}  // namespace souk::work
