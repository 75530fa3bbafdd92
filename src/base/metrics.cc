// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <variant>

namespace souk {
namespace {

// A wrong declaration is a mistake in the program that its first start shows.
[[noreturn]] void die(std::string_view name, const char* what) {
  std::fprintf(stderr, "souk: metric %.*s %s\n", static_cast<int>(name.size()), name.data(), what);
  std::abort();
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
}

void append_number(std::string& out, std::uint64_t value) {
  out += std::to_string(value);
}

// `in_quotes`: of a label value; else of a help text.
void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_sample(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels,
                   auto value) {
  out.append(name).append(suffix);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += ' ';
  append_number(out, value);
  out += '\n';
}

void render_series(std::string& out, const Counter& series, std::string_view name, std::string_view labels,
                   Exposition) {
  append_sample(out, name, "", labels, series.value());
}
void render_series(std::string& out, const Gauge& series, std::string_view name, std::string_view labels, Exposition) {
  append_sample(out, name, "", labels, series.value());
}
void render_series(std::string& out, const Histogram& series, std::string_view name, std::string_view labels,
                   Exposition form) {
  series.render(out, name, labels, form);
}

// A bound as a label. OpenMetrics wants a number that looks like one with a fraction.
void append_bound(std::string& out, double bound, Exposition form) {
  const std::size_t from = out.size();
  append_number(out, bound);
  const bool whole = out.find_first_not_of("-0123456789", from) == std::string::npos;
  if (form == Exposition::openmetrics && whole) out += ".0";
}

constexpr std::string_view type_name(const Counter*) {
  return "counter";
}
constexpr std::string_view type_name(const Gauge*) {
  return "gauge";
}
constexpr std::string_view type_name(const Histogram*) {
  return "histogram";
}

}  // namespace

void Gauge::add(double delta) {
  value_.fetch_add(delta, std::memory_order_relaxed);
}

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()),
      buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {}

void Histogram::observe(double value, const Trace* trace) {
  const auto bucket =
      static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
  if (trace != nullptr) keep(bucket, value, *trace);
}

// One exemplar is as good as another: who would have to wait leaves his out.
void Histogram::keep(std::size_t bucket, double value, const Trace& trace) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  exemplars_.resize(bounds_.size() + 1);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  exemplars_[bucket] = {trace.id, trace.span, value, std::chrono::duration<double>(now).count()};
}

std::vector<Histogram::Exemplar> Histogram::exemplars() const {
  const std::lock_guard lock(mutex_);
  return exemplars_;
}

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) count += buckets_[i].load(std::memory_order_relaxed);
  return count;
}

double Histogram::sum() const {
  return sum_.load(std::memory_order_relaxed);
}

double Histogram::quantile(double q) const {
  const double rank = q * static_cast<double>(count());
  if (rank <= 0) return 0;
  double below = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    const auto in_bucket = static_cast<double>(buckets_[i].load(std::memory_order_relaxed));
    if (below + in_bucket >= rank) {
      const double low = i == 0 ? std::min(0.0, bounds_[0]) : bounds_[i - 1];
      return low + (bounds_[i] - low) * (rank - below) / in_bucket;
    }
    below += in_bucket;
  }
  return bounds_.empty() ? 0 : bounds_.back();
}

void Histogram::render(std::string& out, std::string_view name, std::string_view labels, Exposition form) const {
  const auto kept = form == Exposition::openmetrics ? exemplars() : std::vector<Exemplar>();
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    cumulative += buckets_[i].load(std::memory_order_relaxed);
    std::string with_bound(labels);
    if (!labels.empty()) with_bound += ',';
    with_bound += "le=\"";
    append_bound(with_bound, i < bounds_.size() ? bounds_[i] : INFINITY, form);
    with_bound += '"';
    append_sample(out, name, "_bucket", with_bound, cumulative);
    if (i >= kept.size() || kept[i].trace_id.empty()) continue;
    out.back() = ' ';
    out.append("# {trace_id=\"").append(kept[i].trace_id).append("\",span_id=\"").append(hex_of(kept[i].span));
    out += "\"} ";
    append_number(out, kept[i].value);
    char time[32];
    std::snprintf(time, sizeof time, " %.3f\n", kept[i].time);
    out += time;
  }
  append_sample(out, name, "_sum", labels, sum());
  append_sample(out, name, "_count", labels, cumulative);
}

std::span<const double> latency_bounds() {
  static constexpr double kBounds[] = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                       0.1,     0.25,   0.5,     1,      2.5,   5,      10,    30,   60};
  return kBounds;
}

template <class Series>
struct Metrics::Family<Series>::State {
  std::string name;
  std::string help;
  std::vector<std::string> labels;
  std::vector<double> bounds;  // of a histogram
  mutable std::mutex mutex;
  // By the labels' values: one that is kept, or one that somebody holds.
  struct Place {
    std::unique_ptr<Series> kept;
    std::weak_ptr<Series> held;
  };
  std::map<std::vector<std::string>, Place> series;

  std::unique_ptr<Series> make() const {
    if constexpr (std::is_same_v<Series, Histogram>) {
      return std::make_unique<Histogram>(bounds);
    } else {
      return std::make_unique<Series>();
    }
  }

