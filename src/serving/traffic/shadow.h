// SPDX-License-Identifier: Apache-2.0
//
// Copies of requests for revisions that are only tried: their answers are compared with the one that was returned, and
// counted. The caller's answer never waits for a copy: copies run on a pool of one thread of low priority, and are
// dropped while it is busy.
#pragma once

#include <memory>

#include "base/pool.h"
#include "runtimes/runtime.h"
#include "serving/traffic/split.h"

namespace souk::serving {

// What `done` is to be replaced by so that the answer is compared with those of copies; `done` itself when no copy is
// to be made of this request. The pool must outlive the answer.
runtimes::Completion with_copies(Pool& pool, const std::shared_ptr<const Split>& split, const Replicated& answering,
                                 const runtimes::InferRequest& request, runtimes::Completion done);

inline constexpr std::size_t kMostCopies = 64;            // that wait
inline constexpr std::size_t kLargestCopy = 1024 * 1024;  // bytes of a request that is worth copying

}  // namespace souk::serving
