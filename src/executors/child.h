// SPDX-License-Identifier: Apache-2.0
//
// A sandboxed child process of this machine that runs to its end: bounded memory, CPU, time, output, files and
// processes; no new privileges, no network, no inherited descriptors, an empty environment but what is given.
// Blocks: until the child ended or its deadline came (then it is killed with its whole process group).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace souk::executors {

struct ChildLimits {
  std::chrono::milliseconds wall_time{60'000};
  std::chrono::seconds cpu_time{60};
  std::uint64_t address_space = 8ull << 30;
  std::uint64_t output_bytes = 4 << 20;  // of stdout; stderr keeps its last 16 KiB
  std::uint64_t file_bytes = 0;          // largest file it may write
  std::uint64_t processes = 64;          // threads count
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
};

// Errors: unavailable (could not start, with why), resource_exhausted (too much output)
Result<ChildResult> run_child(const ChildRequest& request);

}  // namespace souk::executors