  std::vector<std::string> key_of(std::initializer_list<std::string_view> values) const {
    if (values.size() != labels.size()) die(name, "was given another number of label values");
    return {values.begin(), values.end()};
  }

  // Nobody holds it any more, unless somebody asked for it again meanwhile.
  void drop(const std::vector<std::string>& key) {
    const std::lock_guard lock(mutex);
    const auto found = series.find(key);
    if (found != series.end() && !found->second.kept && found->second.held.expired()) series.erase(found);
  }

  void render(std::string& out, Exposition form) const {
    std::string_view family = name;
    // OpenMetrics names a counter without its ending.
    const bool total = std::is_same_v<Series, Counter> && family.ends_with("_total");
    if (form == Exposition::openmetrics && total) family.remove_suffix(6);
    out.append("# HELP ").append(family).append(" ");
    append_escaped(out, help, form == Exposition::openmetrics);
    out.append("\n# TYPE ").append(family).append(" ").append(type_name(static_cast<Series*>(nullptr))).append("\n");
    std::vector<std::shared_ptr<Series>> held;  // the last of a series may end here, but not under the mutex
    const std::lock_guard lock(mutex);
    for (const auto& [values, place] : series) {
      const Series* one = place.kept.get();
      if (one == nullptr) one = held.emplace_back(place.held.lock()).get();
      if (one == nullptr) continue;
      std::string text;
      for (std::size_t i = 0; i < labels.size(); ++i) {
        text.append(i == 0 ? "" : ",").append(labels[i]).append("=\"");
        append_escaped(text, values[i], true);
        text += '"';
      }
      render_series(out, *one, name, text, form);
    }
  }
};

template <class Series>
Series& Metrics::Family<Series>::with(std::initializer_list<std::string_view> label_values) {
  std::vector<std::string> key = state_->key_of(label_values);
  const std::lock_guard lock(state_->mutex);
  std::unique_ptr<Series>& series = state_->series[std::move(key)].kept;
  if (series == nullptr) series = state_->make();
  return *series;
}

template <class Series>
std::shared_ptr<Series> Metrics::Family<Series>::hold(std::initializer_list<std::string_view> label_values) {
  std::vector<std::string> key = state_->key_of(label_values);
  const std::lock_guard lock(state_->mutex);
  std::weak_ptr<Series>& held = state_->series[key].held;
  if (auto series = held.lock()) return series;
  std::shared_ptr<Series> series(state_->make().release(), [state = state_, key](Series* one) {
    state->drop(key);
    delete one;
  });
  held = series;
  return series;
}

struct Metrics::State {
  using Entry = std::variant<std::shared_ptr<Family<Counter>::State>, std::shared_ptr<Family<Gauge>::State>,
                             std::shared_ptr<Family<Histogram>::State>>;
  mutable std::mutex mutex;
  std::map<std::string, Entry, std::less<>> families;
  std::vector<std::function<void()>> refreshers;

  template <class Series>
  std::shared_ptr<typename Family<Series>::State> declare(std::string_view name, std::string_view help,
                                                          std::vector<std::string> labels,
                                                          std::span<const double> wanted = {}) {
    using FamilyState = typename Family<Series>::State;
    const std::lock_guard lock(mutex);
    if (const auto found = families.find(name); found != families.end()) {
      const auto* same = std::get_if<std::shared_ptr<FamilyState>>(&found->second);
      if (same == nullptr || (*same)->labels != labels) die(name, "is declared twice with different labels or types");
      return *same;
    }
    auto state = std::make_shared<FamilyState>();
    state->name = name;
    state->help = help;
    state->labels = std::move(labels);
    state->bounds.assign(wanted.begin(), wanted.end());
    families.emplace(std::string(name), state);
    return state;
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics::Family<Counter> Metrics::counter(std::string_view name, std::string_view help,
                                          std::vector<std::string> labels) {
  Family<Counter> family;
  family.state_ = state_->declare<Counter>(name, help, std::move(labels));
  return family;
}

Metrics::Family<Gauge> Metrics::gauge(std::string_view name, std::string_view help, std::vector<std::string> labels) {
  Family<Gauge> family;
  family.state_ = state_->declare<Gauge>(name, help, std::move(labels));
  return family;
}

Metrics::Family<Histogram> Metrics::histogram(std::string_view name, std::string_view help,
                                              std::vector<std::string> labels, std::span<const double> bounds) {
  Family<Histogram> family;
  family.state_ = state_->declare<Histogram>(name, help, std::move(labels), bounds);
  return family;
}

void Metrics::on_render(std::function<void()> refresh) {
  const std::lock_guard lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::render(Exposition form) const {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(state_->mutex);
    refreshers = state_->refreshers;
  }
  for (const auto& refresh : refreshers) refresh();
  std::string out;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [name, entry] : state_->families) {
    std::visit([&out, form](const auto& family) { family->render(out, form); }, entry);
  }
  if (form == Exposition::openmetrics) out += "# EOF\n";
  return out;
}

template class Metrics::Family<Counter>;
template class Metrics::Family<Gauge>;
template class Metrics::Family<Histogram>;

}  // namespace souk
