// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/prometheus.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "net/client/address_guard.h"
#include "net/client/client.h"

namespace souk::serving {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMostBytes = 16 << 20;
constexpr std::chrono::milliseconds kTimeout{5'000};
constexpr std::chrono::minutes kForgotten{2};

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// `a="b",c="d"}` up to the brace; what follows it stays in `text`. None: it is malformed.
std::optional<std::map<std::string, std::string>> take_labels(std::string_view& text) {
  std::map<std::string, std::string> labels;
  for (;;) {
    text = trimmed(text);
    if (text.starts_with('}')) break;
    const std::size_t equal = text.find('=');
    if (equal == std::string_view::npos) return std::nullopt;
    const std::string name(trimmed(text.substr(0, equal)));
    text = trimmed(text.substr(equal + 1));
    if (!text.starts_with('"')) return std::nullopt;
    text.remove_prefix(1);
    std::string value;
    while (!text.empty() && text.front() != '"') {
      char c = text.front();
      text.remove_prefix(1);
      if (c == '\\' && !text.empty()) {
        c = text.front() == 'n' ? '\n' : text.front();
        text.remove_prefix(1);
      }
      value.push_back(c);
    }
    if (text.empty()) return std::nullopt;
    text.remove_prefix(1);
    labels[name] = std::move(value);
    text = trimmed(text);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  text.remove_prefix(1);
  return labels;
}

std::optional<double> number_of(std::string_view text) {
  text = text.substr(0, text.find_first_of(" \t"));  // a time may follow
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || std::isnan(value)) return std::nullopt;
  return value;
}

std::optional<double> sample_of(std::string_view line, std::string_view metric,
                                const std::map<std::string, std::string>& wanted) {
  line = trimmed(line);
  if (!line.starts_with(metric)) return std::nullopt;
  line.remove_prefix(metric.size());
  if (line.empty() || (line.front() != '{' && !is_space(line.front()))) return std::nullopt;
  line = trimmed(line);
  std::map<std::string, std::string> labels;
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    auto taken = take_labels(line);
    if (!taken) return std::nullopt;
    labels = std::move(*taken);
  }
  const bool fits = std::ranges::all_of(wanted, [&](const auto& one) {
    auto found = labels.find(one.first);
    return found != labels.end() && found->second == one.second;
  });
  return fits ? number_of(trimmed(line)) : std::nullopt;
}

}  // namespace

Result<double> find_sample(std::string_view text, std::string_view metric,
                           const std::map<std::string, std::string>& labels) {
  std::optional<double> sum;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto value = sample_of(text.substr(0, end), metric, labels)) sum = sum.value_or(0) + *value;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (sum) return *sum;
  return not_found("no sample of " + std::string(metric) + " has these labels");
}

struct Readings::State {
  struct Entry {
    Reading reading;
    Clock::time_point asked;  // by the roll-out
    Clock::time_point began;  // the fetch that the reading is of
    bool under_way = false;
    Clock::time_point posted;
  };

  State(net::AddressGuard g, std::function<void()> f)
      : guard(std::move(g)),
        client({.connect_timeout = kTimeout, .timeout = kTimeout, .max_body = kMostBytes, .guard = &guard}),
        arrived(std::move(f)) {}

  const net::AddressGuard guard;
  net::Client client;
  const std::function<void()> arrived;
  std::mutex mutex;
  std::map<std::string, Entry> entries;

  Reading fetch(const Check& check) {
    const auto answer = client.send({.url = *check.url, .headers = {{"Accept", "text/plain;version=0.0.4"}}});
    if (!answer) return {std::nullopt, answer.error().message};
    if (answer->status != 200) return {std::nullopt, *check.url + " answered " + std::to_string(answer->status)};
    const auto value = find_sample(answer->body, *check.metric, check.labels);
    if (!value) return {std::nullopt, value.error().message};
    return {*value, ""};
  }
};

Result<std::unique_ptr<Readings>> Readings::open(const std::vector<std::string>& allow, std::function<void()> arrived) {
  auto guard = net::AddressGuard::parse(allow);
  if (!guard) return std::move(guard).error().at("serving.metrics_allow");
  return std::unique_ptr<Readings>(new Readings(std::make_shared<State>(std::move(*guard), std::move(arrived))));
}

Readings::Readings(std::shared_ptr<State> state)
    : state_(std::move(state)), pool_(std::make_unique<Pool>("metric-checks", 2, 256)) {}

Readings::~Readings() = default;

Reading Readings::read(const std::string& key, const Check& check, Deadline since, Duration every) {
  const auto now = Clock::now();
  std::lock_guard lock(state_->mutex);
  State::Entry& entry = state_->entries[key];
  entry.asked = now;
  if (!entry.under_way && now - entry.posted >= every) {
    entry.posted = now;
    entry.under_way = true;
    Status posted = pool_->post([state = state_, key, check, now] {
      Reading reading = state->fetch(check);
      {
        std::lock_guard inner(state->mutex);
        auto found = state->entries.find(key);
        if (found == state->entries.end()) return;
        found->second.reading = std::move(reading);
        found->second.began = now;
        found->second.under_way = false;
      }
      state->arrived();
    });
    if (!posted) entry.under_way = false;
  }
  if (entry.began == Clock::time_point() || entry.began < since) return {std::nullopt, "it was not read yet"};
  return entry.reading;
}

void Readings::forget() {
  const auto before = Clock::now() - kForgotten;
  std::lock_guard lock(state_->mutex);
  std::erase_if(state_->entries, [&](const auto& one) { return !one.second.under_way && one.second.asked < before; });
}

}  // namespace souk::serving
