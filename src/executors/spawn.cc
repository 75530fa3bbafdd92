// SPDX-License-Identifier: Apache-2.0
#include "executors/spawn.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "executors/filter.h"

#define SOUK_BARE __attribute__((no_sanitize("address", "thread", "undefined"), no_stack_protector, noinline))

// glibc's clone by its other name: ThreadSanitizer takes `clone` for a fork and refuses new threads after it.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace souk::executors {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kBoundAddressSpace = false;  // a sanitizer's shadow memory is larger than any sensible bound
#else
constexpr bool kBoundAddressSpace = true;
#endif

struct Limit {
  int resource;
  rlimit value;
};

// Everything the child needs, made before it exists; it answers through `stage` and `error`.
struct Plan {
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* working_directory = nullptr;
  int input = -1, output = -1, error_output = -1;
  std::array<Limit, 8> limits{};
  std::size_t limit_count = 0;
  bool drop_capabilities = false;
  const sock_fprog* filter = nullptr;
  const char* volatile stage = nullptr;  // absent: the program was executed
  volatile int error = 0;
};

constexpr unsigned long kClearedSignals = 64;
struct KernelSigaction {
  void* handler;
  unsigned long flags;
  void* restorer;
  unsigned long mask;
};

SOUK_BARE long bare(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  return ::syscall(number, a, b, c, d, e);
}

SOUK_BARE int fail(Plan* plan, const char* stage) {
  plan->error = errno;
  plan->stage = stage;
  bare(SYS_exit_group, 127);
  return 127;
}

