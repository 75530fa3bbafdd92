// SPDX-License-Identifier: Apache-2.0
#include "cli/follow.h"

#include <algorithm>

#include "cli/event_stream.h"
#include "cli/transfer/progress.h"

namespace souk::cli {

Result<json::Document> follow_to_end(const Context& context, const std::string& label, const std::string& path,
                                     const std::string& events, const std::vector<std::string>& running) {
  json::Document seen = SOUK_TRY(context.remote.get(path));
  const auto is_over = [&] { return std::ranges::find(running, cell(seen.root(), "state")) == running.end(); };
  Progress progress(label, 0, context.out.quiet());
  const auto look = [&](const std::vector<net::ServerEvent>&) -> Status {
    seen = SOUK_TRY(context.remote.get(path));
    const auto figure = [&](const char* name) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(integer_at(seen.root(), name, 0), 0));
    };
    progress.set(figure("done_bytes"), figure("total_bytes"));
    return is_over() ? Status(cancelled("it is over")) : Status();  // ends the stream
  };
  if (is_over()) return seen;
  Status followed = follow_events(context.remote, events, look);
  progress.finish();
  if (!is_over()) return std::move(followed).error();
  return seen;
}

}  // namespace souk::cli
