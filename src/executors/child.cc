// SPDX-License-Identifier: Apache-2.0
#include "executors/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "executors/spawn.h"

namespace souk::executors {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kErrorTail = 16 << 10;

// What a running child says, until it ended, said too much or ran out of time.
class Pump {
 public:
  Pump(const ChildRequest& request, Spawned& child, ChildResult& result)
      : limits_(request.limits), child_(child), result_(result), deadline_(Clock::now() + request.limits.wall_time) {}

  // False: the child is to be killed.
  bool run() {
    while (true) {
      std::array<pollfd, 3> watched{
          {{child_.pidfd.get(), POLLIN, 0}, {child_.output.get(), POLLIN, 0}, {child_.error_output.get(), POLLIN, 0}}};
      auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) {
        result_.timed_out = true;
        return false;
      }
      int ready = poll(watched.data(), watched.size(), static_cast<int>(std::min<long>(left, 1 << 30)));
      if (ready < 0 && errno != EINTR) return false;
      if (ready <= 0) continue;
      if (watched[1].revents) read_output();
      if (watched[2].revents) read_error_output();
      if (too_much_) return false;
      if (watched[0].revents) return true;
    }
  }

  // What is still in the pipes once nobody writes any more.
  void drain() {
    while (child_.output && !too_much_ && read_output()) {
    }
    while (child_.error_output && read_error_output()) {
    }
  }

  bool too_much() const { return too_much_; }

 private:
  // True when something came.
  bool read_some(Fd& fd, std::string& into) {
    std::array<char, 64 << 10> buffer;
    ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) fd.reset();
    return false;
  }
  bool read_output() {
    bool more = read_some(child_.output, result_.output);
    too_much_ = result_.output.size() > limits_.output_bytes;
    return more;
  }
  bool read_error_output() {
    bool more = read_some(child_.error_output, result_.error_output);
    if (result_.error_output.size() > kErrorTail) {
      result_.error_output.erase(0, result_.error_output.size() - kErrorTail);
    }
    return more;
  }

  const ChildLimits& limits_;
  Spawned& child_;
  ChildResult& result_;
  Clock::time_point deadline_;
  bool too_much_ = false;
};

// Kills what is left of the child's session. Its number is still its own: nobody has reaped it.
void kill_all(const Spawned& child) {
  kill(-child.pid, SIGKILL);
}

Status reap(const Spawned& child, const std::string& program, ChildResult& result) {
  siginfo_t ended{};
  while (waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &ended, WEXITED) < 0) {
    if (errno != EINTR) {
      return internal("child " + program + " ended but could not be waited for: " + strerror(errno));
    }
  }
  if (ended.si_code == CLD_EXITED) {
    result.exit_code = ended.si_status;
  } else {
    result.signal = ended.si_status;
  }
  return {};
}

}  // namespace

std::string ChildResult::how() const {
  if (timed_out) return "ran out of time";
  if (exit_code >= 0) return "exited with " + std::to_string(exit_code);
  return "was ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

Result<ChildResult> run_child(const ChildRequest& request) {
  Spawned child = SOUK_TRY(spawn(request));
  ChildResult result;
  Pump pump(request, child, result);
  pump.run();
  kill_all(child);
  Status reaped = reap(child, request.argv[0], result);
  pump.drain();
  SOUK_TRY(std::move(reaped));
  if (pump.too_much()) {
    return resource_exhausted("child " + request.argv[0] + " wrote more than the " +
                              std::to_string(request.limits.output_bytes) + " bytes of output it is allowed");
  }
  return result;
}

}  // namespace souk::executors
