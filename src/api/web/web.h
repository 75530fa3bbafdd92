// SPDX-License-Identifier: Apache-2.0
//
// The web page, from files that are compiled in (cmake/embed.py). A path that is no file is answered with
// index.html, so that addresses of the page can be opened directly. Files under /assets/ carry a hash in their
// name and never change.
#pragma once

#include <span>
#include <string_view>

#include "api/route.h"

namespace souk::api::web {

struct Asset {
  std::string_view path;  // "/assets/index-abc123.js"
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view plain;
  std::string_view gzip;  // empty: not worth it
  // Of a page: " 'sha256-…'" of each script and style that stands in it, as its policy allows them.
  std::string_view scripts, styles;
};

// Sorted by path; empty in a build without web/dist.
std::span<const Asset> embedded_assets();

void add_routes(RouteTable& table, std::span<const Asset> assets);

}  // namespace souk::api::web
