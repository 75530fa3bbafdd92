// SPDX-License-Identifier: Apache-2.0
#include "serving/traffic/traffic.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace souk::serving {

namespace {

constexpr std::size_t kMostRules = 32;
constexpr std::size_t kLongest = 256;  // bytes of a header's name or value

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, [&](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

Status check_rule(const MatchRule& rule, const std::string& at) {
  if (rule.header.has_value() == rule.key.has_value()) {
    return invalid_argument("a rule matches by a header or by a key").at(at);
  }
  if (rule.header && !is_token(*rule.header)) return invalid_argument("is no name of a header").at(at + ".header");
  if (rule.header && (!rule.value || rule.value->empty() || rule.value->size() > kLongest)) {
    return invalid_argument("a rule for a header needs its value, of at most 256 bytes").at(at + ".value");
  }
  if (rule.key && rule.value) return invalid_argument("a rule for a key has no value").at(at + ".value");
  if (rule.key && *rule.key < 1) return invalid_argument("is no id of an API key").at(at + ".key");
  if (rule.revision && *rule.revision < 1) return invalid_argument("is no number of a revision").at(at + ".revision");
  return {};
}

}  // namespace

Status check(const Routing& routing) {
  if (routing.sticky) {
    const bool header = routing.sticky->by == StickyBy::HEADER;
    if (header != routing.sticky->header.has_value()) {
      return invalid_argument(header ? "sticky by HEADER needs the header's name" : "sticky by KEY takes no header")
          .at("routing.sticky.header");
    }
    if (header && !is_token(*routing.sticky->header)) {
      return invalid_argument("is no name of a header").at("routing.sticky.header");
    }
  }
  if (routing.match.size() > kMostRules) {
    return invalid_argument("there are more than " + std::to_string(kMostRules) + " rules").at("routing.match");
  }
  for (std::size_t i = 0; i < routing.match.size(); ++i) {
    SOUK_TRY(check_rule(routing.match[i], "routing.match[" + std::to_string(i) + "]"));
  }
  if (routing.tolerance) {
    for (const std::optional<double>& one : {routing.tolerance->absolute, routing.tolerance->relative}) {
      if (one && !(*one >= 0 && std::isfinite(*one))) {
        return invalid_argument("a tolerance is a number from 0").at("routing.tolerance");
      }
    }
  }
  return {};
}

Status check(const std::vector<TrafficShare>& shares) {
  if (shares.empty() || shares.size() > kMostArms) {
    return invalid_argument("traffic goes to 1 to " + std::to_string(kMostArms) + " revisions").at("traffic");
  }
  std::int64_t sum = 0;
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const TrafficShare& share = shares[i];
    const std::string at = "traffic[" + std::to_string(i) + "]";
    if (!seen.insert(share.revision).second) {
      return invalid_argument("revision " + std::to_string(share.revision) + " is named twice").at(at + ".revision");
    }
    if (share.weight < 0 || share.weight > 100) return invalid_argument("is not from 0 to 100").at(at + ".weight");
    const std::int64_t shadow = share.shadow.value_or(0);
    if (shadow < 0 || shadow > 100) return invalid_argument("is not from 0 to 100").at(at + ".shadow");
    if (shadow > 0 && share.weight == 100) {
      return invalid_argument("a revision that answers everything gets no copies").at(at + ".shadow");
    }
    sum += share.weight;
  }
  if (sum == 100) return {};
  return invalid_argument("weights add up to " + std::to_string(sum) + "; they must add up to 100").at("traffic");
}

}  // namespace souk::serving
