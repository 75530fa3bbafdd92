// SPDX-License-Identifier: Apache-2.0
#include "executors/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace souk::executors {
namespace {

ChildRequest shell(std::string script) {
  ChildRequest request;
  request.argv = {"/bin/sh", "-c", std::move(script)};
  request.environment = {"PATH=/usr/bin:/bin"};
  request.limits.wall_time = std::chrono::seconds(20);
  return request;
}

ChildRequest python(std::string script) {
  ChildRequest request = shell("");
  request.argv = {"/usr/bin/python3", "-I", "-S", "-c", std::move(script)};
  return request;
}

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string form = (std::filesystem::temp_directory_path() / "souk_child_XXXXXX").string();
    path = mkdtemp(form.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST(Child, gives_back_output_and_exit_code) {
  ChildRequest request = shell("cat; echo to-stderr >&2; exit 3");
  request.input = "hello";
  auto result = run_child(request);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->output, "hello");
  EXPECT_EQ(result->error_output, "to-stderr\n");
  EXPECT_EQ(result->how(), "exited with 3");
}

TEST(Child, takes_large_input_and_output) {
  ChildRequest request = shell("cat");
  request.input.assign(3 << 20, 'x');
  auto result = run_child(request);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->output, request.input);
}

TEST(Child, has_only_the_environment_and_descriptors_it_is_given) {
  ASSERT_EQ(setenv("SOUK_SECRET_OF_THE_TEST", "1", 1), 0);
  int leaked = open("/etc/passwd", O_RDONLY);  // not close-on-exec
  ChildRequest request = python(
      "import os\n"
      "def is_open(f):\n"
      "  try: os.fstat(f); return True\n"
      "  except OSError: return False\n"
      "print('SOUK_SECRET_OF_THE_TEST' in os.environ, [f for f in range(300) if is_open(f)])");
  auto result = run_child(request);
  close(leaked);
  unsetenv("SOUK_SECRET_OF_THE_TEST");
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->output, "False [0, 1, 2]\n") << result->error_output;
}

TEST(Child, is_killed_with_what_it_started_when_its_time_is_over) {
  Folder folder;
  std::string fifo = folder.path / "held";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  int reading = open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  ChildRequest request = shell("(sleep 100; true) > " + fifo + " & echo started; wait");
  request.limits.file_bytes = 1;
  request.limits.wall_time = std::chrono::milliseconds(300);
  auto start = std::chrono::steady_clock::now();
  auto result = run_child(request);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->output, "started\n");
  EXPECT_EQ(result->how(), "ran out of time");
  // The pipe's other end is closed only once the grandchild is gone.
  fcntl(reading, F_SETFL, 0);
  char byte;
  EXPECT_EQ(read(reading, &byte, 1), 0);
  close(reading);
}

TEST(Child, ends_what_it_left_behind) {
  auto result = run_child(shell("sleep 100 & echo done"));
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->exit_code, 0);
  EXPECT_FALSE(result->timed_out);
  EXPECT_EQ(result->output, "done\n");
}

TEST(Child, may_not_write_more_than_allowed) {
  ChildRequest request = shell("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");
  request.limits.output_bytes = 100'000;
  auto result = run_child(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::resource_exhausted);
  EXPECT_NE(result.error().message.find("100000"), std::string::npos);
}

TEST(Child, keeps_the_end_of_what_it_said_on_stderr) {
  auto result = run_child(python("import sys\nfor i in range(20000): print('line', i, file=sys.stderr)"));
  ASSERT_TRUE(result);
  EXPECT_LE(result->error_output.size(), 16u << 10);
  EXPECT_NE(result->error_output.find("line 19999\n"), std::string::npos);
}

TEST(Child, is_bounded_in_cpu_time) {
  ChildRequest request = shell("while :; do :; done");
  request.limits.cpu_time = std::chrono::seconds(1);
  auto result = run_child(request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, -1);
  EXPECT_TRUE(result->signal == SIGKILL || result->signal == SIGXCPU) << result->signal;
  EXPECT_FALSE(result->timed_out);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Child, is_bounded_in_memory) {
  ChildRequest request = python("x = bytearray(700 << 20)\nprint(len(x))");
  request.limits.address_space = 512ull << 20;
  auto result = run_child(request);
  ASSERT_TRUE(result);
  EXPECT_NE(result->exit_code, 0);
  EXPECT_NE(result->error_output.find("MemoryError"), std::string::npos) << result->error_output;
}
#endif

