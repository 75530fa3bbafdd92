// SPDX-License-Identifier: Apache-2.0
#include "app/backup/record.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/test_database.h"

namespace souk::app {
namespace {

class RecordTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_ = std::make_unique<store::TestDatabase>(GetParam());
    database_->open_migrated();
    settings_.database = database_->url();
  }
  static BackupReport report(std::string name, std::int64_t hour) {
    BackupReport out;
    out.name = std::move(name);
    out.time = Time(std::chrono::hours(hour));
    out.rows = 7;
    out.blobs = 2;
    out.blob_bytes = 300;
    out.copied_bytes = 100;
    return out;
  }
  std::vector<BackupRecord> known() { return store::TestDatabase::must(noted_backups(settings_)); }

  std::unique_ptr<store::TestDatabase> database_;
  Settings settings_;
  Logger log_{Logger::Level::off};
};
SOUK_ON_BOTH_DATABASES(RecordTest);

TEST_P(RecordTest, KnowsTheNewestFirst) {
  EXPECT_TRUE(known().empty());
  ASSERT_TRUE(note_backup(settings_, log_, "/b", report("older", 1)));
  BackupReport newer = report("newer", 2);
  newer.lost.emplace_back();
  ASSERT_TRUE(note_backup(settings_, log_, "/b", newer));
  const auto all = known();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "newer");
  EXPECT_EQ(all[0].lost, 1);
  EXPECT_EQ(all[1].name, "older");
  EXPECT_EQ(all[1].place, "/b");
  EXPECT_EQ(all[1].rows, 7);
  EXPECT_EQ(all[1].blob_bytes, 300);
  EXPECT_EQ(all[1].copied_bytes, 100);
  EXPECT_FALSE(all[1].machine.empty());
  EXPECT_FALSE(all[1].verify_time);
}

TEST_P(RecordTest, OnePlaceHasOneName) {
  ASSERT_TRUE(note_backup(settings_, log_, "/b/./c/", report("n", 1)));
  EXPECT_EQ(known()[0].place, "/b/c");
  ASSERT_TRUE(note_verified(settings_, log_, "file:/b/c", "n", report("n", 1)));
  EXPECT_TRUE(known()[0].verify_time);
  EXPECT_FALSE(known()[0].damage);
}

TEST_P(RecordTest, DamageIsNotedAndForgottenOnceItIsWhole) {
  ASSERT_TRUE(note_backup(settings_, log_, "/b", report("n", 1)));
  ASSERT_TRUE(note_verified(settings_, log_, "/b", "n", data_loss("a blob is rotten: 'x'; DROP TABLE backups; --")));
  EXPECT_EQ(known()[0].damage, "a blob is rotten: 'x'; DROP TABLE backups; --");
  ASSERT_TRUE(note_verified(settings_, log_, "/b", "n", report("n", 1)));
  EXPECT_FALSE(known()[0].damage);
  ASSERT_TRUE(note_verified(settings_, log_, "/elsewhere", "n", data_loss("not this one")));
  EXPECT_FALSE(known()[0].damage);
}

TEST_P(RecordTest, WhatWasDroppedOfOnePlaceIsForgotten) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(note_backup(settings_, log_, "/b", report(name, 1)));
  ASSERT_TRUE(note_backup(settings_, log_, "/other", report("a", 1)));
  ASSERT_TRUE(note_dropped(settings_, log_, "/b", {"c"}));
  EXPECT_EQ(known().size(), 2u);
  ASSERT_TRUE(note_dropped(settings_, log_, "/b", {}));
  ASSERT_EQ(known().size(), 1u);
  EXPECT_EQ(known()[0].place, "/other");
}

TEST(Record, WhereNoDatabaseIsNothingIsMade) {
  const auto folder = std::filesystem::temp_directory_path() / ("souk_record_" + std::to_string(::getpid()));
  Settings settings;
  settings.database = "sqlite:" + (folder / "souk.db").string();
  Logger log{Logger::Level::off};
  EXPECT_EQ(note_backup(settings, log, "/b", {}).error().code, Code::not_found);
  EXPECT_FALSE(noted_backups(settings));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace souk::app
