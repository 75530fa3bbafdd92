// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/lock_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "store/test_database.h"

namespace souk::store {
namespace {

class LockFileTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(ready_), 0); }
  void TearDown() override {
    ::close(ready_[0]);
    ::close(ready_[1]);
  }

  // A process that takes the lock, makes a child which shares it for as long as it lives, and says when that stands.
  pid_t hold(std::chrono::milliseconds child_lives) {
    const pid_t holder = ::fork();
    if (holder != 0) return holder;
    auto lock = LockFile::acquire(path_);
    if (!lock) ::_exit(1);
    if (::fork() == 0) {
      ::usleep(static_cast<useconds_t>(child_lives.count() * 1000));
      ::_exit(0);
    }
    (void)!::write(ready_[1], "x", 1);
    for (;;) ::pause();
  }
  void wait_ready() {
    char byte;
    ASSERT_EQ(::read(ready_[0], &byte, 1), 1);
  }
  static void end(pid_t holder) {
    ::kill(holder, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(holder, &status, 0), holder);
  }

  TestDatabase database_{Dialect::sqlite};
  std::string path_ = (database_.folder() / "test.lock").string();
  int ready_[2] = {-1, -1};
};

TEST_F(LockFileTest, AHolderThatRunsIsNamed) {
  const pid_t holder = hold(std::chrono::milliseconds(0));
  wait_ready();
  const auto refused = LockFile::acquire(path_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("process " + std::to_string(holder)), std::string::npos);
  end(holder);
  EXPECT_TRUE(LockFile::acquire(path_));
}

TEST_F(LockFileTest, WhatAKilledHolderWasMakingIsWaitedFor) {
  const pid_t holder = hold(std::chrono::milliseconds(300));
  wait_ready();
  end(holder);
  EXPECT_TRUE(LockFile::acquire(path_));
}

}  // namespace
}  // namespace souk::store