TEST(Child, has_no_network_and_no_sockets) {
  auto result = run_child(python("import socket\nsocket.socket(socket.AF_INET)"));
  ASSERT_TRUE(result);
  EXPECT_NE(result->exit_code, 0);
  EXPECT_NE(result->error_output.find("Operation not permitted"), std::string::npos) << result->error_output;
}

TEST(Child, cannot_change_files) {
  Folder folder;
  std::string file = folder.path / "kept";
  std::ofstream(file) << "kept";
  auto result = run_child(
      python("import os\n"
             "def refused(f):\n"
             "  try: f(); return False\n"
             "  except OSError as e: return e.errno == 30\n"
             "p = '" +
             file +
             "'\n"
             "print([refused(f) for f in [lambda: open(p, 'w'), lambda: open(p, 'r+'), lambda: open(p + '2', 'x'),"
             " lambda: os.unlink(p), lambda: os.rename(p, p + '3'), lambda: os.chmod(p, 0o777),"
             " lambda: os.mkdir(p + '4'), lambda: os.truncate(p, 0)]], open(p).read())"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "[True, True, True, True, True, True, True, True] kept\n") << result->error_output;
}

TEST(Child, writes_files_no_larger_than_allowed) {
  Folder folder;
  ChildRequest request = python("f = open('out', 'wb', buffering=0)\nprint(f.write(b'x' * 1000))\n");
  request.working_directory = folder.path;
  request.limits.file_bytes = 100;
  auto result = run_child(request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "100\n") << result->error_output;
  EXPECT_EQ(std::filesystem::file_size(folder.path / "out"), 100u);
}

TEST(Child, cannot_reach_the_process_that_started_it) {
  std::string self = std::to_string(getpid());
  auto result =
      run_child(python("import os\n"
                       "def refused(f):\n"
                       "  try: f(); return False\n"
                       "  except OSError: return True\n"
                       "print(refused(lambda: os.kill(" +
                       self +
                       ", 0)), refused(lambda: os.setsid()),"
                       " refused(lambda: os.setpgid(0, 0)))"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "True True True\n") << result->error_output;
}

TEST(Child, says_why_it_could_not_start) {
  ChildRequest request;
  request.argv = {"/nowhere/at/all"};
  auto result = run_child(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unavailable);
  EXPECT_NE(result.error().message.find("/nowhere/at/all"), std::string::npos);
  EXPECT_NE(result.error().message.find("No such file"), std::string::npos) << result.error().message;

  request = shell("true");
  request.working_directory = "/nowhere";
  result = run_child(request);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("enter its folder"), std::string::npos) << result.error().message;

  request = shell(std::string("tr\0ue", 5));
  result = run_child(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::invalid_argument);

  request.argv = {};
  EXPECT_EQ(run_child(request).error().code, Code::invalid_argument);
}

TEST(Child, a_signal_is_told) {
  auto result = run_child(python("import ctypes\nctypes.string_at(0)"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->signal, SIGSEGV);
  EXPECT_EQ(result->exit_code, -1);
  EXPECT_NE(result->how().find("signal 11"), std::string::npos);
}

TEST(Child, many_at_once_leave_no_zombie) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([t] {
      for (int i = 0; i < 10; i++) {
        ChildRequest request = shell("cat");
        request.input = std::to_string(t * 100 + i);
        auto result = run_child(request);
        ASSERT_TRUE(result) << result.error().describe();
        EXPECT_EQ(result->output, request.input);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  errno = 0;
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Child, starts_quickly) {
  ChildRequest request;
  request.argv = {"/bin/true"};
  ASSERT_TRUE(run_child(request));
  std::vector<double> times;
  for (int i = 0; i < 50; i++) {
    auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(run_child(request)->ok());
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  RecordProperty("median_us", static_cast<int>(times[25] * 1000));
  std::printf("run_child(/bin/true): median %.2f ms, p95 %.2f ms\n", times[25], times[47]);
}

}  // namespace
}  // namespace souk::executors
