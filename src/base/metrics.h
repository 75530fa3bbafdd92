// SPDX-License-Identifier: Apache-2.0
//
// Counters, gauges and histograms, and their exposition: Prometheus' text (format 0.0.4) and OpenMetrics (1.0.0), which
// also shows exemplars.
//
// Names are souk_<room>_<noun>_<unit>[_total]. A family is declared once with its label names; `with` gives
// the series of some label values and is meant to be called once and the reference kept: it takes a lock,
// the series' own methods take none. References stay valid as long as the Metrics. What comes and goes has a series
// that somebody holds (`hold`), and that is shown only as long. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"

namespace souk {

enum class Exposition { prometheus, openmetrics };

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
  // With the trace of a request that is sampled the bucket keeps it as its exemplar.
  void observe(double value, const Trace* trace = nullptr);
  std::uint64_t count() const;
  double sum() const;
  // An estimate by linear interpolation inside the bucket; 0 when nothing was observed. Unit: the bounds'.
  double quantile(double q) const;
  void render(std::string& out, std::string_view name, std::string_view labels, Exposition form) const;

 private:
  // The last request that fell into a bucket.
  struct Exemplar {
    std::string trace_id;  // empty: none yet
    SpanId span = 0;
    double value = 0;
    double time = 0;  // seconds since the epoch
  };
  void keep(std::size_t bucket, double value, const Trace& trace);
  std::vector<Exemplar> exemplars() const;

  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
  std::atomic<double> sum_{0};
  mutable std::mutex mutex_;         // of the exemplars
  std::vector<Exemplar> exemplars_;  // a bucket each, once there is one
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
    // Shown while somebody holds it; who asks meanwhile gets the same. Not to be mixed with `with` for one series.
    std::shared_ptr<Series> hold(std::initializer_list<std::string_view> label_values);

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
  std::string render(Exposition form = Exposition::prometheus) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk
