// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/concurrency.h"

namespace souk::serving {

namespace {

// A shorter run gains nothing from being handed to more threads, so it is not tried.
constexpr std::chrono::milliseconds kWorthMeasuring{1};
// What is larger is not loaded twice: it takes all cores.
constexpr std::int64_t kMostMeasured = 64 << 20;
// So much of what the cores do each for itself they must do together.
constexpr double kWorthSharing = 0.75;

struct DeclaredRuntime {
  std::optional<std::int64_t> sessions, threads;
};
BOOST_DESCRIBE_STRUCT(DeclaredRuntime, (), (sessions, threads))
struct Declared {
  std::optional<json::Raw> runtime;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (runtime))

Status check_count(const char* field, std::int64_t count, std::int64_t most) {
  if (count >= 1 && count <= most) return {};
  return invalid_argument(std::string(field) + ": is a number from 1 to " + std::to_string(most)).at(field);
}

}  // namespace

Result<runtimes::Concurrency> declared_concurrency(const json::Raw* declaration) {
  if (declaration == nullptr) return runtimes::Concurrency();
  auto declared = SOUK_TRY(json::read<Declared>(declaration->text, json::UnknownFields::ignore));
  if (!declared.runtime) return runtimes::Concurrency();
  auto said = json::read<DeclaredRuntime>(declared.runtime->text, json::UnknownFields::refuse);
  if (!said) {
    const std::string field = said.error().field;
    return std::move(said.error()).at(field.empty() ? "runtime" : "runtime." + field);
  }
  if (said->sessions) SOUK_TRY(check_count("runtime.sessions", *said->sessions, kMostSessions));
  if (said->threads) SOUK_TRY(check_count("runtime.threads", *said->threads, kMostThreads));
  return runtimes::Concurrency{said->sessions.value_or(0), said->threads.value_or(0)};
}

Result<runtimes::Concurrency> wanted_concurrency(const Capacity& deployment, runtimes::Concurrency declared,
                                                 const ServingSettings& settings) {
  const auto first = [](std::optional<std::int64_t> deployed, std::int64_t said, std::int64_t usual) {
    return deployed.value_or(said > 0 ? said : usual);
  };
  const runtimes::Concurrency wanted{first(deployment.sessions, declared.sessions, settings.sessions),
                                     first(deployment.threads, declared.threads, settings.threads)};
  if (wanted.sessions * wanted.threads <= kMostThreads) return wanted;
  return invalid_argument(std::to_string(wanted.sessions) + " sessions of " + std::to_string(wanted.threads) +
                          " threads each are more than the " + std::to_string(kMostThreads) +
                          " threads that one model may have")
      .advise("give fewer sessions or fewer threads");
}

Result<Loaded> load_measured(const LoadAndWarm& load, runtimes::Concurrency wanted,
                             const std::optional<runtimes::Concurrency>& known, std::int64_t file_bytes,
                             std::int64_t cores) {
  if (wanted.threads == 0 && known) wanted.threads = known->threads;
  if (wanted.threads == 0 && file_bytes > kMostMeasured) wanted.threads = cores;
  if (wanted.threads != 0) return load(wanted);
  wanted.threads = 1;
  Loaded alone = SOUK_TRY(load(wanted));
  if (cores == 1 || alone.run_time < kWorthMeasuring) return alone;
  wanted.threads = cores;
  Result<Loaded> together = load(wanted);  // it runs already: what is wrong with a second one does not matter
  if (!together || together->run_time.count() <= 0) return alone;
  const double efficiency =
      static_cast<double>(alone.run_time.count()) / static_cast<double>(together->run_time.count() * cores);
  return efficiency >= kWorthSharing ? std::move(*together) : std::move(alone);
}

}  // namespace souk::serving
