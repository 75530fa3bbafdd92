// SPDX-License-Identifier: Apache-2.0
#include "access/audit/refusals.h"

#include "access/access.h"

namespace souk::access {

namespace {
constexpr std::size_t kLongestObject = 300;
}

Refusals::Kind Refusals::kind_of(const CountedRefusal& one) {
  return {one.actor_id,       one.credential,     one.address,
          one.refusal.action, one.refusal.object, static_cast<int>(one.refusal.code)};
}

void Refusals::add(const Call& call, Refusal refusal, Time at) {
  CountedRefusal one;
  const bool known = call.principal && !call.principal->name.empty();
  one.actor = known ? call.principal->name : "unauthenticated";
  if (known) {
    one.actor_id = call.principal->id.value;
    one.credential = call.principal->credential;
    if (check_slug(call.namespace_)) one.namespace_ = call.namespace_;
  } else {
    // Who is not known may ask for anything: what it asked for is not worth a row each.
    refusal.object.clear();
  }
  one.address = call.address;
  one.trace_id = call.trace_id;
  one.refusal = std::move(refusal);
  if (one.refusal.object.size() > kLongestObject) one.refusal.object.resize(kLongestObject);
  one.count = 1;
  one.first_time = one.time = at;

  std::lock_guard lock(mutex_);
  auto place = seen_.find(kind_of(one));
  if (place == seen_.end() && seen_.size() >= kMost) {
    one.refusal.object.clear();
    if (!known) one.address.clear();
    place = seen_.find(kind_of(one));
    if (place == seen_.end() && seen_.size() >= 2 * kMost) {
      one.actor = "many";
      one.actor_id = 0;
      one.credential.clear();
      one.address.clear();
      place = seen_.find(kind_of(one));
    }
  }
  if (place == seen_.end()) {
    Kind kind = kind_of(one);
    seen_.emplace(std::move(kind), Seen{std::move(one), Time()});
    return;
  }
  CountedRefusal& waiting = place->second.waiting;
  if (waiting.count == 0) {
    waiting.first_time = at;
    waiting.trace_id = one.trace_id;
  }
  ++waiting.count;
  waiting.time = at;
}

std::vector<CountedRefusal> Refusals::take(Time at, bool all) {
  std::vector<CountedRefusal> out;
  std::lock_guard lock(mutex_);
  for (auto place = seen_.begin(); place != seen_.end();) {
    Seen& one = place->second;
    const bool due = all || at - one.written >= kJoined;
    if (!due) {
      ++place;
    } else if (one.waiting.count == 0) {
      place = seen_.erase(place);  // a minute without another: the next is new
    } else {
      out.push_back(one.waiting);
      one.waiting.count = 0;
      one.written = at;
      ++place;
    }
  }
  return out;
}

void Refusals::give_back(std::vector<CountedRefusal> refusals) {
  std::lock_guard lock(mutex_);
  for (CountedRefusal& one : refusals) {
    Seen& seen = seen_[kind_of(one)];
    seen.written = Time();
    one.count += seen.waiting.count;
    if (seen.waiting.count > 0) one.time = seen.waiting.time;
    seen.waiting = std::move(one);
  }
}

}  // namespace souk::access
