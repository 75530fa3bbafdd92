// SPDX-License-Identifier: Apache-2.0
#include "api/web/web.h"

#include <algorithm>

#include "api/error_table.h"

namespace souk::api::web {
namespace {

std::string policy_of(const Asset& page) {
  return "default-src 'self'; script-src 'self'" + std::string(page.scripts) + "; style-src 'self'" +
         std::string(page.styles) +
         "; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
         "form-action 'self'; frame-ancestors 'none'";
}

const Asset* find(std::span<const Asset> assets, std::string_view path) {
  auto found = std::ranges::lower_bound(assets, path, {}, &Asset::path);
  return found != assets.end() && found->path == path ? &*found : nullptr;
}

net::Chunk view(std::string_view bytes) {
  static const std::shared_ptr<const void> kForever = std::make_shared<int>(0);
  return net::Chunk(std::as_bytes(std::span(bytes.data(), bytes.size())), kForever);
}

void send(const ExchangePtr& exchange, const Asset& asset) {
  const net::RequestHead& head = exchange->head();
  bool immutable = asset.path.starts_with("/assets/");
  net::Response response;
  response.add("ETag", std::string(asset.etag));
  response.add("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.add("Vary", "Accept-Encoding");
  response.add("X-Content-Type-Options", "nosniff");
  if (asset.content_type.starts_with("text/html")) {
    response.add("Content-Security-Policy", policy_of(asset));
    response.add("Referrer-Policy", "same-origin");
  }
  if (head.header("If-None-Match").find(asset.etag) != std::string_view::npos) {
    response.status = 304;
    return exchange->send(std::move(response));
  }
  response.add("Content-Type", std::string(asset.content_type));
  bool zipped = !asset.gzip.empty() && head.header("Accept-Encoding").find("gzip") != std::string_view::npos;
  if (zipped) response.add("Content-Encoding", "gzip");
  response.body.push_back(view(zipped ? asset.gzip : asset.plain));
  exchange->send(std::move(response));
}

}  // namespace

void add_routes(RouteTable& table, std::span<const Asset> assets) {
  RouteTable::Door door = table.door("web", &problem, {});
  auto run = [assets](const ExchangePtr& exchange) {
    std::string_view path = exchange->head().path;
    const Asset* asset = find(assets, path);
    // A missing file is an error; any other path is an address inside the page.
    bool is_file = path.starts_with("/assets/");
    if (!asset && !is_file) asset = find(assets, "/index.html");
    if (asset) return send(exchange, *asset);
    exchange->fail(
        not_found("nothing is at " + std::string(path.substr(0, 200)))
            .advise(assets.empty() ? "this build has no web page: run `make build`" : "see /openapi.json for what is"));
  };
  door.add(Route{"GET", "/", kAnyone, {.max_bytes = 0}, Form::completing, run, {}});
  door.add(Route{"GET", std::string(kCatchAll), kAnyone, {.max_bytes = 0}, Form::completing, run, {}});
}

}  // namespace souk::api::web
