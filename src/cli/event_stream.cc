// SPDX-License-Identifier: Apache-2.0
#include "cli/event_stream.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace souk::cli {

namespace {
constexpr std::chrono::seconds kBackOff[] = {std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(5),
                                             std::chrono::seconds(10)};
}  // namespace

Status follow_events(Remote& remote, const std::string& path,
                     const std::function<Status(const std::vector<net::ServerEvent>&)>& f) {
  std::string last_id;
  for (std::size_t failures = 0;;) {
    net::EventParser parser;
    std::optional<Error> own;
    net::ClientRequest request;
    request.url = path;
    request.headers.push_back({"Accept", "text/event-stream"});
    if (!last_id.empty()) request.headers.push_back({"Last-Event-ID", last_id});
    request.timeout = std::chrono::milliseconds(0);
    request.sink = [&](std::span<const std::byte> bytes) -> Status {
      failures = 0;
      const auto events = parser.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      Status status = events ? f(*events) : Status(events.error());
      if (!parser.last_id().empty()) last_id = parser.last_id();
      if (!status) own = status.error();
      return status;
    };
    const auto response = remote.exchange(std::move(request));
    if (own) return *std::move(own);
    if (response && response->status != 200) return error_of(*response, "GET " + path);
    if (!response && response.error().code != Code::unavailable && response.error().code != Code::deadline_exceeded) {
      return response.error();
    }
    std::this_thread::sleep_for(kBackOff[std::min(failures++, std::size(kBackOff) - 1)]);
  }
}

}  // namespace souk::cli
