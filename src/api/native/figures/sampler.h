// SPDX-License-Identifier: Apache-2.0
//
// Figures that somebody watches: what changes without making events, because it is measured (requests a second, what
// waits in queues) or because there is too much of it (records of requests, refusals).
//
// A topic is sampled while somebody watches it and not a moment longer, once for all who watch, on one thread of its
// own. Those who watch hear of it when it changed, and at once when they begin. Whether they may is looked at before
// each time that they are told. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.h"
#include "api/native/figures/figure.h"
#include "base/log.h"

namespace souk::api::native {

struct Topic {
  std::string name;
  bool of_object = false;  // is asked for with what it is of: "queue:webhooks"
  std::chrono::milliseconds every{2000};
  bool series = false;    // also told when it has come to rest, and then now and again, so that a chart of it goes on
  bool personal = false;  // sampled for each caller: what they see is not the same
  std::string summary;    // for the reference
  // Whether a caller may know, on each telling. Errors: not_found, permission_denied
  std::function<Status(const access::Call&, const std::string& of)> may;
  // `call` is souk's own, or of a personal topic the caller's. Blocks: disk
  // What it gives is put under its name and time.
  std::function<Result<Figure>(const access::Call& call, const std::string& of)> sample;
};

class Sampler {
 public:
  // Must not block; the text is a Figure as JSON.
  using Tell = std::function<void(const std::string& figure)>;

  // `begin` is called before each round of looks, for what they share. `rest`: how long a series that rests is not
  // told.
  Sampler(
      std::vector<Topic> topics, access::PrincipalPtr own, Logger& log, std::function<void()> begin = [] {},
      std::chrono::milliseconds rest = std::chrono::seconds(10));
  ~Sampler();
  void stop();

  // Names of topics, comma-separated, each once. Errors: invalid_argument (none of that name; too many)
  Result<std::vector<std::string>> names_of(std::string_view text) const;
  // Tells of them until the hold goes; it may be told once more meanwhile.
  std::shared_ptr<void> watch(const access::Call& call, const std::vector<std::string>& names, Tell tell);
  // One look. Errors: those of the topic
  Result<Figure> look(const access::Call& call, const std::string& name) const;

  std::size_t watched() const;  // topics
  const std::vector<Topic>& topics() const { return topics_; }

 private:
  struct State;
  std::vector<Topic> topics_;
  std::shared_ptr<State> state_;
};

}  // namespace souk::api::native
