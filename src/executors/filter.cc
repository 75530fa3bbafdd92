// SPDX-License-Identifier: Apache-2.0
#include "executors/filter.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace souk::executors {

namespace {

// By name, so that calls newer than the library's headers are refused where the library knows them.
constexpr const char* kAlways[] = {
    "socket",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "setns",
    "unshare",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "add_key",
    "request_key",
    "keyctl",
    "reboot",
    "swapon",
    "swapoff",
    "quotactl",
    "acct",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "syslog",
    "vhangup",
    "name_to_handle_at",
    "open_by_handle_at",
    "setsid",
    "setpgid",
    "shmget",
    "semget",
    "msgget",
    "mq_open",
    "lookup_dcookie",
    "fanotify_init",
    "personality",
};

constexpr const char* kSignals[] = {"kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"};

constexpr const char* kChangesFiles[] = {
    "creat",     "truncate", "ftruncate", "fallocate", "rename",      "renameat",     "renameat2",
    "link",      "linkat",   "symlink",   "symlinkat", "unlink",      "unlinkat",     "mkdir",
    "mkdirat",   "rmdir",    "mknod",     "mknodat",   "chmod",       "fchmod",       "fchmodat",
    "chown",     "lchown",   "fchown",    "fchownat",  "utime",       "utimes",       "futimesat",
    "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
};

struct Program {
  std::vector<sock_filter> instructions;
  sock_fprog program{};
  std::string failure;
};

// One rule; 0, or a negative errno. A call that this machine does not have needs no rule.
int refuse(scmp_filter_ctx context, int error, const char* name, std::initializer_list<scmp_arg_cmp> when = {}) {
  int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR || number < 0) return 0;
  return seccomp_rule_add_array(context, SCMP_ACT_ERRNO(error), number, static_cast<unsigned>(when.size()),
                                when.size() ? when.begin() : nullptr);
}

int add_rules(scmp_filter_ctx context, bool isolated, bool read_only) {
  int rc = 0;
  auto add = [&](int error, const char* name, std::initializer_list<scmp_arg_cmp> when = {}) {
    if (rc == 0) rc = refuse(context, error, name, when);
  };
  for (const char* name : kAlways) add(EPERM, name);
  // A new namespace by clone is refused by its flags; clone3 hides them in memory, so libc falls back to clone.
  add(ENOSYS, "clone3");
  constexpr scmp_datum_t kNamespaces = 0x7E020000;  // CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
  for (scmp_datum_t bit = 1; bit <= kNamespaces; bit <<= 1) {
    if (bit & kNamespaces) add(EPERM, "clone", {SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)});
  }
  add(EPERM, "ioctl", {SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0x5412)});  // TIOCSTI
  if (!isolated) {
    for (const char* name : kSignals) add(EPERM, name);
    add(EPERM, "tgkill", {SCMP_A2(SCMP_CMP_NE, SIGABRT)});
  }
  if (read_only) {
    for (const char* name : kChangesFiles) add(EROFS, name);
    add(ENOSYS, "openat2");
    for (scmp_datum_t flag : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
      add(EROFS, "open", {SCMP_A1(SCMP_CMP_MASKED_EQ, flag, flag)});
      add(EROFS, "openat", {SCMP_A2(SCMP_CMP_MASKED_EQ, flag, flag)});
    }
  }
  return rc;
}

int export_program(scmp_filter_ctx context, Program& out) {
  int fd = memfd_create("seccomp", MFD_CLOEXEC);
  if (fd < 0) return -errno;
  int rc = seccomp_export_bpf(context, fd);
  if (rc == 0) {
    off_t size = lseek(fd, 0, SEEK_END);
    out.instructions.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
    ssize_t got = pread(fd, out.instructions.data(), static_cast<std::size_t>(size), 0);
    if (got != size) rc = -EIO;
  }
  close(fd);
  return rc;
}

Program make(bool isolated, bool read_only) {
  Program made;
  scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
  int rc = context ? seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2) : -ENOMEM;
  if (rc == -EOPNOTSUPP) rc = 0;
  if (rc == 0) rc = add_rules(context, isolated, read_only);
  if (rc == 0) rc = export_program(context, made);
  if (context) seccomp_release(context);
  if (rc != 0) made.failure = strerror(-rc);
  made.program = {static_cast<unsigned short>(made.instructions.size()), made.instructions.data()};
  return made;
}

}  // namespace

Result<const sock_fprog*> seccomp_program(bool isolated, bool read_only) {
  static const Program programs[2][2] = {{make(false, false), make(false, true)},
                                         {make(true, false), make(true, true)}};
  const Program& wanted = programs[isolated][read_only];
  if (!wanted.failure.empty())
    return unavailable("the system call filter of a child could not be made: " + wanted.failure);
  return &wanted.program;
}

}  // namespace souk::executors
