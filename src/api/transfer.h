// SPDX-License-Identifier: Apache-2.0
//
// Large bodies between a stream and a blob. Two buffers: while the connection fills or empties one, this thread
// works on the other; no transfer holds more. For pool threads.
#pragma once

#include <functional>

#include "blobs/blobs.h"
#include "net/stream.h"

namespace souk::api {

// The rest of the request's body. What came before an error stays written.
Status receive(net::Stream& stream, const std::function<Status(std::span<const std::byte>)>& into);
// `count` bytes from `first` on, after the answer's head.
Status send(net::Stream& stream, blobs::Reader& from, std::uint64_t first, std::uint64_t count);

}  // namespace souk::api
