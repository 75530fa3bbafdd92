// SPDX-License-Identifier: Apache-2.0
//
// How the requests of one deployment are shared among its revisions: weights, copies (shadow), and rules that look at
// the request itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"

namespace souk::serving {

inline constexpr std::size_t kMostArms = 16;  // revisions that are kept loaded at a time

// A revision that is kept loaded.
struct TrafficRow {
  RevisionId revision_id;
  DeploymentId deployment_id;
  std::int64_t weight = 0;  // percent of the requests
  std::int64_t shadow = 0;  // percent of the others' requests that are copied to it
};
BOOST_DESCRIBE_STRUCT(TrafficRow, (), (revision_id, deployment_id, weight, shadow))

// As it is asked for, by the revision's number.
struct TrafficShare {
  std::int64_t revision = 0;
  std::int64_t weight = 0;
  std::optional<std::int64_t> shadow;
};
BOOST_DESCRIBE_STRUCT(TrafficShare, (), (revision, weight, shadow))

// HEADER: requests with the same value of a header get the same revision; KEY: those of the same API key.
BOOST_DEFINE_ENUM_CLASS(StickyBy, HEADER, KEY)

struct Sticky {
  StickyBy by = StickyBy::KEY;
  std::optional<std::string> header;
};
BOOST_DESCRIBE_STRUCT(Sticky, (), (by, header))

// Requests with this value of a header, or of this API key, go to one revision whatever the weights are.
struct MatchRule {
  std::optional<std::string> header, value;
  std::optional<std::int64_t> key;       // its id
  std::optional<std::int64_t> revision;  // its number; absent: the newest that is kept loaded
};
BOOST_DESCRIBE_STRUCT(MatchRule, (), (header, value, key, revision))

// When an answer of a copy is the same: numbers that differ by at most absolute + relative × the returned one.
struct Tolerance {
  std::optional<double> absolute, relative;  // absent: 1e-5, 1e-3
};
BOOST_DESCRIBE_STRUCT(Tolerance, (), (absolute, relative))

struct Routing {
  std::optional<Sticky> sticky;
  std::vector<MatchRule> match;  // the first that fits decides
  std::optional<Tolerance> tolerance;
};
BOOST_DESCRIBE_STRUCT(Routing, (), (sticky, match, tolerance))

// Errors: invalid_argument, with the field
Status check(const Routing& routing);
Status check(const std::vector<TrafficShare>& shares);

}  // namespace souk::serving
