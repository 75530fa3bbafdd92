// SPDX-License-Identifier: Apache-2.0
//
// Counters, gauges and histograms, and their Prometheus text exposition (format 0.0.4).
//
// Names are souk_<room>_<noun>_<unit>[_total]. A family is declared once with its label names; `with` gives
// the series of some label values and is meant to be called once and the reference kept: it takes a lock,
// the series' own methods take none. References stay valid as long as the Metrics. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace souk {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double delta);
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  // `bounds` are the buckets' upper bounds, ascending, without +Inf.
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);
  std::uint64_t count() const;
  double sum() const;
  // An estimate by linear interpolation inside the bucket; 0 when nothing was observed. Unit: the bounds'.
  double quantile(double q) const;
  void render(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
  std::atomic<double> sum_{0};
};

// 50 µs to 60 s, in seconds.
std::span<const double> latency_bounds();

class Metrics {
 public:
  template <class Series>
  class Family {
   public:
    // One value a declared label, in order.
    Series& with(std::initializer_list<std::string_view> label_values = {});

   private:
    friend class Metrics;
    struct State;
    std::shared_ptr<State> state_;
  };

  Metrics();
  ~Metrics();
  // The same name twice gives the same family.
  Family<Counter> counter(std::string_view name, std::string_view help, std::vector<std::string> labels = {});
  Family<Gauge> gauge(std::string_view name, std::string_view help, std::vector<std::string> labels = {});
  Family<Histogram> histogram(std::string_view name, std::string_view help, std::vector<std::string> labels = {},
                              std::span<const double> bounds = latency_bounds());
  // Called at each render, to set gauges that are read rather than counted.
  void on_render(std::function<void()> refresh);
  std::string render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk
