// SPDX-License-Identifier: Apache-2.0
//
// What the doctor looks at without starting a process; the whole of it is in tests/operations.
#include "app/doctor/checks.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/test_database.h"

namespace souk::app {
namespace {

class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() {
    settings_.data = database_.folder().string();
    settings_.database = database_.url();
    settings_.blobs = "file:" + (database_.folder() / "blobs").string();
    std::filesystem::create_directories(database_.folder() / "blobs");
  }
  Patient patient() {
    return {settings_, false, log_, metrics_, nullptr, nullptr, [](auto, auto) {}, {}};
  }
  // The first finding of the check.
  static const Finding* of(const Findings& all, const std::string& check) {
    for (const Finding& one : all.all()) {
      if (one.check == check) return &one;
    }
    return nullptr;
  }

  store::TestDatabase database_{store::Dialect::sqlite};
  Settings settings_;
  Logger log_{Logger::Level::off};
  Metrics metrics_;
};

TEST_F(DoctorTest, AWholeDatabaseIsWell) {
  database_.open_migrated();
  Patient patient = this->patient();
  Findings out;
  check_database(patient, out);
  EXPECT_EQ(out.worst(), Verdict::OK);
  ASSERT_NE(of(out, "database.integrity"), nullptr);
  EXPECT_NE(patient.store, nullptr);
  check_bytes(patient, out);
  EXPECT_NE(out.worst(), Verdict::WRONG);
  EXPECT_NE(patient.blobs, nullptr);
}

TEST_F(DoctorTest, ADatabaseThatIsNotThereNamesTheOptionsThatWouldFindIt) {
  Patient patient = this->patient();
  Findings out;
  check_database(patient, out);
  bool named = false;
  for (const Finding& one : out.all()) named |= one.fix && one.fix->find("--data") != std::string::npos;
  EXPECT_TRUE(named);
  EXPECT_EQ(patient.store, nullptr);
  EXPECT_FALSE(std::filesystem::exists(database_.folder() / "souk.db"));  // it looks, and makes nothing
}

TEST_F(DoctorTest, ReadinessIsSaidWithItsReason) {
  Findings out;
  check_self("http://127.0.0.1:1", {}, out);
  EXPECT_EQ(out.worst(), Verdict::OK);
  check_self("http://127.0.0.1:1", unavailable("deployments are still loading"), out);
  EXPECT_EQ(out.worst(), Verdict::WRONG);
  const Finding& last = out.all().back();
  EXPECT_EQ(last.check, "server.ready");
  EXPECT_NE(last.found.find("still loading"), std::string::npos);
  EXPECT_TRUE(last.fix);
}

TEST(Findings, TheWorstCounts) {
  Findings out;
  EXPECT_EQ(out.worst(), Verdict::OK);
  out.warn("a", "x", "do");
  out.ok("b", "x");
  EXPECT_EQ(out.worst(), Verdict::WARNING);
  out.wrong("c", not_found("gone").advise("look there"), "or here");
  EXPECT_EQ(out.all().back().fix, "look there");  // the error knows better
  out.wrong("d", not_found("gone"), "or here");
  EXPECT_EQ(out.all().back().fix, "or here");
  EXPECT_EQ(out.worst(), Verdict::WRONG);
}

}  // namespace
}  // namespace souk::app
