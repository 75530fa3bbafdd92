// SPDX-License-Identifier: Apache-2.0
#include "serving/traffic/figures.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/digest.h"
#include "base/json.h"

namespace souk::serving {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr int kFirstOctave = 10;  // 1,024 ns
constexpr int kSubBits = 4;

struct WindowText {
  std::int64_t requests = 0, errors = 0, rejected = 0, compared = 0, disagreed = 0, dropped = 0;
  std::vector<std::int64_t> latency;  // bucket, count, bucket, count, …
};
BOOST_DESCRIBE_STRUCT(WindowText, (), (requests, errors, rejected, compared, disagreed, dropped, latency))

// Sums are read while others count: a part may be ahead of what was read of it before.
void take_off(std::int64_t& from, std::int64_t earlier) {
  from = std::max<std::int64_t>(from - earlier, 0);
}

}  // namespace

bool is_fault(Code code) {
  switch (code) {
    case Code::unknown:
    case Code::deadline_exceeded:
    case Code::resource_exhausted:
    case Code::unimplemented:
    case Code::internal:
    case Code::unavailable:
    case Code::data_loss:
      return true;
    default:
      return false;
  }
}

bool is_rejection(Code code) {
  return code == Code::invalid_argument || code == Code::out_of_range || code == Code::failed_precondition;
}

void Window::add(const Window& other) {
  requests += other.requests;
  errors += other.errors;
  rejected += other.rejected;
  compared += other.compared;
  disagreed += other.disagreed;
  dropped += other.dropped;
  latency.resize(std::max(latency.size(), other.latency.size()));
  for (std::size_t i = 0; i < other.latency.size(); ++i) latency[i] += other.latency[i];
}

void Window::subtract(const Window& earlier) {
  take_off(requests, earlier.requests);
  take_off(errors, earlier.errors);
  take_off(rejected, earlier.rejected);
  take_off(compared, earlier.compared);
  take_off(disagreed, earlier.disagreed);
  take_off(dropped, earlier.dropped);
  for (std::size_t i = 0; i < std::min(latency.size(), earlier.latency.size()); ++i) {
    take_off(latency[i], earlier.latency[i]);
  }
}

double Window::quantile_ms(double q) const {
  std::int64_t count = 0;
  for (const std::int64_t n : latency) count += n;
  if (count == 0) return 0;
  const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(count))));
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    seen += latency[i];
    if (seen >= rank) return Figures::middle_ms(i);
  }
  return Figures::middle_ms(latency.size() - 1);
}

std::string Window::text() const {
  WindowText out{requests, errors, rejected, compared, disagreed, dropped, {}};
  for (std::size_t i = 0; i < latency.size(); ++i) {
    if (latency[i] == 0) continue;
    out.latency.push_back(static_cast<std::int64_t>(i));
    out.latency.push_back(latency[i]);
  }
  return json::write(out);
}

Result<Window> Window::parse(std::string_view text) {
  const auto in = SOUK_TRY(json::read<WindowText>(text));
  Window out{in.requests, in.errors, in.rejected, in.compared, in.disagreed, in.dropped, {}};
  out.latency.resize(Figures::kBuckets);
  for (std::size_t i = 0; i + 1 < in.latency.size(); i += 2) {
    const auto bucket = static_cast<std::size_t>(in.latency[i]);
    if (bucket >= out.latency.size()) return invalid_argument("a window of a roll-out has no such bucket");
    out.latency[bucket] += in.latency[i + 1];
  }
  return out;
}

Figures::Figures(CopyCounters copies) : instance_(random_token(16)), copies_(copies) {}

std::size_t Figures::bucket_of(std::chrono::nanoseconds took) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 1 << kFirstOctave));
  const int octave = static_cast<int>(std::bit_width(ns)) - 1;
  const auto sub = static_cast<std::size_t>((ns >> (octave - kSubBits)) & ((1u << kSubBits) - 1));
  const std::size_t bucket = (static_cast<std::size_t>(octave - kFirstOctave) << kSubBits) + sub;
  return std::min(bucket, kBuckets - 1);
}

double Figures::middle_ms(std::size_t bucket) {
  const int octave = kFirstOctave + static_cast<int>(bucket >> kSubBits);
  const double width = std::ldexp(1.0, octave - kSubBits);
  const double from = std::ldexp(1.0, octave) + width * static_cast<double>(bucket & ((1u << kSubBits) - 1));
  return (from + width / 2) / 1e6;
}

void Figures::answered(std::optional<Code> error, std::chrono::nanoseconds took) {
  requests_.fetch_add(1, kRelaxed);
  if (!error) {
    latency_[bucket_of(took)].fetch_add(1, kRelaxed);
  } else if (is_fault(*error)) {
    errors_.fetch_add(1, kRelaxed);
  } else if (is_rejection(*error)) {
    rejected_.fetch_add(1, kRelaxed);
  }
}

void Figures::compared(bool agreed) {
  compared_.fetch_add(1, kRelaxed);
  if (!agreed) disagreed_.fetch_add(1, kRelaxed);
  if (Counter* const counter = agreed ? copies_.agreed : copies_.disagreed) counter->add();
}

void Figures::dropped() {
  dropped_.fetch_add(1, kRelaxed);
  if (copies_.dropped != nullptr) copies_.dropped->add();
}

Window Figures::sums() const {
  Window out{requests_.load(kRelaxed),
             errors_.load(kRelaxed),
             rejected_.load(kRelaxed),
             compared_.load(kRelaxed),
             disagreed_.load(kRelaxed),
             dropped_.load(kRelaxed),
             {}};
  out.latency.reserve(kBuckets);
  for (const Number& one : latency_) out.latency.push_back(one.load(kRelaxed));
  return out;
}

}  // namespace souk::serving