SOUK_BARE bool place_descriptors(const Plan* plan) {
  if (bare(SYS_dup3, plan->input, 0, 0) < 0 || bare(SYS_dup3, plan->output, 1, 0) < 0 ||
      bare(SYS_dup3, plan->error_output, 2, 0) < 0) {
    return false;
  }
  if (bare(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return true;
  for (long fd = 3; fd < 65536; fd++) bare(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
  return true;
}

// Leaves a root child the right to read what its own files' folders would hide, and nothing else.
SOUK_BARE bool drop_capabilities() {
  for (long cap = 0; cap < 64; cap++) {
    if (cap == CAP_DAC_READ_SEARCH) continue;
    if (bare(SYS_prctl, PR_CAPBSET_DROP, cap) < 0 && errno == EINVAL) break;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  data[0].effective = data[0].permitted = 1u << CAP_DAC_READ_SEARCH;
  data[0].inheritable = 0;
  data[1].effective = data[1].permitted = data[1].inheritable = 0;
  return bare(SYS_capset, reinterpret_cast<long>(&header), reinterpret_cast<long>(data)) == 0;
}

SOUK_BARE void clear_signals() {
  KernelSigaction fresh;
  fresh.handler = nullptr;
  fresh.flags = 0;
  fresh.restorer = nullptr;
  fresh.mask = 0;
  for (unsigned long signal = 1; signal <= kClearedSignals; signal++) {
    bare(SYS_rt_sigaction, static_cast<long>(signal), reinterpret_cast<long>(&fresh), 0, 8);
  }
  unsigned long none = 0;
  bare(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&none), 0, 8);
}

SOUK_BARE int child_main(void* argument) {
  auto* plan = static_cast<Plan*>(argument);
  bare(SYS_setsid);
  bare(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  clear_signals();
  if (!place_descriptors(plan)) return fail(plan, "to connect its input and output");
  if (bare(SYS_chdir, reinterpret_cast<long>(plan->working_directory)) < 0) return fail(plan, "to enter its folder");
  if (plan->drop_capabilities && !drop_capabilities()) return fail(plan, "to give up its rights");
  if (bare(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1) < 0) return fail(plan, "to give up new rights");
  for (std::size_t i = 0; i < plan->limit_count; i++) {
    const Limit& limit = plan->limits[i];
    if (bare(SYS_prlimit64, 0, limit.resource, reinterpret_cast<long>(&limit.value), 0) < 0) {
      return fail(plan, "to set its limits");
    }
  }
  if (bare(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, reinterpret_cast<long>(plan->filter)) < 0) {
    return fail(plan, "to filter its system calls");
  }
  bare(SYS_execve, reinterpret_cast<long>(plan->argv[0]), reinterpret_cast<long>(plan->argv),
       reinterpret_cast<long>(plan->environment));
  return fail(plan, "to execute");
}

Error system_error(const std::string& what, const std::string& program, int error) {
  return unavailable("child " + program + " could not be started: " + what + " failed: " + strerror(error));
}

Result<Fd> open_input(const ChildRequest& request) {
  const std::string& program = request.argv[0];
  if (request.input.empty()) {
    Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) return system_error("opening /dev/null", program, errno);
    return fd;
  }
  Fd fd(memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return system_error("making its input", program, errno);
  std::string_view left = request.input;
  for (off_t at = 0; !left.empty();) {
    ssize_t put = pwrite(fd.get(), left.data(), left.size(), at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return system_error("filling its input", program, errno);
    left.remove_prefix(static_cast<std::size_t>(put));
    at += put;
  }
  fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return fd;
}

Status open_pipe(const std::string& program, Fd& read_end, Fd& write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return system_error("making a pipe", program, errno);
  read_end = Fd(ends[0]);
  write_end = Fd(ends[1]);
  if (!read_end || !write_end) return system_error("making a pipe", program, EMFILE);
  fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  return {};
}

void set_limits(Plan& plan, const ChildLimits& limits, bool isolated) {
  auto add = [&](int resource, rlim_t soft, rlim_t hard) {
    rlimit now{};
    getrlimit(static_cast<__rlimit_resource>(resource), &now);
    plan.limits[plan.limit_count++] = {resource, {std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)}};
  };
  plan.limit_count = 0;
  auto seconds = static_cast<rlim_t>(std::max<std::int64_t>(limits.cpu_time.count(), 1));
  add(RLIMIT_CPU, seconds, seconds + 1);
  if (kBoundAddressSpace) add(RLIMIT_AS, limits.address_space, limits.address_space);
  add(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes);
  add(RLIMIT_NOFILE, 256, 256);
  add(RLIMIT_CORE, 0, 0);
  add(RLIMIT_MSGQUEUE, 0, 0);
  // Without a user namespace of its own the kernel would count every process of this user.
  if (isolated && geteuid() != 0) add(RLIMIT_NPROC, limits.processes, limits.processes);
}

// Process numbers of its own, where the kernel grants them; root needs no user namespace for that, and keeps
// sight of files that only its capabilities reach. A network of its own would add nothing to a filter that refuses
// every socket, and its making and undoing cost more than the whole rest of a start.
int namespaces() {
  return geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER;
}

class Stack {
 public:
  Stack() : base_(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ~Stack() {
    if (base_ != MAP_FAILED) munmap(base_, kSize);
  }
  void* top() const { return base_ == MAP_FAILED ? nullptr : static_cast<char*>(base_) + kSize; }

 private:
  static constexpr std::size_t kSize = 64 << 10;
  void* base_;
};

// Fills in what differs between an isolated child and another, and clones. -1 with errno.
Result<pid_t> clone_child(const ChildRequest& request, Plan& plan, bool isolated, int* pidfd) {
  plan.filter = SOUK_TRY(seccomp_program(isolated, request.limits.file_bytes == 0));
  plan.drop_capabilities = geteuid() == 0;
  set_limits(plan, request.limits, isolated);
  Stack stack;
  if (!stack.top()) return system_error("making its stack", request.argv[0], errno);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | (isolated ? namespaces() : 0);
  pid_t pid = __clone(child_main, stack.top(), flags, &plan, pidfd);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

Status check(const ChildRequest& request) {
  if (request.argv.empty() || request.argv[0].find('/') == std::string::npos) {
    return invalid_argument("a child needs the path of its program as its first argument").at("argv[0]");
  }
  for (const auto* list : {&request.argv, &request.environment}) {
    for (const std::string& text : *list) {
      if (text.find('\0') != std::string::npos)
        return invalid_argument("a child's argument holds a NUL byte").at("argv");
    }
  }
  return {};
}

}  // namespace

Fd::Fd(int fd) : fd_(fd) {
  if (fd_ < 0 || fd_ > 2) return;
  int low = fd_;
  fd_ = fcntl(low, F_DUPFD_CLOEXEC, 3);
  close(low);
}

Fd& Fd::operator=(Fd&& other) noexcept {
  reset();
  fd_ = other.release();
  return *this;
}

int Fd::release() {
  return std::exchange(fd_, -1);
}

void Fd::reset() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Result<Spawned> spawn(const ChildRequest& request) {
  SOUK_TRY(check(request));
  const std::string& program = request.argv[0];
  Spawned made;
  Fd output, error_output;
  Fd input = SOUK_TRY(open_input(request));
  SOUK_TRY(open_pipe(program, made.output, output));
  SOUK_TRY(open_pipe(program, made.error_output, error_output));
  std::vector<char*> argv = pointers(request.argv), environment = pointers(request.environment);
  Plan plan;
  plan.argv = argv.data();
  plan.environment = environment.data();
  plan.working_directory = request.working_directory.c_str();
  plan.input = input.get();
  plan.output = output.get();
  plan.error_output = error_output.get();

  int pidfd = -1;
  made.isolated = true;
  made.pid = SOUK_TRY(clone_child(request, plan, true, &pidfd));
  if (made.pid < 0 && errno != EAGAIN && errno != ENOMEM) {
    made.isolated = false;
    made.pid = SOUK_TRY(clone_child(request, plan, false, &pidfd));
  }
  if (made.pid < 0) return system_error("making a process", program, errno);
  made.pidfd = Fd(pidfd);
  if (plan.stage) {
    siginfo_t ended{};
    while (waitid(P_PIDFD, static_cast<id_t>(made.pidfd.get()), &ended, WEXITED) < 0 && errno == EINTR) {
    }
    return system_error(std::string("its attempt ") + plan.stage, program, plan.error);
  }
  return made;
}

}  // namespace souk::executors
