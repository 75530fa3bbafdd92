// SPDX-License-Identifier: Apache-2.0
#include "api/native/figures/sampler.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "base/json.h"

namespace souk::api::native {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostNames = 16;
constexpr std::size_t kLongestName = 512;

// "deployment:default/digits" is the topic "deployment" of "default/digits".
std::pair<std::string_view, std::string> parts_of(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, ""};
  return {name.substr(0, colon), std::string(name.substr(colon + 1))};
}

const Topic* find_topic(const std::vector<Topic>& topics, std::string_view name) {
  const auto [noun, of] = parts_of(name);
  const auto found = std::ranges::find(topics, noun, &Topic::name);
  if (found == topics.end() || found->of_object == of.empty()) return nullptr;
  return &*found;
}

// The next whole multiple of the period, so that what is asked for at any time is sampled together.
Clock::time_point next_due(Clock::time_point now, std::chrono::milliseconds every) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  auto due = Clock::time_point((since / every + 1) * every);
  if (due - now < every / 2) due += every;
  return due;
}

FigureProblem problem_of(const Error& error) {
  return {std::string(code_name(error.code)), error.describe()};
}

Figure named(Figure figure, const std::string& name) {
  figure.of = name;
  figure.time = now();
  return figure;
}

Figure figure_of(const Topic& topic, const std::string& name, const access::Call& call) {
  auto sample = topic.sample(call, parts_of(name).second);
  if (sample) return named(std::move(*sample), name);
  Figure failed;
  failed.error = problem_of(sample.error());
  return named(std::move(failed), name);
}

// Without when that was.
std::string said_by(Figure figure) {
  figure.time = {};
  return json::write(figure);
}

}  // namespace

struct Sampler::State {
  struct Watcher {
    access::Call call;
    Tell tell;
    bool told = false;    // these two of the sampling thread
    std::string refused;  // what was said of it last
  };
  using WatcherPtr = std::shared_ptr<Watcher>;
  // A topic that is watched. All but `watchers` and `due` is of the sampling thread.
  struct Watched {
    const Topic* topic = nullptr;
    std::string name;
    access::Call call;
    std::vector<WatcherPtr> watchers;
    Clock::time_point due;
    std::optional<std::string> last;
    std::optional<Time> sampled;
    Clock::time_point told;
    bool rests = false;
  };
  using WatchedPtr = std::shared_ptr<Watched>;
  using Key = std::pair<std::string, const access::Principal*>;

  State(access::PrincipalPtr own, Logger& log, std::function<void()> begin, std::chrono::milliseconds rest)
      : log(log), begin(std::move(begin)), rest(rest) {
    call.principal = std::move(own);
  }

  access::Call call;  // souk's own
  Logger& log;
  const std::function<void()> begin;
  const std::chrono::milliseconds rest;
  mutable std::mutex mutex;
  std::condition_variable woken;
  std::map<Key, WatchedPtr> watched;
  bool stopping = false;
  std::thread thread;

  void run();
  std::vector<WatchedPtr> wait_for_due();
  void sample(Watched& one);
  static void tell(const Watched& one, const WatcherPtr& to, const std::string& text);
  void end(const Key& key, const WatcherPtr& watcher);
};

void Sampler::State::run() {
  pthread_setname_np(pthread_self(), "souk-figures");
  for (;;) {
    const auto due = wait_for_due();
    if (due.empty()) return;
    begin();
    for (const WatchedPtr& one : due) {
      try {
        sample(*one);
      } catch (const std::exception& error) {
        log.error("api", "figures could not be sampled", {{"of", one->name}, {"what", error.what()}});
      }
    }
  }
}

// Empty: the sampler stops.
std::vector<Sampler::State::WatchedPtr> Sampler::State::wait_for_due() {
  std::unique_lock lock(mutex);
  for (;;) {
    if (stopping) return {};
    const auto at = Clock::now();
    auto next = Clock::time_point::max();
    std::vector<WatchedPtr> due;
    for (const auto& [key, one] : watched) {
      if (one->due <= at) {
        one->due = next_due(at, one->topic->every);
        due.push_back(one);
      }
      next = std::min(next, one->due);
    }
    if (!due.empty()) return due;
    if (watched.empty()) {
      woken.wait(lock);
    } else {
      woken.wait_until(lock, next);
    }
  }
}

