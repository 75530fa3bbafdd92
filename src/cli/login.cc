// SPDX-License-Identifier: Apache-2.0
#include "cli/login.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "base/json.h"

namespace souk::cli {

namespace fs = std::filesystem;

BOOST_DESCRIBE_STRUCT(Login, (), (url, key))

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

fs::path login_file() {
  const std::string config = environment("XDG_CONFIG_HOME");
  return (config.empty() ? fs::path(environment("HOME")) / ".config" : fs::path(config)) / "souk" / "login.json";
}

Result<std::optional<Login>> load_login(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::optional<Login>();
  if ((status.st_mode & 077) != 0) {
    return failed_precondition("others may read the saved login " + file.string()).advise("chmod 600 " + file.string());
  }
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  Result<Login> login = json::read<Login>(text);
  if (!login) {
    return invalid_argument("the saved login " + file.string() + " cannot be read")
        .because(login.error())
        .advise("souk login");
  }
  return std::optional<Login>(std::move(*login));
}

Status save_login(const fs::path& file, const Login& login) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  const std::string temporary = file.string() + "." + random_token(8);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return unavailable("cannot write " + temporary + ": " + std::strerror(errno));
  const std::string text = json::write(login) + "\n";
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool closed = ::close(fd) == 0;
  if (written && closed && ::rename(temporary.c_str(), file.c_str()) == 0) return {};
  const Error failed = unavailable("cannot write " + file.string() + ": " + std::strerror(errno));
  ::unlink(temporary.c_str());
  return failed;
}

Result<Login> find_login(const std::string& url) {
  Login login;
  login.url = without_slash(url.empty() ? environment("SOUK_URL") : url);
  login.key = environment("SOUK_KEY");
  if (!login.url.empty() && !login.key.empty()) return login;
  const std::optional<Login> saved = SOUK_TRY(load_login(login_file()));
  if (login.url.empty()) login.url = saved ? saved->url : std::string(kLocalUrl);
  if (login.key.empty() && saved && without_slash(saved->url) == login.url) login.key = saved->key;
  return login;
}

}  // namespace souk::cli
