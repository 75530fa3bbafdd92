// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>

#include "app/doctor/checks.h"
#include "base/digest.h"
#include "cli/output.h"

namespace souk::app {

namespace {

constexpr double kTooLittle = 64.0 * (1 << 20), kLittle = 1024.0 * (1 << 20);
constexpr std::chrono::milliseconds kSlowSync{100};

std::string owner_name(uid_t owner) {
  const passwd* known = ::getpwuid(owner);
  return known != nullptr ? known->pw_name : "user " + std::to_string(owner);
}

void check_space(const std::string& folder, Findings& out) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) return;
  const double left = static_cast<double>(about.f_bavail) * static_cast<double>(about.f_frsize);
  const double all = static_cast<double>(about.f_blocks) * static_cast<double>(about.f_frsize);
  const std::string found = folder + ": " + cli::human_bytes(left) + " free of " + cli::human_bytes(all);
  const std::string fix = "free space on that disk, or move the folder to a larger one";
  if (left < kTooLittle) {
    out.wrong("disk.space", found, fix);
  } else if (left < kLittle || left < all / 20) {
    out.warn("disk.space", found, fix);
  } else {
    out.ok("disk.space", found);
  }
  if (about.f_files > 0 && about.f_favail < 1000) {
    out.wrong("disk.inodes", folder + ": " + std::to_string(about.f_favail) + " files can still be made",
              "remove files from that disk, or make its file system anew with more inodes");
  }
}

void check_mode(const std::string& path, mode_t allowed, Findings& out) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return;
  const mode_t mode = about.st_mode & 0777;
  if ((mode & ~allowed) != 0) {
    char text[8];
    std::snprintf(text, sizeof text, "%o", mode);
    out.wrong("disk.permissions", path + " has the mode " + text + ": others than its owner can use it",
              "chmod go= " + path);
  }
  if (about.st_uid != ::geteuid() && ::geteuid() != 0) {
    out.wrong("disk.permissions",
              path + " belongs to " + owner_name(about.st_uid) + ", and this is " + owner_name(::geteuid()),
              "run as that user: sudo -u " + owner_name(about.st_uid) + " souk doctor");
  }
}

std::string milliseconds(std::chrono::microseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(time.count()) / 1000);
  return text;
}

// Writes, makes durable, reads back, removes a file of its own.
void check_writing(const std::string& folder, Findings& out) {
  const std::string path = folder + "/.doctor-" + random_token(12);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return out.wrong("disk.write", "cannot make a file in " + folder + ": " + std::strerror(errno),
                     "let souk's user write there, and see that the disk is neither full nor read-only");
  }
  const std::string text(4096, 's');
  const auto begun = std::chrono::steady_clock::now();
  const bool kept = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fdatasync(fd) == 0;
  const int error = errno;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
  ::close(fd);
  ::unlink(path.c_str());
  if (!kept) {
    return out.wrong("disk.write", "a file in " + folder + " cannot be made durable: " + std::strerror(error),
                     "see that the disk is neither full nor failing (dmesg)");
  }
  const std::string found = folder + ": a write is durable after " + milliseconds(took) + " ms";
  if (took > kSlowSync) return out.warn("disk.write", found, "every change waits so long: use a faster disk");
  out.ok("disk.write", found);
}

// SQLite's locks and shared memory do not work over a network.
void check_kind(const std::string& folder, Findings& out) {
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return;
  constexpr long kNfs = 0x6969, kSmb = 0x517B, kCifs = 0xFF534D42, kSmb2 = 0xFE534D42, kTmpfs = 0x01021994;
  const auto kind = static_cast<long>(static_cast<unsigned long>(about.f_type));
  if (kind == kNfs || kind == kSmb || kind == kCifs || kind == kSmb2) {
    out.wrong("disk.kind", folder + " is on a network file system, where SQLite loses data",
              "keep the data folder on a local disk, or use PostgreSQL (--database)");
  } else if (kind == kTmpfs) {
    out.warn("disk.kind", folder + " is in memory: all of it is gone after a restart of the machine",
             "keep the data folder on a disk");
  }
}

}  // namespace

void check_disk(const Patient& patient, Findings& out) {
  const Settings& settings = patient.settings;
  std::set<std::string> folders{settings.data};
  const bool embedded = settings.database.starts_with("sqlite:");
  if (settings.blobs.starts_with("file:")) folders.insert(settings.blobs.substr(5));
  if (embedded) {
    const std::string file = settings.database.substr(7);
    folders.insert(file.substr(0, file.rfind('/')));
    check_mode(file, 0600, out);
  }
  for (const std::string& folder : folders) {
    if (::access(folder.c_str(), F_OK) != 0) {
      out.warn("disk.folder", folder + " is not there", "souk serve makes it; or give the right one by --data");
      continue;
    }
    check_space(folder, out);
    check_mode(folder, 0700, out);
    check_writing(folder, out);
  }
  if (embedded) check_kind(settings.data, out);
}

}  // namespace souk::app
