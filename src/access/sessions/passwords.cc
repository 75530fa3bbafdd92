// SPDX-License-Identifier: Apache-2.0
#include "access/sessions/passwords.h"

#include <argon2.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include "base/digest.h"
#include "base/json.h"

namespace souk::access {

namespace {

constexpr std::size_t kSalt = 16;
constexpr std::size_t kHash = 32;
constexpr std::size_t kLongest = 1024;
constexpr std::size_t kFewestDifferent = 4;

// The calling thread gives way to every other.
void step_back() {
  thread_local const bool done = ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19) == 0;
  (void)done;
}

std::size_t threads_of(const AccessSettings& settings) {
  if (settings.password_threads > 0) return static_cast<std::size_t>(settings.password_threads);
  return std::max(1u, std::thread::hardware_concurrency() / 2);
}

std::string unpadded(std::string_view bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

Error failed(int code) {
  return internal("argon2id failed: " + std::string(argon2_error_message(code)));
}

}  // namespace

Passwords::Passwords(const AccessSettings& settings, Metrics& metrics)
    : memory_kib_(static_cast<std::uint32_t>(settings.password_memory.count >> 10)),
      passes_(static_cast<std::uint32_t>(settings.password_passes)),
      parameters_("$argon2id$v=19$m=" + std::to_string(memory_kib_) + ",t=" + std::to_string(passes_) + ",p=1$"),
      nobodys_(parameters_ + unpadded(random_bytes(kSalt)) + "$" + unpadded(random_bytes(kHash))),
      runs_(metrics.counter("souk_access_password_runs_total", "Runs of argon2id, for sign-ins and new passwords")
                .with()),
      pool_("passwords", threads_of(settings), static_cast<std::size_t>(settings.password_queue)) {}

template <class T>
Result<T> Passwords::run(std::function<Result<T>()> work) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> result = promise->get_future();
  SOUK_TRY(pool_.post([this, promise, work = std::move(work)] {
    step_back();
    runs_.add();
    promise->set_value(work());
  }));
  return result.get();
}

Result<std::string> Passwords::hash(const std::string& password) {
  return run<std::string>([this, &password]() -> Result<std::string> {
    const std::string salt = random_bytes(kSalt);
    std::string encoded(argon2_encodedlen(passes_, memory_kib_, 1, kSalt, kHash, Argon2_id), '\0');
    const int code = argon2id_hash_encoded(passes_, memory_kib_, 1, password.data(), password.size(), salt.data(),
                                           salt.size(), kHash, encoded.data(), encoded.size());
    if (code != ARGON2_OK) return failed(code);
    encoded.resize(encoded.find('\0'));
    return encoded;
  });
}

Result<bool> Passwords::matches(const std::string& password, const std::string& encoded) {
  return run<bool>([this, &password, &encoded]() -> Result<bool> {
    const std::string& against = encoded.empty() ? nobodys_ : encoded;
    const int code = argon2id_verify(against.c_str(), password.data(), password.size());
    if (code == ARGON2_OK) return !encoded.empty();
    if (code == ARGON2_VERIFY_MISMATCH) return false;
    return failed(code);
  });
}

bool Passwords::outdated(std::string_view encoded) const {
  return !encoded.starts_with(parameters_);
}

Status check_password(std::string_view password, std::string_view name, std::int64_t min_length) {
  const auto refuse = [](std::string why) { return invalid_argument("the password " + std::move(why)).at("password"); };
  if (!json::is_utf8(password) || password.find('\0') != std::string_view::npos) return refuse("is not plain text");
  if (password.size() > kLongest) return refuse("has more than 1024 bytes");
  const auto characters = std::ranges::count_if(password, [](char c) { return (c & 0xC0) != 0x80; });
  if (characters < min_length) return refuse("needs at least " + std::to_string(min_length) + " characters");
  if (std::set<char>(password.begin(), password.end()).size() < kFewestDifferent) {
    return refuse("needs more different characters");
  }
  if (password == name) return refuse("must not be the name");
  return {};
}

}  // namespace souk::access
