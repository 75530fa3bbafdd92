// SPDX-License-Identifier: Apache-2.0
//
// What one request did, as spans (W3C Trace Context; OpenTelemetry's data model). Made only for a request that is
// sampled, so code that may add to one has a pointer that is mostly null. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace souk {

struct Attribute {
  std::string key;  // by OpenTelemetry's semantic conventions where they have one
  std::variant<std::string, std::int64_t, double, bool> value;
};

struct Span {
  std::string name;
  std::chrono::steady_clock::time_point begun, ended;
  std::vector<Attribute> attributes;
};

class Trace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `id`: 32 hex digits; `parent`: the caller's span, 16 hex digits, or empty.
  Trace(std::string id, std::string parent) : id_(std::move(id)), parent_(std::move(parent)) {}

  const std::string& id() const { return id_; }
  const std::string& parent() const { return parent_; }

  // A part of the request, which has ended.
  void add(std::string_view name, Time begun, Time ended, std::vector<Attribute> attributes = {}) {
    std::lock_guard lock(mutex_);
    parts_.push_back({std::string(name), begun, ended, std::move(attributes)});
  }
  std::vector<Span> take_parts() {
    std::lock_guard lock(mutex_);
    return std::exchange(parts_, {});
  }

 private:
  const std::string id_, parent_;
  std::mutex mutex_;
  std::vector<Span> parts_;
};

}  // namespace souk
