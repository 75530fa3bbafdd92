// SPDX-License-Identifier: Apache-2.0
#include "app/first_start.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "api/native/native.h"

namespace souk::app {

namespace {

// For the operator's eyes only; whole and durable, or not there.
Status write_secret(const std::string& folder, const std::string& name, const std::string& secret) {
  const std::string path = folder + "/" + name, fresh = path + ".new";
  const auto failed = [&] {
    return unavailable("cannot write " + path + ": " + std::generic_category().message(errno));
  };
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed();
  const std::string line = secret + "\n";
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) return failed();
  const int place = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = place >= 0 && ::fsync(place) == 0;
  if (place >= 0) ::close(place);
  if (!durable) return failed();
  return {};
}

}  // namespace

Status bootstrap(access::Access& access, const std::string& data, Logger& log) {
  bool kept = false;
  const auto key = SOUK_TRY(access.bootstrap([&](const std::string& secret) {
    kept = true;
    return write_secret(data, "admin.key", secret);
  }));
  const std::string path = data + "/admin.key";
  if (kept && !key) ::unlink(path.c_str());  // another node was first
  if (!key) return {};
  log.warn("app", "first start: an admin key was written",
           {{"file", path}, {"next", "export SOUK_KEY=$(cat FILE), make keys of your own, then delete the file"}});
  return {};
}

Status tell_setup_link(access::Sessions& sessions, const std::string& url, Logger& log) {
  const auto link = SOUK_TRY(sessions.setup_link());
  if (!link) return {};
  log.warn("app", "nobody can sign in yet: open this link to name the first administrator",
           {{"link", url + std::string(api::native::kSetUpPage) + link->token},
            {"works", "once, until " + format_rfc3339(link->expire_time)}});
  return {};
}

}  // namespace souk::app
