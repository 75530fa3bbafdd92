// SPDX-License-Identifier: Apache-2.0
//
// A sandboxed child process of this machine that runs to its end: bounded memory, CPU, time, output, files and
// processes; no new privileges, no network, no inherited descriptors, an empty environment but what is given.
// Where the kernel grants it, it has process numbers of its own; a system call filter holds either way (filter.h). It
// cannot change a file unless file_bytes allows it. Whatever it started ends with it. A program that aborts may be seen
// ended by SIGSEGV: the first process of a namespace ignores its own SIGABRT.
//
// Blocks: until the child ended or its deadline came. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace souk::executors {

struct ChildLimits {
  std::chrono::milliseconds wall_time{60'000};
  std::chrono::seconds cpu_time{60};
  std::uint64_t address_space = 8ull << 30;
  std::uint64_t output_bytes = 4 << 20;  // of stdout; stderr keeps its last 16 KiB
  std::uint64_t file_bytes = 0;          // largest file it may write; 0: it changes nothing on disk
  std::uint64_t processes = 64;          // threads count; not enforced on root, nor without a namespace
};

struct ChildRequest {
  std::vector<std::string> argv;  // argv[0] is a path
  std::vector<std::string> environment;
  std::string working_directory = "/";
  std::string input;  // its stdin
  ChildLimits limits;
};

struct ChildResult {
  int exit_code = -1;  // -1: by a signal
  int signal = 0;
  bool timed_out = false;
  std::string output;
  std::string error_output;

  bool ok() const { return exit_code == 0; }
  // "exited with 3", "was ended by signal 9 (Killed)", "ran out of time": for messages.
  std::string how() const;
};

// Errors: unavailable (could not start, with why), resource_exhausted (too much output), invalid_argument (argv)
Result<ChildResult> run_child(const ChildRequest& request);

}  // namespace souk::executors
