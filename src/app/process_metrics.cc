// SPDX-License-Identifier: Apache-2.0
#include "app/process_metrics.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "app/server.h"
#include "base/time.h"

namespace souk::app {

namespace {

double resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  long pages = 0, resident = 0;
  const int read = std::fscanf(file, "%ld %ld", &pages, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

double open_files() {
  std::error_code error;
  double count = -1;  // the one that lists them
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error)) {
    ++count;
  }
  return count;
}

double free_bytes(const std::string& folder) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) return 0;
  return static_cast<double>(about.f_bavail) * static_cast<double>(about.f_frsize);
}

}  // namespace

void show_process(Metrics& metrics, const Settings& settings, const events::Log& events) {
  metrics.gauge("souk_app_info", "Always 1; its labels say what runs.", {"version", "node"})
      .with({kVersion, settings.node})
      .set(1);
  metrics.gauge("process_start_time_seconds", "When the process started, since the epoch.")
      .with()
      .set(static_cast<double>(to_millis(now())) / 1000);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  metrics.gauge("process_max_fds", "Files that the process may have open.")
      .with()
      .set(static_cast<double>(files.rlim_cur));
  Gauge& resident = metrics.gauge("process_resident_memory_bytes", "Memory that the process holds.").with();
  Gauge& open = metrics.gauge("process_open_fds", "Files that the process has open.").with();
  Gauge& silence = metrics
                       .gauge("souk_app_database_silence_seconds",
                              "How long a shared database has not been heard of; 0: it answers, or is embedded.")
                       .with();
  auto free = metrics.gauge("souk_app_disk_free_bytes", "Space left on the disk of a folder.", {"folder"});
  std::vector<std::string> folders{settings.data};
  if (settings.blobs.starts_with("file:")) folders.push_back(settings.blobs.substr(5));
  metrics.on_render([&resident, &open, &silence, &events, free, folders]() mutable {
    resident.set(resident_bytes());
    open.set(open_files());
    const double seconds = std::chrono::duration<double>(events.silence()).count();
    silence.set(seconds < 1 ? 0 : seconds);
    for (const std::string& folder : folders) free.with({folder}).set(free_bytes(folder));
  });
}

}  // namespace souk::app