void Sampler::State::sample(Watched& one) {
  Figure figure = figure_of(*one.topic, one.name, one.call);
  std::string said = said_by(figure);
  const bool changed = one.last != said;
  const auto at = Clock::now();
  bool news = changed;
  if (one.topic->series) {
    figure.since = one.sampled;
    news = changed || !one.rests || at - one.told >= rest;
    one.rests = !changed;
  }
  if (news) one.told = at;
  one.last = std::move(said);
  one.sampled = figure.time;
  const std::string text = json::write(figure);
  figure.since.reset();  // who begins was not told what was before
  const std::string first = json::write(figure);
  std::vector<WatcherPtr> watchers;
  {
    const std::lock_guard lock(mutex);
    watchers = one.watchers;
  }
  for (const WatcherPtr& watcher : watchers) {
    if (news || !watcher->told) tell(one, watcher, watcher->told ? text : first);
  }
}

void Sampler::State::tell(const Watched& one, const WatcherPtr& to, const std::string& text) {
  const Status may = one.topic->may(to->call, parts_of(one.name).second);
  to->told = may.has_value();
  if (may) {
    to->refused.clear();
    to->tell(text);
  } else {
    Figure refusal;
    refusal.error = problem_of(may.error());
    refusal = named(std::move(refusal), one.name);
    if (std::string why = said_by(refusal); why != std::exchange(to->refused, why)) to->tell(json::write(refusal));
  }
}

void Sampler::State::end(const Key& key, const WatcherPtr& watcher) {
  const std::lock_guard lock(mutex);
  const auto found = watched.find(key);
  if (found == watched.end()) return;
  std::erase(found->second->watchers, watcher);
  if (found->second->watchers.empty()) watched.erase(found);
}

Sampler::Sampler(std::vector<Topic> topics, access::PrincipalPtr own, Logger& log, std::function<void()> begin,
                 std::chrono::milliseconds rest)
    : topics_(std::move(topics)), state_(std::make_shared<State>(std::move(own), log, std::move(begin), rest)) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Sampler::~Sampler() {
  stop();
}

void Sampler::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->woken.notify_one();
  }
  if (state_->thread.joinable()) state_->thread.join();
}

Result<std::vector<std::string>> Sampler::names_of(std::string_view text) const {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(name.size() + 1, text.size()));
    if (name.size() > kLongestName || find_topic(topics_, name) == nullptr) {
      std::string known;
      for (const Topic& topic : topics_) {
        known.append(known.empty() ? "" : ", ").append(topic.name).append(topic.of_object ? ":…" : "");
      }
      return invalid_argument("there are no figures of " + access::as_shown(name.substr(0, 100)))
          .advise("there are: " + known);
    }
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }
  if (names.size() > kMostNames) {
    return invalid_argument("figures of " + std::to_string(names.size()) + " are asked for; at most " +
                            std::to_string(kMostNames) + " go together");
  }
  return names;
}

std::shared_ptr<void> Sampler::watch(const access::Call& call, const std::vector<std::string>& names, Tell tell) {
  using Place = std::pair<State::Key, State::WatcherPtr>;
  auto places = std::make_shared<std::vector<Place>>();
  access::Call kept = call;  // the request ends before its stream does
  kept.deadline = kNoDeadline;
  kept.stop = {};
  kept.trace = nullptr;
  const std::lock_guard lock(state_->mutex);
  for (const std::string& name : names) {
    const Topic* const topic = find_topic(topics_, name);
    if (topic == nullptr) continue;
    auto watcher = std::make_shared<State::Watcher>(State::Watcher{kept, tell, false, ""});
    State::Key key{name, topic->personal ? kept.principal.get() : nullptr};
    State::WatchedPtr& one = state_->watched[key];
    if (!one) {
      one = std::make_shared<State::Watched>();
      one->topic = topic;
      one->name = name;
      one->call = topic->personal ? kept : state_->call;
    }
    one->watchers.push_back(watcher);
    one->due = Clock::now();
    places->emplace_back(std::move(key), std::move(watcher));
  }
  state_->woken.notify_one();
  return {places.get(), [state = state_, places](void*) {
            for (const auto& [key, watcher] : *places) state->end(key, watcher);
          }};
}

Result<Figure> Sampler::look(const access::Call& call, const std::string& name) const {
  const Topic* const topic = find_topic(topics_, name);
  if (topic == nullptr) return invalid_argument("there are no figures of " + access::as_shown(name));
  SOUK_TRY(topic->may(call, parts_of(name).second));
  state_->begin();
  return named(SOUK_TRY(topic->sample(topic->personal ? call : state_->call, parts_of(name).second)), name);
}

std::size_t Sampler::watched() const {
  const std::lock_guard lock(state_->mutex);
  return state_->watched.size();
}

}  // namespace souk::api::native
